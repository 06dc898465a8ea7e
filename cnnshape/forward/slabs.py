"""Blocks that hold whole groups: what is normalised together stays together, and in cache."""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit
from cnnshape.forward.memory import scratch

#: Fills a block of the result from a block of the input, both (rows, width, positions); the rows' numbers come last.
Body = Callable[[Kit, Array, Array, range], None]


def slabs(kit: Kit, x: Array, first: int, last: int, body: Body) -> Array:
    """A new array of x's shape, a group being the dimensions first .. last - 1 together, on all threads.

    The dimensions before are rows; those behind are positions, which a block may divide as it may divide the rows.
    """
    rows, width, positions = prod(x.shape[:first]), prod(x.shape[first:last]), prod(x.shape[last:])
    y = np.empty(x.shape, kit.dtype)
    source = np.ascontiguousarray(x).reshape(rows, width, positions)
    target = y.reshape(source.shape)
    tall = max(1, BLOCK // (width * positions))
    wide = min(positions, max(1, BLOCK // width))
    cells = [(top, left) for top in range(0, rows, tall) for left in range(0, positions, wide)]

    def some(own: Kit, number: int, _: int) -> None:
        top, left = cells[number]
        part = (slice(top, top + tall), slice(None), slice(left, left + wide))
        body(own, source[part], target[part], range(top, min(rows, top + tall)))

    kit.parts(len(cells), 1, some)
    return y


def one(dim: int, x: Array) -> int:
    """A dimension, counted from 0."""
    return dim + x.ndim if dim < 0 else dim


def over(kit: Kit, x: Array, dims: tuple[int, ...], body: Body) -> Array:
    """The same for any dimensions: those that are no neighbours are laid last in between."""
    found = sorted({one(dim, x) for dim in dims})
    first, last = found[0], found[-1] + 1
    if last - first == len(found):
        return slabs(kit, x, first, last, body)
    order = [*[d for d in range(x.ndim) if d not in found], *found]
    moved = slabs(kit, x.transpose(order), x.ndim - len(found), x.ndim, body)
    y = np.empty(x.shape, kit.dtype)
    y.transpose(order)[...] = moved
    return y


def channelled(kit: Kit, x: Array, axis: int, vectors: list[Array], body: Callable[..., None]) -> Array:
    """A new array that `body(kit, x_block, y_block, *vectors)` fills; each vector has a number per position of `axis`.

    The vectors arrive in a shape that fits the blocks. A block is one run of memory.
    """
    if axis == x.ndim - 1:
        rows = [vector[None, :, None] for vector in vectors]
        return slabs(kit, x, axis, axis + 1, lambda own, a, y, _: body(own, a, y, *rows))

    times = prod(x.shape[:axis])
    long = [(np.tile(vector, times) if times > 1 else vector)[:, None, None] for vector in vectors]

    def some(own: Kit, a: Array, y: Array, rows: range) -> None:
        body(own, a, y, *[vector[rows.start : rows.stop] for vector in long])

    return slabs(kit, x, axis + 1, axis + 1, some)


def scaled(kit: Kit, x: Array, y: Array, scale: Array, shift: Array | None = None) -> None:
    """The input times scale, perhaps + shift; y may be x."""
    kit.mul(x, scale, out=y)
    if shift is not None:
        kit.add(y, shift, out=y)


def softmax(kit: Kit, x: Array, y: Array) -> None:
    """exp(x - max) / sum over the middle dimension; y may be x."""
    kit.sub(x, kit.largest(x, 1), out=y)
    kit.exp(y, out=y)
    kit.div(y, kit.sum(y, 1), out=y)


def standardise(kit: Kit, x: Array, y: Array, axis: int | tuple[int, ...], eps: float) -> None:
    """(x - mean) / sqrt(variance + eps) over some dimensions."""
    mean = kit.sum(x, axis)
    n = x.size // mean.size
    kit.div(mean, n, out=mean)
    kit.sub(x, mean, out=y)
    variance = kit.sum(kit.mul(y, y, out=scratch(y.shape, y.dtype)), axis)
    kit.div(variance, n, out=variance)
    kit.add(variance, eps, out=variance)
    kit.sqrt(variance, out=variance)
    kit.div(y, variance, out=y)
