"""Reading and writing by index, and looking for what is where."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import Call, UnknownError
from cnnshape.readers.onnx.fold.elementwise import least, most
from cnnshape.readers.onnx.fold.values import (
    INT64,
    bounded,
    computed,
    dtype_of,
    first,
    offsets,
    picked,
    positions,
    strides,
    tensor,
)
from cnnshape.readers.onnx.op import Const
from cnnshape.readers.onnx.shapes import gather as shapes

REDUCED: dict[str, Callable[[Any, Any], Any]] = {
    "none": lambda old, new: new,  # noqa: ARG005
    "add": lambda old, new: old + new,
    "mul": lambda old, new: old * new,
    "max": most,
    "min": least,
}


def within(at: int, n: int) -> int:
    """An index counted from the front."""
    if not -n <= at < n:
        raise LayerError("CNN-E406", f"index {at} is none of {n} elements")
    return at + n if at < 0 else at


def gather(call: Call) -> list[Const]:
    """The indices' shape takes the place of the axis."""
    a, at = call.const(0), call.ints(1)
    axis = call.axis(call.count("axis", 0), len(a.shape))
    axes = offsets(a.shape)
    bounded([len(at), *[len(row) for n, row in enumerate(axes) if n != axis]])
    step, n = strides(a.shape)[axis], a.shape[axis]
    found = picked(a, [*axes[:axis], [within(i, n) * step for i in at], *axes[axis + 1 :]])
    shape = a.shape[:axis] + call.const(1).shape + a.shape[axis + 1 :]
    return [Const(shape, a.kind, found.values, a.dtype)]


def places(call: Call, axis: int) -> list[int]:
    """Where GatherElements reads and ScatterElements writes, in the order of the indices."""
    data, at = call.const(0).shape, call.const(1).shape
    if len(data) != len(at) or any(m > n for k, (m, n) in enumerate(zip(at, data, strict=True)) if k != axis):
        raise LayerError("CNN-E403", f"indices of shape {at} do not fit data of shape {data}")
    steps = strides(data)
    rows = [[0] * n if k == axis else [i * steps[k] for i in range(n)] for k, n in enumerate(at)]
    bases = positions(rows)
    return [base + within(i, data[axis]) * steps[axis] for base, i in zip(bases, call.ints(1), strict=True)]


def gather_elements(call: Call) -> list[Const]:
    """As many elements as indices."""
    a = call.const(0)
    axis = call.axis(call.count("axis", 0), len(a.shape))
    return [Const(call.const(1).shape, a.kind, tuple([a.values[at] for at in places(call, axis)]), a.dtype)]


def scatter_elements(call: Call) -> list[Const]:
    """Values written, or combined with what stands there."""
    a, new = call.const(0), call.const(2)
    if a.kind != new.kind or a.kind == "string":
        raise UnknownError
    axis = call.axis(call.count("axis", 0), len(a.shape))
    values, rule = list(a.values), REDUCED[call.word("reduction", "none")]
    for at, value in zip(places(call, axis), new.values, strict=True):
        values[at] = rule(values[at], value)
    return [computed(a.shape, values, dtype_of(a))]


def runs(call: Call, batch: int) -> tuple[list[int], int]:
    """Where the slices that GatherND and ScatterND mean begin, and how many elements each has."""
    a, at = call.const(0), call.const(1)
    depth, steps = at.shape[-1], strides(a.shape)
    size = math.prod(a.shape[batch + depth :])
    if depth == 0:
        raise UnknownError
    rows = math.prod(at.shape[batch:-1])
    found = []
    for row in range(len(at.values) // depth):
        index = at.values[row * depth : (row + 1) * depth]
        base = row // rows * math.prod(a.shape[batch:]) if batch else 0
        found.append(base + sum([within(i, a.shape[batch + k]) * steps[batch + k] for k, i in enumerate(index)]))
    return found, size


def gather_nd(call: Call) -> list[Const]:
    """Slices by their indices."""
    a, shape = call.const(0), first(shapes.gather_nd(call))
    bounded(shape)
    call.ints(1)
    starts, size = runs(call, call.count("batch_dims", 0))
    return [Const(shape, a.kind, tuple([v for at in starts for v in a.values[at : at + size]]), a.dtype)]


def scatter_nd(call: Call) -> list[Const]:
    """Slices written, or combined with what stands there."""
    a, new = call.const(0), call.const(2)
    if a.kind != new.kind or a.kind == "string":
        raise UnknownError
    shapes.scatter_nd(call)
    call.ints(1)
    values, rule = list(a.values), REDUCED[call.word("reduction", "none")]
    starts, size = runs(call, 0)
    for row, start in enumerate(starts):
        for at in range(size):
            values[start + at] = rule(values[start + at], new.values[row * size + at])
    return [computed(a.shape, values, dtype_of(a))]


def one_hot(call: Call) -> list[Const]:
    """On where the class is, off elsewhere."""
    a, values, shape = call.const(0), call.const(2), first(shapes.one_hot(call))
    bounded(shape)
    if len(values.values) != 2:
        raise UnknownError
    off, on = values.values
    axis = call.axis(call.count("axis", -1), len(shape))
    depth = shape[axis]
    inner = math.prod(shape[axis + 1 :])
    found = [off] * math.prod(shape)
    for at, value in enumerate(a.values):
        index = int(value)
        if -depth <= index < depth:
            found[(at // inner * depth + index % depth) * inner + at % inner] = on
    return [tensor(shape, found, dtype_of(values))]


def nonzero(call: Call) -> list[Const]:
    """One column per element that is not zero."""
    a = call.const(0)
    shape = a.shape or (1,)
    steps = strides(shape)
    hits = [at for at, value in enumerate(a.values) if value]
    bounded((len(shape), len(hits)))
    rows = [hit // step % n for step, n in zip(steps, shape, strict=True) for hit in hits]
    return [tensor((len(shape), len(hits)), rows, INT64)]


def compress(call: Call) -> list[Const]:
    """What the condition selects."""
    a, test = call.const(0), call.const(1).values
    if call.attributes.get("axis") is None:
        found = [value for value, yes in zip(a.values, test, strict=False) if yes]
        return [Const((len(found),), a.kind, tuple(found), a.dtype)]
    axis = call.axis(call.count("axis"), len(a.shape))
    axes = offsets(a.shape)
    axes[axis] = [step for step, yes in zip(axes[axis], test, strict=False) if yes]
    return [picked(a, axes)]


def unique(call: Call) -> list[Const]:
    """Every value once, where it is first, which one each was, and how often."""
    a = call.const(0)
    if call.attributes.get("axis") is not None or a.kind == "string" or any(math.isnan(v) for v in a.values):
        raise UnknownError
    first: dict[Any, int] = {}
    counts: dict[Any, int] = {}
    for at, value in enumerate(a.values):
        first.setdefault(value, at)
        counts[value] = counts.get(value, 0) + 1
    kept = sorted(first) if call.count("sorted", 1) else list(first)
    number = {value: at for at, value in enumerate(kept)}
    return [
        Const((len(kept),), a.kind, tuple(kept), a.dtype),
        tensor((len(kept),), [first[value] for value in kept], INT64),
        tensor((len(a.values),), [number[value] for value in a.values], INT64),
        tensor((len(kept),), [counts[value] for value in kept], INT64),
    ]
