"""Which rows of the input really reach a tensor: what an axis can see at most when it ends.

A field goes on into every padding. Where that lies inside the network, the field may lie over rows of the input that no
window has read: what a stride left over, or a crop took away. An axis that ends sees from the first row that is read on
the way to it to the last one.
"""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from cnnshape.geometry.field import Field
from cnnshape.geometry.resample import Whole
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window

#: So many positions are looked at one by one, at most, to learn what an axis that ends sees.
MAX_LISTED = 1 << 16


class Limits(msgspec.Struct, frozen=True, gc=False):
    """Each position sees what its field says, held between the rows `low` and `high`.

    The first `front` and the last `back` positions are a border and see nothing. Of the others the first one sees
    `low`, and the last one `high`. The field of such positions is orderly: a later one never sees less far.
    """

    low: int
    high: int
    front: int = 0
    back: int = 0

    #: Both rows are really read.
    known: ClassVar[bool] = True

    def hull(self) -> tuple[int, int]:
        """The first and the last row that any position sees; the last lies before the first when none sees any."""
        return self.low, self.high


#: No position sees any row.
NOTHING = Limits(0, -1)


class Listed:
    """Positions that must be looked at one by one: dilated taps hang over a border, or branches differ.

    That is put off until an axis ends, and never done where the limits are `known` to be reached: by the first position
    but for `front`, and the last but for `back`. No position sees beyond them.
    """

    __slots__ = ("back", "ends", "front", "high", "known", "low", "out", "sources", "spans")

    def __init__(self, sources: list[Source], out: int, limits: Limits, *, known: bool) -> None:
        """`out` positions that read all of these sources."""
        self.sources, self.out, self.known = sources, out, known
        self.low, self.high, self.front, self.back = limits.low, limits.high, limits.front, limits.back
        self.spans: list[Span] | None = None
        self.ends = (self.low, self.high) if known else None

    def hull(self) -> tuple[int, int]:
        """The first and the last row that any position sees; the limits of both where the list is too long."""
        if self.ends is None:
            self.ends = self.low, self.high
            if _list_all(self):
                some = [span for span in self.spans or () if span]
                self.ends = min([span[0] for span in some], default=0), max([span[1] for span in some], default=-1)
        return self.ends


#: What is read on the way to the positions of an axis.
Reach = Limits | Listed
#: The first and the last row that one position sees; None: it sees nothing.
Span = tuple[int, int] | None
#: How a layer reads so many positions of that reach and field; None: each position reads its like.
Source = tuple[Reach, Field, Any, int]


def behind(reach: Reach, field: Field, way: Any, n: int, after: Field) -> Reach:
    """The reach behind a layer that reads `n` positions by `way`; `after` is the field there.

    >>> behind(Limits(0, 223), Field(), Window(kernel=7, stride=2), 224, Field(0, 7, 2))
    Limits(low=0, high=222, front=0, back=0)
    """
    if field.jump == 0 or way.__class__ is Whole:
        return of_still(after)
    if way.__class__ is not Window:
        return _spread(reach, field, way, n, after)
    stride, before, first = way.stride, way.before, reach.front + way.before
    extent = way.dilation * (way.kernel - 1) + 1
    last = (n + before + way.after - extent) // stride
    over = last * stride - before - n + reach.back  # how far the last window begins behind all that is no border
    if reach.__class__ is Limits and (way.dilation == 1 or extent == 1 or (first <= 0 and over + extent <= 0)):
        # A window without holes sees from its first position that is no border to its last one.
        front = 0 if first < extent else (first - extent) // stride + 1
        back = 0 if over < 0 else over // stride + 1
        if front + back > last:
            return NOTHING
        low, high = after.seen(front)[0], after.seen(last - back)[1]
        if low <= reach.low and high >= reach.high and not (front or back or reach.front or reach.back):
            return reach
        return Limits(max(low, reach.low), min(high, reach.high), front, back)
    if extent == stride == 1:
        if before == way.after == 0:
            return reach
        if first >= 0 and reach.back + way.after >= 0:  # a border, or less of one
            limits = Limits(reach.low, reach.high, first, reach.back + way.after)
            return Listed([(reach, field, way, n)], last + 1, limits, known=reach.known)
    return _list(reach, field, way, n, after)


def _spread(reach: Reach, field: Field, way: Any, n: int, after: Field) -> Reach:
    """The reach behind a transposed convolution, an interpolation or an adaptive pool."""
    holes = isinstance(way, Transposed) and (way.dilation > 1 or way.kernel < way.stride)
    orderly = after.table is None or after.table.orderly
    if reach.__class__ is Limits and orderly and not (holes or reach.front or reach.back):
        out = way.out_size(n)
        if way.reached(out - 1)[0] < n:  # the last output reads some position of the axis, so all do
            low, high = after.seen(0)[0], after.seen(out - 1)[1]
            return Limits(max(low, reach.low), min(high, reach.high))
    return _list(reach, field, way, n, after)


def _list(reach: Reach, field: Field, way: Any, n: int, after: Field) -> Listed:
    """A list, and whether it reaches as far as the positions that are read do."""
    out, low, high = way.out_size(n), reach.low, reach.high
    known = reach.known and reach.front in _taps(way, n, 0) and n - 1 - reach.back in _taps(way, n, out - 1)
    if not known and (after.table is None or after.table.orderly):
        low, high = max(low, after.seen(0)[0]), min(high, after.seen(out - 1)[1])
    return Listed([(reach, field, way, n)], out, Limits(low, high), known=known)


def blank(way: Any, n: int) -> bool:
    """Whether all outputs see padding alone: taps that stride over the n positions, or copies that are all cut off.

    >>> blank(Window(kernel=1, stride=3, before=2, after=2), 1), blank(Window(kernel=1, stride=2, before=2, after=2), 1)
    (True, False)
    >>> blank(Window(kernel=1, stride=5, before=2, after=3), 3), blank(Window(kernel=1, stride=2, before=2, after=3), 3)
    (True, False)
    """
    if isinstance(way, Window):
        return not 0 <= -way.before < n and not way.taps(n)  # where the first tap stands on one, it reads
    if not isinstance(way, Transposed):
        return False
    behind_cut = way.before + way.out_size(n)
    for shift in range(0, way.extent, way.dilation):
        first = max(0, -((shift - way.before) // way.stride))
        if first < n and first * way.stride + shift < behind_cut:
            return False
    return True


def together(reaches: list[Reach], fields: list[Field], out: int, joined: Field) -> Reach:
    """The reach where branches meet on an axis of `out` positions; `joined` is the field there."""
    first = reaches[0]
    if reaches.count(first) == len(reaches):
        return first
    if joined.jump == 0:
        return of_still(joined)
    some = [reach for reach in reaches if reach.low <= reach.high]
    limits = Limits(
        min([reach.low for reach in some], default=0),
        max([reach.high for reach in some], default=-1),
        min([reach.front for reach in some], default=0),
        min([reach.back for reach in some], default=0),
    )
    known = all(reach.known and reach.front == limits.front and reach.back == limits.back for reach in some)
    sources: list[Source] = [(reach, field, None, out) for reach, field in zip(reaches, fields, strict=True)]
    return Listed(sources, out, limits, known=known)


def of_still(field: Field) -> Limits:
    """The reach where every position sees the same."""
    return Limits(field.start, field.start + field.size - 1)


def _list_all(last: Listed) -> bool:
    """List what `last` sees, and before it all that it is made of; whether that was few enough."""
    left = MAX_LISTED
    waiting = [last]
    while waiting:
        one = waiting[-1]
        before = [reach for reach, *_ in one.sources if isinstance(reach, Listed) and reach.spans is None]
        if before:
            waiting.extend(before)
            continue
        waiting.pop()
        if one.spans is None:
            left -= one.out + sum([n for _, _, _, n in one.sources])
            if left < 0:
                return False
            reads = [_reads(source, one.out) for source in one.sources]
            left -= sum([len(taps) for each in reads for taps in each])
            if left < 0:
                return False
            one.spans = [None] * one.out
            for source, each in zip(one.sources, reads, strict=True):
                rows = _rows(source)
                one.spans = [
                    _hull([span, *[rows[tap] for tap in taps]]) for span, taps in zip(one.spans, each, strict=True)
                ]
    return True


def _reads(source: Source, out: int) -> list[range]:
    """Which positions of a source each of the `out` positions reads."""
    _, _, way, n = source
    return [range(o, o + 1) if way is None else _taps(way, n, o) for o in range(out)]


def _taps(way: Any, n: int, o: int) -> range:
    """The positions of the axis itself that output `o` reads; an interpolation holds its neighbours inside."""
    taps: range = way.reached(o)
    if not isinstance(way, (Window, Transposed)):
        return range(max(0, taps[0]), min(taps[-1], n - 1) + 1)
    skipped = max(0, -(taps.start // taps.step))
    return range(taps.start + skipped * taps.step, min(taps.stop, n), taps.step)


def _rows(source: Source) -> list[Span]:
    """What each position of a source sees."""
    reach, field, _, n = source
    if isinstance(reach, Listed):
        return reach.spans or []
    rows: list[Span] = []
    for p in range(n):
        low, high = field.seen(p)
        low, high = max(low, reach.low), min(high, reach.high)
        rows.append((low, high) if reach.front <= p < n - reach.back and low <= high else None)
    return rows


def _hull(spans: list[Span]) -> Span:
    """From the first row that any of these sees to the last one."""
    some = [span for span in spans if span]
    return (min([low for low, _ in some]), max([high for _, high in some])) if some else None
