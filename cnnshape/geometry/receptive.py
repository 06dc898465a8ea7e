"""The receptive field of one axis, folded layer by layer, and joined where branches meet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import reduce
from math import gcd, lcm
from typing import Any

from cnnshape.geometry.field import Field, Table
from cnnshape.geometry.reach import Reach, behind, blank
from cnnshape.geometry.resample import Adaptive, Resample, Whole
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window

#: Every way in which a layer may read one axis.
AxisMap = Window | Transposed | Resample | Adaptive | Whole

#: Patterns that repeat later than this are not followed (their field is unavailable).
MAX_PERIOD = 1 << 14
#: Nor are fields of more positions than this, which strides over one position that padding keeps there would reach.
LARGEST = 1 << 62
#: Nor are patterns of which more positions must be looked at one by one than this.
MAX_LOOKS = 1 << 20


def fold(field: Field, way: AxisMap, n: int, reach: Reach) -> Field | None:
    """The field behind a layer that reads an axis of `n` positions by `way`; `reach` is what is read on the way there.

    None when the pattern repeats later than `MAX_PERIOD`, or when it is larger than `LARGEST`.

    >>> from cnnshape.geometry.reach import Limits
    >>> fold(Field(), Transposed(kernel=2, stride=2), 8, Limits(0, 7))
    Field(start=0, size=1, jump=Fraction(1, 2), table=Table(lows=(0, 0), highs=(0, 0), advance=1))
    >>> fold(Field(start=0, size=9, jump=0), Window(kernel=1, stride=3, before=2, after=2), 1, Limits(0, 0)).size
    0
    """
    if field.jump == 0 and blank(way, n):
        return Field(0, 0, 0)
    if way.__class__ is Window and field.table is None:
        jump: Any = field.jump  # a whole number, as there is no table
        size, wide = field.size + way.dilation * (way.kernel - 1) * jump, jump * way.stride
        if size > LARGEST or wide > LARGEST:
            return None
        return Field(field.start - way.before * jump, size, wide)
    if isinstance(way, Whole):
        return whole(field, reach)
    if field.jump == 0:
        return field
    outs, ins = (1, way.stride) if isinstance(way, Window) else way.period
    # A window may fall into the padding, and a smooth interpolation over the border: a field answers there as well.
    found = _tabled(field, way.reached, outs, ins, way.out_size(n))
    if found is not None and found.jump == 0:  # one place alone is read, however many outputs there are
        return _inside(behind(reach, field, way, n, found))
    return found


def _tabled(field: Field, look: Callable[[int], range], outs: int, ins: int, out: int) -> Field | None:
    """Compose by listing one period of intervals.

    `look` answers the input positions of an output, evenly spaced; every `outs` outputs it answers `ins` further on.
    An output that sees nothing lies where they would begin.
    `out` is how many outputs there are.
    """
    period = len(field.table.lows) if field.table else 1
    advance = field.table.advance if field.table else int(field.jump)
    times = period // gcd(period, ins)
    if outs * times > MAX_PERIOD:
        return None
    orderly = field.table is None or field.table.orderly
    left = MAX_LOOKS
    lows, highs = [], []
    for o in range(outs * times):
        places = look(o)
        if orderly and places:
            lows.append(field.seen(places[0])[0])
            highs.append(field.seen(places[-1])[1])
            continue
        # A whole period later the same interval lies further on: the ends are found near the first and the last.
        ends: Sequence[int] = places if len(places) <= 2 * period else (*places[:period], *places[-period:])
        left -= len(ends)
        if left < 0:
            return None
        low, high = _hull([field.seen(place) for place in ends], field.seen(places.start)[0])
        lows.append(low)
        highs.append(high)
    return _reduced(lows, highs, advance * (ins * times // period), out)


def _hull(spans: Iterable[tuple[int, int]], beside: int) -> tuple[int, int]:
    """The interval of all that are not empty; when all are, an empty one at `beside`."""
    some = [span for span in spans if span[0] <= span[1]]
    if not some:
        return beside, beside - 1
    return min([span[0] for span in some]), max([span[1] for span in some])


def _reduced(lows: list[int], highs: list[int], advance: int, out: int) -> Field | None:
    """The simplest field that says the same: without a table when every output sees alike.

    Its size is that of the first `out` intervals: those that exist.
    """
    period = len(lows)
    size = max([high - low for low, high in zip(lows[:out], highs[:out], strict=True)]) + 1
    if size > LARGEST or advance > LARGEST * period:
        return None
    if advance % period == 0 and lows[0] <= highs[0]:
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


def whole(field: Field, reach: Reach) -> Field:
    """The field when every output sees all positions: from the first row that is read on the way there to the last."""
    if field.jump == 0:
        return field
    return _inside(reach)


def _inside(reach: Reach) -> Field:
    """The field of outputs that all see as much as reaches them."""
    low, high = reach.hull()
    return Field(low, high - low + 1, 0) if low <= high else Field(0, 0, 0)


def join(fields: list[Field], out: int, reaches: list[Reach]) -> Field | None:
    """The hull of several branches that meet on an axis of `out` positions; None when there are too many to list.

    Branches that move alike stay exact; a branch that sees everything absorbs the others; any other mixture is
    listed position by position.

    >>> from cnnshape.geometry.reach import Limits
    >>> join([Field(0, 1, 1), Field(-1, 3, 1)], 8, [Limits(0, 7), Limits(0, 7)])
    Field(start=-1, size=3, jump=1, table=None)
    """
    first = fields[0]
    if fields.count(first) == len(fields):
        return first
    still = [field for field in fields if field.jump == 0 and field.size]
    if still:
        # What a moving branch sees is held inside of what reaches it.
        hulls = [reach.hull() for reach in reaches]
        low, high = _hull(hulls, 0)
        if any(field.start <= low and field.start + field.size - 1 >= high for field in still):
            return Field(low, high - low + 1, 0)
    fields = [field for field in fields if field.size] or [first]  # one that sees nothing adds nothing
    first = fields[0]
    if [field.jump for field in fields].count(first.jump) == len(fields):
        if [field.table for field in fields].count(None) == len(fields):
            start = min([field.start for field in fields])
            end = max([field.start + field.size for field in fields])
            return Field(start, end - start, first.jump)
        period = reduce(lcm, [len(field.table.lows) if field.table else 1 for field in fields])
    else:
        period = out
    if period > MAX_PERIOD:
        return None
    spans = [_hull([field.seen(o) for field in fields], first.seen(o)[0]) for o in range(period)]
    lows, highs = [span[0] for span in spans], [span[1] for span in spans]
    if still:
        lows, highs = [max(low, each) for each in lows], [min(high, each) for each in highs]
    return _reduced(lows, highs, int(max(field.jump for field in fields) * period), out)
