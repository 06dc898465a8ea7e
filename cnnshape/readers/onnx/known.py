"""What is known of a tensor before the network runs, so that it has no row: weights, constants, and what is made of them."""

from __future__ import annotations

from math import prod

from cnnshape.readers.onnx import shapes
from cnnshape.readers.onnx.frame import Frame
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.tensor import Tensor
from cnnshape.readers.onnx.value import FLOAT, Size, Value, derived, of_tensor, stored

#: Operators whose numbers follow from a shape alone.
OF_SHAPES = frozenset({"Shape", "Size"})
#: Operators that make numbers of nothing, but other ones each time.
RANDOM = frozenset(
    {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Bernoulli", "Multinomial"}
)
#: What gives its input back when nobody trains.
_SAME = frozenset({"Identity", "Dropout"})


def constant(op: Op, frame: Frame) -> bool:
    """A tensor that stands in the graph; false for numbers that are no tensor, and have yet to be read."""
    if not op.outputs:
        return True
    name, value = op.outputs[0], op.attributes.get("value")
    if value.__class__ is Tensor:
        frame.values[name] = of_tensor(value, frame.home + name)
        return True
    sparse = op.attributes.get("sparse_value")
    if isinstance(sparse, tuple):
        frame.values[name] = Value(sparse[1], origin=frame.home + name, learned=sparse[2])
        return True
    return False


def light(op: Op, outs: list[Size | None]) -> bool:
    """Whether this is a weight that is filled when the model is loaded, and not a list of sizes."""
    value = op.attributes.get("value")
    whole = value is not None and value.__class__ is Const and value.kind == "int"
    return op.type == "ConstantOfShape" and not whole and prod(outs[0] or ()) > 1


def settled(
    op: Op, values: list[Value | None], outs: list[Size | None], numbers: list[Const | None], frame: Frame
) -> bool:
    """Whether all of it is known before the network runs; then its outputs have their values."""
    parts = [value for value in values if value is not None]
    fixed = all(value.fixed for value in parts) and op.type not in RANDOM and shapes.known(op)
    measured = any(value.measured or (op.type in OF_SHAPES and not value.fixed) for value in parts)
    if numbers and all(const is not None or not name for const, name in zip(numbers, op.outputs, strict=True)):
        # Numbers made of weights are weights still; numbers made of shapes and numbers are not.
        learned = [value for value in parts if value.learned] if fixed else []
        for at, (name, const) in enumerate(zip(op.outputs, numbers, strict=True)):
            if const is not None:
                if not parts:
                    found = made(op, const.shape, parts, at, name, frame)
                elif learned:
                    found = derived(const.shape, learned, op.type, at, frame.prefix + name)
                else:
                    found = Value(const.shape)
                found.const, found.measured = const, measured
                frame.values[name] = found
        return True
    if not fixed or any(outs[at] is None for at, name in enumerate(op.outputs) if name):
        return False
    if op.type in _SAME and parts:
        frame.values[op.outputs[0]] = parts[0]
        return True
    for at, (name, shape) in enumerate(zip(op.outputs, outs, strict=True)):
        if name and shape is not None:
            found = made(op, shape, parts, at, name, frame)
            found.measured = measured
            frame.values[name] = found
    return True


def made(op: Op, shape: Size, parts: list[Value], at: int, name: str, frame: Frame) -> Value:
    """The output number `at` of an operator on fixed values, called `name`."""
    if op.type == "Constant" and not op.domain:  # numbers in attributes count as those of a tensor do
        return stored(shape, FLOAT if {"value_float", "value_floats"} & set(op.attributes) else 0, frame.home + name)
    origin = frame.prefix + name
    if op.type != "ConstantOfShape":
        return derived(shape, parts, op.type, at, origin)
    # What is as large as the data is computed, and the file stores nothing of it.
    computed = any(part.measured for part in parts)
    found = Value(shape) if computed else Value(shape, origin=origin, learned=prod(shape))
    found.filling = True
    return found
