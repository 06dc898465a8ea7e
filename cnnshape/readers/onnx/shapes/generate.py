"""Operators that make tensors: of a stated shape, or about a shape."""

from __future__ import annotations

from math import ceil, isfinite

from cnnshape.readers.onnx.call import MAX_RANK, Call, Sizes, UnknownError, wrong
from cnnshape.readers.onnx.op import Const


def constant(call: Call) -> Sizes:
    """Constant: any of its value attributes."""
    for name, value in call.attributes.items():
        if name in ("value", "sparse_value"):
            if isinstance(value, Const):
                return [value.shape]
            shape = getattr(value, "shape", None) or getattr(value, "dims", None)  # a tensor that is not held
            if isinstance(shape, tuple):
                return [shape]
        elif name in ("value_ints", "value_floats", "value_strings"):
            return [(len(value),)]
        elif name in ("value_int", "value_float", "value_string"):
            return [()]
    raise UnknownError


def of_shape(call: Call) -> Sizes:
    """ConstantOfShape."""
    if call.consts[0] is None and call.shapes[0] == (0,):
        return [()]
    sizes = call.target(0)
    if min(sizes, default=0) < 0:
        raise wrong(f"{list(sizes)} is no shape")
    return [sizes]


def stated(call: Call) -> Sizes:
    """RandomNormal, RandomUniform: the attribute."""
    sizes = call.sizes("shape")
    if sizes is None:
        raise wrong("attribute shape is missing")
    return [sizes]


def shape_of(call: Call) -> Sizes:
    """Shape: one number per axis from start to end."""
    x = call.x()
    start, end = call.count("start", 0), call.count("end", MAX_RANK)
    return [(len(x[start:end]),)]


def scalar(call: Call) -> Sizes:  # noqa: ARG001
    """One number."""
    return [()]


def arange(call: Call) -> Sizes:
    """Range: ceil((limit - start) / delta) numbers."""
    start, limit, delta = [call.const(at).values for at in range(3)]
    if not len(start) == len(limit) == len(delta) == 1 or not delta[0]:
        raise wrong("start, limit and delta are no scalars, or delta is 0")
    if all(isinstance(v[0], int) for v in (start, limit, delta)):
        return [(max(0, -((start[0] - limit[0]) // delta[0])),)]
    many = (limit[0] - start[0]) / delta[0]
    if not isfinite(many):
        raise wrong("the range has no end")
    return [(max(0, ceil(many)),)]


def multinomial(call: Call) -> Sizes:
    """So many samples per row."""
    return [(call.x(0, 2)[0], call.count("sample_size", 1))]


def eye_like(call: Call) -> Sizes:
    """A matrix as large as the input."""
    return [call.x(0, 2)]
