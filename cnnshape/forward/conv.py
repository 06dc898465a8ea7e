"""Convolution and transposed convolution as matrix products over real windows.

Source: Chellapilla et al. 2006 (columns and a product); Dumoulin & Visin 2016 (the transposed direction).
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnshape.forward.blas import alone
from cnnshape.forward.depthwise import depthwise
from cnnshape.forward.kit import LIGHT, Array, Kit
from cnnshape.forward.memory import room
from cnnshape.forward.sliding import Slide, padded, per_axis, slides
from cnnshape.forward.threads import busy, count, shares, spread
from cnnshape.forward.transposed import conv_transpose
from cnnshape.forward.winograd import favours, winograd

#: Windows that one product takes: enough to keep both factors of it busy, few enough to stay in cache after the copy.
WINDOWS = 1800
#: Elements of a matrix of columns; that of very long windows has fewer of them.
COLUMNS = 1 << 22
#: Windows of one thread's stretch, at least. Of fewer, or no more than there are filters, each thread takes some channels:
#: it would read all filters for a few windows otherwise.
ENOUGH = 96


def conv(layer: Any, kit: Kit, x: Array, *, direct: bool = False) -> Array:
    """Slide the filters; one product per image, group and stretch of windows.

    Large layers of 3 rows multiply sums of rows in place of the rows (winograd.py), unless `direct`.
    """
    images, channels, *sizes = x.shape
    groups, filters = layer.groups, layer.out_channels
    axes = slides(layer, tuple(sizes))
    each = channels // groups
    weight = kit.weight("weight", filters, each, *per_axis(layer.kernel_size, len(sizes)))
    bias = kit.weight("bias", filters) if layer.bias else None
    y = kit.empty(images, filters, *[len(axis.starts) for axis in axes])
    if each == 1 and channels > 1:
        for image in range(images):
            depthwise(kit, x[image], weight, bias, axes, y[image])
        return y
    if not direct and favours(weight[: filters // groups], axes):
        for group in range(groups):
            part = slice(group * filters // groups, (group + 1) * filters // groups)
            winograd(kit, x[:, group * each : (group + 1) * each], weight[part], axes, y[:, part])
        if bias is not None:
            kit.add(y, bias.reshape(-1, *[1] * len(axes)), out=y)
        return y
    rows = weight.reshape(groups, filters // groups, -1)
    for image in range(images):
        wide = padded(x[image], axes).reshape(
            groups, each, *[axis.padded + n for axis, n in zip(axes, sizes, strict=True)]
        )
        target = y[image].reshape(groups, filters // groups, *y.shape[2:])
        for group in range(groups):
            shift = None if bias is None else bias.reshape(groups, -1, 1)[group]
            _group(kit, wide[group], rows[group], shift, axes, target[group])
    return y


def _group(kit: Kit, wide: Array, rows: Array, bias: Array | None, axes: list[Slide], y: Array) -> None:
    """All windows of one image and group, filters @ columns, stretch by stretch."""
    if all(len(axis.taps) == 1 for axis in axes):
        _pointwise(kit, wide, rows, bias, axes, y)
        return
    outs = y.shape[1:]
    windows = as_strided(
        wide,
        (wide.shape[0], *[len(axis.taps) for axis in axes], *outs),
        (
            wide.strides[0],
            *[axis.taps.step * s for axis, s in zip(axes, wide.strides[1:], strict=True)],
            *[axis.starts.step * s for axis, s in zip(axes, wide.strides[1:], strict=True)],
        ),
        writeable=False,
    )
    length = rows.shape[1]
    # A stretch is some rows of the last two axes; one row where even that is large.
    row = outs[-1]
    wanted = max(1, min(WINDOWS, COLUMNS // length))
    several = alone() and not busy() and count() > 1 and prod(outs) * rows.size > LIGHT
    shared = several and prod(outs) >= max(ENOUGH * count(), len(rows) + 1)
    if shared:
        times = -(-prod(outs) // (wanted * count())) * count()
        wanted = -(-prod(outs) // times)
    if len(outs) > 1:
        tall = max(1, wanted // row)
        stretches = [
            (*[slice(i, i + 1) for i in lead], slice(top, min(outs[-2], top + tall)), slice(None))
            for lead in product(*map(range, outs[:-2]))
            for top in range(0, outs[-2], tall)
        ]
    else:
        stretches = [(slice(left, min(row, left + wanted)),) for left in range(0, row, wanted)]
    whole = (slice(None),) * (1 + len(axes))

    def some(kit: Kit, number: int, _: int) -> None:
        stretch = stretches[number]
        part = windows[(*whole, *stretch)]
        target = y[(slice(None), *stretch)]
        if several and not shared:
            _by_channels(kit, rows, part, target)
        else:
            shape = part.shape
            many = prod(shape[len(whole) :])
            columns = room("columns", length * many, wide.dtype)
            columns.reshape(shape)[...] = part
            flat = target.reshape(y.shape[0], many)
            if np.may_share_memory(flat, y):
                kit.matmul(rows, columns.reshape(length, many), out=flat)
            else:  # a stretch that is no run of memory
                flat = kit.matmul(rows, columns.reshape(length, many))
                target[...] = flat.reshape(target.shape)
        if bias is not None:
            kit.add(target, bias.reshape(-1, *[1] * len(outs)), out=target)

    if shared:
        kit.parts(len(stretches), 1, some, heavy=True)
    else:
        for number in range(len(stretches)):
            some(kit, number, 0)


def _by_channels(kit: Kit, rows: Array, part: Array, y: Array) -> None:
    """Each thread multiplies some channels' columns with their part of the filters; then the sums are added up."""
    filters, length = rows.shape
    taps, many = length // len(part), part.size // length
    threads = min(count(), len(part))
    bounds = shares(len(part), threads)
    sums = room("sums", threads * y.size, y.dtype).reshape(threads, *y.shape)

    def work(number: int) -> None:
        first, last = bounds[number], bounds[number + 1]
        columns = room("columns", (last - first) * taps * many, y.dtype)
        columns.reshape(last - first, *part.shape[1:])[...] = part[first:last]
        own = rows[:, first * taps : last * taps]
        np.matmul(own, columns.reshape(-1, many), out=sums[number].reshape(filters, many))

    spread(work, range(threads))
    np.add.reduce(sums, axis=0, out=y)  # additions that the products would have made in one thread
    kit.tally["mac"] += y.size * length


def _pointwise(kit: Kit, wide: Array, rows: Array, bias: Array | None, axes: list[Slide], y: Array) -> None:
    """A window of one position: the image itself is the matrix of columns."""
    if any(axis.starts.step > 1 for axis in axes):
        places = tuple(slice(axis.starts[0], axis.starts[-1] + 1, axis.starts.step) for axis in axes)
        wide = np.ascontiguousarray(wide[(slice(None), *places)])
    flat = y.reshape(y.shape[0], -1)
    columns = wide.reshape(wide.shape[0], -1)
    if bias is None:
        kit.matmul(rows, columns, out=flat)
        return
    step = max(1, COLUMNS // (rows.shape[0] + rows.shape[1]))
    for left in range(0, flat.shape[1], step):
        part = flat[:, left : left + step]
        kit.matmul(rows, columns[:, left : left + step], out=part)
        kit.add(part, bias, out=part)


def direct_conv(layer: Any, kit: Kit, x: Array) -> Array:
    """Slide the filters, and perform every multiplication."""
    return conv(layer, kit, x, direct=True)


KERNELS: dict[str, Any] = {"conv": conv, "conv_transpose": conv_transpose}
