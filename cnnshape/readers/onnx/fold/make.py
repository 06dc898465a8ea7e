"""Tensors made from a shape, from attributes, or from a few numbers."""

from __future__ import annotations

from math import prod

from cnnshape.readers.onnx.call import MAX_RANK, Call, UnknownError
from cnnshape.readers.onnx.fold.values import (
    FLOAT,
    INT64,
    MAX_VALUES,
    STRING,
    bounded,
    cast,
    computed,
    dtype_of,
    first,
    tensor,
)
from cnnshape.readers.onnx.op import Const
from cnnshape.readers.onnx.shapes import generate
from cnnshape.readers.onnx.shapes.matrix import product


def shape_of(call: Call) -> list[Const]:
    """Shape: the sizes from start to end."""
    x = call.x()[call.count("start", 0) : call.count("end", MAX_RANK)]
    return [tensor((len(x),), x, INT64)]


def size_of(call: Call) -> list[Const]:
    """Size: how many elements there are."""
    return [computed((), (prod(call.x()),), INT64)]


def constant(call: Call) -> list[Const]:
    """Constant: any of its value attributes."""
    for name, value in call.attributes.items():
        if name == "value" and isinstance(value, Const):
            return [value]
        if name in ("value_int", "value_float", "value_string"):
            return [tensor((), (value,), {"value_int": INT64, "value_float": FLOAT}.get(name, STRING))]
        if name in ("value_ints", "value_floats", "value_strings"):
            bounded((len(value),))
            return [tensor((len(value),), value, {"value_ints": INT64, "value_floats": FLOAT}.get(name, STRING))]
    raise UnknownError


def of_shape(call: Call) -> list[Const]:
    """ConstantOfShape: one value everywhere, 0.0 where none is stated."""
    shape = first(generate.of_shape(call))
    bounded(shape)
    value = call.attributes.get("value")
    if value is None:
        value = tensor((1,), (0.0,), FLOAT)
    if not isinstance(value, Const) or len(value.values) != 1:
        raise UnknownError
    return [Const(shape, value.kind, value.values * prod(shape), value.dtype)]


def arange(call: Call) -> list[Const]:
    """Range: start, start + delta, ..."""
    shape = first(generate.arange(call))
    bounded(shape)
    start, delta = call.const(0).values[0], call.const(2).values[0]
    return [computed(shape, [start + at * delta for at in range(shape[0])], dtype_of(call.const(0)))]


def eye_like(call: Call) -> list[Const]:
    """Ones on a diagonal."""
    rows, columns = bounded(call.x(0, 2))
    dtype, k = call.count("dtype", 0), call.count("k", 0)
    if not dtype:
        dtype = dtype_of(call.const(0))
    one, zero = cast(1, dtype), cast(0, dtype)
    values = [one if column - row == k else zero for row in range(rows) for column in range(columns)]
    return [tensor((rows, columns), values, dtype)]


def matmul(call: Call) -> list[Const]:
    """The product of two small matrices."""
    a, b = call.const(0), call.const(1)
    shape = bounded(product(a.shape, b.shape))
    if len(a.shape) > 2 or len(b.shape) > 2:
        raise UnknownError
    inner = a.shape[-1]
    columns = b.shape[1] if len(b.shape) > 1 else 1
    rows = a.shape[0] if len(a.shape) > 1 else 1
    if rows * columns * inner > 4 * MAX_VALUES:
        raise UnknownError
    found = [
        sum([a.values[row * inner + k] * b.values[k * columns + column] for k in range(inner)])
        for row in range(rows)
        for column in range(columns)
    ]
    return [computed(shape, found, dtype_of(a))]
