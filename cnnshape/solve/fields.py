"""Chains of layers that see a wanted receptive field: how many, with which kernel, strides and dilations."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import msgspec

from cnnshape.geometry.field import Field
from cnnshape.geometry.window import Window
from cnnshape.solve.answer import Chain, Chains

#: Dilations grow by a factor up to here; a larger one has no layer to stand in.
MAX_DILATION = 65536
#: More families of chains than this are refused: each is followed layer by layer.
MOST_FAMILIES = 10**5


def chains(
    wanted: int,
    *,
    kernels: Sequence[int] = (3, 5, 7),
    strides: Sequence[int] = (1, 2),
    growths: Sequence[int] = (1, 2),
    depth: Sequence[int] = range(1, 65),
    channels: int | None = None,
    rank: int = 2,
    limit: int = 20,
) -> Chains:
    """Chains whose last output sees at least `wanted` positions, and that could not do it with a layer less.

    A chain has one kernel. Its first layers have the stride, as many as are tried from none to all; the dilations of
    the others are 1, g, g*g, ... for a growth g. The shortest chains come first, then the smallest field, the smallest
    kernel, the fewest strided layers and the smallest growth.

    Errors: ValueError for more kernels, growths, strides and numbers of strided layers than `MOST_FAMILIES`

    >>> first = chains(15, kernels=(3,), strides=(1,)).chains[0]
    >>> first.layers, first.kernel_size, first.dilations, first.field
    (3, 3, (1, 2, 4), 15)
    """
    found: dict[tuple[int, tuple[int, ...], tuple[int, ...]], Chain] = {}
    short: list[Chain] = []
    lengths = set(depth)
    each = sum(max(lengths) + 1 if stride > 1 else 1 for stride in strides)
    if (tried := len(kernels) * len(growths) * each) > MOST_FAMILIES:
        raise ValueError(f"there are {tried:,} families of chains, more than {MOST_FAMILIES:,}")
    for kernel, stride, growth in product(kernels, strides, growths):
        for strided in range(max(lengths) + 1 if stride > 1 else 1):
            chain = _shortest(wanted, kernel, stride, strided, growth, lengths)
            if chain is None:
                continue
            if channels is not None:
                # Each layer maps the channels to as many, without a bias.
                params = chain.layers * channels * channels * kernel**rank
                chain = msgspec.structs.replace(chain, params=params)
            if chain.field >= wanted:
                found.setdefault((kernel, chain.strides, chain.dilations), chain)
            else:
                short.append(chain)
    if found:
        ordered = sorted(found.values(), key=_simplicity)
        return Chains(wanted, True, len(ordered), channels, ordered[:limit])
    most = max([chain.field for chain in short], default=0)
    best = {(c.kernel_size, c.strides, c.dilations): c for c in short if c.field == most}
    ordered = sorted(best.values(), key=_simplicity)
    return Chains(wanted, False, len(ordered), channels, ordered[:limit])


def _simplicity(chain: Chain) -> tuple[int, ...]:
    strided = sum(stride > 1 for stride in chain.strides)
    return chain.layers, chain.field, chain.kernel_size, strided, max(chain.dilations), chain.jump


def _shortest(wanted: int, kernel: int, stride: int, strided: int, growth: int, depth: set[int]) -> Chain | None:
    """The shortest chain of a family that sees enough, or the longest where none does; folded as a network is."""
    field, dilation, last = Field(), 1, None
    strides: list[int] = []
    dilations: list[int] = []
    for number in range(1, max(depth) + 1):
        first = number <= strided
        strides.append(stride if first else 1)
        dilations.append(1 if first else dilation)
        if dilations[-1] > MAX_DILATION:
            break
        field = field.then(Field.of(Window(kernel, strides[-1], dilations[-1])))
        dilation *= 1 if first else growth
        if number >= strided and number in depth:
            last = Chain(number, kernel, tuple(strides), tuple(dilations), field.size, int(field.jump), None)
            if field.size >= wanted:
                break
        elif field.size >= wanted and number < strided:
            return None  # fewer strided layers do it
    return last
