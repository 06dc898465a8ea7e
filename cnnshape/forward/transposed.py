"""Transposed convolution: every input position lays down one copy of the filters, and copies that overlap are added."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any, NamedTuple

import numpy as np

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.sliding import per_axis, sides

#: Elements of the copies that are made at a time.
COPIES = 1 << 20


class Laid(NamedTuple):
    """One axis: where copies begin, their taps, what is cut off in front, and how long the result is."""

    starts: range
    taps: range
    cut: int
    size: int

    @property
    def canvas(self) -> int:
        """Positions that copies or the result reach."""
        return max(self.starts[-1] + self.taps[-1] + 1, self.cut + self.size)


def lay(n: int, kernel: int, stride: int, dilation: int, padding: Any, extra: int) -> Laid:
    """Lay copies `stride` apart. Words: same (n * stride positions, ONNX auto_pad), valid and causal (Keras), full."""
    starts, taps = range(0, n * stride, stride), range(0, kernel * dilation, dilation)
    reach = taps[-1] + 1
    length = starts[-1] + reach
    wanted = n * stride
    if padding in ("same", "same_upper", "same_lower"):
        surplus = max(0, length + extra - wanted)
        cut = surplus - surplus // 2 if padding == "same_lower" else surplus // 2
        return Laid(starts, taps, cut, wanted if length + extra >= wanted else max(wanted, length + extra))
    if padding == "valid":
        return Laid(starts, taps, 0, max(length, wanted) + extra)
    if padding == "causal":
        return Laid(starts, taps, 0, min(length, wanted) + extra)
    if padding == "full":
        padding = (reach - 1, reach - 1)
    before, after = padding
    return Laid(starts, taps, before, length - before - after + extra)


def axes_of(layer: Any, sizes: tuple[int, ...]) -> list[Laid]:
    """Every spatial axis."""
    rank = len(sizes)
    kernels, strides = per_axis(layer.kernel_size, rank), per_axis(layer.stride, rank)
    dilations, paddings = per_axis(layer.dilation, rank), per_axis(layer.padding, rank)
    extras = per_axis(layer.output_padding, rank)
    return [lay(n, kernels[i], strides[i], dilations[i], sides(paddings[i]), extras[i]) for i, n in enumerate(sizes)]


def conv_transpose(layer: Any, kit: Kit, x: Array) -> Array:
    """Copies by one product per image, group and stretch of rows, then added tap by tap."""
    images, channels, *sizes = x.shape
    groups, filters = layer.groups, layer.out_channels
    axes = axes_of(layer, tuple(sizes))
    each = filters // groups
    kernel = per_axis(layer.kernel_size, len(sizes))
    weight = kit.weight("weight", channels, each, *kernel, fan_in=channels // groups * max(1, prod(kernel) // 4))
    bias = kit.weight("bias", filters) if layer.bias else None
    rows = weight.reshape(groups, channels // groups, each * prod(kernel))
    y = kit.empty(images, filters, *[axis.size for axis in axes])
    for image in range(images):
        canvas = np.zeros((groups, each, *[axis.canvas for axis in axes]), x.dtype)
        source = np.ascontiguousarray(x[image]).reshape(groups, channels // groups, *sizes)
        for group in range(groups):
            _group(kit, source[group], rows[group], axes, canvas[group])
        cut = tuple(slice(axis.cut, axis.cut + axis.size) for axis in axes)
        y[image] = canvas.reshape(filters, *canvas.shape[2:])[(slice(None), *cut)]
    if bias is not None:
        flat = y.reshape(images * filters, -1)
        shift = np.tile(bias, images)[:, None]
        kit.parts(
            len(flat), max(1, COPIES // flat.shape[1]), lambda own, a, b: own.add(flat[a:b], shift[a:b], out=flat[a:b])
        )
    return y


def _group(kit: Kit, x: Array, rows: Array, axes: list[Laid], canvas: Array) -> None:
    channels, first, *rest = x.shape
    step = max(1, COPIES // (rows.shape[1] * prod(rest)))
    for top in range(0, first, step):
        part = x[:, top : top + step]
        tall = part.shape[1]
        copies = kit.matmul(rows.T, part.reshape(channels, -1))
        copies = copies.reshape(canvas.shape[0], *[len(axis.taps) for axis in axes], tall, *rest)
        for tap in product(*[range(len(axis.taps)) for axis in axes]):
            places = []
            for index, (axis, t) in enumerate(zip(axes, tap, strict=True)):
                begin = axis.taps[t] + (axis.starts[top] if index == 0 else 0)
                many = tall if index == 0 else len(axis.starts)
                places.append(slice(begin, begin + (many - 1) * axis.starts.step + 1, axis.starts.step))
            to: Any = (slice(None), *places)
            source: Any = (slice(None), *tap)
            canvas[to] += copies[source]
