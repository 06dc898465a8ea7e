"""torch.export archives (`.pt2`) -> Network: a zip with JSON, read without torch, weights never.

What the graph states of every tensor is held against what the layers give. Parameters are counted where they are used
first; a module's own name is its layer's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnshape.readers.graph import Graph
from cnnshape.readers.torch.heads import walked
from cnnshape.readers.torch.names import foreign
from cnnshape.readers.torch.program import Entry, Program, Ref
from cnnshape.readers.torch.walk import Walk
from cnnshape.readers.torch.weights import Const

if TYPE_CHECKING:
    from cnnshape.errors import Problem
    from cnnshape.network import Network
    from cnnshape.readers import Options
    from cnnshape.readers.file import File

#: A batch is smaller than this.
_MOST = 2**31


def read(file: File, options: Options) -> tuple[Network, list[Problem]]:
    """A network from a .pt2 file.

    Errors: ModelError CNN-E106 for a broken file, CNN-E107 for a pickle
    """
    from cnnshape.readers.torch.stored import program

    found = program(file)
    found.name = file.name.rpartition("/")[2].rpartition(".")[0] or file.name
    return network(found, file.name, options)[:2]


def network(program: Program, source: str, options: Options) -> tuple[Network, list[Problem], Walk]:
    """A network from an exported program, whichever way that was found."""
    users = [entry for entry in program.entries if entry.kind == "user"]
    first = program.meta(users[0].arg) if users else None
    stated = 1 if first is None or not first.shape or 0 in first.symbolic else first.shape[0]
    batch = stated if options.batch is None else options.batch
    graph = Graph(source, "torch", max(1, min(batch, _MOST)))
    walk = Walk(program, graph, options.strict)
    walk.traced = stated if first is not None and 0 not in first.symbolic else 0
    late = [entry for n, entry in enumerate(users) if not _input(walk, entry, options, stated, first=n == 0)]
    _hold(walk, users, options)
    for entry in late:
        shape = program.meta(entry.arg).shape
        walk.env[entry.arg] = graph.node(entry.arg, foreign("input", (shape,), 0, 0), ())[0]
    for entry in program.entries:
        meta = program.meta(entry.arg)
        if entry.kind == "parameter":
            walk.env[entry.arg] = walk.ledger.parameter(entry, meta)
        elif entry.kind != "user":
            walk.env[entry.arg] = Const(meta.shape, entry.target)
    walked(walk, iter(program.calls))
    outputs = [walk.value(Ref(name)) for name in program.outputs]
    for module, (count, frozen) in walk.ledger.left().items():
        name = module or "parameters"
        graph.node(name, foreign("unused", ((0,),), count, 0), (), frozen=frozen)
        node = graph.nodes[-1]
        node.path = (*name.split(".")[:-1], name.split(".")[-1] + node.name[len(name) :])
    return graph.network(program.name, outputs), graph.problems, walk


def _input(walk: Walk, entry: Entry, options: Options, stated: int, *, first: bool) -> bool:
    """Declare what a user feeds; False for a tensor without the common batch, which becomes a row of its own."""
    graph, meta = walk.graph, walk.program.meta(entry.arg)
    given = options.inputs.get(entry.arg, options.inputs.get("") if first else None)
    shape = meta.shape
    if (
        given is None
        and shape is not None
        and (not shape or shape[0] != (stated if 0 not in meta.symbolic else shape[0]))
    ):
        return False
    free = [d for d in meta.symbolic if d] if given is None else []
    if given is None and (shape is None or free):
        size = "x".join(map(str, shape[1:])) if shape else "3x224x224"
        which = ", ".join(map(str, free)) or "of every dimension"
        fix = f"--input {entry.arg}={size}" + (" (what it was exported with)" if shape else "")
        graph.wrong(
            "CNN-E802", f"the size of dimension {which} of input {entry.arg} is left open", layer=entry.arg, fix=fix
        )
    inner = given if given is not None else (shape or (1,))[1:]
    walk.env[entry.arg] = graph.input(entry.arg, inner)
    now = graph.shapes[-1]
    walk.changed = walk.changed or now != shape
    return True


def _hold(walk: Walk, users: list[Entry], options: Options) -> None:
    """Every --input names an input."""
    known = [entry.arg for entry in users]
    for name in options.inputs:
        if name and name not in known:
            fix = f"one of {', '.join(known[:9])}" if known else ""
            walk.graph.wrong("CNN-E701", f"--input {name[:80]}: there is no such input", fix=fix)
