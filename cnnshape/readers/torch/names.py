"""What every name of a program stands for: a value of the network, a weight, a constant, or an output not asked for yet."""

from __future__ import annotations

from math import prod
from typing import Any

import msgspec

from cnnshape.layers import BY_NAME
from cnnshape.layers.base import Layer
from cnnshape.readers.graph import Graph
from cnnshape.readers.torch.program import Call, Program, Ref, Sym, refs
from cnnshape.readers.torch.weights import Const, Ledger, Weight
from cnnshape.shape import Shape


class Later(msgspec.Struct, frozen=True, gc=False):
    """A further output that no layer kind has (a pool's indices): a row of its own only if somebody reads it."""

    call: Call
    number: int


class Names:
    """What every name of the graph stands for so far."""

    def __init__(self, program: Program, graph: Graph, strict: bool = False) -> None:
        """Nothing is read yet."""
        self.program, self.graph, self.strict = program, graph, strict
        self.env: dict[str, int | Weight | Const | Later] = {}
        self.ints: dict[str, int] = {}
        self.ledger = Ledger()
        self.rows: dict[Any, int] = {}
        """Weights and constants that have become values."""
        self.changed = False
        """Whether sizes are other than those that the program was traced with."""
        self.traced = 0
        """The batch that the program was traced with; 0 where it is left open."""
        self.waits: dict[int, tuple[int, ...]] = {}
        """Values whose first size is not known yet, and their others (`batch`)."""
        self.misfits: list[str] = []
        """Where a layer kind did not give the stated shape, and a foreign row took its place."""

    # what names stand for

    def get(self, ref: Ref) -> int | Weight | Const | Later:
        """What a tensor is; ModelError for a name that nothing made."""
        try:
            return self.env[ref.name]
        except KeyError:
            raise self.graph.stop("CNN-E106", f"tensor {ref.name[:80]} is used before anything makes it") from None

    def number(self, value: Any) -> Any:
        """An argument with its symbolic sizes as numbers; None for one that is not known."""
        if isinstance(value, Sym):
            return self.ints[value.name] if value.name in self.ints else self.program.hint(value.name)
        if isinstance(value, (list, tuple)):
            return [self.number(item) for item in value]
        return value

    def shape(self, ref: Ref) -> Shape | None:
        """The whole shape of a tensor, whatever it is; None where it is not known."""
        what = self.get(ref)
        if isinstance(what, int):
            found = self.graph.shapes[what]
            return found if found is not None and found.known else None
        if isinstance(what, Later):
            what = self.value(ref)
            return self.graph.shapes[what]
        return None if what.shape is None else Shape(*what.shape)

    def value(self, ref: Ref, rank: int = 0) -> int:
        """A tensor as a value of the network; `rank` lets a weight or constant have ones in front, where it is stretched."""
        what = self.get(ref)
        if isinstance(what, int):
            return what
        if isinstance(what, Later):
            x = self.activations(what.call)
            shapes = (self.stated(ref.name),)
            layer = foreign(f"{what.call.op}[{what.number}]", shapes, 0, 0)
            self.env[ref.name] = found = self.node(what.call, layer, x, ())[0]
            return found
        shape, key = what.shape, (what, rank)
        if key in self.rows:
            return self.rows[key]
        if shape is not None and len(shape) < rank and (not shape or shape[0] != 1):
            shape = (1,) * (rank - len(shape) if isinstance(what, Const) else 1) + shape
        if isinstance(what, Const):
            layer, share, frozen = foreign("constant", (shape,), 0, 0), None, False
        else:
            layer, share, frozen = self.learned(what, shape)
        path = tuple(what.name.split("."))
        found = self.graph.node(what.name, layer, self.anchor(layer), share=share, frozen=frozen)[0]
        node = self.graph.nodes[-1]
        node.path = path if node.name == what.name else (*path[:-1], node.name)
        if share is None and isinstance(what, Weight):
            self.ledger.owners[(what.key,)] = (node.name, type(layer))
        self.rows[key] = found
        return found

    def learned(self, weight: Weight, shape: tuple[int, ...] | None) -> tuple[Layer, str | None, bool]:
        """The row of a parameter that is a tensor like others: its layer, its first use, whether it is frozen."""
        owner, kind = self.ledger.owners.get((weight.key,), ("", None))
        plain = self.graph.inputs and shape is not None and len(shape) > 1 and shape[0] == 1 and 0 not in shape
        if plain and shape is not None and prod(shape) == weight.numel:
            layer = BY_NAME["parameter"](shape=shape[1:])
            if self.ledger.claim([weight]):
                return layer, None, not weight.grad
            if kind is type(layer):
                return layer, owner, not weight.grad
        return foreign("parameter", (shape,), self.ledger.claim([weight]), 0), None, not weight.grad

    def anchor(self, layer: Layer) -> tuple[int, ...]:
        """What a learned array takes its batch from."""
        return (0,) if layer.kind == "parameter" else ()

    def activations(self, call: Call, weights: bool = False) -> list[int]:
        """The tensors of a call that are values already; its constants and weights are none, unless asked for."""
        found = []
        for ref in (each for arg in call.args.values() for each in refs(arg)):
            what = self.get(ref)
            if isinstance(what, (int, Later)) or (weights and isinstance(what, Weight)):
                found.append(self.value(ref))
        return found

    def weights(self, call: Call) -> list[Weight]:
        """The parameters that a call reads."""
        every = [self.get(ref) for arg in call.args.values() for ref in refs(arg)]
        return [what for what in every if isinstance(what, Weight)]

    # the network

    def node(
        self,
        call: Call,
        layer: Layer,
        inputs: Any,
        names: tuple[str, ...],
        *,
        share: str | None = None,
        frozen: bool = False,
        weights: Any = (),
        tail: str = "",
        counted: dict[str, int] | None = None,
    ) -> tuple[int, ...]:
        """Append a layer under the name of its module."""
        label, parts = self.label(call)
        if tail:
            label, parts = f"{label}.{tail}", (*parts, tail)
        frozen = frozen or (bool(weights) and not any(weight.grad for weight in weights))
        values = self.graph.node(label, layer, inputs, outputs=max(1, len(names)), share=share, frozen=frozen)
        node = self.graph.nodes[-1]
        node.counted = counted
        node.path = (*parts[:-1], parts[-1] + node.name[len(label) :])
        if weights and share is None:
            self.ledger.owners[tuple([weight.key for weight in weights])] = (node.name, type(layer))
        return values

    def label(self, call: Call) -> tuple[str, tuple[str, ...]]:
        """The name of a call and its parts: the module's own for torch's layers, else the module's and the operator's."""
        path, kind = call.stack[-1] if call.stack else ("", "")
        path = path.partition("@")[0]
        op = call.op.strip("_") or "call"
        if not path:
            return op, (op,)
        parts = tuple(path.split("."))
        if kind.startswith("torch.nn.modules.") and ".container." not in kind:
            return path, parts
        return f"{path}.{op}", (*parts, op)

    def stated(self, name: str) -> tuple[int, ...] | None:
        """The shape that the program states, as long as nothing has other sizes."""
        return None if self.changed else self.program.meta(name).shape


def foreign(op: str, shapes: Any, parameters: int | None, macs: int | None) -> Layer:
    """A row for what is no kind here."""
    return BY_NAME["foreign"](op=op[:200] or "?", shapes=tuple(shapes), parameters=parameters, macs=macs)
