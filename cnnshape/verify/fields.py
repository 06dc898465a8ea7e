"""Receptive fields: what the trials saw, as size, jump and start, held against the report.

At its borders an output sees less than its field, because the input ends; there the trials must see just what is left of
it. Away from the borders they must see exactly the field. Where no output is away from the borders (the field is larger
than the input), the trials are repeated on a longer axis: longer by a multiple of every jump, so that every stride and
every padding word falls on the same positions as before.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, lcm
from typing import Any, NamedTuple

from cnnshape.forward.probe import Probe, Value
from cnnshape.forward.trials import Seen
from cnnshape.network import Network
from cnnshape.report import LayerReport, ReceptiveField, Report
from cnnshape.verify.result import Check

#: No axis is tried longer than this.
LONGEST = 2048
#: Behind these neighbouring outputs may see the same: fields move in uneven steps.
UNEVEN = ("conv_transpose", "upsample", "pixel_shuffle", "depth_to_space", "adaptive_avg_pool", "adaptive_max_pool")
#: A border that repeats the image makes its outputs see it, not the padding: nothing is held at the borders then.
MIRRORS = ("reflect", "replicate", "circular")


class Ways(NamedTuple):
    """What the whole network has that makes fields less plain than size, jump and start."""

    lag: int
    """By how many rows an uneven field may lag behind its jump; 0 where all are even."""
    mirrored: bool
    cut: bool

    def tried(self, got: Measured | None) -> list[Measured | None]:
        """What the borders are held against: what was measured, but what is said as well where that may deceive."""
        return [got, None] if self.lag and got is not None else [got]


def fields(
    network: Network, report: Report, wanted: set[str], told: Callable[[str], None] | None = None
) -> dict[str, list[Check]]:
    """The checks of every wanted layer's receptive field, by the layer's name; `told` hears of each axis."""
    shapes = [tuple(t.shape) for t in report.inputs] + [tuple(s) for row in report.layers for s in row.output_shapes]
    values = [len(network.inputs)]
    for node in network.nodes:
        values.append(values[-1] + len(node.outputs))
    rows = {row.name: (row, range(values[i], values[i + 1])) for i, row in enumerate(report.layers)}
    found: dict[str, list[Check]] = {name: [] for name in rows if name in wanted}
    sizes = network.inputs[0].shape[1:]
    jumps = [jump for row in report.layers if row.receptive_field for jump in row.receptive_field.jump if jump]
    uneven = sum(row.kind in UNEVEN for row in report.layers)
    ways = Ways(
        ceil(max([1, *jumps])) * uneven,
        any(
            getattr(node.layer, "mode", "") in MIRRORS and row.kind == "pad"
            for node, row in zip(network.nodes, report.layers, strict=True)
        ),
        any(row.kind in ("crop", "slice", "split") for row in report.layers),
    )
    done: dict[Any, Any] = {}
    for axis, n in enumerate(sizes):
        if told is not None:
            told(f"receptive fields, axis {axis + 1} of {len(sizes)}")
        near = Probe(network, axis, n, shapes, real=True, done=done).run()
        longer = _longer(report.layers, axis, n)
        far = Probe(network, axis, longer, shapes, real=False, done=done).run() if longer else None
        for name, (row, numbers) in rows.items():
            if name in wanted:
                found[name].append(
                    _check(
                        row,
                        ways,
                        axis,
                        n,
                        [near[i] for i in numbers],
                        longer,
                        [far[i] for i in numbers] if far else [],
                    )
                )
    if not sizes:
        return {}
    return {name: _together(checks) for name, checks in found.items()}


def _longer(rows: list[LayerReport], axis: int, n: int) -> int | None:
    """An axis on which every field fits in between the borders; None when it already does, or never will."""
    known = [row.receptive_field for row in rows if row.receptive_field is not None]
    ends = [(f.size[axis], f.jump[axis]) for f in known if f.size[axis] is not None and f.jump[axis]]
    if not ends:
        return None
    step = lcm(*[Fraction(jump).limit_denominator(1 << 14).numerator for _, jump in ends])  # type: ignore[arg-type]
    lengths = [n + -(-max(0, int(size) + 8 * int(jump + 1) - n) // step) * step for size, jump in ends]  # type: ignore[arg-type, operator]
    longer = max([length for length in lengths if length <= LONGEST], default=n)
    return longer if longer > n else None


class Measured(NamedTuple):
    """What trials saw away from the borders: outputs 0, 1, ... as if there were none, until the pattern repeats."""

    jump: Fraction
    pattern: list[tuple[int, int]]

    def values(self, outs: int) -> list[Any]:
        """Size, jump and start, as the report says them of an axis of so many outputs."""
        widest = max([high - low + 1 for low, high in self.pattern[:outs]])
        return [widest, _plain(self.jump), self.pattern[0][0]]

    def seen(self, o: int) -> tuple[int, int]:
        """The first and last row that output `o` would see without borders."""
        turns, phase = divmod(o, len(self.pattern))
        further = int(turns * self.jump * len(self.pattern))
        return self.pattern[phase][0] + further, self.pattern[phase][1] + further


def measured(spans: list[tuple[int, int] | None], n: int, steps: int = 1, *, uneven: bool = False) -> Measured | None:
    """From positions that see neither end of the axis; None when there are too few to tell.

    A pattern that is said to repeat after `steps` outputs at the soonest is not told from fewer than two of these, nor,
    where fields are `uneven`, from what is left when a third had to be left out.

    Its end is the last position that any output sees: what the first stride leaves over is seen by none.
    A window with holes may hang over an end without touching it, so outputs beside the borders are left out one by one
    until the others move in even steps, seen at least twice.
    """
    runs: list[list[tuple[int, tuple[int, int]]]] = [[]]
    end = min(n - 1, max((span[1] for span in spans if span), default=0))
    for o, span in enumerate(spans):
        if span and span[0] > 0 and span[1] < end:
            runs[-1].append((o, span))
        elif runs[-1]:
            runs.append([])
    free = max(runs, key=len)
    fewest = max(2 * steps, 2 * len(free) // 3 if uneven else 0)
    while len(free) > fewest:
        for period in range(1, (len(free) - 1) // 2 + 1):
            moves = {
                (later[0] - now[0], later[1] - now[1])
                for (_, now), (_, later) in zip(free, free[period:], strict=False)
            }
            if len(moves) == 1 and len({low - high for low, high in moves}) == 1:
                advance = moves.pop()[0]
                # Output 0 is a whole number of periods before an output of the same phase.
                at = -(-free[0][0] // period) * period
                back = at // period * advance
                begin = at - free[0][0]
                pattern = [(low - back, high - back) for _, (low, high) in free[begin : begin + period]]
                return Measured(Fraction(advance, period), pattern)
        free = free[1:-1]
    return None


def _check(
    row: LayerReport, ways: Ways, axis: int, n: int, near: list[Value], longer: int | None, far: list[Value]
) -> Check:
    """One axis of one layer, as a check of (size, jump, start)."""
    field = row.receptive_field
    claimed = None if field is None else _axis(field, axis)
    seen = [value for value in near if isinstance(value, Seen)]
    if claimed is None:
        if field is None and not seen and not any(isinstance(value, str) for value in near):
            return Check("", None, None, ok=True)  # it sees nothing of the input, and says so
        return Check("", None, None, None, "the calculator does not follow this axis")
    if not seen:
        why = next((value for value in near if isinstance(value, str)), "nothing that changes the input moves it")
        moved = not any(isinstance(value, str) for value in near)
        return Check("", claimed, None, False if moved else None, why)
    size, jump, start = claimed
    if not jump:
        spans = [span for value in seen for span in value.spans() if span]
        hull = [min(low for low, _ in spans), max(high for _, high in spans)] if spans else None
        wanted = [max(0, start), min(n, start + size) - 1]
        agree = hull == wanted if hull else size == 0
        return Check("", claimed, [hull[1] - hull[0] + 1, 0, hull[0]] if hull else None, agree, "sees all of it")
    got, note = _told(seen[0], far[0] if far else None, claimed, n, longer or 0, ways)
    inside = ways.mirrored or any(_inside(seen[0].spans(), each, claimed, n, ways) for each in ways.tried(got))
    if got is None:
        return Check("", claimed, None, None if inside else False, "larger than the input; what is left of it agrees")
    values = got.values(len(seen[0].spans()))
    return Check("", claimed, values, values == claimed and inside, note or ("" if inside else "the borders differ"))


def _told(near: Seen, far: Value, claimed: list[Any], n: int, longer: int, ways: Ways) -> tuple[Measured | None, str]:
    """What can be measured on the axis itself, or else on a longer one; of few outputs both may be needed to tell."""
    steps = Fraction(claimed[1]).limit_denominator(1 << 14).denominator
    spans = near.spans()
    # Where the field is larger than the input, what seems free of the borders has a border in its holes.
    here = measured(spans, n, steps, uneven=ways.lag > 0) if claimed[0] <= n else None
    if (here is not None and here.values(len(spans)) == claimed) or not isinstance(far, Seen):
        return here, ""
    there = measured(far.spans(), longer, steps, uneven=ways.lag > 0)
    if there is None or (here is not None and there.values(len(spans)) != claimed):
        return here, ""
    return there, f"on an axis of {longer}: too few outputs of this one are free of the borders"


def _inside(spans: list[tuple[int, int] | None], got: Measured | None, claimed: list[Any], n: int, ways: Ways) -> bool:
    """Whether every output sees nothing outside of its field, at the borders too, and output 0 begins where it must.

    Where the pattern was not seen, an uneven field may lag behind its jump: by itself, or by `lag`. Where something was
    cut off, a field that starts inside the input may start in a padding.
    """
    size, jump, start = claimed
    slack = max(ways.lag, size) if ways.lag and got is None else 0
    for o, span in enumerate(spans):
        if span is None:
            continue
        begin = start + jump * o
        low, high = (begin - slack, begin + size - 1 + slack) if got is None else got.seen(o)
        if span[0] < max(0, low) or span[1] > min(n - 1, high):
            return False
    first = spans[0]
    told = not (ways.cut or slack) and (got is None or len(got.pattern) == 1)
    return not (first is not None and start >= 0 and jump and first[0] != start and told)


def _axis(field: ReceptiveField, axis: int) -> list[Any] | None:
    size, jump, start = field.size[axis], field.jump[axis], field.start[axis]
    if size is None or jump is None or start is None:
        return None
    return [size, _plain(Fraction(jump).limit_denominator(1 << 14)), start]


def _plain(jump: Fraction) -> int | float:
    return int(jump) if jump.denominator == 1 else float(jump)


def _together(checks: list[Check]) -> list[Check]:
    """The axes' checks, as one each for size, jump and start."""
    oks = [check.ok for check in checks]
    ok = False if False in oks else None if None in oks else True
    notes = "; ".join(dict.fromkeys(check.note for check in checks if check.note))
    if all(check.calculated is None and check.ok for check in checks):
        return [Check("receptive_field", None, None, True, "sees nothing of the input")]
    together = []
    for index, name in enumerate(("size", "jump", "start")):
        calculated, measured_ = (
            [None if side is None else side[index] for side in values]
            for values in ([c.calculated for c in checks], [c.measured for c in checks])
        )
        together.append(Check(f"receptive_field.{name}", calculated, measured_, ok, notes))
    return together
