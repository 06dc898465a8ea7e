"""Parts of an array, which are views of it, and borders around it."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.sliding import per_axis, sides

_MODES: dict[str, Any] = {
    "constant": "constant",
    "zeros": "constant",
    "reflect": "reflect",
    "replicate": "edge",
    "circular": "wrap",
}


def slice_(layer: Any, _kit: Kit, x: Array) -> Array:
    """Every step-th position from start up to end."""
    places = [slice(None)] * x.ndim
    places[layer.dim] = slice(layer.start, layer.end, layer.step)
    return x[tuple(places)]


def split(layer: Any, _kit: Kit, x: Array) -> tuple[Array, ...]:
    """Equal parts, or parts of the given sizes."""
    cuts = layer.sections if layer.sizes is None else np.cumsum(layer.sizes)[:-1].tolist()
    return tuple(np.split(x, cuts, axis=layer.dim))


def pad(layer: Any, _kit: Kit, x: Array) -> Array:
    """A border around the spatial axes."""
    borders = [sides(pad) for pad in per_axis(layer.padding, x.ndim - 2)]
    return np.pad(x, [(0, 0), (0, 0), *borders], mode=_MODES[layer.mode])


def crop(layer: Any, _kit: Kit, x: Array, *reference: Array) -> Array:
    """What is left of the spatial axes: centred, unless cropping or an offset says otherwise."""
    rank = x.ndim - 2
    if layer.cropping is not None:
        cuts = [sides(cut) for cut in per_axis(layer.cropping, rank)]
        places = [slice(cut[0], n - cut[1]) for cut, n in zip(cuts, x.shape[2:], strict=True)]
        return x[(slice(None), slice(None), *places)]
    sizes = reference[0].shape[2:] if reference else per_axis(layer.size, rank)
    offsets = per_axis(layer.offset, rank)
    places = []
    for n, size, offset in zip(x.shape[2:], sizes, offsets, strict=True):
        first = (n - size) // 2 if offset is None else offset
        places.append(slice(first, first + size))
    return x[(slice(None), slice(None), *places)]


KERNELS: dict[str, Any] = {"slice": slice_, "split": split, "pad": pad, "crop": crop}
