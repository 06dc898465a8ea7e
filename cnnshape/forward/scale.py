"""Scaling across channels: local response norm, L2 norm, a learned scale."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.slabs import channelled, one, scaled, slabs


def local_response_norm(layer: Any, kit: Kit, x: Array) -> Array:
    """Divide by (k + alpha / size * sum of squares)^beta, of size // 2 channels below to (size - 1) // 2 above."""
    size = layer.size

    def body(own: Kit, a: Array, y: Array, _rows: range) -> None:
        squares = own.mul(a, a)
        channels = a.shape[1]
        y[...] = squares
        for reach in range(1, min(size // 2, channels - 1) + 1):
            own.add(y[:, reach:], squares[:, :-reach], out=y[:, reach:])
        for reach in range(1, min((size - 1) // 2, channels - 1) + 1):
            own.add(y[:, :-reach], squares[:, reach:], out=y[:, :-reach])
        own.mul(y, layer.alpha / size, out=y)
        own.add(y, layer.k, out=y)
        own.pow(y, layer.beta, out=y)
        own.div(a, y, out=y)

    return slabs(kit, x, 1, 2, body)


def l2_norm(layer: Any, kit: Kit, x: Array) -> Array:
    """The input divided by max(length, 1e-12), perhaps times a learned scale."""
    axis = one(layer.dim, x)
    weight = kit.weight("weight", x.shape[axis])[None, :, None] if layer.scale else None

    def body(own: Kit, a: Array, y: Array, _rows: range) -> None:
        length = own.sum(own.mul(a, a, out=y), 1)
        own.sqrt(length, out=length)
        own.div(a, own.maximum(length, 1e-12, out=length), out=y)
        if weight is not None:
            own.mul(y, weight, out=y)

    return slabs(kit, x, axis, axis + 1, body)


def scale(layer: Any, kit: Kit, x: Array) -> Array:
    """The input times weight, perhaps + bias, along one dimension."""
    axis = one(layer.dim, x)
    names = ("weight", "bias") if layer.bias else ("weight",)
    return channelled(kit, x, axis, [kit.weight(name, x.shape[axis]) for name in names], scaled)


def standardize(layer: Any, kit: Kit, x: Array) -> Array:
    """(x - mean) / deviation; where the numbers stand in the model's code, which is not here, 0 and 1."""
    if layer.count:
        kit.buffer("count")
    dims = {one(dim, x) for dim in (layer.dim if isinstance(layer.dim, tuple) else (layer.dim,))}
    sizes = [x.shape[d] for d in sorted(dims)]
    along = [n if d in dims else 1 for d, n in enumerate(x.shape)]
    mean, deviation = np.zeros(along, kit.dtype), np.ones(along, kit.dtype)
    if layer.stored:
        mean = kit.buffer("mean", *sizes).reshape(along)
        deviation = np.sqrt(kit.buffer("variance", *sizes, low=0.5, high=1.5)).reshape(along)
    y = kit.sub(x, mean)
    return kit.div(y, deviation, out=y)


KERNELS: dict[str, Any] = {
    "local_response_norm": local_response_norm,
    "l2_norm": l2_norm,
    "scale": scale,
    "standardize": standardize,
}
