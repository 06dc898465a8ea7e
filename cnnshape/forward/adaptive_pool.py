"""Pooling to a wanted size: global and adaptive."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.sliding import per_axis


def _global(layer: Any, kit: Kit, x: Array, reduce: str) -> Array:
    """One value per channel, over all positions."""
    y = kit.empty(*x.shape[:2], *[1] * (x.ndim - 2) if layer.keepdim else ())
    rows = x.reshape(y.size, -1)
    out = y.reshape(-1)

    def body(own: Kit, first: int, last: int) -> None:
        found = out[first:last]
        found[...] = getattr(own, reduce)(rows[first:last], 1, keepdims=False)
        if reduce == "sum":
            own.div(found, rows.shape[1], out=found)

    kit.parts(len(rows), max(1, BLOCK // rows.shape[1]), body)
    return y


def global_avg_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The average of every channel."""
    return _global(layer, kit, x, "sum")


def global_max_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The largest value of every channel."""
    return _global(layer, kit, x, "largest")


def _windows(n: int, out: int) -> list[range]:
    """Cuts as equal as integers allow: window o reaches from floor(o * n / out) to ceil((o + 1) * n / out)."""
    return [range(o * n // out, -((o + 1) * n // -out)) for o in range(out)]


def adaptive(kit: Kit, x: Array, sizes: tuple[int, ...], kind: str, ufunc: Any) -> tuple[Array, Array]:
    """The values of every window combined, and how many they are."""
    axes = [_windows(n, size) for n, size in zip(x.shape[2:], sizes, strict=True)]
    source = np.ascontiguousarray(x).reshape(-1, *x.shape[2:])
    y = kit.empty(*x.shape[:2], *sizes)
    target = y.reshape(-1, *sizes)
    most = [max(map(len, windows)) for windows in axes]

    def window_by_window(own: Kit, first: int, last: int) -> None:
        at: Any
        for at in product(*map(range, sizes)):
            cut = [slice(w[o].start, w[o].stop) for w, o in zip(axes, at, strict=True)]
            part = source[(slice(first, last), *cut)]
            target[(slice(first, last), *at)] = ufunc.reduce(part, axis=tuple(range(1, part.ndim)))
            own.tally[kind] += part.size - len(part)

    def tap_by_tap(own: Kit, first: int, last: int) -> None:
        for tap in product(*map(range, most)):
            hit = [[o for o, w in enumerate(windows) if t < len(w)] for windows, t in zip(axes, tap, strict=True)]
            read = [[w[o][t] for o in places] for w, places, t in zip(axes, hit, tap, strict=True)]
            values = source[first:last][_grid(read)]
            places, out = _grid(hit), target[first:last]
            if any(tap):
                out[places] = ufunc(out[places], values)
                own.tally[kind] += values.size
            else:
                out[places] = values

    body = window_by_window if prod(sizes) <= prod(most) else tap_by_tap
    kit.parts(len(source), max(1, BLOCK // prod(x.shape[2:])), body)
    counts: Array = np.ones((), np.intp)
    for windows in axes:
        counts = np.multiply.outer(counts, [len(window) for window in windows])
    return y, counts


def _grid(places: list[list[int]]) -> Any:
    """The index of every combination of places, in all rows."""
    return (slice(None), *np.ix_(*places))


def adaptive_avg_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The average of every window."""
    return adaptive_average(kit, x, per_axis(layer.output_size, x.ndim - 2))


def adaptive_average(kit: Kit, x: Array, sizes: tuple[int, ...]) -> Array:
    """The average of every window."""
    y, counts = adaptive(kit, x, sizes, "add", np.add)
    return kit.div(y, counts.astype(kit.dtype), out=y)


def adaptive_max_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The largest value of every window."""
    return adaptive(kit, x, per_axis(layer.output_size, x.ndim - 2), "cmp", np.maximum)[0]


KERNELS: dict[str, Any] = {
    "global_avg_pool": global_avg_pool,
    "global_max_pool": global_max_pool,
    "adaptive_avg_pool": adaptive_avg_pool,
    "adaptive_max_pool": adaptive_max_pool,
}
