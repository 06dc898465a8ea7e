"""Which channels and groups a combination can afford; every number is asked of the layer itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import gcd
from typing import Any

import msgspec

from cnnshape.errors import usage
from cnnshape.shape import Shape
from cnnshape.solve.answer import Answer, Cost


class Budget(msgspec.Struct, frozen=True):
    """The channels that are given, and what they may cost; None: as much as it takes."""

    in_channels: int
    out_channels: tuple[int, ...]
    """In ascending order."""
    groups: tuple[int, ...] = (1,)
    max_params: int | None = None
    max_macs: int | None = None
    bias: bool = True

    def hold(self) -> None:
        """Refuse channels that no number of groups divides. ModelError CNN-E701 with the nearest one that does."""
        if self._widths():
            return
        dividing = [groups for groups in self.groups if self.in_channels % groups == 0]
        if not dividing:
            message = f"{_each(self.groups)} {self.in_channels:,}, the channels in"
        else:
            message = f"{_each(dividing)} {_any(self.out_channels)}, the channels out"
        raise usage(message, f"--groups {self._nearest()}")

    def _nearest(self) -> int:
        """The largest number of groups up to the first one asked for that divides the channels in and some width."""
        shared = {gcd(self.in_channels, width) for width in self.out_channels}
        return next(n for n in range(self.groups[0], 0, -1) if any(whole % n == 0 for whole in shared))

    def fitting(self, kind: str, answer: Answer, size: Sequence[int]) -> list[Answer]:
        """The combination with each number of groups, as wide as the budget allows; none where it allows nothing."""
        found = []
        for groups, widths in self._widths():
            # A wider layer costs more: the widest that fits lies before the first that does not.
            def unpaid(width: int, groups: int = groups) -> bool:
                return not self._paid(self._cost(kind, answer, size, groups, width))

            most = bisect_right(widths, False, key=unpaid)
            if most:
                found.append(_with(answer, self._cost(kind, answer, size, groups, widths[most - 1])))
        return found

    def cheaper(self, best: Answer | None, kind: str, answer: Answer, size: Sequence[int]) -> Answer | None:
        """The cheapest one so far, for when nothing fits: the fewest params, then MACs."""
        for groups, widths in self._widths():
            cost = self._cost(kind, answer, size, groups, widths[0])
            if best is None or best.cost is None or (cost.params, cost.macs) < (best.cost.params, best.cost.macs):
                best = _with(answer, cost)
        return best

    def _widths(self) -> list[tuple[int, list[int]]]:
        """Each number of groups that divides the channels, with the widths that it divides."""
        pairs = [
            (groups, [width for width in self.out_channels if width % groups == 0])
            for groups in self.groups
            if self.in_channels % groups == 0
        ]
        return [(groups, widths) for groups, widths in pairs if widths]

    def _cost(self, kind: str, answer: Answer, size: Sequence[int], groups: int, width: int) -> Cost:
        layer = answer.layer(kind, width, len(size), groups=groups, bias=self.bias)
        x = Shape(1, self.in_channels, *size)
        return Cost(self.in_channels, width, groups, layer.params(x), layer.ops(layer.out(x), x).mac)

    def _paid(self, cost: Cost) -> bool:
        return (self.max_params is None or cost.params <= self.max_params) and (
            self.max_macs is None or cost.macs <= self.max_macs
        )


def _each(groups: Sequence[int]) -> str:
    """That one number of groups does not divide, or that none of several does."""
    return (
        f"groups {groups[0]:,} does not divide" if len(groups) == 1 else f"none of the groups {_some(groups)} divides"
    )


def _any(numbers: Sequence[int]) -> str:
    return f"{numbers[0]:,}" if len(numbers) == 1 else f"any of {_some(numbers)}"


def _some(numbers: Sequence[int], most: int = 4) -> str:
    """The first few numbers."""
    more = f" and {len(numbers) - most:,} more" if len(numbers) > most else ""
    return ", ".join(f"{number:,}" for number in numbers[:most]) + more


def _with(answer: Answer, cost: Cost) -> Any:
    return msgspec.structs.replace(answer, cost=cost)
