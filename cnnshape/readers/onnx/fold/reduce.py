"""Axes folded into one number each."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import reduce as folded
from typing import Any

from cnnshape.readers.onnx.call import Call, Size, UnknownError
from cnnshape.readers.onnx.fold.elementwise import divided, least, logarithm, most
from cnnshape.readers.onnx.fold.values import (
    INT64,
    cast,
    computed,
    dtype_of,
    first,
    kind_of,
    offsets,
    positions,
    strides,
    tensor,
)
from cnnshape.readers.onnx.op import Const
from cnnshape.readers.onnx.shapes import reduce as shapes


def total(values: Sequence[Any]) -> Any:
    """The sum; of floats, without rounding on the way."""
    return math.fsum(values) if values and isinstance(values[0], float) else sum(values)


def multiplied(values: Sequence[Any]) -> Any:
    """The product; of integers only while it stays within 64 bits."""
    if 0 in values and isinstance(values[0], int):
        return 0
    found: Any = 1
    for value in values:
        found *= value
        if isinstance(found, int) and abs(found) >= 2**64:
            raise UnknownError
    return found


def exponential_sum(values: Sequence[Any]) -> float:
    """log(sum(exp)), with the largest taken out."""
    top = max(values)
    if not math.isfinite(top):
        raise UnknownError
    return float(top) + math.log(math.fsum([math.exp(v - top) for v in values]))


RULES: dict[str, Callable[[Sequence[Any]], Any]] = {
    "ReduceSum": total,
    "ReduceMean": lambda values: divided(total(values), len(values)),
    "ReduceProd": multiplied,
    "ReduceMax": lambda values: folded(most, values),
    "ReduceMin": lambda values: folded(least, values),
    "ReduceL1": lambda values: total([abs(v) for v in values]),
    "ReduceL2": lambda values: math.sqrt(total([v * v for v in values])),
    "ReduceSumSquare": lambda values: total([v * v for v in values]),
    "ReduceLogSum": lambda values: logarithm(total(values)),
    "ReduceLogSumExp": exponential_sum,
}


def lines(shape: Size, axes: Size) -> list[list[int]]:
    """For every element of the result, where the elements are that it is made of."""
    rows = offsets(shape)
    kept = positions([[0] if at in axes else row for at, row in enumerate(rows)])
    inner = positions([row if at in axes else [0] for at, row in enumerate(rows)])
    return [[base + step for step in inner] for base in kept]


def reduce(call: Call) -> list[Const]:
    """ReduceSum and all its brothers."""
    a, dtype = call.const(0), dtype_of(call.const(0))
    axes = shapes.axes_to_fold(call)
    shape = shapes.without(a.shape, axes, call.count("keepdims", 1))
    rule = RULES[call.op.type]
    if a.kind == "string" or (not a.values and call.op.type not in ("ReduceSum", "ReduceProd")):
        raise UnknownError
    if not axes and call.op.type in ("ReduceMean", "ReduceMax", "ReduceMin", "ReduceSum", "ReduceProd"):
        return [Const(shape, a.kind, a.values, a.dtype)]
    found = [rule([a.values[at] for at in line]) for line in lines(a.shape, axes)]
    if kind_of(dtype) == "int":
        found = [cast(value, dtype) for value in found]
    return [computed(shape, found, dtype)]


def arg(call: Call) -> list[Const]:
    """Where the largest or smallest is, the first or the last of equals."""
    a = call.const(0)
    axis = call.axis(call.count("axis", 0), len(a.shape))
    shape = shapes.without(a.shape, (axis,), call.count("keepdims", 1))
    largest, last = call.op.type == "ArgMax", call.count("select_last_index", 0)
    found = []
    for line in lines(a.shape, (axis,)):
        values = [a.values[at] for at in line]
        if not values or any(math.isnan(v) for v in values):
            raise UnknownError
        best = max(values) if largest else min(values)
        found.append(len(values) - 1 - values[::-1].index(best) if last else values.index(best))
    return [tensor(shape, found, INT64)]


def topk(call: Call) -> list[Const]:
    """The k largest or smallest, of equals the first."""
    a, shape = call.const(0), first(shapes.topk(call))
    axis = call.axis(call.count("axis", -1), len(a.shape))
    largest, steps = call.count("largest", 1), strides(shape)
    if any(math.isnan(v) for v in a.values):
        raise UnknownError
    values: list[Any] = [None] * math.prod(shape)
    where: list[Any] = [None] * math.prod(shape)
    starts = positions([[0] if at == axis else row for at, row in enumerate(offsets(shape))])
    for line, start in zip(lines(a.shape, (axis,)), starts, strict=False):
        order = sorted(range(len(line)), key=lambda at: a.values[line[at]], reverse=bool(largest))
        for k, at in enumerate(order[: shape[axis]]):
            values[start + k * steps[axis]] = a.values[line[at]]
            where[start + k * steps[axis]] = at
    return [tensor(shape, values, dtype_of(a)), tensor(shape, where, INT64)]
