"""The receptive field of one axis, folded layer by layer.

A field answers, for every output index o, which interval of input indices it depends on: `seen(o)`. A chain of
windows gives the same interval everywhere, shifted by `jump`; upsampling makes it alternate with a period, which
`Field` keeps exactly, as one table per period.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Any

import msgspec

from cnnshape.geometry.resample import Adaptive, Resample, Whole
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window

#: Every way in which a layer may read one axis.
AxisMap = Window | Transposed | Resample | Adaptive | Whole

#: Patterns that repeat later than this are not followed (their field is unavailable).
MAX_PERIOD = 1 << 14


class Table(msgspec.Struct, frozen=True):
    """One period of intervals: output o = q*len(lows) + r sees lows[r] + q*advance .. highs[r] + q*advance."""

    lows: tuple[int, ...]
    highs: tuple[int, ...]
    advance: int


class Field(msgspec.Struct, frozen=True):
    """What one axis of a tensor sees of one axis of the network's input.

    `size`: how many input positions the widest output sees (hull, padding included); `jump`: how far the interval
    moves from one output to the next (a fraction after upsampling, 0 when every output sees the same); `start`:
    the first input index that output 0 sees, negative in the padding.

    Source: Araujo, Norris & Sim 2019 (Distill); Dumoulin & Visin 2016

    >>> image = Field()
    >>> conv = Field.of(Window(kernel=3, stride=2, before=1))
    >>> image.then(conv).then(conv)
    Field(start=-3, size=7, jump=4, table=None)
    """

    start: int = 0
    size: int = 1
    jump: int | Fraction = 1
    table: Table | None = None

    @classmethod
    def of(cls, window: Window) -> Field:
        """The field of one window alone."""
        return cls(-window.before, window.dilation * (window.kernel - 1) + 1, window.stride)

    def then(self, later: Field) -> Field:
        """Compose two fields without a period: `self` is nearer to the input. Associative.

        size += (later.size - 1) * jump; start += later.start * jump; jump *= later.jump
        """
        jump = self.jump
        if jump.__class__ is not int or self.table or later.table:
            raise ValueError("only fields with whole jumps compose without a table")
        return Field(
            self.start + later.start * jump,
            self.size + (later.size - 1) * jump,
            jump * later.jump,
        )

    def seen(self, o: int) -> tuple[int, int]:
        """First and last input index that output `o` sees."""
        if self.table is None:
            first = self.start + o * int(self.jump)
            return first, first + self.size - 1
        q, r = divmod(o, len(self.table.lows))
        shift = q * self.table.advance
        return self.table.lows[r] + shift, self.table.highs[r] + shift


def fold(field: Field, way: AxisMap, n: int, size: int) -> Field | None:
    """The field behind a layer that reads an axis of `n` positions by `way`; `size` is the input axis it began on.

    None when the pattern repeats later than `MAX_PERIOD`.

    >>> fold(Field(), Transposed(kernel=2, stride=2), 8, 8)
    Field(start=0, size=1, jump=Fraction(1, 2), table=Table(lows=(0, 0), highs=(0, 0), advance=1))
    """
    if way.__class__ is Window and field.table is None:
        jump: Any = field.jump  # a whole number, as there is no table
        return Field(
            field.start - way.before * jump,
            field.size + way.dilation * (way.kernel - 1) * jump,
            jump * way.stride,
        )
    if isinstance(way, Whole):
        return whole(field, n, size)
    if field.jump == 0:
        return field
    outs, ins = (1, way.stride) if isinstance(way, Window) else way.period
    if isinstance(way, Window):
        # `seen` of a window may fall into the padding; the periodic field answers there as well.
        look = way.seen
    elif isinstance(way, Transposed):
        look = way.seen
    else:
        # An interpolation repeats the border instead of padding it.
        reach = way.seen

        def look(o: int) -> tuple[int, int]:
            first, last = reach(o)
            return max(0, min(first, n - 1)), max(0, min(last, n - 1))

        if way.__class__ is Resample and way.taps > 1:
            look = reach
    return _tabled(field, look, outs, ins)


def _tabled(field: Field, look: Callable[[int], tuple[int, int]], outs: int, ins: int) -> Field | None:
    """Compose by listing one period of intervals."""
    period = len(field.table.lows) if field.table else 1
    advance = field.table.advance if field.table else int(field.jump)
    times = period // gcd(period, ins)
    if outs * times > MAX_PERIOD:
        return None
    lows, highs = [], []
    for o in range(outs * times):
        first, last = look(o)
        if first > last:  # nothing reaches this output: an empty interval beside its neighbour
            at = field.seen(o * ins // outs)[0]
            lows.append(at)
            highs.append(at - 1)
        else:
            lows.append(field.seen(first)[0])
            highs.append(field.seen(last)[1])
    return _reduced(lows, highs, advance * (ins * times // period))


def _reduced(lows: list[int], highs: list[int], advance: int) -> Field:
    """The simplest field that says the same: without a table when every output sees alike."""
    period = len(lows)
    size = max(h - low for low, h in zip(lows, highs, strict=True)) + 1
    if advance % period == 0:
        step = advance // period
        if all(
            low == lows[0] + r * step and h == highs[0] + r * step
            for r, (low, h) in enumerate(zip(lows, highs, strict=True))
        ):
            return Field(lows[0], size, step)
    jump = Fraction(advance, period)
    return Field(
        lows[0],
        size,
        int(jump) if jump.denominator == 1 else jump,
        Table(tuple(lows), tuple(highs), advance),
    )


def whole(field: Field, n: int, size: int) -> Field:
    """The field when every output sees all n positions: one interval, held inside the input of `size` positions."""
    if field.jump == 0:
        return field
    if field.table is None:
        low, high = field.seen(0)[0], field.seen(n - 1)[1]
    else:
        spans = [field.seen(o) for o in range(n)] if n <= MAX_PERIOD else [field.seen(0), field.seen(n - 1)]
        low, high = min(s[0] for s in spans), max(s[1] for s in spans)
    low, high = max(0, low), min(size - 1, high)
    return Field(low, max(0, high - low + 1), 0)


def join(fields: list[Field], out: int, size: int) -> Field | None:
    """The hull of several branches that meet on an axis of `out` positions; None when there are too many to list.

    Branches that move alike stay exact; a branch that sees everything absorbs the others; any other mixture is
    listed position by position.

    >>> join([Field(0, 1, 1), Field(-1, 3, 1)], 8, 8)
    Field(start=-1, size=3, jump=1, table=None)
    """
    first = fields[0]
    if all(field == first for field in fields):
        return first
    if all(field.jump == first.jump for field in fields):
        if not any(field.table for field in fields):
            start = min(field.start for field in fields)
            end = max(field.start + field.size for field in fields)
            return Field(start, end - start, first.jump)
        period = reduce(lcm, [len(field.table.lows) if field.table else 1 for field in fields])
    else:
        period = out
    if period > MAX_PERIOD:
        return None
    still = [field for field in fields if field.jump == 0]
    spans = [[field.seen(o) for field in fields] for o in range(period)]
    lows = [min(span[0] for span in at) for at in spans]
    highs = [max(span[1] for span in at) for at in spans]
    if still:
        lows = [max(0, low) for low in lows]
        highs = [min(size - 1, high) for high in highs]
        low, high = min(lows), max(highs)
        if any(field.start <= low and field.start + field.size - 1 >= high for field in still):
            return Field(low, high - low + 1, 0)
    return _reduced(lows, highs, int(max(field.jump for field in fields) * period))
