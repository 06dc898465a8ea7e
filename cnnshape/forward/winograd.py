"""Convolution with fewer multiplications: Winograd's F(4, 3) down the columns of an image.

Four outputs one below the other, of three taps each, take 12 multiplications per channel and column. Winograd's take 6,
of sums of the 6 rows that they read with sums of the 3 rows of a filter; sums of the 6 products are the 4 outputs. Along
the rows all stays as it is: the taps there are columns of a product.

Source: Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks", 4.1 and 4.3: F(4, 3) in one direction
takes half of the multiplications, errs as little as the direct way, and filters are transformed quickly enough to do it
in every pass.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.memory import room
from cnnshape.forward.sliding import Slide
from cnnshape.forward.threads import count, shares

#: What `verify` calls it.
NAME = "Winograd F(4, 3)"
#: Outputs of one tile, and the rows that it reads.
OUT, READ = 4, 6
#: Columns of one product, and numbers that a thread's rows of tiles may become.
WINDOWS, SPACE = 800, 1 << 21
#: Where it was faster: from so many channels and filters of a group, windows, and multiply-accumulates on.
WIDE, MANY, HEAVY = 48, 700, 2 * 10**8
#: Numbers that all filters may become.
TURNED = 1 << 23

#: Sums of the six rows of a tile, of the three rows of a filter, and of the six products.
_IMAGE = (
    (4, 0, -5, 0, 1, 0),
    (0, -4, -4, 1, 1, 0),
    (0, 4, -4, -1, 1, 0),
    (0, -2, -1, 2, 1, 0),
    (0, 2, -1, -2, 1, 0),
    (0, 4, 0, -5, 0, 1),
)
_FILTER = (
    (1 / 4, 0, 0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0, 0, 1),
)
_OUTPUT = (
    (1, 1, 1, 1, 1, 0),
    (0, 1, -1, 2, -2, 0),
    (0, 1, 1, 4, 4, 0),
    (0, 1, -1, 8, -8, 1),
)


def favours(weight: Array, axes: list[Slide]) -> bool:
    """Whether filters (filters, channels, rows, columns) of one group can go this way, and sooner than the direct one."""
    if weight.ndim != 4 or min(weight.shape[:2]) < WIDE:
        return False
    down, along = axes
    width = len(along.starts)
    windows = len(down.starts) * width
    return (
        down.starts.step == 1
        and down.taps == range(3)
        and len(along.taps) >= 3
        and windows >= MANY
        and windows * weight.size >= HEAVY
        and weight.size * READ // 3 <= TURNED
        and READ * (len(weight) * width + 2 * weight.shape[1] * (along.starts[-1] + along.taps[-1] + 1)) <= 2 * SPACE
    )


def winograd(kit: Kit, x: Array, weight: Array, axes: list[Slide], y: Array) -> None:
    """One group: x (images, channels, rows, columns), weight (filters, channels, 3, taps), into y, bias apart."""
    inner = Kit(kit.weights, kit.owner, kit)
    turned = _filters(inner, weight)
    for image, target in zip(x, y, strict=True):
        _convolve(inner, image, turned, axes, target)
    kit.instead(NAME, inner, y.size * weight[0].size)


def _convolve(kit: Kit, x: Array, turned: Array, axes: list[Slide], y: Array) -> None:
    """One image, some rows of tiles at a time, on all threads."""
    down, along = axes
    _, filters, length = turned.shape
    width = len(along.starts)
    tiles = -(-len(down.starts) // OUT)
    wide = READ * (filters * width + 2 * x.shape[0] * (x.shape[2] + along.padded))  # numbers of one row of tiles
    stretches = -(-tiles // max(1, min(WINDOWS // width, SPACE // wide)))
    bounds = shares(tiles, min(tiles, -(-stretches // count()) * count()))

    def some(own: Kit, number: int, _: int) -> None:
        first, last = bounds[number], bounds[number + 1]
        sums = _image(own, x, down.before, along, range(first, last))
        columns = room("columns", length * (last - first) * width, x.dtype)
        products = room("products", READ * filters * (last - first) * width, x.dtype).reshape(READ, filters, -1)
        for each, product, matrix in zip(sums, products, turned, strict=True):
            windows = _windows(each, along)
            columns.reshape(windows.shape)[...] = windows
            own.matmul(matrix, columns.reshape(length, -1), out=product)
        rows = room("rows", OUT * products[0].size, x.dtype).reshape(OUT, -1)
        own.matmul(np.array(_OUTPUT, x.dtype), products.reshape(READ, -1), out=rows)
        target = y[:, OUT * first : OUT * last]
        for place, row in enumerate(rows.reshape(OUT, filters, last - first, width)):
            part = target[:, place::OUT]  # the last tile may end before it
            part[...] = row[:, : part.shape[1]]

    kit.parts(len(bounds) - 1, 1, some, heavy=True)


def _filters(kit: Kit, weight: Array) -> Array:
    """Six matrices (filters, taps * channels): sums of the three rows of every filter."""
    filters, length = len(weight), weight[0].size // 3
    turned = room("turned", READ * filters * length, weight.dtype).reshape(READ, filters * length)
    bounds = shares(filters, count())

    def some(own: Kit, number: int, _: int) -> None:
        laid = weight[bounds[number] : bounds[number + 1]].transpose(2, 0, 3, 1)
        rows = room("rows", laid.size, weight.dtype)
        rows.reshape(laid.shape)[...] = laid
        part = turned[:, bounds[number] * length : bounds[number + 1] * length]
        own.matmul(np.array(_FILTER, weight.dtype), rows.reshape(3, -1), out=part)

    kit.parts(len(bounds) - 1, 1, some, heavy=True)
    return turned.reshape(READ, filters, length)


def _image(kit: Kit, x: Array, before: int, along: Slide, tiles: range) -> Array:
    """Six sums of the six rows of some tiles, (6, tiles, channels, columns with zeros around them)."""
    channels, high, columns = x.shape
    shape = (READ, len(tiles), channels, columns + along.padded)
    rows, sums = (room(name, prod(shape), x.dtype).reshape(shape) for name in ("tiles", "sums"))
    rows[..., : along.before] = 0
    rows[..., along.before + columns :] = 0
    inside = rows[..., along.before : along.before + columns]
    for place, row in enumerate(inside):
        places = range(OUT * tiles.start + place - before, OUT * tiles.stop + place - before, OUT)
        first = next((i for i, at in enumerate(places) if at >= 0), len(places))
        last = next((i for i, at in enumerate(places) if at >= high), len(places))
        row[:first] = row[last:] = 0
        if first < last:
            row[first:last] = x[:, places[first] : high : OUT][:, : last - first].transpose(1, 0, 2)
    kit.matmul(np.array(_IMAGE, x.dtype), rows.reshape(READ, -1), out=sums.reshape(READ, -1))
    return sums


def _windows(each: Array, along: Slide) -> Any:
    """What a tap of every window sees, (taps, channels, tiles, windows), a view."""
    tiles, channels, _ = each.shape
    tile, channel, step = each.strides
    return as_strided(
        each,
        (len(along.taps), channels, tiles, len(along.starts)),
        (along.taps.step * step, channel, tile, along.starts.step * step),
        writeable=False,
    )
