"""Operators as layers: a kind where one says it all, else a foreign row with the shapes that are known."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any, NamedTuple

from cnnshape.errors import LayerError, quoted
from cnnshape.layers import BY_NAME
from cnnshape.ops import Ops
from cnnshape.readers.graph import Graph
from cnnshape.readers.onnx import shapes
from cnnshape.readers.onnx.costs import POINTWISE, PRODUCTS, ops_of
from cnnshape.readers.onnx.frame import Frame
from cnnshape.readers.onnx.ledger import Ledger
from cnnshape.readers.onnx.mapping import BUILDERS
from cnnshape.readers.onnx.op import Op
from cnnshape.readers.onnx.scope import Made, Scope
from cnnshape.readers.onnx.value import Size, Value, beside

#: Operators with graphs inside, which may hold weights of their own.
NESTED = frozenset({"If", "Loop", "Scan", "SequenceMap", "FlexAttention"})


#: Inputs that say how an operator works: regions, bounds and scales, which nobody learned.
SETTINGS: dict[str, tuple[int, ...]] = {
    "Resize": (1, 2, 3), "Upsample": (1,), "OneHot": (1, 2), "QuantizeLinear": (1, 2), "DequantizeLinear": (1, 2),
}  # fmt: skip


class Inside(NamedTuple):
    """What the graphs inside an operator hold and compute, all in all; None for what is not known."""

    parameters: int | None
    macs: int | None
    operations: Ops | None


#: They hold no weights and no MACs; what else they compute depends on which is taken.
EMPTY = Inside(0, 0, None)
#: Nobody looked.
UNSEEN = Inside(None, None, None)


class Rows:
    """What appends to the network."""

    def __init__(self, graph: Graph, strict: bool) -> None:
        """`strict`: an operator that is not known is a problem."""
        self.graph, self.strict = graph, strict
        self.ledger = Ledger()

    def add(
        self,
        op: Op,
        values: list[Value | None],
        outs: list[Size | None],
        frame: Frame,
        inside: Inside = UNSEEN,
        taken: Sequence[Value] = (),
    ) -> None:
        """One operator; its outputs get their values. `taken` are those that graphs `inside` it read from around."""
        name = frame.prefix + (op.name or (op.outputs[0] if op.outputs else "") or op.type)
        path = (*frame.path, *[part for part in op.name.split("/")[:-1] if part][:16])
        if self.strict and not shapes.known(op):
            self.graph.wrong("CNN-E801", f"the operator {label(op)} is not known", 0, 0, name)
        scope = Scope(op, values, outs)
        builder = BUILDERS.get(op.type if not op.domain else f"{op.domain}:{op.type}")
        try:
            made = builder(scope) if builder is not None and scope.plain() else None
        except LayerError as error:
            self.graph.wrong(error.code, f"{op.type}: {error.message}", 0, 0, name)
            made = None
        numbers = self.placed(made, scope, name, path) if made is not None and made.layer is not None else None
        if numbers is None:
            numbers = self.foreign(scope, made, name, path, inside, taken)
        first = next((number for number in numbers if number >= 0), -1)
        for at, out in enumerate(op.outputs):
            if out:
                number = numbers[at] if at < len(numbers) else -1
                value = Value(outs[at], number=number)
                frame.values[out] = value if number >= 0 else beside(outs[at], first, op.type)

    def placed(self, made: Made, scope: Scope, name: str, path: tuple[str, ...]) -> tuple[int, ...] | None:
        """The layer's values; None where it does not say what the operator does."""
        layer, graph = made.layer, self.graph
        if not all(scope.has(at) for at in made.inputs):
            return None  # what the operator cannot do without is left out
        operands = [scope.values[at] for at in made.inputs]
        beside = next((value.number for value in operands if value is not None and value.number >= 0), 0)
        inputs = tuple([self.number(value, beside) for value in operands])
        if any(not graph.shapes[value] or 0 in (graph.shapes[value] or ()) for value in inputs):
            return None  # kinds take tensors that have a batch and hold something
        found = graph.inferred(layer, inputs, made.outputs)
        for at, shape in enumerate(found):
            wanted = scope.outs[at] if at < len(scope.outs) else None
            if shape is None or wanted is None or tuple(shape) != wanted:
                return None
        if not made.weights:
            return graph.node(name, layer, inputs, outputs=made.outputs, path=path)
        ledger = self.ledger
        held = [scope.value(at) for at in made.weights if scope.has(at)]
        key = tuple([value.origin for value in held])
        xs = [graph.shapes[value] for value in inputs]
        sizes: tuple[Any, Any] = (layer.weights(*xs), layer.buffers(*xs))
        share = ledger.owner(key, sizes)
        counted = ledger.weighed(held, sizes) if share is None else None
        numbers = graph.node(name, layer, inputs, outputs=made.outputs, path=path, share=share, counted=counted)
        ledger.owners.setdefault(key, (graph.nodes[-1].name, sizes))
        return numbers

    def foreign(
        self,
        scope: Scope,
        made: Made | None,
        name: str,
        path: tuple[str, ...],
        inside: Inside = UNSEEN,
        taken: Sequence[Value] = (),
    ) -> tuple[int, ...]:
        """A row without a kind; what of its weights is counted nowhere else is counted here."""
        op = scope.op
        settings = SETTINGS.get(op.type, ()) if not op.domain else ()
        nested = op.type in NESTED and not op.domain
        inputs, learned = [], 0
        for at, value in enumerate(scope.values):
            if value is None:
                continue
            if value.number >= 0 or not value.fixed:
                inputs.append(self.number(value))
            elif at in settings or (made is not None and made.weights and at not in made.weights):
                continue
            elif value.learned and not (nested and value.filling):  # a state that a loop begins with is no weight
                learned += self.ledger.claim(value)
        inputs += [self.number(value) for value in taken if value.number not in inputs and not value.fixed]
        known = shapes.known(op)
        macs = inside.macs if nested else made.macs if made is not None else None
        if macs is None and known and op.type not in PRODUCTS and op.domain in ("", "ai.onnx.ml"):
            macs = 0
        parameters: int | None = learned if known or learned else None
        if nested:
            parameters = None if inside.parameters is None else learned + inside.parameters
        used = [at for at, out in enumerate(op.outputs) if out] or [0]
        sizes = tuple([scope.outs[at] if at < len(scope.outs) else None for at in used])
        shapes_in = [value.shape if value is not None else None for value in scope.values]
        plain = op.domain in ("", "ai.onnx.ml")
        layer = BY_NAME["foreign"](
            op=label(op),
            shapes=sizes,
            parameters=parameters,
            macs=macs,
            operations=inside.operations
            if nested
            else ops_of(op.type, sizes[0], shapes_in)
            if plain and not macs
            else None,
            pointwise=plain and op.type in POINTWISE and sizes[0] is not None and len(sizes[0]) > 1,
        )
        values = self.graph.node(name, layer, inputs, outputs=len(used), path=path)
        found = [-1] * max(len(op.outputs), 1)
        for at, number in zip(used, values, strict=True):
            found[at] = number
        return tuple(found)

    def number(self, value: Value | None, beside: int = 0) -> int:
        """The value's place in the network; what was fixed before becomes a learned array or a constant.

        A learned array needs a tensor that flows to stand on: `beside`, which its user reads as well.
        """
        if value is None:
            msg = "an operand that is left out has no place"
            raise AssertionError(msg)
        if value.number < 0:
            if value.behind >= 0:
                layer = BY_NAME["foreign"](
                    op=value.origin, shapes=(value.shape,), parameters=0, macs=0, operations=Ops()
                )
                (value.number,) = self.graph.node("", layer, (value.behind,))
            else:
                value.number = self.array(value, beside)
        return value.number

    def output(self, value: Value) -> int:
        """The place of a value that leaves the network: an array there has the file's own shape, no batch in front."""
        number, shape = self.number(value), value.shape
        if value.fixed and shape and self.graph.shapes[number] != shape:
            layer = BY_NAME["foreign"](op="Constant", shapes=(shape,), parameters=0, macs=0, operations=Ops())
            (number,) = self.graph.node(value.origin, layer, ())
        return number

    def array(self, value: Value, beside: int = 0) -> int:
        """A learned array as a layer of its own, counted once; a lone number as a constant."""
        graph, ledger, shape = self.graph, self.ledger, value.shape
        name, key = value.origin, (value.origin,)
        layer = self.parameter(value) if value.learned and graph.inputs else None
        if layer is not None:
            sizes: tuple[Any, Any] = (layer.weights(None), {})
            share = ledger.owner(key, sizes)
            learned = ledger.claim(value) if share is None else 0
            counted = {"weight": learned} if share is None and learned != value.learned else None
            flows = beside if not layer.batch and graph.shapes[beside] else 0
            (number,) = graph.node(name, layer, (flows,), share=share, counted=counted)
            ledger.owners.setdefault(key, (graph.nodes[-1].name, sizes))
            return number
        learned = ledger.claim(value) if value.learned else 0
        # A lone number gets a batch of 1 in front, as every array here has.
        whole = (shape or (1,)) if shape is not None else None
        constant = BY_NAME["foreign"](op="Constant", shapes=(whole,), parameters=learned, macs=0, operations=Ops())
        return graph.node(name or "constant", constant, ())[0]

    def parameter(self, value: Value) -> Any:
        """The layer of a learned array; None where the array is not what it was made of."""
        shape = value.shape or ()
        if not shape or 0 in shape:
            return None
        kind: Any = BY_NAME["parameter"]
        if prod(shape) == value.learned:
            return kind(shape=shape[1:] if shape[0] == 1 and len(shape) > 1 else shape)
        if shape[0] == self.graph.batch and prod(shape[1:]) == value.learned:
            return kind(shape=shape[1:], batch=True)
        return None


def label(op: Op) -> str:
    """The operator with its domain."""
    return quoted(f"{op.domain}:{op.type}" if op.domain else op.type or "?", 120)
