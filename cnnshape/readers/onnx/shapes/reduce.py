"""Operators that fold axes into one number each."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Size, Sizes, UnknownError, misfit, wrong

#: Opset from which the axes are an input.
SINCE = {"ReduceSum": 13}


def without(x: Size, axes: Size, keep: int) -> Size:
    """The shape once the axes are folded."""
    if keep:
        return tuple([1 if at in axes else size for at, size in enumerate(x)])
    return tuple([size for at, size in enumerate(x) if at not in axes])


def axes_to_fold(call: Call) -> Size:
    """The axes of a Reduce operator; none stated means all of them, or with noop_with_empty_axes nothing."""
    x = call.x()
    try:
        stated = call.axes_of(1, SINCE.get(call.op.type, 18))
    except UnknownError:
        if call.shapes[1] != (0,):
            raise
        stated = ()
    if stated:
        return call.axes(stated, len(x))
    return () if call.count("noop_with_empty_axes", 0) else tuple(range(len(x)))


def reduce(call: Call) -> Sizes:
    """ReduceSum and all its brothers."""
    keep = call.count("keepdims", 1)
    try:
        axes = axes_to_fold(call)
    except UnknownError:
        if keep or call.shapes[0] is None or not call.has(1) or not call.shapes[1]:
            raise
        raise UnknownError from None
    return [without(call.x(), axes, keep)]


def arg(call: Call) -> Sizes:
    """ArgMax, ArgMin."""
    x = call.x()
    return [without(x, (call.axis(call.count("axis", 0), len(x)),), call.count("keepdims", 1))]


def topk(call: Call) -> Sizes:
    """The k largest values and where they are."""
    x = call.x()
    axis = call.axis(call.count("axis", -1), len(x))
    k = call.count("k") if call.opset < 10 else call.int_at(1)
    if not 0 <= k <= x[axis]:
        raise misfit(f"k={k} is not within the {x[axis]} elements of axis {axis}")
    return [(*x[:axis], k, *x[axis + 1 :])] * 2


def moments(call: Call) -> Sizes:
    """LayerNormalization: the output, and the mean and deviation of what it normalized."""
    x = call.x()
    axis = call.axis(call.count("axis", -1), len(x)) if x else 0
    kept = x[:axis] + (1,) * (len(x) - axis)
    return [x, kept, kept]


def batch_norm(call: Call) -> Sizes:
    """BatchNormalization: the output, then statistics like the running ones."""
    x = call.x()
    if len(x) > 1:
        for at in range(1, 5):
            size = call.shapes[at] if call.has(at) else None
            if size is not None and size != (x[1],):
                raise misfit(f"input {at} has shape {size}, {x[1]} channels want ({x[1]},)")
    return [x, *[(x[1] if len(x) > 1 else 1,)] * (len(call.op.outputs) - 1)]


def channel_norm(call: Call) -> Sizes:
    """InstanceNormalization: scale and bias have one element per channel."""
    x = call.x()
    if len(x) < 2:
        raise wrong(f"{len(x)} dimensions hold no channels")
    for at in (1, 2):
        size = call.shapes[at] if call.has(at) else None
        if size is not None and size != (x[1],):
            raise misfit(f"input {at} has shape {size}, {x[1]} channels want ({x[1]},)")
    return [x]
