"""New shapes for the same elements: views of the input's memory wherever NumPy can give one."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.sliding import per_axis


def flatten(layer: Any, _kit: Kit, x: Array) -> Array:
    """Join the dimensions from start_dim to end_dim."""
    if x.ndim == 1:
        return x
    first, last = layer.start_dim % x.ndim, layer.end_dim % x.ndim
    return x.reshape(*x.shape[:first], -1, *x.shape[last + 1 :])


def reshape(layer: Any, _kit: Kit, x: Array) -> Array:
    """Each example in another shape."""
    return x.reshape(len(x), *per_axis(layer.shape, 1))


def permute(layer: Any, _kit: Kit, x: Array) -> Array:
    """The dimensions in another order."""
    return x.transpose(layer.dims)


def squeeze(layer: Any, _kit: Kit, x: Array) -> Array:
    """Without the dimensions of size 1; the batch stays."""
    if layer.dim is not None:
        return np.squeeze(x, layer.dim)
    return np.squeeze(x, tuple(d for d in range(1, x.ndim) if x.shape[d] == 1))


def unsqueeze(layer: Any, _kit: Kit, x: Array) -> Array:
    """One dimension of size 1 more."""
    return np.expand_dims(x, layer.dim)


KERNELS: dict[str, Any] = {
    "flatten": flatten,
    "reshape": reshape,
    "permute": permute,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
}
