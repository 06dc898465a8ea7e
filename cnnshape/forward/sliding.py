"""Where windows really stand on one axis: found by sliding, never from a size formula.

A window is a set of tap positions; it is laid at 0, stride, 2*stride, ... for as long as it fits. Padding words are
turned into positions from where the windows must stand, from the sources of each dialect.
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

import numpy as np


class Slide(NamedTuple):
    """One axis: positions added on either side, the places where the window begins, and its taps."""

    before: int
    after: int
    starts: range
    taps: range
    overhang: int = 0
    """How many of the positions behind are no padding of the user's: the last window hangs over by these. Negative
    where the padding reaches further than the last window."""

    @property
    def padded(self) -> int:
        """Positions that the padding adds."""
        return self.before + self.after

    def inside(self, tap: int, n: int) -> tuple[slice, slice]:
        """The outputs whose tap falls on the n real positions, and the positions that they read."""
        step = self.starts.step
        hits = [index for index in self._edges(tap, n) if index is not None]
        if not hits:
            return slice(0, 0), slice(0, 0)
        first, last = hits
        begin = self.starts[first] + tap - self.before
        end = self.starts[last] + tap - self.before
        return slice(first, last + 1), slice(begin, end + 1, step)

    def _edges(self, tap: int, n: int) -> tuple[int | None, int | None]:
        """The first and the last output whose tap stands on a real position."""
        first = next((i for i, s in enumerate(self.starts) if 0 <= s + tap - self.before < n), None)
        if first is None:
            return None, None
        last = next(i for i in reversed(range(len(self.starts))) if 0 <= self.starts[i] + tap - self.before < n)
        return first, last


@lru_cache(maxsize=1024)
def slide(n: int, kernel: int, stride: int, dilation: int, padding: Any, ceil: Any = False) -> Slide:
    """Slide a window over an axis of n positions.

    `padding` is (before, after), or a word: same and same_upper (as many windows as there are positions 0, stride,
    2*stride, ... below n; an odd position goes behind), same_lower (in front), valid, full, causal.
    `ceil`: one more window where positions are left over; then the last one goes if it begins behind the input (torch,
    ONNX; Caffe asks that of a padded axis alone).
    """
    taps = range(0, kernel * dilation, dilation)
    reach = taps[-1] + 1
    if padding in ("same", "same_upper", "same_lower"):
        last = range(0, n, stride)[-1]
        missing = max(0, last + reach - n)
        small, large = missing // 2, missing - missing // 2
        before, after = (large, small) if padding == "same_lower" else (small, large)
    elif isinstance(padding, str):
        before, after = {"valid": (0, 0), "full": (reach - 1, reach - 1), "causal": (reach - 1, 0)}[padding]
    else:
        before, after = padding
    length = before + n + after
    starts = range(0, length - reach + 1, stride)
    if ceil:
        places = list(starts)
        if places and places[-1] + reach < length:
            places.append(places[-1] + stride)
        if (ceil != "caffe" or before or after) and len(places) > 1 and places[-1] >= before + n:
            places.pop()
        starts = range(0, places[-1] + 1, stride) if places else starts
    overhang = starts[-1] + reach - length if ceil and starts else 0
    return Slide(before, after + overhang, starts, taps, overhang)


def per_axis(value: Any, rank: int) -> tuple[Any, ...]:
    """One value per spatial axis: a single value serves all of them."""
    return value if isinstance(value, tuple) else (value,) * rank


def sides(padding: Any) -> Any:
    """(before, after) from a number for both sides or from a pair; a word stays a word."""
    return (padding, padding) if isinstance(padding, int) else padding


def slides(layer: Any, sizes: tuple[int, ...], ceil: Any = False) -> list[Slide]:
    """Every spatial axis of a layer with kernel_size, stride, dilation and padding."""
    rank = len(sizes)
    kernels = per_axis(layer.kernel_size, rank)
    strides = kernels if layer.stride is None else per_axis(layer.stride, rank)
    dilations, paddings = per_axis(layer.dilation, rank), per_axis(layer.padding, rank)
    return [slide(n, kernels[i], strides[i], dilations[i], sides(paddings[i]), ceil) for i, n in enumerate(sizes)]


def padded(x: Any, axes: list[Slide], wide: Any = None) -> Any:
    """One image (channels first) with zeros around it, in `wide` if that is given; itself where there is no padding."""
    if not any(axis.padded for axis in axes):
        return np.ascontiguousarray(x)
    sizes = tuple(axis.padded + n for axis, n in zip(axes, x.shape[1:], strict=True))
    if wide is None:
        wide = np.zeros((len(x), *sizes), x.dtype)
    else:
        wide = wide[: len(x) * prod(sizes)].reshape(len(x), *sizes)
        wide.fill(0)
    inner = tuple(slice(axis.before, axis.before + n) for axis, n in zip(axes, x.shape[1:], strict=True))
    wide[(slice(None), *inner)] = x
    return wide
