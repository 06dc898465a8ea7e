"""Convolution of large images, band by band: a window's rows need no copies of their own.

Columns repeat every number once per tap. Here numbers are repeated once per tap of a row only: where rows lie one behind
the other, the rows that the next tap reads are the same memory, begun one row later. So a filter is a sum of products,
one per row of taps, each over the same band of memory.

Source: after Anderson et al. 2017, low-memory GEMM-based convolution (kn2row)
"""

from __future__ import annotations

import numpy as np

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.memory import room
from cnnshape.forward.sliding import Slide

#: Elements of a band with its repetitions, and of the sums beside it.
BAND = 1 << 20


def worth(rows: Array, axes: list[Slide], channels: int, y: Array) -> bool:
    """Two axes, several rows of taps, and many more positions than filters: less is copied than filters rearranged."""
    return len(axes) == 2 and len(axes[0].taps) > 1 and channels >= 16 and y.shape[1] * y.shape[2] >= 10 * rows.shape[0]


def bands(kit: Kit, wide: Array, rows: Array, bias: Array | None, axes: list[Slide], y: Array) -> None:
    """All windows of one padded image and group."""
    down, across = axes
    channels, filters = wide.shape[0], rows.shape[0]
    step, width, high = down.starts.step, len(across.starts), len(down.starts)
    weight = rows.reshape(filters, channels, len(down.taps), len(across.taps))
    factors = [np.ascontiguousarray(weight[:, :, i]).reshape(filters, -1) for i in range(len(down.taps))]
    phases = sorted({tap % step for tap in down.taps})
    more = down.taps[-1] // step
    repeats = channels * len(across.taps) * len(phases)
    tall = max(1, min(high, BAND // (repeats * width) - more, BAND // (filters * width)))
    lines = tall + more
    band = room("band", repeats * lines * width, wide.dtype)
    band = band.reshape(channels, len(across.taps), len(phases), lines, width)
    # As a matrix: a row per channel and tap, a run of lines per phase.
    matrix = band.reshape(-1, len(phases), lines * width)
    part = room("sum", filters * tall * width, wide.dtype)
    flat = y.reshape(filters, -1)
    for top in range(0, high, tall):
        many = min(tall, high - top)
        for index, phase in enumerate(phases):
            first = down.starts[top] + phase
            found = wide[:, first : first + step * (many + more - 1) + 1 : step]
            for place, tap in enumerate(across.taps):
                last = tap + across.starts[-1] + 1
                band[:, place, index, : found.shape[1]] = found[:, :, tap : last : across.starts.step]
        target = flat[:, top * width : (top + many) * width]
        for index, tap in enumerate(down.taps):
            begin = tap // step * width
            columns = matrix[:, phases.index(tap % step), begin : begin + many * width]
            if index == 0:
                kit.matmul(factors[0], columns, out=target)
            else:
                beside = part[: filters * many * width].reshape(filters, -1)
                kit.matmul(factors[index], columns, out=beside)
                np.add(target, beside, out=target)  # the additions that the products' sums lack
        if bias is not None:
            kit.add(target, bias, out=target)
