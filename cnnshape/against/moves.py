"""Reshapes, cuts, borders, rearrangements and interpolation in torch."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

Arrays = dict[str, Any]


def _each(value: Any, x: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,) * (x.dim() - 2)


def reshape(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """The batch stays."""
    return x.reshape(len(x), *(layer.shape if isinstance(layer.shape, tuple) else (layer.shape,)))


def squeeze(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """All dimensions of size 1 but the batch, or the given ones."""
    dims = layer.dim if layer.dim is not None else tuple(d for d in range(1, x.dim()) if x.shape[d] == 1)
    return x.squeeze(dims) if dims != () else x


def slice_(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """Python's own slices."""
    places = [slice(None)] * x.dim()
    places[layer.dim] = slice(layer.start, layer.end, layer.step)
    return x[tuple(places)]


def split(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """Equal sections, or sizes."""
    if layer.sizes is not None:
        return torch.split(x, list(layer.sizes), layer.dim)
    return torch.tensor_split(x, layer.sections, layer.dim)


def pad(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """Torch counts the axes from the last."""
    pads = [(p, p) if isinstance(p, int) else p for p in _each(layer.padding, x)]
    mode = "constant" if layer.mode == "zeros" else layer.mode
    return F.pad(x, [side for both in reversed(pads) for side in both], mode)


def crop(layer: Any, w: Arrays, x: Any, *reference: Any) -> Any:  # noqa: ARG001
    """What is taken off, or a size in the middle or at an offset."""
    for axis in range(2, x.dim()):
        if layer.cropping is not None:
            cut = _each(layer.cropping, x)[axis - 2]
            first, behind = (cut, cut) if isinstance(cut, int) else cut
            size = x.shape[axis] - first - behind
        else:
            size = reference[0].shape[axis] if reference else _each(layer.size, x)[axis - 2]
            offset = _each(layer.offset, x)[axis - 2]
            first = (x.shape[axis] - size) // 2 if offset is None else offset
        x = x.narrow(axis, first, size)
    return x


def to_space(x: Any, r: int, mode: str) -> Any:
    """Channels into blocks; torch's own for images in its own order."""
    if x.dim() == 4 and mode == "CRD":
        return F.pixel_shuffle(x, r)
    rank = x.dim() - 2
    channels = x.shape[1] // r**rank
    if mode == "DCR":  # the block's place counts before the channel: bring it behind, as torch has it
        x = x.unflatten(1, (r**rank, channels)).transpose(1, 2).flatten(1, 2)
    for axis in range(rank):
        # The block's axes stand one after the other behind the channels: take the first, lay it into its axis.
        left = rank - axis - 1
        x = x.unflatten(1, (channels, r, r**left)).movedim(2, 3 + 1 + axis)
        x = x.flatten(1, 2).flatten(2 + axis, 3 + axis)
    return x


def to_depth(x: Any, r: int, mode: str) -> Any:
    """Blocks into channels; torch's own for images in its own order."""
    if x.dim() == 4 and mode == "CRD":
        return F.pixel_unshuffle(x, r)
    rank, channels = x.dim() - 2, x.shape[1]
    parts = []
    for number in range(r**rank):
        places = [number // r ** (rank - axis - 1) % r for axis in range(rank)]
        parts.append(x[(slice(None), slice(None), *[slice(place, None, r) for place in places])])
    y = torch.stack(parts, 1)
    y = y.transpose(1, 2) if mode == "CRD" else y
    return y.reshape(len(x), channels * r**rank, *y.shape[3:])


def upsample(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """interpolate; what torch has for images alone is taken axis by axis."""
    rank = x.dim() - 2
    if layer.mode == "nearest" and (layer.align_corners or _shortcut(layer, x)):
        return _nearest(layer, x)
    if layer.mode in ("bicubic", "cubic"):
        for axis in range(rank):
            x = _cubic(layer, x, axis)
        return x
    linear = ("linear", "bilinear", "trilinear")
    mode = linear[rank - 1] if layer.mode in linear else layer.mode
    corners = layer.align_corners if layer.mode in linear else None
    return F.interpolate(x, layer.size, _factors(layer, x), mode, corners)


def _factors(layer: Any, x: Any) -> Any:
    return None if layer.scale_factor is None else tuple(map(float, _each(layer.scale_factor, x)))


def _cubic(layer: Any, x: Any, axis: int) -> Any:
    """One axis as the columns of an image with a single row."""
    moved = x.movedim(2 + axis, -1)
    rows = moved.reshape(len(x), -1, 1, moved.shape[-1])
    size = None if layer.size is None else (1, _each(layer.size, x)[axis])
    factor = None if layer.scale_factor is None else (1.0, float(_each(layer.scale_factor, x)[axis]))
    y = F.interpolate(rows, size, factor, "bicubic", layer.align_corners)
    return y.reshape(*moved.shape[:-1], y.shape[-1]).movedim(-1, 2 + axis)


def _outs(layer: Any, x: Any) -> tuple[int, ...]:
    factors, sizes = _factors(layer, x), x.shape[2:]
    if factors is None:
        return _each(layer.size, x)
    return tuple(int(n * f) for n, f in zip(sizes, factors, strict=True))


def _shortcut(layer: Any, x: Any) -> bool:
    """Whether torch goes by the sizes, against the factor: where they happen to be equal or twice as large.

    Source: ATen/native/UpSample.h nearest_idx
    """
    factors, sizes, outs = _factors(layer, x), x.shape[2:], _outs(layer, x)
    if factors is None:
        return False
    return any(out == k * n and f != k for n, out, f in zip(sizes, outs, factors, strict=True) for k in (1, 2))


def _nearest(layer: Any, x: Any) -> Any:
    """What torch does not have: nearest with aligned corners, or by the factor whatever the sizes; rounded down."""
    factors, outs = _factors(layer, x), _outs(layer, x)
    for axis, out in enumerate(outs, start=2):
        n = x.shape[axis]
        if layer.align_corners:
            places = [o * (n - 1) // (out - 1) if out > 1 else 0 for o in range(out)]
        else:
            places = [min(n - 1, int(o / factors[axis - 2])) for o in range(out)]
        x = x.index_select(axis, torch.tensor(places))
    return x
