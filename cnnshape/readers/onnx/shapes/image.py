"""Operators that sample images."""

from __future__ import annotations

import struct
from math import floor

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import Call, Size, Sizes, misfit, text, wrong


def scaled(x: Size, scales: tuple[float, ...]) -> Size:
    """floor(n * scale) of every axis, the product rounded to single precision, as onnxruntime has it.

    >>> scaled((10, 10), (0.7, 0.69))
    (7, 6)
    """
    if len(scales) != len(x) or any(not 0 < scale < 2**40 for scale in scales):
        raise misfit(f"scales {list(scales)[:8]} do not fit {text(x)}")
    # Of two single numbers, the product in doubles is exact, so that it is rounded once.
    return tuple([floor(single(single(n) * single(scale))) for n, scale in zip(x, scales, strict=True)])


def single(value: float) -> float:
    """The nearest number in single precision."""
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def upsample(call: Call) -> Sizes:
    """Upsample: scales as attribute before opset 9."""
    scales = call.floats("scales") if call.opset < 9 else tuple(map(float, call.const(1).values))
    if scales is None:
        raise wrong("attribute scales is missing")
    return [scaled(call.x(), scales)]


def resize(call: Call) -> Sizes:
    """By sizes or by scales, on all axes or on some, with the aspect kept or not."""
    x = call.x()
    if call.opset < 11:
        return [scaled(x, tuple(map(float, call.const(1).values)))]
    stated = call.sizes("axes") if call.opset >= 18 else None
    axes = tuple(range(len(x))) if stated is None else call.axes(stated, len(x))
    part = tuple([x[at] for at in axes])
    sized = call.has(3) and call.shapes[3] != (0,)
    if sized:
        found = kept_aspect(call, part, call.ints(3))
    elif call.has(2):
        found = scaled(part, tuple(map(float, call.const(2).values)))
    else:
        raise wrong("neither scales nor sizes are stated")
    sizes = list(x)
    for at, size in zip(axes, found, strict=True):
        sizes[at] = size
    return [tuple(sizes)]


def kept_aspect(call: Call, x: Size, sizes: Size) -> Size:
    """The sizes, or those with one scale for all axes that is not larger (not smaller) than they ask."""
    if len(sizes) != len(x) or min(sizes, default=0) < 0:
        raise misfit(f"sizes {list(sizes)} do not fit {text(x)}")
    policy = call.word("keep_aspect_ratio_policy", "stretch")
    if policy == "stretch" or call.opset < 18 or not x:
        return sizes
    if policy not in ("not_larger", "not_smaller") or min(x) < 1:
        raise wrong(f"keep_aspect_ratio_policy is {policy!r:.40}")
    pairs = list(zip(sizes, x, strict=True))
    pick = min if policy == "not_larger" else max
    top, low = pick(pairs, key=lambda pair: pair[0] / pair[1])
    return tuple([(2 * n * top + low) // (2 * low) for n in x])  # rounded half up, in whole numbers


def grid_sample(call: Call) -> Sizes:
    """One sample per coordinate of the grid."""
    x, grid = call.x(), call.x(1)
    if len(x) < 3 or len(grid) != len(x) or grid[-1] != len(x) - 2:
        raise misfit(f"the grid {text(grid)} does not fit {text(x)}")
    return [x[:2] + grid[1:-1]]


def roi_align(call: Call) -> Sizes:
    """Every region becomes an image of one size."""
    x, rois = call.x(0, 4), call.x(1, 2)
    return [(rois[0], x[1], call.count("output_height", 1), call.count("output_width", 1))]


def max_roi_pool(call: Call) -> Sizes:
    """Every region becomes an image of one size."""
    x, rois, size = call.x(0, 4), call.x(1, 2), call.sizes("pooled_shape")
    if size is None or len(size) != 2:
        raise wrong("attribute pooled_shape is no pair")
    return [(rois[0], x[1], *size)]


def crop(call: Call) -> Sizes:
    """Crop (opset 1): positions off either end, or a size."""
    x, border, scale = call.x(0, 4), call.sizes("border"), call.sizes("scale")
    if border is None or len(border) != 4:
        raise wrong("attribute border is no list of 4")
    if scale is not None:
        if len(scale) != 2:
            raise wrong("attribute scale is no pair")
        return [x[:2] + scale]
    h, w = x[2] - border[1] - border[3], x[3] - border[0] - border[2]
    if h < 0 or w < 0:
        raise LayerError("CNN-E401", f"the border {list(border)} leaves nothing of {text(x)}")
    return [(*x[:2], h, w)]
