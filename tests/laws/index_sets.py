"""The slow side of the receptive field: which input positions every output really reads, as plain sets.

One axis of a tensor is a list with a `Seen` per position. Every layer is what its definition says, done by sliding
over that list, laying copies down, or looking who overlaps: no formula of the calculator's is used.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import count
from typing import NamedTuple


class Seen(NamedTuple):
    """The input positions that one position depends on; `inside` until a border of any layer had a part in it."""

    who: frozenset[int]
    inside: bool = True

    def __repr__(self) -> str:
        return "{" + " ".join(map(str, sorted(self.who))) + ("}" if self.inside else "|}")


BORDER = Seen(frozenset(), inside=False)
NOBODY = Seen(frozenset())
Axis = list[Seen]


def image(n: int) -> Axis:
    return [Seen(frozenset({i})) for i in range(n)]


def union(parts) -> Seen:
    parts = list(parts)
    return Seen(frozenset().union(*[p.who for p in parts]), all(p.inside for p in parts))


def slide(axis: Axis, kernel: int, stride: int, dilation: int, before: int, after: int) -> Axis:
    """A window over the padded axis."""
    padded = [BORDER] * before + axis + [BORDER] * after
    found, at = [], 0
    while at + (kernel - 1) * dilation < len(padded):
        found.append(union(padded[at + k * dilation] for k in range(kernel)))
        at += stride
    return found


def slide_ceil(axis: Axis, kernel: int, stride: int, before: int, after: int) -> Axis:
    """As long as anything is left to cover, but no window that starts behind the axis (torch, ONNX)."""
    starts, at = [0], 0
    while at + kernel < before + len(axis) + after:
        at += stride
        starts.append(at)
    if starts[-1] >= before + len(axis):
        starts.pop()
    padded = [BORDER] * before + axis + [BORDER] * (after + stride + kernel)
    return [union(padded[at : at + kernel]) for at in starts]


def same(axis: Axis, kernel: int, stride: int, dilation: int, *, lower: bool = False) -> Axis:
    """The least padding that gives an output for every stride begun; an odd one goes behind, or in front."""
    wanted = len(range(0, len(axis), stride))
    for total in count():
        sides = (total // 2, total - total // 2)
        found = slide(axis, kernel, stride, dilation, *(reversed(sides) if lower else sides))
        if len(found) >= wanted:
            return found
    raise AssertionError


def lay(axis: Axis, kernel: int, stride: int, dilation: int, before: int, after: int, extra: int) -> Axis:
    """A copy of the kernel for every position, summed where copies overlap; cut, and `extra` positions behind."""
    # Behind a layer that sees everything, positions that no copy reaches are not told apart: they count as border.
    nobody = BORDER if len({seen.who for seen in axis if seen.who}) < 2 else NOBODY
    reach = 2 * kernel * dilation + 2
    there: dict[int, list[Seen]] = {}
    end = 0
    for i in range(-reach, len(axis) + reach):
        seen = axis[i] if 0 <= i < len(axis) else BORDER
        for k in range(kernel):
            there.setdefault(i * stride + k * dilation, []).append(seen)
            if 0 <= i < len(axis):
                end = max(end, i * stride + k * dilation + 1)
    return [union(there.get(at, [nobody])) for at in range(before, end - after + extra)]


def nearest(axis: Axis, factor: Fraction, out: int) -> Axis:
    """Output o reads the last position that begins at or before it, when positions are `factor` long."""
    return [axis[[i for i in range(len(axis)) if i * factor <= o][-1]] for o in range(out)]


def between(axis: Axis, places: list[Fraction], neighbours: int) -> Axis:
    """Each place mixes its nearest `neighbours` positions; one alone where it hits that exactly."""
    found = []
    for place in places:
        near = sorted(range(-9, len(axis) + 9), key=lambda i: (abs(i - place), i))
        chosen = near[:1] if near[0] == place else near[:neighbours]
        inside = all(0 <= i < len(axis) for i in chosen)
        held = union(axis[min(max(i, 0), len(axis) - 1)] for i in chosen)
        found.append(Seen(held.who, held.inside and inside))
    return found


def centres(n: int, factor: Fraction, out: int) -> list[Fraction]:
    """Where the middle of each output lies, when input i spans i - 1/2 .. i + 1/2."""
    return [(o + Fraction(1, 2)) / factor - Fraction(1, 2) for o in range(out)]


def corners(n: int, out: int) -> list[Fraction]:
    """Evenly from the first position to the last."""
    return [Fraction(o * (n - 1), out - 1) if out > 1 else Fraction(0) for o in range(out)]


def parts(axis: Axis, out: int) -> Axis:
    """Cut the axis in `out` equal stretches; each reads every position that it overlaps."""
    n = len(axis)
    return [union(axis[i] for i in range(n) if i * out < (o + 1) * n and (i + 1) * out > o * n) for o in range(out)]


def everything(axis: Axis, out: int) -> Axis:
    return [union(axis)] * out


def hull(axes: list[Axis]) -> Axis:
    """Position by position, what any branch sees; a branch of one position is stretched."""
    out = max(map(len, axes))
    return [union(axis[o if len(axis) == out else 0] for axis in axes) for o in range(out)]
