"""Moving elements between channels and space: one transposition of a finer shape."""

from __future__ import annotations

from math import prod
from typing import Any

from cnnshape.forward.kit import Array, Kit


def _moved(kit: Kit, x: Array, fine: tuple[int, ...], order: tuple[int, ...], shape: tuple[int, ...]) -> Array:
    """The input x read as `fine`, its dimensions in another order, laid down as `shape`."""
    moved = x.reshape(fine).transpose(order)
    y = kit.empty(*shape)
    y.reshape(moved.shape)[...] = moved
    return y


def _to_space(kit: Kit, x: Array, r: int, *, blocks_first: bool) -> Array:
    """r^rank channels become a block; they are the outer part of the channel's number, or the inner one."""
    images, channels, *sizes = x.shape
    rank = len(sizes)
    left = channels // r**rank
    blocks = (r,) * rank
    fine = (images, *blocks, left, *sizes) if blocks_first else (images, left, *blocks, *sizes)
    channel, block = (1 + rank, 1) if blocks_first else (1, 2)
    pairs = [d for axis in range(rank) for d in (2 + rank + axis, block + axis)]
    return _moved(kit, x, fine, (0, channel, *pairs), (images, left, *[n * r for n in sizes]))


def _to_depth(kit: Kit, x: Array, r: int, *, blocks_first: bool) -> Array:
    """Every block becomes r^rank channels, as the outer part of the channel's number or the inner one."""
    images, channels, *sizes = x.shape
    rank = len(sizes)
    fine = (images, channels, *[part for n in sizes for part in (n // r, r)])
    blocks, places = range(3, 3 + 2 * rank, 2), range(2, 2 + 2 * rank, 2)
    order = (0, *blocks, 1, *places) if blocks_first else (0, 1, *blocks, *places)
    return _moved(kit, x, fine, order, (images, channels * prod([r] * rank), *[n // r for n in sizes]))


def pixel_shuffle(layer: Any, kit: Kit, x: Array) -> Array:
    """Channel c * r^2 + i * r + j goes to row i, column j of the block."""
    return _to_space(kit, x, layer.upscale_factor, blocks_first=False)


def depth_to_space(layer: Any, kit: Kit, x: Array) -> Array:
    """CRD: as pixel_shuffle. DCR: channel (i * r + j) * C' + c."""
    return _to_space(kit, x, layer.block_size, blocks_first=layer.mode == "DCR")


def pixel_unshuffle(layer: Any, kit: Kit, x: Array) -> Array:
    """Row i, column j of the block goes to channel c * r^2 + i * r + j."""
    return _to_depth(kit, x, layer.downscale_factor, blocks_first=False)


def space_to_depth(layer: Any, kit: Kit, x: Array) -> Array:
    """Row i, column j of the block goes to channel (i * r + j) * C + c."""
    return _to_depth(kit, x, layer.block_size, blocks_first=True)


def channel_shuffle(layer: Any, kit: Kit, x: Array) -> Array:
    """Channel g * (C / groups) + c goes to c * groups + g."""
    images, channels, *sizes = x.shape
    order = (0, 2, 1, *range(3, 3 + len(sizes)))
    return _moved(kit, x, (images, layer.groups, channels // layer.groups, *sizes), order, x.shape)


KERNELS: dict[str, Any] = {
    "pixel_shuffle": pixel_shuffle,
    "depth_to_space": depth_to_space,
    "pixel_unshuffle": pixel_unshuffle,
    "space_to_depth": space_to_depth,
    "channel_shuffle": channel_shuffle,
}
