"""What repeats in columns of integers: patterns, periods, and polynomials found exactly and checked everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from math import factorial
from typing import Any

import numpy as np

from cnnshape.sizes.result import Law, Pattern, Piece

#: Patterns that repeat later than this are not looked for.
MAX_LAG = 4096
#: A lag that fails within so many sizes is not tried on all.
_HEAD = 256

#: Terms of the law by the axes that change: one by its own name, or all alike.
TERMS = {
    "length": ("L", "1"),
    "depth": ("D", "1"),
    "height": ("H", "1"),
    "width": ("W", "1"),
    "plane": ("H*W", "(H+W)", "1"),
    "space": ("n^3", "n^2", "n", "1"),
}


def pattern(sizes: Sequence[int], step: int, true: Any) -> Pattern | None:
    """The shortest pattern of the true sizes, seen twice at least; None where there is none.

    >>> pattern([30, 31, 32, 33, 34, 35, 36, 37], 1, np.array([0, 0, 1, 0, 1, 0, 1, 0], dtype=bool))
    Pattern(first=32, modulus=2, remainders=(0,))
    """
    if not true.any():
        return None
    start = int(np.argmax(true))
    rest = true[start:]
    for lag in range(1, min(len(rest) // 2, MAX_LAG) + 1):
        if (rest[lag : lag + _HEAD] == rest[:-lag][:_HEAD]).all() and (rest[lag:] == rest[:-lag]).all():
            modulus = lag * step
            remainders = sorted({sizes[start + i] % modulus for i in range(lag) if rest[i]})
            return Pattern(sizes[start], modulus, tuple(remainders))
    return None


def period(true: Any, columns: list[Any]) -> int | None:
    """The shortest lag after which every column has grown by a fixed number of its own, as often as it is seen.

    Rows that are not true are passed over, and must be so with the same lag. None where nothing repeats twice.
    """
    if not true.any():
        return None
    start = int(np.argmax(true))
    true = true[start:]
    table = np.stack([column[start:] for column in columns]) if columns else np.zeros((1, len(true)), dtype=np.int64)
    for lag in range(1, min(len(true) // 2, MAX_LAG) + 1):
        if not all(_even(table[:, :end], true[:end], lag) for end in (lag + _HEAD, len(true))):
            continue
        return lag
    return None


def _even(table: Any, true: Any, lag: int) -> bool:
    """Whether the true rows come again after the lag, grown by a fixed number."""
    if (true[lag:] != true[:-lag]).any():
        return False
    growth = (table[:, lag:] - table[:, :-lag])[:, true[lag:]]
    return bool((growth == growth[:, :1]).all())


def law(sizes: Sequence[int], true: Any, values: Any, axes: str, lag: int | None, step: int) -> Law:
    """The values as a polynomial of the size, in the terms of `axes`, for each remainder by the period.

    Found from the first sizes of each remainder, by whole numbers; then held against all of them.
    """
    terms = TERMS[axes]
    degree = len(terms) - 1
    none = Law(False, terms, None if lag is None else lag * step, [], 0, "")
    if lag is None:
        return _because(none, "the sizes inside the network do not grow evenly within this range")
    places = np.nonzero(true)[0].tolist()
    classes: dict[int, list[int]] = {}
    for place in places:
        classes.setdefault(place % lag, []).append(place)
    pieces: list[Piece] = []
    for chosen in classes.values():
        if len(chosen) < degree + 2:
            wanted = sizes[places[0]] + ((degree + 2) * lag - 1) * step
            return _because(none, f"too few sizes to check it; a range up to {wanted} would do")
        differences = [[values[i] for i in chosen]]
        for _ in range(degree + 1):
            row = differences[-1]
            differences.append([b - a for a, b in pairwise(row)])
        # From the first size where the next difference is not zero, the polynomial of those before it fails.
        wrong = next((i for i, d in enumerate(differences[-1]) if d), None)
        if wrong is not None:
            return _because(none, f"it fails at {sizes[chosen[wrong + degree + 1]]}")
        found = polynomial(sizes[chosen[0]], lag * step, [row[0] for row in differences[:-1]])
        if axes == "plane":
            found[1] /= 2
        pieces.append(Piece(sizes[chosen[0]] % (lag * step), tuple(map(str, found)), len(chosen)))
    if not pieces:
        return _because(none, "no size works")
    pieces.sort(key=lambda piece: piece.remainder)
    if len({piece.coefficients for piece in pieces}) == 1:
        pieces = [Piece(0, pieces[0].coefficients, sum(piece.sizes for piece in pieces))]
    return Law(True, terms, lag * step, pieces, 0, "")


def _because(none: Law, reason: str) -> Law:
    return Law(False, none.terms, none.period, [], 0, reason)


def polynomial(start: int, step: int, differences: list[int]) -> list[Fraction]:
    """The coefficients, highest power first, from the differences at `start` of values `step` apart (Newton).

    f(n) = sum of differences[k] * x(x-1)...(x-k+1) / k!, with x = (n - start) / step

    >>> [str(part) for part in polynomial(1, 2, [6, 12, 8])]  # 6, 18, 38 at 1, 3, 5
    ['1', '2', '3']
    """
    degree = len(differences) - 1
    # All terms over the denominator degree! * step**degree; the power of n is the place in the list.
    basis, total = [1], [0] * (degree + 1)
    for k, difference in enumerate(differences):
        factor = difference * (factorial(degree) // factorial(k)) * step ** (degree - k)
        for power, part in enumerate(basis):
            total[power] += factor * part
        shift = start + k * step  # the next factor of the basis is n - shift
        basis = [a - shift * b for a, b in zip([0, *basis], [*basis, 0], strict=True)]
    whole = factorial(degree) * step**degree
    return [Fraction(part, whole) for part in reversed(total)]


def predicted(found: Law, height: int, width: int) -> Fraction:
    """What the law of two axes says of a rectangle whose sides have one remainder."""
    of_any = len(found.pieces) == 1
    piece = next(piece for piece in found.pieces if of_any or piece.remainder == height % (found.period or 1))
    a, b, c = map(Fraction, piece.coefficients)
    return a * height * width + b * (height + width) + c
