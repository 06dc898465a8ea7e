"""One pass over the calls of a program: what each of them adds to the network."""

from __future__ import annotations

from typing import Any

from cnnshape.errors import LayerError
from cnnshape.layers.base import Layer
from cnnshape.readers.torch import stretch
from cnnshape.readers.torch.built import built
from cnnshape.readers.torch.free import MADE
from cnnshape.readers.torch.names import Later, Names, foreign
from cnnshape.readers.torch.numbers import whole_numbers
from cnnshape.readers.torch.op import Made, Op
from cnnshape.readers.torch.program import Call, first, refs
from cnnshape.readers.torch.weights import Const, Weight
from cnnshape.shape import UNKNOWN, Shape

#: Operators that only check something.
SILENT = frozenset({"_assert_tensor_metadata", "_assert_scalar", "_assert_async", "sym_constrain_range_for_size"})
#: Operators whose output is their input.
SAME = frozenset(
    {"clone", "contiguous", "to", "_to_copy", "detach", "alias", "lift_fresh_copy", "lift_fresh", "positive"}
    | {"type_as", "requires_grad", "resolve_conj", "resolve_neg", "_conj_physical", "convert_element_type"}
)


class Walk(Names):
    """Adds what calls become, one by one."""

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
        layer, fits = made.layer, True
        if made.same:
            self.env[call.outputs[0]] = self.get(first(call))
            return
        if layer is not None:
            names = call.outputs if made.every else call.outputs[:1]
            fits = self.fits(call, layer, made.inputs or (), names)
            if fits:
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
            macs = macs if fits or not macs else None  # of another shape it would be another cost
        parameters = self.ledger.claim(weights)
        row = foreign(call.target if made.unknown else call.op, shapes, parameters, macs)
        inputs = made.inputs if made.inputs is not None else self.activations(call)
        frozen = bool(parameters) and not any(weight.grad for weight in weights)
        values = self.node(call, row, inputs, call.outputs, frozen=frozen)
        self.env.update(zip(call.outputs, values, strict=True))
        if made.waits is not None:
            self.waits[values[0]] = made.waits

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

    def shaped(self, call: Call, name: str) -> tuple[int, ...] | None:
        """The shape of an output of a foreign row."""
        return stretch.shaped(self, call, name) if self.changed else self.program.meta(name).shape


def macs_of(layer: Layer, xs: list[Shape | None]) -> int | None:
    """What a layer would compute, where a row of another kind stands in its place."""
    if None in xs or UNKNOWN in xs:
        return None
    try:
        ops = layer.ops(layer.out(*xs), *xs)
    except (LayerError, TypeError, IndexError):
        return None
    return None if ops is None else ops.mac
