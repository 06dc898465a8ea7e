"""The same elements in another order, or some of them: reshapes, cuts, borders, rearrangements."""

from __future__ import annotations

from typing import Any

from cnnshape.writers.onnx.graph import Scope


def _reshaped(s: Scope, x: str, *sizes: int) -> str:
    """Another shape; the batch in front stays whatever it is (0 copies a size)."""
    return s.op("Reshape", x, s.ints(0, *sizes))


def flatten(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Flatten where all behind the batch is joined, else Reshape."""
    if len(s.y) == 2:
        return s.op("Flatten", s.inputs[0], axis=1)
    return _reshaped(s, s.inputs[0], *s.y[1:])


def reshape(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Reshape."""
    return _reshaped(s, s.inputs[0], *s.y[1:])


def permute(layer: Any, s: Scope) -> str:
    """Transpose."""
    return s.op("Transpose", s.inputs[0], perm=layer.order(s.x))


def squeeze(layer: Any, s: Scope) -> str:
    """Squeeze, with its dimensions named: without them the batch could go too."""
    gone = sorted(layer.gone(s.x))
    return s.op("Squeeze", s.inputs[0], s.ints(*gone)) if gone else s.op("Identity", s.inputs[0])


def unsqueeze(layer: Any, s: Scope) -> str:
    """Unsqueeze."""
    return s.op("Unsqueeze", s.inputs[0], s.ints(layer.at(s.x)))


def slice_(layer: Any, s: Scope) -> str:
    """Slice."""
    axis, first, last = layer.bounds(s.x)
    return s.op("Slice", s.inputs[0], s.ints(first), s.ints(last), s.ints(axis), s.ints(layer.step))


def split(layer: Any, s: Scope) -> list[str]:
    """Split into the sizes that the layer gives."""
    sizes = [y[layer.dim] for y in s.ys]
    return s.ops("Split", len(sizes), s.inputs[0], s.ints(*sizes), axis=layer.dim)


def pad(layer: Any, s: Scope) -> str:
    """Pad."""
    ways = layer.windows(s.x)
    pads = s.ints(0, 0, *[w.before for w in ways], 0, 0, *[w.after for w in ways])
    mode = {"constant": "constant", "zeros": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return s.op("Pad", s.inputs[0], pads, mode=mode[layer.mode])


def crop(layer: Any, s: Scope) -> str:
    """Slice of every spatial axis."""
    bounds = layer.bounds(*s.xs)
    firsts, lasts = s.ints(*[start for start, _ in bounds]), s.ints(*[start + size for start, size in bounds])
    return s.op("Slice", s.inputs[0], firsts, lasts, s.ints(*range(2, len(s.x))))


def _to_space(s: Scope, r: int, *, blocks_first: bool) -> str:
    """Channels into blocks of pixels, on any number of axes: split them off, weave them in, join."""
    rank, sizes = len(s.x) - 2, s.x[2:]
    block = (r,) * rank
    x = _reshaped(s, s.inputs[0], *((*block, s.y[1]) if blocks_first else (s.y[1], *block)), *sizes)
    channel, first = (rank + 1, 1) if blocks_first else (1, 2)
    woven = [place for axis in range(rank) for place in (rank + 2 + axis, first + axis)]
    return _reshaped(s, s.op("Transpose", x, perm=[0, channel, *woven]), *s.y[1:])


def _to_depth(s: Scope, r: int, *, blocks_first: bool) -> str:
    """Blocks of pixels into channels, on any number of axes."""
    rank = len(s.x) - 2
    x = _reshaped(s, s.inputs[0], s.x[1], *[size for n in s.y[2:] for size in (n, r)])
    block, space = [3 + 2 * axis for axis in range(rank)], [2 + 2 * axis for axis in range(rank)]
    order = [0, *block, 1, *space] if blocks_first else [0, 1, *block, *space]
    return _reshaped(s, s.op("Transpose", x, perm=order), *s.y[1:])


def pixel_shuffle(layer: Any, s: Scope) -> str:
    """DepthToSpace with the channel first."""
    r = layer.upscale_factor
    if len(s.x) == 4:
        return s.op("DepthToSpace", s.inputs[0], blocksize=r, mode="CRD")
    return _to_space(s, r, blocks_first=False)


def depth_to_space(layer: Any, s: Scope) -> str:
    """DepthToSpace."""
    if len(s.x) == 4:
        return s.op("DepthToSpace", s.inputs[0], blocksize=layer.block_size, mode=layer.mode)
    return _to_space(s, layer.block_size, blocks_first=layer.mode == "DCR")


def pixel_unshuffle(layer: Any, s: Scope) -> str:
    """Each channel's blocks stay together, which SpaceToDepth does not do."""
    return _to_depth(s, layer.downscale_factor, blocks_first=False)


def space_to_depth(layer: Any, s: Scope) -> str:
    """SpaceToDepth."""
    if len(s.x) == 4:
        return s.op("SpaceToDepth", s.inputs[0], blocksize=layer.block_size)
    return _to_depth(s, layer.block_size, blocks_first=True)


def channel_shuffle(layer: Any, s: Scope) -> str:
    """The groups as an axis of their own, swapped with the channels in them."""
    rest = s.x[2:]
    x = _reshaped(s, s.inputs[0], layer.groups, s.x[1] // layer.groups, *rest)
    x = s.op("Transpose", x, perm=[0, 2, 1, *range(3, 3 + len(rest))])
    return _reshaped(s, x, *s.y[1:])
