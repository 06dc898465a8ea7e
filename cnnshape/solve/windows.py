"""Every kernel, stride, padding and dilation that turns one size into another, for convolutions and pools.

All combinations are tried as arrays, whose axes stand in the order of simplicity: what is found is sorted already.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from cnnshape.errors import LayerError
from cnnshape.shape import Shape
from cnnshape.solve.answer import Answer, Solution
from cnnshape.solve.budget import Budget

#: The kinds whose formula is known backwards.
KINDS = ("conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool")
Kind = Literal["conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool"]

#: Combinations that are tried at once: enough for speed, few enough for a processor's cache.
_CHUNK = 1 << 18
#: More combinations than this are refused.
MOST = 10**8


#: Nor pairs of stride and output padding, which always go together.
_MOST_STEPS = 1 << 22


class Space(msgspec.Struct, frozen=True):
    """The values that each field may take, in ascending order."""

    kernel_size: tuple[int, ...]
    stride: tuple[int, ...]
    padding: tuple[int, ...] | None = None
    """None: whatever is smaller than the window; for a pool, at most half of it."""
    dilation: tuple[int, ...] = (1,)
    output_padding: tuple[int, ...] | None = None
    """None: whatever a transposed convolution allows, from the smallest on."""
    asymmetric: bool = False
    """Whether one position more may stand behind than in front."""


class _Grid:
    """One stretch of the combinations: axes are dilation, what stands behind, kernel, padding, stride, output padding."""

    def __init__(
        self,
        kind: str,
        space: Space,
        dilations: Sequence[int],
        odds: Sequence[int],
        gaps: bool,
        kernels: Any,
        paddings: Sequence[int],
    ) -> None:
        """`odds` stand behind beyond the padding in front; `gaps`: the windows leave some positions out, or none does."""
        self.kind = kind
        self.dilation = _axis(dilations, 0)
        self.kernel = _axis(kernels, 2)
        self.extent = self.dilation * (self.kernel - 1) + 1
        self.before = _axis(paddings, 3)
        odd = _axis(odds, 1)
        self.after = self.before + odd
        self.stride = _axis(space.stride, 4)
        self.extra = _axis(_extras(kind, space, dilations[-1]), 5)
        #: Whether the layer itself must be asked: no formula says where a window with holes sees padding alone.
        self.doubtful = kind.endswith("pool") and dilations[-1] > 1
        self.allowed = (self.stride > self.extent) == gaps
        if space.padding is None:
            most = (self.extent - odd) // 2 if kind.endswith("pool") else self.extent - 1 - odd
            self.allowed = self.allowed & (self.before <= most)
        if kind == "conv_transpose":
            self.allowed = self.allowed & (self.extra < np.maximum(self.stride, self.dilation))

    def left(self, n: int, out: int) -> Any:
        """What is left of the padded axis behind window number `out`; for a transposed one, what is wanting or too much."""
        if self.kind == "conv_transpose":
            return (self.extent - self.before - self.after - out + self.extra) + (n - 1) * self.stride
        return (n + self.before + self.after - self.extent) - (out - 1) * self.stride

    def exact(self, size: Sequence[int], wanted: Sequence[int]) -> Any:
        """Which combinations give the wanted sizes and lose nothing."""
        found = self.allowed
        for n, out in zip(size, wanted, strict=True):
            left = self.left(n, out)
            if self.kind == "conv_transpose":
                found = found & (left == 0)
            else:
                # Unsigned, a negative rest is a large one: one comparison holds both ends.
                most = np.minimum(self.stride - 1, self.after)
                found = found & (left.view(np.uint64) <= most.view(np.uint64))
                if self.kind.endswith("pool") and not self.doubtful:
                    found = found & (self.before < self.kernel) & ((out - 1) * self.stride - self.before < n)
        return found

    def far(self, size: Sequence[int], wanted: Sequence[int]) -> Any:
        """How far each combination is from what is wanted: first in size, then in lost positions; large: not allowed."""
        total: Any = np.where(self.allowed, 0, 1 << 60)
        for n, out in zip(size, wanted, strict=True):
            left = self.left(n, out)
            if self.kind == "conv_transpose":
                total = total + np.where(left + out < 1, 1 << 60, abs(left) << 32)
                continue
            steps = left // self.stride  # how many windows more than wanted
            lost = np.maximum(left - steps * self.stride - self.after, 0)
            total = total + np.where(steps + out < 1, 1 << 60, (abs(steps) << 32) + lost)
            if self.kind.endswith("pool"):
                blank = (self.before >= self.kernel * self.dilation) | (
                    (steps + out - 1) * self.stride - self.before >= n
                )
                total = total + np.where(blank, 1 << 60, 0)
        return total

    def answer(self, place: tuple[int, ...], size: Sequence[int]) -> Answer | None:
        """One combination, as the layer itself takes it; None when it does not."""
        d, o, k, p, s, e = place
        dilation, kernel = int(self.dilation.flat[d]), int(self.kernel.flat[k])
        stride, extra = int(self.stride.flat[s]), int(self.extra.flat[e])
        before, after = int(self.before.flat[p]), int(self.after[0, o, 0, p, 0, 0])
        draft = Answer(kernel, stride, before, after, dilation, extra, (), (), ())
        layer, x = draft.layer(self.kind, 1, len(size)), Shape(1, 1, *size)
        try:
            out = layer.out(x).spatial
        except LayerError:
            return None
        left: tuple[int, ...] = (0,) * len(size)
        if self.kind != "conv_transpose":
            left = tuple([window.left_over(n) for window, n in zip(layer.windows(x), size, strict=True)])
        lost = tuple([max(0, rest - after) for rest in left])
        return msgspec.structs.replace(draft, out=out, left_over=left, lost=lost)


def _axis(values: Any, place: int) -> Any:
    """Values along one of the six axes."""
    return np.asarray(values, dtype=np.int64).reshape([-1 if at == place else 1 for at in range(6)])


def _paddings(kind: str, space: Space, dilation: int) -> Sequence[int]:
    """The paddings of the largest window; smaller ones allow fewer of them."""
    if space.padding is not None:
        return space.padding
    extent = dilation * (space.kernel_size[-1] - 1) + 1
    return range(extent // 2 + 1 if kind.endswith("pool") else extent)


def _extras(kind: str, space: Space, dilation: int) -> Sequence[int]:
    if kind != "conv_transpose":
        return (0,)
    return range(max(space.stride[-1], dilation)) if space.output_padding is None else space.output_padding


def _each(kind: str, space: Space, dilation: int) -> int:
    """How many combinations one dilation has, those that a kind does not allow included."""
    steps = len(space.stride) * len(_extras(kind, space, dilation))
    sides = 2 if space.asymmetric else 1
    return len(space.kernel_size) * len(_paddings(kind, space, dilation)) * steps * sides


def _together(kind: str, space: Space) -> Iterator[tuple[int, ...]]:
    """The dilations in groups that are tried at once; those that alone are too many stand alone."""
    first = 0
    for last, dilation in enumerate(space.dilation):
        many = (last + 1 - first) * _each(kind, space, dilation) > _CHUNK
        # A pool without holes is sure of its answers, one with holes is not: they do not mix.
        if last > first and (many or (kind.endswith("pool") and space.dilation[first] == 1)):
            yield space.dilation[first:last]
            first = last
    yield space.dilation[first:]


def _none(space: Space, dilations: Sequence[int], *, gaps: bool) -> bool:
    """Whether no windows of these dilations leave gaps between them, or all do."""
    smallest = dilations[0] * (space.kernel_size[0] - 1) + 1
    largest = dilations[-1] * (space.kernel_size[-1] - 1) + 1
    return space.stride[-1] <= smallest if gaps else space.stride[0] > largest


def _grids(kind: str, space: Space) -> Iterator[_Grid]:
    """All combinations, the simplest first."""
    all_kernels = np.array(space.kernel_size, dtype=np.int64)
    groups = list(_together(kind, space))
    for gaps in (False, True):
        for dilations in groups:
            if _none(space, dilations, gaps=gaps):
                continue
            paddings = _paddings(kind, space, dilations[-1])
            least = len(dilations) * len(space.stride) * len(_extras(kind, space, dilations[-1]))
            wide = max(1, _CHUNK // least)  # so many paddings go together
            tall = max(1, wide // max(len(paddings), 1))  # and so many kernels, where all paddings do
            sides = (0, 1) if space.asymmetric else (0,)
            # What stands behind comes before the kernel in order: it may not be cut below that.
            whole = len(dilations) * _each(kind, space, dilations[-1]) <= _CHUNK
            for odds in [sides] if whole else [(odd,) for odd in sides]:
                for k in range(0, len(all_kernels), tall):
                    for p in range(0, len(paddings), wide):
                        kernels = all_kernels[k : k + tall]
                        yield _Grid(kind, space, dilations, odds, gaps, kernels, paddings[p : p + wide])


def combinations(kind: str, space: Space) -> int:
    """How many combinations there are, those that a kind does not allow included."""
    return sum(_each(kind, space, dilation) for dilation in space.dilation)


def solve(
    kind: Kind,
    size: Sequence[int],
    wanted: Sequence[int],
    space: Space,
    *,
    limit: int = 20,
    budget: Budget | None = None,
) -> Solution:
    """Every combination that gives the wanted size and loses no input position, the simplest first.

    Simplest: windows that leave no gaps, then the smallest dilation, then padding alike on both sides, then the
    smallest kernel, padding, stride and output padding, in this order. Where there is none: those that give the
    wanted size and lose the fewest positions, or, where nothing gives it, those that come nearest.

    Errors: ValueError for more combinations than `MOST`; ModelError CNN-E701 where no groups divide the channels

    >>> found = solve("conv", (227,), (55,), Space((3, 5, 7, 11), (1, 2, 4)))
    >>> found.answers[0].fields("conv")
    {'kernel_size': 11, 'stride': 4}
    """
    size, wanted = tuple(size), tuple(wanted)
    if budget is not None:
        budget.hold()
    tried = combinations(kind, space)
    if tried > MOST:
        raise ValueError(f"there are {tried:,} combinations, more than {MOST:,}")
    if len(space.stride) * len(_extras(kind, space, space.dilation[-1])) > _MOST_STEPS:
        raise ValueError(f"strides and output paddings make more than {_MOST_STEPS:,} pairs")
    count = 0
    answers: list[Answer] = []
    cheapest: Answer | None = None
    for grid in _grids(kind, space):
        exact = grid.exact(size, wanted)
        one_by_one = budget is not None or grid.doubtful
        hits = int(np.count_nonzero(exact))
        if not hits or (len(answers) >= limit and not one_by_one):
            count += hits
            continue
        places = np.argwhere(exact)
        count += 0 if one_by_one else hits
        for place in places if one_by_one else places[: limit - len(answers)]:
            answer = grid.answer(tuple(place.tolist()), size)
            if answer is None:
                continue
            found = [answer] if budget is None else budget.fitting(kind, answer, size)
            count += len(found) if one_by_one else 0
            answers += found[: max(0, limit - len(answers))]
            if budget is not None and not found:
                cheapest = budget.cheaper(cheapest, kind, answer, size)
    if answers or limit == 0:
        return Solution(kind, size, wanted, bool(count), "", count, tried, answers)
    if cheapest is not None:
        return Solution(kind, size, wanted, False, "budget", 1, tried, [cheapest])
    near = _nearest(kind, size, wanted, space, limit)
    return Solution(kind, size, wanted, False, "size", len(near), tried, near)


def _nearest(kind: str, size: tuple[int, ...], wanted: tuple[int, ...], space: Space, limit: int) -> list[Answer]:
    """The first of those that come nearest."""
    best, places = 1 << 60, list[tuple[_Grid, Any]]()
    for grid in _grids(kind, space):
        far = grid.far(size, wanted)
        least = int(far.min())
        if least >= 1 << 60 or least > best:
            continue
        if least < best:
            best, places = least, []
        if len(places) < limit:
            places += [(grid, place) for place in np.argwhere(far == least)[: limit - len(places)]]
    found = [grid.answer(tuple(place.tolist()), size) for grid, place in places]
    return [answer for answer in found if answer is not None]
