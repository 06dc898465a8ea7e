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
    """One stretch of the combinations: axes are kernel, padding, stride, output padding."""

    def __init__(
        self,
        kind: str,
        space: Space,
        dilation: int,
        odd: int,
        gaps: bool,
        kernels: Sequence[int],
        paddings: Sequence[int],
    ) -> None:
        """`odd` is what stands behind beyond the padding in front; `gaps`: the windows leave some out, or none does."""
        self.kind, self.dilation = kind, dilation
        self.kernel = np.array(kernels, dtype=np.int64).reshape(-1, 1, 1, 1)
        self.extent = dilation * (self.kernel - 1) + 1
        self.before = np.array(paddings, dtype=np.int64).reshape(1, -1, 1, 1)
        self.after = self.before + odd
        self.stride = np.array(space.stride, dtype=np.int64).reshape(1, 1, -1, 1)
        self.extra = np.array(_extras(kind, space, dilation), dtype=np.int64).reshape(1, 1, 1, -1)
        self.allowed = (self.stride > self.extent) == gaps
        if space.padding is None:
            most = (self.extent - odd) // 2 if kind.endswith("pool") else self.extent - 1 - odd
            self.allowed = self.allowed & (self.before <= most)
        if kind == "conv_transpose":
            self.allowed = self.allowed & (self.extra < np.maximum(self.stride, dilation))

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
                if self.kind.endswith("pool") and self.dilation == 1:
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
        k, p, s, e = place
        kernel, stride, extra = int(self.kernel[k, 0, 0, 0]), int(self.stride[0, 0, s, 0]), int(self.extra[0, 0, 0, e])
        before, after = int(self.before[0, p, 0, 0]), int(self.after[0, p, 0, 0])
        draft = Answer(kernel, stride, before, after, self.dilation, extra, (), (), ())
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


def _paddings(kind: str, space: Space, extent: int) -> Sequence[int]:
    if space.padding is not None:
        return space.padding
    return range(extent // 2 + 1 if kind.endswith("pool") else extent)


def _extras(kind: str, space: Space, dilation: int) -> Sequence[int]:
    if kind != "conv_transpose":
        return (0,)
    return range(max(*space.stride, dilation)) if space.output_padding is None else space.output_padding


def _grids(kind: str, space: Space) -> Iterator[_Grid]:
    """All combinations, the simplest first."""
    for gaps in (False, True):
        for dilation in space.dilation:
            for odd in (0, 1) if space.asymmetric else (0,):
                extent = dilation * (max(space.kernel_size) - 1) + 1
                paddings = _paddings(kind, space, extent)
                least = len(space.stride) * len(_extras(kind, space, dilation))
                wide = max(1, _CHUNK // least)  # so many paddings go together
                tall = max(1, wide // max(len(paddings), 1))  # and so many kernels, where all paddings do
                for k in range(0, len(space.kernel_size), tall):
                    kernels = space.kernel_size[k : k + tall]
                    for p in range(0, len(paddings), wide):
                        yield _Grid(kind, space, dilation, odd, gaps, kernels, paddings[p : p + wide])


def combinations(kind: str, space: Space) -> int:
    """How many combinations there are, those that a kind does not allow included."""
    extents = [d * (max(space.kernel_size) - 1) + 1 for d in space.dilation]
    return sum(
        len(space.kernel_size)
        * len(_paddings(kind, space, extent))
        * len(space.stride)
        * len(_extras(kind, space, dilation))
        * (2 if space.asymmetric else 1)
        for extent, dilation in zip(extents, space.dilation, strict=True)
    )


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
    if any(len(space.stride) * len(_extras(kind, space, dilation)) > _MOST_STEPS for dilation in space.dilation):
        raise ValueError(f"strides and output paddings make more than {_MOST_STEPS:,} pairs")
    count = 0
    answers: list[Answer] = []
    cheapest: Answer | None = None
    for grid in _grids(kind, space):
        exact = grid.exact(size, wanted)
        one_by_one = budget is not None or (kind.endswith("pool") and grid.dilation > 1)
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
