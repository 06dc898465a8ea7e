"""Plain loops over windows and taps: slow, obvious, the judge of the fast kernels. One number at a time.

Weights, sliding positions and tallies are the same as there; the arithmetic shares nothing with it.
"""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.sliding import per_axis, slides
from cnnshape.forward.transposed import axes_of


def conv(layer: Any, kit: Kit, x: Array) -> Array:
    """Every output is a dot product, written out."""
    images, channels, *sizes = x.shape
    axes = slides(layer, tuple(sizes))
    each, filters = channels // layer.groups, layer.out_channels
    weight = kit.weight("weight", filters, each, *per_axis(layer.kernel_size, len(sizes)))
    bias = kit.weight("bias", filters) if layer.bias else None
    y = kit.empty(images, filters, *[len(axis.starts) for axis in axes])
    for image, filter_ in product(range(images), range(filters)):
        first = filter_ // (filters // layer.groups) * each
        for at in product(*[range(len(axis.starts)) for axis in axes]):
            total = 0.0
            for channel in range(each):
                for tap in product(*[range(len(axis.taps)) for axis in axes]):
                    place = [a.starts[o] + a.taps[t] - a.before for a, o, t in zip(axes, at, tap, strict=True)]
                    real = all(0 <= p < n for p, n in zip(place, sizes, strict=True))
                    value = float(x[(image, first + channel, *place)]) if real else 0.0
                    total += value * float(weight[(filter_, channel, *tap)])
                    kit.tally["mac"] += 1
            if bias is not None:
                total += float(bias[filter_])
                kit.tally["add"] += 1
            y[(image, filter_, *at)] = total
    return y


def conv_transpose(layer: Any, kit: Kit, x: Array) -> Array:
    """Every input lays down a copy of its filters, number by number."""
    images, channels, *sizes = x.shape
    axes = axes_of(layer, tuple(sizes))
    inside, each = channels // layer.groups, layer.out_channels // layer.groups
    kernel = per_axis(layer.kernel_size, len(sizes))
    fan_in = inside * max(1, int(np.prod(kernel)) // 4)
    weight = kit.weight("weight", channels, each, *kernel, fan_in=fan_in)
    bias = kit.weight("bias", layer.out_channels) if layer.bias else None
    y = np.zeros((images, layer.out_channels, *[axis.size for axis in axes]), kit.dtype)
    for image, channel, filter_ in product(range(images), range(channels), range(each)):
        to = channel // inside * each + filter_
        for at in product(*map(range, sizes)):
            for tap in product(*[range(len(axis.taps)) for axis in axes]):
                kit.tally["mac"] += 1
                place = [a.starts[i] + a.taps[t] - a.cut for a, i, t in zip(axes, at, tap, strict=True)]
                if all(0 <= p < axis.size for p, axis in zip(place, axes, strict=True)):
                    y[(image, to, *place)] += x[(image, channel, *at)] * weight[(channel, filter_, *tap)]
    if bias is not None:
        for image, filter_ in product(range(images), range(layer.out_channels)):
            for at in product(*[range(axis.size) for axis in axes]):
                y[(image, filter_, *at)] += bias[filter_]
                kit.tally["add"] += 1
    return y


def _pool(layer: Any, kit: Kit, x: Array, combine: Any) -> Array:
    images, channels, *sizes = x.shape
    axes = slides(layer, tuple(sizes), layer.ceil_mode)
    y = kit.empty(images, channels, *[len(axis.starts) for axis in axes])
    for image, channel in product(range(images), range(channels)):
        for at in product(*[range(len(axis.starts)) for axis in axes]):
            values, padding = [], 0
            for tap in product(*[range(len(axis.taps)) for axis in axes]):
                place = [a.starts[o] + a.taps[t] - a.before for a, o, t in zip(axes, at, tap, strict=True)]
                if all(0 <= p < n for p, n in zip(place, sizes, strict=True)):
                    values.append(float(x[(image, channel, *place)]))
                else:
                    beyond = any(p >= n + a.after - a.overhang for p, n, a in zip(place, sizes, axes, strict=True))
                    padding += not beyond
            y[(image, channel, *at)] = combine(values, padding)
    return y


def max_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The largest value under the window."""

    def largest(values: list[float], _padding: int) -> float:
        best = values[0]
        for value in values[1:]:
            kit.tally["cmp"] += 1
            best = value if value > best else best  # noqa: FURB136 - the comparison is what is counted
        return best

    return _pool(layer, kit, x, largest)


def avg_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The sum under the window, divided by how many positions count."""

    def average(values: list[float], padding: int) -> float:
        total = values[0]
        for value in values[1:]:
            kit.tally["add"] += 1
            total += value
        kit.tally["div"] += 1
        return total / (len(values) + (padding if layer.count_include_pad else 0))

    return _pool(layer, kit, x, average)


def lp_pool(layer: Any, kit: Kit, x: Array) -> Array:
    """The p-norm of what is under the window."""

    def norm(values: list[float], _padding: int) -> float:
        p = float(layer.norm_type)
        powers = [abs(value) ** p for value in values]
        kit.tally["pow"] += len(powers) + 1
        kit.tally["add"] += len(powers) - 1
        return float(sum(powers) ** (1 / p))

    return _pool(layer, kit, x, norm)
