"""Convolution with one input channel per group: a product would be one row of taps long, so two ways by size."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.memory import room
from cnnshape.forward.sliding import Slide, padded, slide

#: Elements that are laid side by side at a time.
COLUMNS = 1 << 19
#: Rows shorter than this are slow to copy one by one: channels are laid last instead, if there are more than a few.
SHORT, FEW = 12, 32


def depthwise(kit: Kit, x: Array, weight: Array, bias: Array | None, axes: list[Slide], y: Array) -> None:
    """y[c * m + j] = sum over taps of x[c] * weight[c * m + j]; `x` is one image."""
    channels, outs = x.shape[0], y.shape[1:]
    many = y.shape[0] // channels
    taps = weight.reshape(channels, many, *weight.shape[2:])
    shift = None if bias is None else bias.reshape(channels, many)
    if outs[-1] < SHORT and channels >= FEW:
        _channels_last(kit, padded(x, axes), taps, shift, axes, y)
    else:
        _gathered(kit, x, taps, shift, axes, y)


def _gathered(kit: Kit, x: Array, taps: Array, shift: Array | None, axes: list[Slide], y: Array) -> None:
    """What the taps of one row of a kernel read is laid side by side, and a channel is one product of taps with that.

    A row further down reads the same further on: nothing is copied twice for it. With a stride, rows that are read
    together lie together.
    """
    if len(axes) == 1:  # a row of its own
        x, y = x[:, None], y[:, None]
        taps, axes = taps[:, :, None], [slide(1, 1, 1, 1, (0, 0)), *axes]
    channels, many = taps.shape[:2]
    tall, *outs = y.shape[1:]
    down, *along = axes
    step, area = down.starts.step, prod(outs)
    turns = sorted({tap % step for tap in down.taps})
    high = -(-(down.padded + x.shape[1]) // step)
    places = [place for _, place in _places(tuple(along))]
    target = y.reshape(channels, many, tall * area)
    rows = taps.reshape(channels, many, len(down.taps), -1)
    padded_size = prod([axis.padded + n for axis, n in zip(axes, x.shape[1:], strict=True)])

    # One thread: a second one reads what the first has in its cache, and takes longer for it than the sums do.
    each = max(1, COLUMNS // (len(turns) * len(places) * high * area))
    for first in range(0, channels, each):
        last = min(channels, first + each)
        size = last - first
        wide = padded(x[first:last], axes, room("padded", size * padded_size, x.dtype))
        columns = room("columns", len(turns) * size * len(places) * high * area, x.dtype)
        columns = columns.reshape(len(turns), size, len(places), high, *outs)
        for turn, begin in enumerate(turns):
            for index, place in enumerate(places):
                read: Any = (slice(None), slice(begin, None, step), *place)
                part = wide[read]
                columns[turn, :, index, : part.shape[1]] = part
        flat = columns.reshape(len(turns), size, len(places), high * area)
        out = target[first:last]
        for row, tap in enumerate(down.taps):
            begin = tap // step * area
            read = flat[turns.index(tap % step)][:, :, begin : begin + tall * area]
            if not row:
                kit.matmul(rows[first:last, :, row], read, out=out)
                continue
            beside = kit.matmul(rows[first:last, :, row], read, out=room("row", out.size, x.dtype).reshape(out.shape))
            np.add(out, beside, out=out)  # of the additions that the products have counted
        if shift is not None:
            kit.add(out, shift[first:last, :, None], out=out)


@lru_cache(maxsize=256)
def _places(axes: tuple[Slide, ...]) -> list[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Every tap with the positions that it reads."""
    each = [
        [slice(tap + axis.starts[0], tap + axis.starts[-1] + 1, axis.starts.step) for tap in axis.taps] for axis in axes
    ]
    taps = product(*[range(len(axis.taps)) for axis in axes])
    return list(zip(taps, product(*each), strict=True))


def _accumulate(kit: Kit, y: Array, x: Array, factor: Any, scratch: Array, *, first: bool) -> None:
    if first:  # the sum begins here
        np.multiply(x, factor, out=y)
        kit.tally["mac"] += y.size
    else:
        kit.multiply_add(y, x, factor, scratch)


def _channels_last(kit: Kit, wide: Array, taps: Array, shift: Array | None, axes: list[Slide], y: Array) -> None:
    """The same with channels as the innermost axis, for small maps."""
    channels, many = taps.shape[:2]
    outs, rank = y.shape[1:], len(axes)
    image = np.ascontiguousarray(wide.transpose(*range(1, rank + 1), 0))
    factors = np.ascontiguousarray(taps.transpose(*range(2, rank + 2), 1, 0))  # (*kernel, many, channels)
    result = np.empty((*outs, many, channels), y.dtype)
    places = _places(tuple(axes))

    tall = max(1, BLOCK // (channels * many * prod(outs[1:])))
    for first in range(0, outs[0], tall):
        last = min(outs[0], first + tall)
        out = result[first:last]
        scratch = np.empty_like(out)
        for index, (tap, (down, *along)) in enumerate(places):
            begin, step = down.start, down.step
            rows = slice(begin + first * step, begin + (last - 1) * step + 1, step)
            part = image[(rows, *along)][..., None, :]
            _accumulate(kit, out, part, factors[tap], scratch, first=index == 0)
        if shift is not None:
            kit.add(out, shift.T, out=out)
    back = (rank + 1, rank, *range(rank))
    y.reshape(channels, many, *outs)[...] = result.transpose(back)
