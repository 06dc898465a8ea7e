"""Convolution with one input channel per group: a product would be one row of taps long, so two ways by size."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.memory import room
from cnnshape.forward.sliding import Slide, padded

#: Elements that are laid side by side at a time.
COLUMNS = 1 << 18
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
    """What each tap reads is laid side by side, and a channel is one product of its taps with that."""
    channels, many = taps.shape[:2]
    outs = y.shape[1:]
    places = _places(axes)
    target = y.reshape(channels, many, -1)
    rows = taps.reshape(channels, many, -1)

    def some(own: Kit, first: int, last: int) -> None:
        size = last - first
        area = prod([axis.padded + n for axis, n in zip(axes, x.shape[1:], strict=True)])
        wide = padded(x[first:last], axes, room("padded", size * area, x.dtype))
        columns = room("columns", size * len(places) * prod(outs), x.dtype)
        columns = columns.reshape(size, len(places), *outs)
        for index, (_, places_) in enumerate(places):
            read: Any = (slice(None), *places_)
            columns[:, index] = wide[read]
        out = target[first:last]
        own.matmul(rows[first:last], columns.reshape(size, len(places), -1), out=out)
        if shift is not None:
            own.add(out, shift[first:last, :, None], out=out)

    kit.parts(channels, max(1, COLUMNS // (len(places) * prod(outs))), some)


def _places(axes: list[Slide]) -> list[tuple[tuple[int, ...], tuple[slice, ...]]]:
    """Every tap with the positions that it reads."""
    found = []
    for tap in product(*[range(len(axis.taps)) for axis in axes]):
        places = tuple(
            slice(axis.taps[t] + axis.starts[0], axis.taps[t] + axis.starts[-1] + 1, axis.starts.step)
            for axis, t in zip(axes, tap, strict=True)
        )
        found.append((tap, places))
    return found


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
    image = np.ascontiguousarray(np.moveaxis(wide, 0, -1))
    factors = np.ascontiguousarray(np.moveaxis(taps, (0, 1), (-1, -2)))  # (*kernel, many, channels)
    result = np.empty((*outs, many, channels), y.dtype)

    def some(own: Kit, first: int, last: int) -> None:
        out = result[first:last]
        scratch = np.empty_like(out)
        for index, (tap, places) in enumerate(_places(axes)):
            begin, step = places[0].start, places[0].step
            rows = slice(begin + first * step, begin + (last - 1) * step + 1, step)
            part = image[(rows, *places[1:])][..., None, :]
            _accumulate(own, out, part, factors[tap], scratch, first=index == 0)
        if shift is not None:
            own.add(out, shift.T, out=out)

    kit.parts(outs[0], max(1, BLOCK // (channels * many * prod(outs[1:]))), some)
    back = (rank + 1, rank, *range(rank))
    y.reshape(channels, many, *outs)[...] = result.transpose(back)
