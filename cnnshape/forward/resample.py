"""Interpolation to another size: places are kept as exact fractions, so that no rounding moves a neighbour."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import floor, prod
from typing import Any, NamedTuple

import numpy as np

from cnnshape.forward.adaptive_pool import adaptive_average
from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.sliding import per_axis

_LINEAR, _CUBIC = ("linear", "bilinear", "trilinear"), ("cubic", "bicubic")


class Taps(NamedTuple):
    """One axis: for each of the mixed neighbours the position and the weight of every output."""

    places: list[Array]
    weights: list[Array]


def _size(n: int, factor: Any) -> int:
    """floor(n * factor): exact for a whole factor, in double precision for another, as torch does."""
    return n * factor if isinstance(factor, int) else floor(n * float(factor))


def _taps(layer: Any, n: int, out: int, factor: Any) -> Taps:
    """Where the outputs of one axis read. Source: torch ATen/native/UpSample.h; ONNX Resize."""
    step = Fraction(n, out) if factor is None else 1 / Fraction(str(factor))
    if layer.align_corners:  # the first output on the first position, the last on the last
        step = Fraction(n - 1, out - 1) if out > 1 else Fraction(0)
    half = Fraction(0 if layer.align_corners or layer.mode == "nearest" else 1, 2)
    centres = [(o + half) * step - half for o in range(out)]
    low = np.array([floor(centre) for centre in centres])
    between = np.array([float(centre - floor(centre)) for centre in centres])
    if layer.mode in _LINEAR:
        weights = [1 - between, between]
    elif layer.mode in _CUBIC:
        weights = [_cubic(between + 1), _cubic(between), _cubic(1 - between), _cubic(2 - between)]
    else:
        weights = [np.ones(out)]
    before = len(weights) // 2 - 1 if len(weights) > 1 else 0
    return Taps([np.clip(low + shift - before, 0, n - 1) for shift in range(len(weights))], weights)


def _cubic(distance: Array, a: float = -0.75) -> Array:
    """The weight of a neighbour. Source: Keys 1981, with torch's and ONNX's coefficient."""
    near = ((a + 2) * distance - (a + 3)) * distance**2 + 1
    far = a * (((distance - 5) * distance + 8) * distance - 4)
    return np.where(distance <= 1, near, far)


def upsample(layer: Any, kit: Kit, x: Array) -> Array:
    """Each output is a weighted sum of 1, 2 or 4 neighbours per axis."""
    spatial = x.shape[2:]
    rank = len(spatial)
    if layer.size is not None:
        factors: tuple[Any, ...] = (None,) * rank
        sizes = per_axis(layer.size, rank)
    else:
        factors = per_axis(layer.scale_factor, rank)
        sizes = tuple(_size(n, factor) for n, factor in zip(spatial, factors, strict=True))
    if layer.mode == "area":
        return adaptive_average(kit, x, sizes)
    axes = [_taps(layer, n, out, factor) for n, out, factor in zip(spatial, sizes, factors, strict=True)]
    y = kit.empty(*x.shape[:2], *sizes)
    source, target = x.reshape(-1, *spatial), y.reshape(-1, *sizes)
    mixes = list(product(*[range(len(axis.places)) for axis in axes]))
    weights = {mix: _outer([axis.weights[t] for axis, t in zip(axes, mix, strict=True)], kit.dtype) for mix in mixes}

    def body(own: Kit, first: int, last: int) -> None:
        out = target[first:last]
        known: dict[tuple[int, ...], Array] = {(): source[first:last]}
        for mix in mixes:
            for depth in range(rank):  # an axis is gathered once for all mixes that begin alike
                if mix[: depth + 1] not in known:
                    known = {key: part for key, part in known.items() if key == mix[: len(key)]}
                    part = known[mix[:depth]]
                    known[mix[: depth + 1]] = np.take(part, axes[depth].places[mix[depth]], axis=depth + 1)
            values = known[mix]
            if len(mixes) == 1:
                out[...] = values
            elif any(mix):
                own.add(out, own.mul(values, weights[mix], out=values), out=out)
            else:
                own.mul(values, weights[mix], out=out)
            del known[mix]

    kit.parts(len(source), max(1, BLOCK // prod(sizes)), body)
    return y


def _outer(vectors: list[Array], dtype: np.dtype[Any]) -> Array:
    """The products of the axes' weights, one per output position."""
    found: Array = np.ones(())
    for vector in vectors:
        found = np.multiply.outer(found, vector)
    return found.astype(dtype)


KERNELS: dict[str, Any] = {"upsample": upsample}
