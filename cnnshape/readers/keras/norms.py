"""Normalisation, and the preprocessing that scales."""

from __future__ import annotations

from math import prod
from typing import Any

from cnnshape.errors import quoted
from cnnshape.readers.keras.activations import number
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.tensor import Tensor


def _axes(c: Call, rank: int, default: Any = -1) -> list[int]:
    """The axes that are named, counted from 0."""
    value = c.get("axis", default)
    found = value if isinstance(value, list) else [value]
    return sorted({c.axis(k + c.steps if isinstance(k, int) and k > 0 else k, rank) for k in found})


def _first(c: Call, axis: int, rank: int) -> Tensor:
    """The tensor with an axis where we hold channels."""
    order = c.x.order or ()
    if order[axis] == 1:
        return c.x
    rest = [k for k in range(1, rank) if k != axis]
    wanted = [0] * rank
    wanted[axis] = 1
    for dim, k in enumerate(rest, start=2):
        wanted[k] = dim
    return c.want(c.x, tuple(wanted))


def batch_norm(c: Call) -> Tensor:
    """BatchNormalization: gamma and beta are weights, the moving mean and variance buffers."""
    if c.flag("renorm", default=False):
        raise Unknown
    rank = c.x.rank or len(c.shape())
    axes = _axes(c, rank)
    if len(axes) != 1:
        raise Unknown
    x = _first(c, axes[0], rank)
    scale, center = c.flag("scale", default=True), c.flag("center", default=True)
    return c.node("batch_norm", {"affine": scale or center, "scale": scale, "bias": center}, [x], x.order)


def layer_norm(c: Call) -> Tensor:
    """LayerNormalization over one axis or several."""
    rank = c.x.rank or len(c.shape())
    axes = _axes(c, rank)
    scale, center = c.flag("scale", default=True), c.flag("center", default=True)
    order: Any = c.x.order
    if c.flag("rms_scaling", default=False):  # gamma over the variance alone
        size = prod([c.shape()[k] for k in axes])
        return c.foreign(c.shape(), size, 0)[0]
    if center and not scale:
        return c.foreign(c.shape(), prod([c.shape()[k] for k in axes]), 0)[0]
    dims = tuple(sorted(order[k] for k in axes))
    fields = {"dim": dims[0] if len(dims) == 1 else dims, "elementwise_affine": scale, "bias": center}
    return c.node("layer_norm", fields, [c.x], order)


def rms_norm(c: Call) -> Tensor:
    """RMSNormalization over one axis or several."""
    rank = c.x.rank or len(c.shape())
    order: Any = c.x.order
    dims = tuple(sorted(order[k] for k in _axes(c, rank)))
    return c.node("rms_norm", {"dim": dims[0] if len(dims) == 1 else dims}, [c.x], order)


def group_norm(c: Call) -> Tensor:
    """GroupNormalization; -1 groups are as many as channels."""
    shape = c.shape()
    axes = _axes(c, len(shape))
    if len(axes) != 1:
        raise Unknown
    count = shape[axes[0]]
    scale, center = c.flag("scale", default=True), c.flag("center", default=True)
    if scale != center:
        return c.foreign(shape, count, 0)[0]
    x = _first(c, axes[0], len(shape))
    groups = c.get("groups", 32)
    return c.node("group_norm", {"num_groups": count if groups == -1 else groups, "affine": scale}, [x], x.order)


def unit_norm(c: Call) -> Tensor:
    """UnitNormalization: length 1 along an axis."""
    rank = c.x.rank or len(c.shape())
    axes = _axes(c, rank)
    order: Any = c.x.order
    if len(axes) != 1:
        return c.foreign(c.shape(), 0, 0)[0]
    return c.node("l2_norm", {"dim": order[axes[0]]}, [c.x], order)


def normalization(c: Call) -> Tensor:
    """Normalization by the mean and variance of the data: buffers, or numbers of the configuration."""
    rank = c.x.rank or len(c.shape())
    value = c.config.get("axis", -1)
    order: Any = c.x.order
    axes = [] if value is None else _axes(c, rank)
    stored = c.config.get("mean") is None
    dims = tuple(sorted(order[k] for k in axes))
    fields = {"dim": dims[0] if len(dims) == 1 else dims, "stored": stored, "count": stored}
    return c.node("standardize", fields, [c.x], order)


def rescaling(c: Call) -> Tensor:
    """Rescaling: the same numbers for all elements, or one pair for each channel."""
    scale, offset = c.get("scale", 1.0), c.get("offset", 0.0)
    if isinstance(scale, list) or isinstance(offset, list):
        order: Any = c.x.order
        return c.node("standardize", {"dim": order[-1], "stored": False}, [c.x], order)
    fields = {"scale": number(c, "scale", default=1.0), "shift": number(c, "offset")}
    return c.node("affine", fields, [c.x], c.x.order)


def layer_scale(c: Call) -> Tensor:
    """LayerScale of ConvNeXt: a learned number for each channel."""
    order: Any = c.x.order
    width = c.whole("projection_dim")
    if width != c.shape()[-1]:
        raise wrong(f"projection_dim is {quoted(width)}, but the channels are {c.shape()[-1]}")
    return c.node("scale", {"dim": order[-1]}, [c.x], order)
