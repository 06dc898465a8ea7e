"""What the trials saw away from the borders, as a pattern that repeats.

An output is away from the borders when its whole field lies inside of what is read. A window with large gaps that hangs
over both borders may see its middle tap alone: that looks like a smaller field that is free. So an output counts only
where it sees as far from either border as the widest one must that lies just inside of it.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any, NamedTuple

#: The first and the last row that one output sees; None: it sees nothing.
Span = tuple[int, int] | None


class Measured(NamedTuple):
    """What trials saw away from the borders: outputs 0, 1, ... as if there were none, until the pattern repeats."""

    jump: Fraction
    pattern: list[Span]
    outputs: int
    """From how many outputs this was told."""

    def values(self, outs: int) -> list[Any]:
        """Size, jump and start, as the report says them of an axis of so many outputs; None where none is seen."""
        sizes = [span[1] - span[0] + 1 for span in self.pattern[:outs] if span]
        first = self.pattern[0]
        return [max(sizes, default=None), plain(self.jump), first[0] if first else None]

    def agrees(self, claimed: list[Any], outs: int) -> bool:
        """Whether the report says the same; where output 0 sees nothing, its start is nothing that could be seen."""
        return all(value in (None, claim) for value, claim in zip(self.values(outs), claimed, strict=True))

    def seen(self, o: int) -> Span:
        """The first and last row that output `o` would see without borders."""
        turns, phase = divmod(o, len(self.pattern))
        span = self.pattern[phase]
        further = int(turns * self.jump * len(self.pattern))
        return (span[0] + further, span[1] + further) if span else None


def measured(
    spans: list[Span], widest: int, steps: int = 1, *, lag: int = 0, mirrored: bool = False
) -> Measured | None:
    """From outputs that are away from the borders; None when there are too few to tell.

    `widest` is the largest field. A pattern that is said to repeat after `steps` outputs at the soonest is not told from
    fewer than two of these. The borders are the first and the last row that any output sees: what was cropped, and what
    a stride leaves over, is seen by none. Where they are `mirrored`, outputs beside them see one of the two. An output
    that sees nothing may do so because of a border or of a gap: those `lag` rows away from where it might lie tell.
    """
    some = [span for span in spans if span]
    begin, end = min([low for low, _ in some], default=0), max([high for _, high in some], default=-1)
    least, most = begin + mirrored, end - mirrored
    further = widest - 1 + (lag if len(some) < len(spans) else 0)
    free = _longest(
        [
            span is None
            or (span[1] >= begin + further and span[0] <= end - further and least <= span[0] and span[1] <= most)
            for span in spans
        ]
    )
    seeing = [o for o in free if spans[o]]
    first = seeing[0] if seeing else 0
    seen = spans[first : seeing[-1] + 1] if seeing else []
    if len(seen) < 2 * steps:
        return None
    for period in range(1, (len(seen) - 1) // 2 + 1):
        advance = _advance(seen, period)
        if advance is not None:
            # Output 0 is a whole number of periods before an output of the same phase.
            begin = -first % period
            back = (first + begin) // period * advance
            pattern = [(span[0] - back, span[1] - back) if span else None for span in seen[begin : begin + period]]
            return Measured(Fraction(advance, period), pattern, len(seen))
    return None


def _longest(free: list[bool]) -> range:
    """The longest run of outputs that are free."""
    best, begin = range(0), 0
    for o, each in enumerate([*free, False]):
        if not each:
            if o - begin > len(best):
                best = range(begin, o)
            begin = o + 1
    return best


def _advance(seen: list[Span], period: int) -> int | None:
    """How far each output sees beyond the one a period before it; None where that differs."""
    moves: set[int] = set()
    for now, later in zip(seen, seen[period:], strict=False):
        if now is None or later is None:
            if now is not later:
                return None
            continue
        moves.update((later[0] - now[0], later[1] - now[1]))
        if len(moves) > 1:
            return None
    return moves.pop() if moves else None


def plain(jump: Fraction) -> int | float:
    """A jump as the report says it."""
    return int(jump) if jump.denominator == 1 else float(jump)
