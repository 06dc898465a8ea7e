"""Trials of a kernel: arrays that differ from one another in chosen places, and what of the output differs then.

The batch are the trials; the last one changes nothing, and the others are held against it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from cnnshape.forward import kernel
from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.thin import POINTWISE, strip
from cnnshape.forward.weights import Weights

#: Elements of one run of trials; longer axes are tried in several runs.
RUN = 1 << 21
#: Differences smaller than this are rounding: sums of the same numbers in another order.
ROUNDING = 1e-9


class Seen(NamedTuple):
    """What one tensor sees: `moved[i, o]`, whether changing row i of the input moves position o of dimension `dim`.

    `dim` is None where the axis has ended: then there is one position, the whole tensor.
    """

    dim: int | None
    moved: Array

    def spans(self) -> list[tuple[int, int] | None]:
        """First and last row that each position sees; None where no row moves it."""
        some = np.any(self.moved, axis=0, keepdims=True)[0].tolist()
        low, high = self.moved.argmax(axis=0).tolist(), self.moved[::-1].argmax(axis=0).tolist()
        last = len(self.moved) - 1
        return [(low[o], last - high[o]) if moved else None for o, moved in enumerate(some)]

    def ended(self) -> Seen:
        """The whole tensor as one position."""
        every: Array = np.any(self.moved, axis=1, keepdims=True)
        return Seen(None, every)


class Unknown(Exception):  # noqa: N818 - not an error: says why nothing is measured
    """A layer on which trials along one axis say nothing."""


class Trials:
    """Runs kernels on trials, `size` of them unless told otherwise."""

    def __init__(self, size: int) -> None:
        """Double precision, so that a small movement is told from rounding."""
        self.size = size
        self.weights = Weights(7, "float64")
        self.table = self.weights.table * 0.3 + 0.5  # 0.2 .. 0.8

    def trials(self, shape: tuple[int, ...], value: Seen | None, dim: int | None, rows: slice, attempt: int) -> Array:
        """An array whose batch are trials: other values where a trial has moved something. The last changes nothing."""
        count = np.prod(shape, dtype=int)
        base = np.resize(self.table[attempt * 1009 :][: max(count, 1)], count).reshape(1, *shape)
        size, sign = ((1.0, 1.0), (1.0, -1.0), (40.0, 1.0), (-1.0, 1.0), (-40.0, -1.0))[attempt]
        base = base * size
        other = base + sign * size * (1.0 + base / size) if sign > 0 else base * 0.8
        if value is None:
            many = (rows.stop - rows.start) + 1
            return np.broadcast_to(base, (many, *shape)).copy()
        moved = np.vstack([value.moved[rows], np.zeros((1, value.moved.shape[1]), bool)])
        where = moved.reshape(len(moved), *[moved.shape[1] if d == dim else 1 for d in range(1, len(shape) + 1)])
        return np.where(where, other, base)

    def moved(
        self,
        layer: Any,
        kind: str,
        shapes: list[tuple[int, ...]],
        inputs: list[Any],
        dim: int | None,
        size: int = 0,
    ) -> Array:
        """Which positions of the output's dimension `dim` each of `size` trials moves; batch first."""
        size = size or self.size
        largest = max(int(np.prod(shape)) for shape in shapes)
        step = max(1, RUN // max(1, largest))
        parts = []
        for top in range(0, size, step):
            rows = slice(top, min(size, top + step))
            found: Any = False
            masks = [v.moved[rows] for v in inputs if v is not None]
            expected = np.logical_or.reduce([mask.any(axis=1) for mask in masks])
            most = np.logical_or.reduce(np.broadcast_arrays(*masks)) if kind in POINTWISE else None
            for attempt in range(5):
                arrays = [
                    self.trials(shape, value, None if value is None else value.dim, rows, attempt)
                    for shape, value in zip(shapes, inputs, strict=True)
                ]
                y = self.call(kind, layer, *arrays)
                y = y if isinstance(y, tuple) else (y,)
                change = [self.differs(part, dim) for part in y]
                found = found | np.concatenate(change, axis=1)
                # Nothing more can move, or every trial that could has moved something.
                if np.array_equal(found, most) if most is not None else found.any(axis=1)[expected].all():
                    break
            parts.append(found)
        return np.concatenate(parts)

    def differs(self, y: Array, dim: int | None) -> Array:
        """Trials against the run that changes nothing, along one dimension."""
        with np.errstate(invalid="ignore"):
            change = np.abs(y[:-1] - y[-1:]) > ROUNDING * (1 + np.abs(y[-1:]))
        others = tuple(d for d in range(1, y.ndim) if d != dim)
        flat: Array = change.any(axis=others)
        return flat.reshape(len(flat), -1)

    def call(self, kind: str, layer: Any, *arrays: Array) -> Any:
        """A kernel, on weights of its own."""
        run = kernel(kind)
        if run is None:
            raise Unknown(f"{kind} is a black box")
        return run(layer, Kit(self.weights, kind), *arrays)


def unread(layer: Any, axis: int, rank: int, n: int) -> int:
    """How many of the n positions of one axis change nothing, whatever value they have."""
    run = kernel(layer.kind)
    if run is None:
        raise Unknown(f"{layer.kind} is a black box")
    weights = Weights(7, "float64")
    base = weights.table[:n] * 0.3 + 0.5
    count = 0
    step = max(1, RUN // n)
    for top in range(0, n, step):
        rows = min(n, top + step) - top
        image = np.repeat(base[None], rows + 1, axis=0)
        index = np.arange(rows)
        image[index, top + index] += 1.0
        y = run(strip(layer, axis, rank, rows + 1), Kit(weights, layer.kind), image[None, None])[0, 0]
        moved = (np.abs(y[:-1] - y[-1:]) > ROUNDING).any(axis=1)
        count += int((~moved).sum())
    return count
