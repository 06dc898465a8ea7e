"""Keras tensors in our layout: every tensor remembers which of our dimensions holds each of its Keras axes.

Keras writes N, H, W, C where we calculate in N, C, H, W. Nothing is moved for that: an axis number is looked up in
the tensor's `order`, and only a layer that needs another order than the tensor has gets a `permute` in front of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Tensor(NamedTuple):
    """A value of the graph; `order[k]` is the dimension of ours that holds Keras axis k (None: rank not known)."""

    value: int
    order: tuple[int, ...] | None

    @property
    def rank(self) -> int:
        """How many axes there are, the batch included; 0 where that is not known."""
        return 0 if self.order is None else len(self.order)


#: What a builder gives: one output, or several.
Built = Tensor | list[Tensor]


def same(rank: int) -> tuple[int, ...]:
    """The order of a tensor that lies in memory as Keras says it."""
    return tuple(range(rank))


def channels(rank: int, last: bool = True) -> tuple[int, ...]:
    """The order of an image that lies as N, C, *space, and whose channels Keras calls the last or the first axis.

    >>> channels(4), channels(4, last=False)
    ((0, 2, 3, 1), (0, 1, 2, 3))
    """
    return (0, *range(2, rank), 1) if last and rank > 2 else same(rank)


def seen(shape: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    """Our shape as Keras says it.

    >>> seen((2, 3, 7, 11), (0, 2, 3, 1))
    (2, 7, 11, 3)
    """
    return tuple([shape[dim] for dim in order])


def held(shape: Sequence[int], order: Sequence[int]) -> tuple[int, ...]:
    """A Keras shape as we hold it: the inverse of `seen`.

    >>> held((2, 7, 11, 3), (0, 2, 3, 1))
    (2, 3, 7, 11)
    """
    return tuple([shape[order.index(dim)] for dim in range(len(order))])


def regrouped(old: Sequence[int], new: Sequence[int], order: Sequence[int]) -> tuple[int, ...] | None:
    """The order after a reshape that moves no data; None where the data must be laid in Keras' order first.

    A reshape joins or cuts neighbouring axes: it falls into groups of axes of the same product. Where each group
    lies together in our order as well, the groups may stay where they are.

    >>> regrouped((2, 7, 11, 3), (2, 77, 3), (0, 2, 3, 1))
    (0, 2, 1)
    >>> regrouped((2, 7, 11, 6), (2, 7, 66), (0, 2, 3, 1)) is None
    True
    """
    if 0 in old or 0 in new:
        return None
    groups, i, j = [], 1, 1
    while i < len(old) or j < len(new):
        first, start = i, j
        left = right = 1
        while i == first or j == start or left != right:
            if i < len(old) and (i == first or (j > start and left < right) or j == len(new)):
                left, i = left * old[i], i + 1
            elif j < len(new):
                right, j = right * new[j], j + 1
            else:
                break
        if left != right:
            return None
        while j == len(new) and i < len(old) and old[i] == 1:
            i += 1
        while i == len(old) and j < len(new) and new[j] == 1:
            j += 1
        groups.append(((first, i), (start, j)))
    placed = []
    for (first, i), (start, j) in groups:
        dims = [order[k] for k in range(first, i)]
        wide = [order[k] for k in range(first, i) if old[k] > 1] or dims[:1] or [len(old)]
        inside = {order.index(dim) for dim in range(min(wide), max(wide) + 1) if dim < len(old)}
        if wide != sorted(wide) or any(old[k] > 1 and not first <= k < i for k in inside):
            return None
        placed.append((wide[0], start, j))
    placed.sort()
    result = [0] * len(new)
    at = 1
    for _, start, j in placed:
        for k in range(start, j):
            result[k] = at
            at += 1
    return tuple(result)
