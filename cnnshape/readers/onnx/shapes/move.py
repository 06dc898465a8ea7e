"""Operators that put the same elements into another shape, or copies of them."""

from __future__ import annotations

from math import prod

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import Call, Size, Sizes, broadcast, misfit, text, wrong


def reshape(call: Call) -> Sizes:
    """0 copies a size unless allowzero, one -1 takes what is left."""
    x = call.x()
    target = call.sizes("shape") if call.opset < 5 else call.target(1)
    if target is None:
        raise wrong("attribute shape is missing")
    zero = call.count("allowzero", 0)
    sizes = []
    for at, size in enumerate(target):
        if size == 0 and not zero:
            if at >= len(x):
                raise misfit(f"size 0 at {at} copies a dimension that {text(x)} does not have")
            size = x[at]  # noqa: PLW2901
        sizes.append(size)
    holes = [at for at, size in enumerate(target) if size == -1]
    known = prod([size for at, size in enumerate(sizes) if at not in holes])
    if len(holes) > 1 or min(sizes, default=0) < -1 or (holes and known == 0 and zero):
        raise LayerError("CNN-E203", f"{list(target)} is no shape: sizes and at most one -1")
    have = prod(x)
    if holes:
        if (known and have % known) or (not known and have):
            raise misfit(f"{have} elements of {text(x)} are no multiple of {known} of {list(target)}")
        sizes[holes[0]] = have // known if known else 0
    elif known != have:
        raise misfit(f"{text(x)} holds {have} elements, {list(target)} holds {known}")
    return [tuple(sizes)]


def flatten(call: Call) -> Sizes:
    """Two axes: all before, all from the axis on."""
    x = call.x()
    axis = call.count("axis", 1)
    if not -len(x) <= axis <= len(x):
        raise LayerError("CNN-E406", f"axis {axis} is none of {text(x)}")
    axis += len(x) if axis < 0 else 0
    return [(prod(x[:axis]), prod(x[axis:]))]


def squeeze(call: Call) -> Sizes:
    """The named axes of size 1 go, or all of them."""
    x = call.x()
    stated = call.axes_of(1, 13)
    axes = call.axes(stated, len(x)) if stated is not None else tuple([at for at, n in enumerate(x) if n == 1])
    for at in axes:
        if x[at] != 1:
            raise LayerError("CNN-E406", f"dimension {at} of {text(x)} has size {x[at]}, not 1")
    return [tuple([n for at, n in enumerate(x) if at not in axes])]


def unsqueeze(call: Call) -> Sizes:
    """New axes of size 1, counted in the output."""
    x = call.x()
    axes = call.axes_of(1, 13)
    if axes is None:
        raise wrong("axes are missing")
    rank = len(x) + len(axes)
    new = set(call.axes(axes, rank))
    rest = iter(x)
    return [tuple([1 if at in new else next(rest) for at in range(rank)])]


def transpose(call: Call) -> Sizes:
    """Axes in another order; reversed when none is stated."""
    x = call.x()
    perm = call.sizes("perm")
    perm = tuple(range(len(x)))[::-1] if perm is None else perm
    if sorted(perm) != list(range(len(x))):
        raise LayerError("CNN-E406", f"perm {list(perm)} is no order of the {len(x)} dimensions of {text(x)}")
    return [tuple([x[at] for at in perm])]


def expand(call: Call) -> Sizes:
    """Broadcast with a shape."""
    x, target = call.x(), call.target(1)
    if min(target, default=0) < 0:
        raise LayerError("CNN-E203", f"{list(target)} is no shape")
    return [broadcast(x, target)]


def tile(call: Call) -> Sizes:
    """Every axis so many times."""
    x = call.x()
    if call.opset < 6:
        axis = call.axis(call.int_at(2), len(x))
        return [(*x[:axis], x[axis] * call.int_at(1), *x[axis + 1 :])]
    times = call.ints(1)
    if len(times) != len(x) or min(times, default=0) < 0:
        raise misfit(f"repeats {list(times)} do not fit {text(x)}")
    return [tuple([n * k for n, k in zip(x, times, strict=True)])]


def pads_of(call: Call) -> tuple[Size, Size]:
    """Positions before and after every axis; negative ones cut."""
    x = call.x()
    pads = call.sizes("pads" if call.opset >= 2 else "paddings") if call.opset < 11 else call.ints(1)
    if pads is None:
        raise wrong("attribute pads is missing")
    axes = tuple(range(len(x)))
    if call.opset >= 18 and call.has(3):
        axes = call.axes(call.ints(3), len(x))
    if len(pads) != 2 * len(axes):
        raise misfit(f"{len(pads)} pads do not fit {len(axes)} axes")
    before, after = [0] * len(x), [0] * len(x)
    for at, axis in enumerate(axes):
        before[axis], after[axis] = pads[at], pads[at + len(axes)]
    return tuple(before), tuple(after)


def pad(call: Call) -> Sizes:
    """Grown or cut at both ends of every axis."""
    x = call.x()
    before, after = pads_of(call)
    sizes = tuple([n + a + b for n, a, b in zip(x, before, after, strict=True)])
    if min(sizes, default=0) < 0:
        raise misfit(f"pads cut more than {text(x)} holds")
    return [sizes]


def depth_to_space(call: Call) -> Sizes:
    """Channels become blocks of positions."""
    n, c, h, w = call.x(0, 4)
    b = call.count("blocksize")
    if b <= 0 or c % (b * b):
        raise misfit(f"{c} channels do not hold blocks of {b} x {b}")
    return [(n, c // (b * b), h * b, w * b)]


def space_to_depth(call: Call) -> Sizes:
    """Blocks of positions become channels."""
    n, c, h, w = call.x(0, 4)
    b = call.count("blocksize")
    if b <= 0 or h % b or w % b:
        raise misfit(f"{h}x{w} does not hold blocks of {b} x {b}")
    return [(n, c * b * b, h // b, w // b)]


def identity(call: Call) -> Sizes:
    """The same, where it is a tensor."""
    return [call.x()]
