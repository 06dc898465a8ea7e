"""Convolution with one input channel per group: a product would be a row long, so taps are added one by one."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.memory import room
from cnnshape.forward.sliding import Slide

#: Rows shorter than this are slow to add one by one, and wasteful as runs: channels are laid last instead.
SHORT = 32


def depthwise(kit: Kit, wide: Array, weight: Array, bias: Array | None, axes: list[Slide], y: Array) -> None:
    """y[c * m + j] = sum over taps of x[c] * weight[c * m + j]; `wide` is one padded image."""
    channels, outs = wide.shape[0], y.shape[1:]
    many = y.shape[0] // channels
    taps = weight.reshape(channels, many, *weight.shape[2:])
    shift = None if bias is None else bias.reshape(channels, many)
    if len(outs) == 2 and outs[1] >= SHORT:
        _runs(kit, wide, taps, shift, axes, y)
        return
    if outs[-1] < SHORT and channels >= SHORT:
        _channels_last(kit, wide, taps, shift, axes, y)
        return
    target = y.reshape(channels, many, *outs)

    def some(own: Kit, first: int, last: int) -> None:
        out = target[first:last]
        scratch = np.empty_like(out)
        for index, (tap, places) in enumerate(_places(axes)):
            read: Any = (slice(first, last), None, *places)
            by: Any = (slice(first, last), slice(None), *tap)
            part, factor = wide[read], taps[by].reshape(last - first, many, *[1] * len(outs))
            _accumulate(own, out, part, factor, scratch, first=index == 0)
        if shift is not None:
            own.add(out, shift[first:last].reshape(last - first, many, *[1] * len(outs)), out=out)

    kit.parts(channels, max(1, BLOCK // (many * prod(outs))), some)


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


def _runs(kit: Kit, wide: Array, taps: Array, shift: Array | None, axes: list[Slide], y: Array) -> None:
    """The same with each map as one run of memory: a tap reads the run that begins where the tap stands.

    A run holds whole padded rows, so the places between two rows of the output hold sums of no meaning; they are left
    out at the end, and told apart from the real ones. With a stride, positions that are read together are laid together.
    """
    channels, many = taps.shape[:2]
    down, across = axes
    steps = (down.starts.step, across.starts.step)
    high, width = y.shape[1:]
    # Rows and columns that one phase needs: the outputs, and what later taps add.
    lines, pitch = high + down.taps[-1] // steps[0], width + across.taps[-1] // steps[1]
    if steps == (1, 1):
        lines, pitch = wide.shape[1:]
    length = (high - 1) * pitch + width
    phases = sorted({(i % steps[0], j % steps[1]) for i in down.taps for j in across.taps})
    target = y.reshape(channels, many, high, width)

    def some(own: Kit, first: int, last: int) -> None:
        size = last - first
        runs = _phases(wide[first:last], phases, steps, lines, pitch) if steps != (1, 1) else None
        total, beside = (room(name, size * high * pitch, wide.dtype).reshape(size, -1) for name in ("sum", "part"))
        for j in range(many):
            for index, (i, k) in enumerate(product(range(len(down.taps)), range(len(across.taps)))):
                at = (down.taps[i], across.taps[k])
                source = wide[first:last].reshape(size, -1)
                if runs is not None:
                    source = runs[phases.index((at[0] % steps[0], at[1] % steps[1]))]
                begin = at[0] // steps[0] * pitch + at[1] // steps[1]
                part = source[:, begin : begin + length]
                factor = taps[first:last, j, i, k].reshape(size, 1)
                _accumulate(own, total[:, :length], part, factor, beside[:, :length], first=index == 0)
                own.tally["mac"] -= size * (length - high * width)
            own.performed["mac"] += size * length * len(down.taps) * len(across.taps)
            real = total.reshape(size, high, pitch)[:, :, :width]
            if shift is None:
                target[first:last, j] = real
            else:
                own.add(real, shift[first:last, j].reshape(size, 1, 1), out=target[first:last, j])

    kit.parts(channels, max(1, BLOCK // (high * pitch)), some)


def _phases(wide: Array, phases: list[tuple[int, int]], steps: tuple[int, int], lines: int, pitch: int) -> Array:
    """For each phase of the strides, the positions that it reads, as runs."""
    runs = room("phases", len(phases) * len(wide) * lines * pitch, wide.dtype)
    runs = runs.reshape(len(phases), len(wide), lines, pitch)
    for index, (i, j) in enumerate(phases):
        found = wide[:, i :: steps[0], j :: steps[1]][:, :lines, :pitch]
        runs[index, :, : found.shape[1], : found.shape[2]] = found
        # What lies behind the image is read into sums of no meaning only; it must not be infinite.
        runs[index, :, found.shape[1] :] = 0
        runs[index, :, :, found.shape[2] :] = 0
    return runs.reshape(len(phases), len(wide), -1)


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
