"""Numbers of ONNX's element types in plain Python, and tensors of them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from math import copysign, inf, isfinite, prod
from typing import Any

from cnnshape.readers.onnx.call import MAX_RANK, Size, UnknownError
from cnnshape.readers.onnx.op import Const

#: Tensors with more elements are not folded.
MAX_VALUES = 65_536
#: As the position of an element: there is none, the fill value stands here.
OUTSIDE = -(2**60)

FLOAT, INT64, STRING, BOOL = 1, 7, 8, 9
#: Bits of the integer types, negative for those with a sign.
BITS = {2: 8, 3: -8, 4: 16, 5: -16, 6: -32, 7: -64, 12: 32, 13: 64}
#: struct's letter of the floating-point types.
FLOATS = {1: "f", 10: "e", 11: "d", 16: "f"}
USUAL = {"int": INT64, "float": FLOAT, "bool": BOOL, "string": STRING}


def dtype_of(const: Const) -> int:
    """The element type, the kind's usual one where the file did not say."""
    return const.dtype or USUAL[const.kind]


def kind_of(dtype: int) -> str:
    """int, float, bool or string."""
    if dtype in BITS:
        return "int"
    if dtype in FLOATS:
        return "float"
    if dtype in (BOOL, STRING):
        return "bool" if dtype == BOOL else "string"
    raise UnknownError  # a type of four or eight bits


def stored(value: Any, dtype: int) -> Any:
    """A result as this type holds it: wrapped, or rounded; a 64-bit overflow is left unknown."""
    bits = BITS.get(dtype)
    if bits is not None:
        value = int(value)
        if bits < 0:
            if not -(2**63) <= value < 2**63:
                raise UnknownError
            half = 1 << (-bits - 1)
            return (value + half) % (2 * half) - half if not -half <= value < half else value
        return value % (1 << bits)
    if dtype == FLOAT:
        try:
            return struct.unpack("f", struct.pack("f", value))[0]
        except OverflowError:
            return copysign(inf, value)
    if dtype == BOOL:
        return bool(value)
    return value if dtype in (STRING, 11) else _short(float(value), dtype)


def _short(value: float, dtype: int) -> float:
    """Rounded to a float16 or a bfloat16."""
    if not isfinite(value):
        return value
    if dtype == 16:
        try:
            bits = struct.unpack("I", struct.pack("f", value))[0]
        except OverflowError:
            return copysign(inf, value)
        bits = (bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000
        return struct.unpack("f", struct.pack("I", bits))[0]  # type: ignore[no-any-return]
    if dtype != 10:
        raise UnknownError
    try:
        return struct.unpack("e", struct.pack("e", value))[0]  # type: ignore[no-any-return]
    except OverflowError:
        return copysign(inf, value)


def cast(value: Any, dtype: int) -> Any:
    """A value of any type as another; what C leaves undefined stays unknown."""
    if dtype == STRING or isinstance(value, str):
        raise UnknownError
    if dtype in BITS and isinstance(value, float):
        if not isfinite(value) or not -(2**63) <= value < 2**63:
            raise UnknownError
        value = int(value)
    if dtype == BOOL:
        return value != 0
    return stored(value if dtype in BITS else float(value), dtype)


def tensor(shape: Sequence[int], values: Iterable[Any], dtype: int) -> Const:
    """Values that are already of their type."""
    return Const(tuple(shape), kind_of(dtype), tuple(values), dtype)


def computed(shape: Sequence[int], values: Iterable[Any], dtype: int) -> Const:
    """Values that still have to be made of their type."""
    return tensor(shape, [stored(value, dtype) for value in values], dtype)


def bounded(shape: Sequence[int]) -> Size:
    """The shape, if it is small enough to be folded; an axis of size 0 does not excuse the others."""
    if not small(shape):
        raise UnknownError
    return tuple(shape)


def small(shape: Sequence[int]) -> bool:
    """Whether every axis, and all of them together, are small."""
    return len(shape) <= MAX_RANK and prod([max(1, size) for size in shape]) <= MAX_VALUES


def first(shapes: Sequence[Size | None]) -> Size:
    """The first output's shape."""
    if shapes[0] is None:
        raise UnknownError
    return shapes[0]


def strides(shape: Sequence[int]) -> list[int]:
    """How far apart neighbours along each axis are."""
    found, step = [], 1
    for size in reversed(shape):
        found.append(step)
        step *= size
    return found[::-1]


def offsets(shape: Sequence[int]) -> list[list[int]]:
    """For every axis, where its positions begin."""
    return [[at * step for at in range(size)] for size, step in zip(shape, strides(shape), strict=True)]


def positions(axes: Sequence[Sequence[int]]) -> list[int]:
    """Where every element of a result comes from: one offset of each axis, summed.

    >>> positions([[0, 3], [0, 2]])
    [0, 2, 3, 5]
    """
    bounded([len(axis) for axis in axes])
    found = [0]
    for axis in axes:
        found = [base + step for base in found for step in axis]
    return found


def picked(const: Const, axes: Sequence[Sequence[int]], fill: Any = None) -> Const:
    """The elements at one offset of each axis; `fill` where an offset is OUTSIDE."""
    values = [const.values[at] if at >= 0 else fill for at in positions(axes)]
    return Const(tuple([len(axis) for axis in axes]), const.kind, tuple(values), const.dtype)


def spread(const: Const, shape: Size) -> tuple[Any, ...]:
    """The values broadcast to a shape."""
    bounded(shape)
    if const.shape == shape:
        return const.values
    if len(const.values) == 1:
        return const.values * prod(shape)
    own = (1,) * (len(shape) - len(const.shape)) + const.shape
    axes = [
        [0] * size if mine == 1 else [at * step for at in range(size)]
        for size, mine, step in zip(shape, own, strides(own), strict=True)
    ]
    return tuple([const.values[at] for at in positions(axes)])
