"""Pooling with a sliding window, tap by tap: only taps that fall on the input are compared or added."""

from __future__ import annotations

from functools import reduce
from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.sliding import Slide, slides


def _fold(
    layer: Any, kit: Kit, x: Array, kind: str, ufunc: Any, start: float, before: Any = None
) -> tuple[Array, list[Slide]]:
    """Combine the taps of every window; the first of n values is kept, n - 1 are combined with it."""
    sizes = x.shape[2:]
    axes = slides(layer, sizes, layer.ceil_mode)
    y = kit.empty(*x.shape[:2], *[len(axis.starts) for axis in axes])
    # Where each tap of each axis reads: (outputs, positions).
    places = [[axis.inside(tap, n) for tap in axis.taps] for axis, n in zip(axes, sizes, strict=True)]
    source = np.ascontiguousarray(x).reshape(-1, *sizes)
    target = y.reshape(-1, *y.shape[2:])

    def some(own: Kit, first: int, last: int) -> None:
        out, image = target[first:last], source[first:last]
        out.fill(start)
        own.tally[kind] -= out.size
        for tap in product(*places):
            to = out[(slice(None), *[pair[0] for pair in tap])]
            values = image[(slice(None), *[pair[1] for pair in tap])]
            ufunc(to, values if before is None else before(own, values), out=to)
            own.tally[kind] += values.size

    kit.parts(len(target), max(1, BLOCK // max(1, prod(y.shape[2:]) * prod(map(len, places)))), some)
    return y, axes


def max_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The largest value under the window."""
    return _fold(layer, kit, x, "cmp", np.maximum, -np.inf)[0]


def avg_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The sum under the window, divided by how many positions count."""
    y, axes = _fold(layer, kit, x, "add", np.add, 0.0)
    counts = [_counted(axis, n, layer.count_include_pad) for axis, n in zip(axes, x.shape[2:], strict=True)]
    divisor = reduce(np.multiply.outer, counts).astype(kit.dtype)
    return kit.div(y, divisor, out=y)


def _counted(axis: Slide, n: int, include_pad: bool) -> Array:
    """How many taps of each window count: those on the input, or on its padding too, but never those beyond it.

    Source: torch ATen/native/AvgPool (pool_size is clipped to the padded input)
    """
    low, high = (0, axis.before + n + axis.after - axis.overhang) if include_pad else (axis.before, axis.before + n)
    return np.array([sum(low <= start + tap < high for tap in axis.taps) for start in axis.starts])


def lp_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The p-norm of what is under the window."""
    p = float(layer.norm_type)
    power = np.dtype(kit.dtype).type(p)
    y, _ = _fold(layer, kit, x, "add", np.add, 0.0, lambda own, values: own.pow(np.abs(values), power))
    return kit.pow(y, power.dtype.type(1 / p), out=y)


KERNELS: dict[str, Any] = {"max_pool": max_pool, "avg_pool": avg_pool, "lp_pool": lp_pool}
