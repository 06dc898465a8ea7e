"""Normalisation with statistics. The layers have no eps of their own: torch's defaults."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.slabs import channelled, one, over, scaled, slabs, standardise

_EPS = 1e-5


def batch_norm(layer: Any, kit: Kit, x: Array) -> Array:
    """A scale and a shift, folded from the statistics before anything runs; without any, those of the batch count."""
    channels = x.shape[1]
    weight = kit.weight("weight", channels) if layer.affine and layer.scale else None
    bias = kit.weight("bias", channels) if layer.affine and layer.bias else None
    if not layer.track_running_stats:
        return _batch(kit, x, weight, bias)
    mean = kit.buffer("running_mean", channels)
    scale = 1 / np.sqrt(kit.buffer("running_var", channels, low=0.5, high=1.5) + _EPS)
    if weight is not None:
        scale = scale * weight
    shift = -mean * scale if bias is None else bias - mean * scale
    return channelled(kit, x, 1, [scale, shift], scaled)


def _affine(layer: Any, kit: Kit, channels: int) -> tuple[Array | None, Array | None]:
    """Weight and bias per channel, if there are any."""
    return (kit.weight("weight", channels), kit.weight("bias", channels)) if layer.affine else (None, None)


def _batch(kit: Kit, x: Array, weight: Array | None, bias: Array | None) -> Array:
    """Each channel by the mean and variance of all examples and positions."""
    y = np.empty(x.shape, kit.dtype)
    source = x.reshape(*x.shape[:2], -1)
    target = y.reshape(source.shape)

    def body(own: Kit, first: int, last: int) -> None:
        out = target[:, first:last]
        standardise(own, source[:, first:last], out, (0, 2), _EPS)
        if weight is not None and bias is not None:
            scaled(own, out, out, weight[first:last, None], bias[first:last, None])
        elif weight is not None:
            own.mul(out, weight[first:last, None], out=out)
        elif bias is not None:
            own.add(out, bias[first:last, None], out=out)

    kit.parts(x.shape[1], max(1, BLOCK // (len(x) * prod(x.shape[2:]))), body)
    return y


def _grouped(layer: Any, kit: Kit, x: Array, groups: int) -> Array:
    """Each group of channels of each example by its own mean and variance."""
    channels = x.shape[1]
    each = channels // groups
    weight, bias = _affine(layer, kit, channels)

    def body(own: Kit, a: Array, y: Array, rows: range) -> None:
        standardise(own, a, y, 1, _EPS)
        if weight is None or bias is None:
            return
        picked = np.arange(rows.start, rows.stop) % groups
        out = y.reshape(len(rows), each, -1)
        scaled(own, out, out, weight.reshape(groups, each, 1)[picked], bias.reshape(groups, each, 1)[picked])

    wide = x.reshape(len(x), groups, -1)
    return slabs(kit, wide, 2, 3, body).reshape(x.shape)


def instance_norm(layer: Any, kit: Kit, x: Array) -> Array:
    """Each channel of each example by itself."""
    return _grouped(layer, kit, x, x.shape[1])


def group_norm(layer: Any, kit: Kit, x: Array) -> Array:
    """Each of num_groups groups of channels of each example by itself."""
    return _grouped(layer, kit, x, layer.num_groups)


def _sizes(layer: Any, x: Array) -> tuple[tuple[int, ...], list[int]]:
    """The normalised dimensions and their sizes, in order."""
    dims = layer.dim if isinstance(layer.dim, tuple) else (layer.dim,)
    found = sorted({one(dim, x) for dim in dims})
    return tuple(found), [x.shape[d] for d in found]


def layer_norm(layer: Any, kit: Kit, x: Array) -> Array:
    """The chosen dimensions by their own mean and variance."""
    dims, sizes = _sizes(layer, x)
    weight = kit.weight("weight", *sizes).reshape(1, -1, 1) if layer.elementwise_affine else None
    bias = kit.weight("bias", *sizes).reshape(1, -1, 1) if layer.elementwise_affine and layer.bias else None

    def body(own: Kit, a: Array, y: Array, _rows: range) -> None:
        standardise(own, a, y, 1, _EPS)
        if weight is not None:
            scaled(own, y, y, weight, bias)

    return over(kit, x, dims, body)


def _type_eps(dtype: Any) -> float:
    """The distance from 1 to the next number of the type."""
    return float(np.finfo(dtype).eps)


def rms_norm(layer: Any, kit: Kit, x: Array) -> Array:
    """The chosen dimensions divided by the root of their mean square; eps is the type's own, as in torch."""
    dims, sizes = _sizes(layer, x)
    weight = kit.weight("weight", *sizes).reshape(1, -1, 1) if layer.elementwise_affine else None
    eps = _type_eps(kit.dtype)

    def body(own: Kit, a: Array, y: Array, _rows: range) -> None:
        mean = own.sum(own.mul(a, a, out=y), 1)
        own.div(mean, a.shape[1], out=mean)
        own.add(mean, eps, out=mean)
        own.div(a, own.sqrt(mean, out=mean), out=y)
        if weight is not None:
            own.mul(y, weight, out=y)

    return over(kit, x, dims, body)


KERNELS: dict[str, Any] = {
    "batch_norm": batch_norm,
    "instance_norm": instance_norm,
    "group_norm": group_norm,
    "layer_norm": layer_norm,
    "rms_norm": rms_norm,
}
