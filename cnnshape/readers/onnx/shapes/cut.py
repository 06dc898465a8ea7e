"""Operators that take parts, or put parts together."""

from __future__ import annotations

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import Call, Size, Sizes, UnknownError, misfit, text, wrong


def concat(call: Call) -> Sizes:
    """One behind the other along an axis."""
    xs = call.xs()
    axis = call.axis(call.count("axis", 1 if call.opset < 4 else None), len(xs[0]))
    return [joined(xs, axis)]


def joined(xs: list[Size], axis: int) -> Size:
    """The shape of tensors one behind the other; they must agree on all other axes."""
    first = xs[0]
    for x in xs[1:]:
        if len(x) != len(first) or x[:axis] + x[axis + 1 :] != first[:axis] + first[axis + 1 :]:
            raise misfit(f"{text(first)} and {text(x)} differ outside axis {axis}")
    return (*first[:axis], sum([x[axis] for x in xs]), *first[axis + 1 :])


def parts_of(call: Call) -> tuple[int, Size]:
    """Where a Split cuts: the axis and the size of every part."""
    x = call.x()
    axis = call.axis(call.count("axis", 0), len(x))
    if call.opset < 13:
        parts = call.sizes("split")
        if parts is None and call.opset < 2 and call.has(1):
            parts = call.ints(1)
    else:
        parts = call.ints(1) if call.has(1) else None
    n = x[axis]
    if parts is None:
        count = len(call.op.outputs)
        stated = call.count("num_outputs", count) if call.opset >= 18 else count
        if stated != count or count < 1:
            raise wrong(f"num_outputs is {stated}, the operator has {count} outputs")
        if n % count and call.opset < 18:
            raise misfit(f"{n} elements do not split into {count} equal parts")
        most = -(-n // count)
        parts = tuple([min(most, max(0, n - at * most)) for at in range(count)])
    if sum(parts) != n or min(parts, default=0) < 0 or len(parts) != len(call.op.outputs):
        raise misfit(f"parts {list(parts)} do not make up {n} elements and {len(call.op.outputs)} outputs")
    return axis, parts


def split(call: Call) -> Sizes:
    """Parts along an axis."""
    x = call.x()
    axis, parts = parts_of(call)
    return [(*x[:axis], part, *x[axis + 1 :]) for part in parts]


def ranges_of(call: Call) -> list[range]:
    """The positions that a Slice takes from every axis."""
    x = call.x()
    if call.opset < 10:
        starts, ends, axes, steps = call.sizes("starts"), call.sizes("ends"), call.sizes("axes"), None
    else:
        starts, ends = call.ints(1), call.ints(2)
        axes = call.ints(3) if call.has(3) else None
        steps = call.ints(4) if call.has(4) else None
    if starts is None or ends is None:
        raise wrong("starts or ends are missing")
    axes = call.axes(axes, len(x)) if axes is not None else tuple(range(len(starts)))
    steps = steps if steps is not None else (1,) * len(starts)
    if not len(starts) == len(ends) == len(axes) == len(steps) <= len(x):
        raise misfit(f"{len(starts)} starts, {len(ends)} ends, {len(axes)} axes, {len(steps)} steps for {text(x)}")
    found = [range(n) for n in x]
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        if step == 0:
            raise LayerError("CNN-E203", "a step is 0")
        found[axis] = taken(x[axis], start, end, step)
    return found


def taken(n: int, start: int, end: int, step: int) -> range:
    """As Python counts, but a start in front of the first element is the first one, also backwards."""
    start, end = (start + n if start < 0 else start), (end + n if end < 0 else end)
    if step > 0:
        return range(max(0, start), min(n, end), step)
    return range(max(0, min(n - 1, start)), max(-1, end), step) if n else range(0)


def slice_(call: Call) -> Sizes:
    """From start to end by steps, as Python counts."""
    return [tuple([len(positions) for positions in ranges_of(call)])]


def center_crop_pad(call: Call) -> Sizes:
    """The named axes get the sizes asked for."""
    x, target = call.x(), call.ints(1)
    stated = call.sizes("axes")
    axes = tuple(range(len(x))) if stated is None else call.axes(stated, len(x))
    if len(target) != len(axes):
        raise misfit(f"{len(target)} sizes do not fit {len(axes)} axes")
    sizes = list(x)
    for axis, size in zip(axes, target, strict=True):
        sizes[axis] = size
    return [tuple(sizes)]


def compress(call: Call) -> Sizes:
    """What the condition selects."""
    x = call.x()
    axis = call.attributes.get("axis")
    if axis is None:
        return [(sum(map(bool, call.const(1).values)),)]
    at = call.axis(call.count("axis"), len(x))
    return [(*x[:at], sum(map(bool, call.const(1).values)), *x[at + 1 :])]


def nonzero(call: Call) -> Sizes:
    """As many columns as there are elements that are not zero."""
    if call.has(0) and call.consts[0] is not None:
        return [(max(1, len(call.x())), sum(map(bool, call.consts[0].values)))]
    raise UnknownError


def unique(call: Call) -> Sizes:
    """Every value once; how many there are is told by the values alone."""
    if call.attributes.get("axis") is None:
        values = call.const(0).values
        n = len(set(values))
        return [(n,), (n,), (len(values),), (n,)]
    raise UnknownError
