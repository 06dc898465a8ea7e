"""One pass over the calls of a program: every tensor becomes a value of the network, a weight or a constant."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import msgspec

from cnnshape.errors import LayerError
from cnnshape.layers import BY_NAME
from cnnshape.layers.base import Layer
from cnnshape.readers.graph import Graph
from cnnshape.readers.torch import stretch
from cnnshape.readers.torch.built import WRONG, built
from cnnshape.readers.torch.free import MADE
from cnnshape.readers.torch.numbers import whole_numbers
from cnnshape.readers.torch.op import Made, Op
from cnnshape.readers.torch.program import Call, Program, Ref, Sym, first, refs
from cnnshape.readers.torch.weights import Const, Ledger, Weight
from cnnshape.shape import UNKNOWN, Shape


class Later(msgspec.Struct, frozen=True, gc=False):
    """A further output that no layer kind has (a pool's indices): a row of its own only if somebody reads it."""

    call: Call
    number: int


class Walk:
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

    # what a call becomes

    def call(self, call: Call) -> None:
        """Read one call."""
        if whole_numbers(self, call) or not call.outputs or call.op in SILENT:
            return
        kinds = {type(self.get(ref)) for arg in call.args.values() for ref in refs(arg)}
        if call.op in SAME:
            self.env[call.outputs[0]] = self.get(first(call))
        elif kinds <= {Const} or call.op in MADE:
            for name in call.outputs:
                self.env[name] = Const(None if self.changed else self.program.meta(name).shape, self.label(call)[0])
        elif kinds != {Weight} or not stretch.lazily(self, call):
            self.emit(call, built(Op(self, call)))

    def emit(self, call: Call, made: Made) -> None:
        """Append the layer that a call became, or a foreign row where it does not give what the program states."""
        layer = made.layer
        if made.same:
            self.env[call.outputs[0]] = self.get(first(call))
            return
        if layer is not None:
            names = call.outputs if made.every else call.outputs[:1]
            if self.fits(call, layer, made.inputs or (), names):
                share = self.counted(layer, made)
                part = self.partly(layer, made) if share is None else None
                if share is not None or part is not None:
                    inputs, weights = made.inputs or (), made.weights
                    values = self.node(call, layer, inputs, names, share=share or None, weights=weights, counted=part)
                    self.env.update(zip(names, values, strict=True))
                    self.env.update({name: Later(call, n) for n, name in enumerate(call.outputs) if n >= len(names)})
                    return
        elif made.unknown and self.strict:
            self.graph.wrong("CNN-E801", f"operator {call.target[:80]} is not known", layer=self.label(call)[0])
        shapes = made.shapes if made.shapes is not None else tuple([self.shaped(call, name) for name in call.outputs])
        weights = made.weights if layer is not None else self.weights(call)
        macs = made.macs
        if layer is not None and macs is None:
            macs = macs_of(layer, [self.graph.shapes[value] for value in made.inputs or ()])
        parameters = self.ledger.claim(weights)
        row = foreign(call.target if made.unknown else call.op, shapes, parameters, macs)
        inputs = made.inputs if made.inputs is not None else self.activations(call)
        frozen = bool(parameters) and not any(weight.grad for weight in weights)
        self.env.update(zip(call.outputs, self.node(call, row, inputs, call.outputs, frozen=frozen), strict=True))

    def fits(self, call: Call, layer: Layer, inputs: Any, names: tuple[str, ...]) -> bool:
        """Whether the layer gives what the program states; on other sizes than the program's, whatever it gives."""
        found = self.graph.inferred(layer, tuple(inputs), len(names))
        if self.changed:
            return True
        stated = [self.program.meta(name).shape for name in names]
        if all(want is None or want == have for want, have in zip(stated, found, strict=True)):
            return True
        self.misfits.append(f"{call.target} at {self.label(call)[0]}: {found}, stated {stated}")
        return False

    def counted(self, layer: Layer, made: Made) -> str | None:
        """Count a layer's weights: "" when they are new, the name of the first use, None when they fit neither."""
        key = tuple([weight.key for weight in made.weights])
        if not key:
            return None if self.learns(layer, made) else ""
        owner, kind = self.ledger.owners.get(key, ("", None))
        if owner:
            return owner if kind is type(layer) else None
        if self.learns(layer, made) != sum([w.numel for w in made.weights]) or not all(
            map(self.ledger.new, made.weights)
        ):
            return None
        self.ledger.claim(made.weights)
        return ""

    def partly(self, layer: Layer, made: Made) -> dict[str, int] | None:
        """Count a layer's weights where some are counted already: what each brings; None where it does not have them so."""
        xs = [shape for value in made.inputs or () if (shape := self.graph.shapes[value]) is not None]
        if len(xs) < len(made.inputs or ()) or UNKNOWN in xs:
            return None
        try:
            arrays = layer.weights(*xs) or {}
        except LayerError:
            return None
        if [shape.numel for shape in arrays.values()] != [weight.numel for weight in made.weights]:
            return None
        brought = {name: self.ledger.claim([weight]) for name, weight in zip(arrays, made.weights, strict=True)}
        return {name: count for name, count in brought.items() if count != arrays[name].numel}

    def learns(self, layer: Layer, made: Made) -> int:
        """How many numbers a layer learns here; -1 where it cannot be known."""
        xs = [self.graph.shapes[value] for value in made.inputs or ()]
        try:
            found = None if None in xs or UNKNOWN in xs else layer.params(*xs)  # type: ignore[arg-type]
        except LayerError:  # calculate tells it
            return sum([w.numel for w in made.weights])
        if found is None:
            return sum([w.numel for w in made.weights])
        return found

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

    # shapes

    def stated(self, name: str) -> tuple[int, ...] | None:
        """The shape that the program states, as long as nothing has other sizes."""
        return None if self.changed else self.program.meta(name).shape

    def shaped(self, call: Call, name: str) -> tuple[int, ...] | None:
        """The shape of an output of a foreign row."""
        return stretch.shaped(self, call, name) if self.changed else self.program.meta(name).shape


def foreign(op: str, shapes: Any, parameters: int | None, macs: int | None) -> Layer:
    """A row for what is no kind here."""
    return BY_NAME["foreign"](op=op[:200] or "?", shapes=tuple(shapes), parameters=parameters, macs=macs)


def macs_of(layer: Layer, xs: list[Shape | None]) -> int | None:
    """What a layer would compute, where a row of another kind stands in its place."""
    if None in xs or UNKNOWN in xs:
        return None
    try:
        ops = layer.ops(layer.out(*xs), *xs)
    except (LayerError, TypeError, IndexError):
        return None
    return None if ops is None else ops.mac


#: Operators that only check something.
SILENT = frozenset({"_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range_for_size"})
#: Operators whose output is their input.
SAME = frozenset(
    {"clone", "contiguous", "to", "_to_copy", "detach", "alias", "lift_fresh_copy", "lift_fresh", "positive"}
    | {"type_as", "requires_grad", "resolve_conj", "resolve_neg", "_conj_physical", "convert_element_type"}
)


def walked(walk: Walk, calls: Iterator[Call]) -> None:
    """Read every call; those of one multi-head attention together."""
    from cnnshape.readers.torch.heads import grouped, multi_head

    for group in grouped(calls):
        try:
            if len(group) == 1 or not multi_head(walk, group):
                for call in group:
                    walk.call(call)
        except WRONG as error:  # arguments that no version of torch writes
            label, why = walk.label(group[0])[0][:200], str(error).split("\n", maxsplit=1)[0][:120]
            raise walk.graph.stop(
                "CNN-E803", f"the arguments of {group[0].target[:80]} are wrong: {why}", layer=label
            ) from None
