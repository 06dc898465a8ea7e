"""The same elements in another shape or order, or copies of them."""

from __future__ import annotations

from math import prod
from typing import Any

from cnnshape.readers.onnx.call import Call, UnknownError
from cnnshape.readers.onnx.fold.values import (
    OUTSIDE,
    bounded,
    cast,
    computed,
    dtype_of,
    first,
    kind_of,
    offsets,
    picked,
    positions,
    spread,
    strides,
    tensor,
)
from cnnshape.readers.onnx.op import Const
from cnnshape.readers.onnx.shapes import cut
from cnnshape.readers.onnx.shapes import move as shapes


def reshaped(call: Call) -> list[Const]:
    """Reshape, Flatten, Squeeze, Unsqueeze: the elements stay where they are."""
    rule = {"Reshape": shapes.reshape, "Flatten": shapes.flatten, "Squeeze": shapes.squeeze}
    a = call.const(0)
    found = first(rule.get(call.op.type, shapes.unsqueeze)(call))
    return [Const(found, a.kind, a.values, a.dtype)]


def same(call: Call) -> list[Const]:
    """Identity, and Dropout as it is when nothing is trained."""
    if call.op.type == "Dropout" and call.has(2):
        raise UnknownError
    return [call.const(0)]


def casted(call: Call) -> list[Const]:
    """Another type, stated or like another tensor's."""
    a = call.const(0)
    dtype = dtype_of(call.const(1)) if call.op.type == "CastLike" else call.count("to")
    if dtype == dtype_of(a):
        return [a]
    return [tensor(a.shape, [cast(value, dtype) for value in a.values], dtype)]


def transpose(call: Call) -> list[Const]:
    """Axes in another order."""
    a = call.const(0)
    shapes.transpose(call)
    perm = call.sizes("perm")
    axes = offsets(a.shape)
    return [picked(a, [axes[at] for at in perm] if perm is not None else axes[::-1])]


def expand(call: Call) -> list[Const]:
    """Broadcast with a shape."""
    a, shape = call.const(0), first(shapes.expand(call))
    return [Const(shape, a.kind, spread(a, bounded(shape)), a.dtype)]


def tile(call: Call) -> list[Const]:
    """Every axis so many times."""
    a, shape = call.const(0), first(shapes.tile(call))
    bounded(shape)
    steps = strides(a.shape)
    return [picked(a, [[k % n * s for k in range(m)] for n, m, s in zip(a.shape, shape, steps, strict=True)])]


def slice_(call: Call) -> list[Const]:
    """From start to end by steps."""
    a = call.const(0)
    taken = cut.ranges_of(call)
    return [picked(a, [[at * s for at in axis] for axis, s in zip(taken, strides(a.shape), strict=True)])]


def split(call: Call) -> list[Const]:
    """Parts along an axis."""
    a, (axis, parts) = call.const(0), cut.parts_of(call)
    found, start, axes = [], 0, offsets(a.shape)
    for part in parts:
        found.append(picked(a, [*axes[:axis], axes[axis][start : start + part], *axes[axis + 1 :]]))
        start += part
    return found


def concat(call: Call) -> list[Const]:
    """One behind the other: of each, a run for every position of the axes in front."""
    shape = first(cut.concat(call))
    bounded(shape)
    consts = [call.const(at) for at in range(len(call.op.inputs)) if call.has(at)]
    axis = call.axis(call.count("axis", 1 if call.opset < 4 else None), len(shape))
    outer = prod(shape[:axis])
    filled = [const for const in consts if const.values]
    values: list[Any] = []
    for at in range(outer if filled else 0):
        for const in filled:
            run = len(const.values) // outer
            values.extend(const.values[at * run : (at + 1) * run])
    return [Const(shape, consts[0].kind, tuple(values), consts[0].dtype)]


def pad(call: Call) -> list[Const]:
    """Constant, reflected, of the edge, or wrapped around."""
    a, (before, after) = call.const(0), shapes.pads_of(call)
    shape = first(shapes.pad(call))
    bounded(shape)
    mode = call.word("mode", "constant")
    fill = cast(0, dtype_of(a)) if kind_of(dtype_of(a)) != "string" else ""
    if call.opset < 11:
        fill = call.attributes.get("value", fill)
    elif call.has(2):
        fill = call.const(2).values[0]
    axes = []
    for n, step, low, high in zip(a.shape, strides(a.shape), before, after, strict=True):
        axes.append([padded(at, n, mode) * step if _inside(at, n, mode) else OUTSIDE for at in range(-low, n + high)])
    return [picked(a, axes, fill)]


def _inside(at: int, n: int, mode: str) -> bool:
    if mode != "constant" and (n == 0 or (mode == "reflect" and n == 1 and at != 0)):
        raise UnknownError
    return mode != "constant" or 0 <= at < n


def padded(at: int, n: int, mode: str) -> int:
    """Which position stands at one outside."""
    if mode == "edge":
        return min(max(at, 0), n - 1)
    if mode == "wrap":
        return at % n
    if mode == "reflect":
        at %= max(1, 2 * n - 2)
        return at if at < n else 2 * n - 2 - at
    return at


def trilu(call: Call) -> list[Const]:
    """The upper or lower triangle, zero elsewhere."""
    a = call.const(0)
    if len(a.shape) < 2:
        raise UnknownError
    k = call.int_at(1) if call.has(1) else 0
    upper, columns, rows = call.count("upper", 1), a.shape[-1], a.shape[-2]
    zero = cast(0, dtype_of(a))
    found = []
    for at, value in enumerate(a.values):
        row, column = at // columns % rows, at % columns
        keep = column - row >= k if upper else column - row <= k
        found.append(value if keep else zero)
    return [Const(a.shape, a.kind, tuple(found), a.dtype)]


def cumulated(call: Call) -> list[Const]:
    """CumSum along an axis."""
    a = call.const(0)
    axis = call.axis(call.int_at(1), len(a.shape))
    exclusive, backwards = call.count("exclusive", 0), call.count("reverse", 0)
    steps, dtype = strides(a.shape), dtype_of(a)
    values = list(a.values)
    others = positions([[0] if at == axis else row for at, row in enumerate(offsets(a.shape))])
    for base in others:
        line = [base + at * steps[axis] for at in range(a.shape[axis])]
        total: Any = 0
        for at in reversed(line) if backwards else line:
            before, total = total, total + a.values[at]
            values[at] = before if exclusive else total
    return [computed(a.shape, values, dtype)]
