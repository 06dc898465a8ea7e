"""Receptive fields: what the trials saw, as size, jump and start, held against the report.

At its borders an output sees less than its field, because the input ends; there the trials must see just what is left of
it. Away from the borders they must see exactly the field. Where too few outputs are away from the borders (the field is
larger than the input), the trials are repeated on a longer axis: longer by a multiple of every jump, so that every
stride and every padding word falls on the same positions as before.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, gcd, lcm
from typing import Any, NamedTuple

from cnnshape.forward.probe import Probe, Value
from cnnshape.forward.trials import Seen
from cnnshape.network import Network
from cnnshape.report import LayerReport, ReceptiveField, Report
from cnnshape.verify.pattern import Measured, Span, measured, plain
from cnnshape.verify.result import Check

#: No axis is tried longer than this.
LONGEST = 2048
#: Behind these neighbouring outputs may see the same: fields move in uneven steps.
UNEVEN = ("conv_transpose", "upsample", "pixel_shuffle", "depth_to_space", "adaptive_avg_pool", "adaptive_max_pool")
#: A border that repeats the image makes its outputs see it, not the padding: nothing is held at the borders then.
MIRRORS = ("reflect", "replicate", "circular")


class Ways(NamedTuple):
    """What a layer and those before it have that makes fields less plain than size, jump and start."""

    lag: int
    """By how many rows an uneven field may lag behind its jump; 0 where all are even."""
    repeats: int
    """After so many outputs an uneven field repeats at the latest."""
    mirrored: bool
    cut: bool
    shorter: bool
    """Whether what was cut off lies along the image."""

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
    every = enumerate(report.layers)
    rows = {row.name: (row, range(values[i], values[i + 1])) for i, row in every if row.name in wanted}
    found: dict[str, list[Check]] = {name: [] for name in rows}
    sizes = network.inputs[0].shape[1:]
    ways = _ways(network, report.layers)
    done: dict[Any, Any] = {}
    for axis, n in enumerate(sizes):
        if told is not None:
            told(f"receptive fields, axis {axis + 1} of {len(sizes)}")
        near = Probe(network, axis, n, shapes, real=True, done=done).run()
        checks = {
            name: _check(row, ways[name], axis, n, [near[i] for i in own], n) for name, (row, own) in rows.items()
        }
        longer = _longer(report.layers, list(ways.values()), axis, n)
        left = [name for name in found if not checks[name].ok]
        if longer > n and left:
            far = Probe(network, axis, longer, shapes, real=False, done=done).run()
            for name in left:
                row, own = rows[name]
                checks[name] = _check(row, ways[name], axis, n, [near[i] for i in own], longer, far[own[0]])
        for name, each in found.items():
            each.append(checks[name])
    if not sizes:
        return {}
    return {name: _together(checks) for name, checks in found.items()}


def _ways(network: Network, rows: list[LayerReport]) -> dict[str, Ways]:
    """By each layer's name, what makes its field less plain: its own kind, or that of a layer before it."""
    jumps, uneven, mirrored, cut, shorter = [1.0], 0, False, False, False
    repeats = [1] * len(network.inputs)
    found = {}
    for node, row in zip(network.nodes, rows, strict=True):
        jumps += [jump for jump in row.receptive_field.jump if jump] if row.receptive_field else []
        uneven += 1 + _apart(node.layer, row) if row.kind in UNEVEN else 0
        mirrored |= row.kind == "pad" and getattr(node.layer, "mode", "") in MIRRORS
        if row.kind in ("crop", "slice", "split"):
            cut = True
            shorter |= any(out[2:] != row.input_shapes[0][2:] for out in row.output_shapes)
        after, outs = _pace(node.layer, row)
        before = lcm(*[repeats[i] for i in node.inputs])
        repeats += [outs * (before // gcd(before, after))] * len(node.outputs)
        found[row.name] = Ways(ceil(max(jumps)) * uneven, repeats[-1], mirrored, cut, shorter)
    return found


def _apart(layer: Any, row: LayerReport) -> int:
    """How many inputs apart neighbouring outputs may begin where the dilated taps of a transposed window interleave."""
    if row.kind != "conv_transpose" or _most(layer.dilation) == 1:
        return 0
    return _most(layer.dilation) * _most(layer.kernel_size)


def _most(field: int | tuple[int, ...]) -> int:
    """The largest along any axis."""
    return max(field) if isinstance(field, tuple) else field


def _pace(layer: Any, row: LayerReport) -> tuple[int, int]:
    """How many inputs further on a layer reads as before, and after how many outputs; of all axes at once."""
    if row.kind in UNEVEN and row.kind != "conv_transpose":
        sizes = list(zip(row.input_shapes[0][2:], row.output_shapes[0][2:], strict=True))
        return gcd(*[n // gcd(n, out) for n, out in sizes]), lcm(*[out // gcd(n, out) for n, out in sizes])
    stride = getattr(layer, "stride", 1) or layer.kernel_size
    strides = stride if isinstance(stride, tuple) else (stride,)
    return (1, lcm(*strides)) if row.kind == "conv_transpose" else (gcd(*strides), 1)


def _longer(rows: list[LayerReport], ways: list[Ways], axis: int, n: int) -> int:
    """An axis on which every field fits in between the borders; not longer when it already does, or never will."""
    ends = [
        (field.size[axis] or 0, Fraction(field.jump[axis]).limit_denominator(1 << 14), way)  # type: ignore[arg-type]
        for field, way in zip([row.receptive_field for row in rows], ways, strict=True)
        if field is not None and field.size[axis] is not None and field.jump[axis]
    ]
    step = lcm(*[jump.numerator for _, jump, _ in ends])
    lengths = []
    for size, jump, way in ends:
        least = size + 8 * int(jump + 1)
        if n - (n - least) // step * step <= LONGEST:
            # Uneven outputs are not free as soon as the widest, and are held over two of their periods; what is cut off
            # or mirrored is so again.
            uneven = 2 * min(way.lag, size) + ceil(2 * way.repeats * jump) if way.lag else 0
            lengths.append(n - (n - least - uneven - (way.shorter + 2 * way.mirrored) * n) // step * step)
    return min(max(lengths, default=n), n + (LONGEST - n) // step * step)


def _check(row: LayerReport, ways: Ways, axis: int, n: int, near: list[Value], longer: int, far: Value = None) -> Check:
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
        some = [span for value in seen for span in value.spans() if span]
        hull = [min(low for low, _ in some), max(high for _, high in some)] if some else None
        wanted = [max(0, start), min(n, start + size) - 1]
        agree = hull == wanted if hull else size == 0
        return Check("", claimed, [hull[1] - hull[0] + 1, 0, hull[0]] if hull else None, agree, "sees all of it")
    spans: list[Span] = list(seen[0].spans())
    got, note = _told(spans, far, claimed, longer, ways)
    inside = ways.mirrored or any(_inside(spans, each, claimed, n, ways) for each in ways.tried(got))
    if got is None:
        why = "larger than the input" if size > n else "too few outputs are free of the borders"
        return Check(
            "", claimed, None, None if inside else False, f"{why}; what is left of it agrees" if inside else why
        )
    agree = got.agrees(claimed, len(spans)) and inside
    return Check("", claimed, got.values(len(spans)), agree, note or ("" if inside else "the borders differ"))


def _told(spans: list[Span], far: Value, claimed: list[Any], longer: int, ways: Ways) -> tuple[Measured | None, str]:
    """What can be measured on the axis itself, or else on a longer one.

    What differs from the report counts only when it was seen for two whole periods.
    """
    steps = Fraction(claimed[1]).limit_denominator(1 << 14).denominator
    tried: list[tuple[list[Span], str]] = [(spans, "")]
    if isinstance(far, Seen):
        tried.append(
            (list(far.spans()), f"on an axis of {longer}: too few outputs of this one are free of the borders")
        )
    told = []
    for each, note in tried:
        got = measured(each, claimed[0], steps, lag=ways.lag, mirrored=ways.mirrored)
        if got is not None and got.agrees(claimed, len(spans)):
            return got, note
        # A mirrored image looks like itself, and may be longer than the image.
        if got is not None and got.outputs > 2 * ways.repeats and (note or not ways.mirrored):
            told.append((got, note))
    return told[0] if told else (None, "")


def _inside(spans: list[Span], got: Measured | None, claimed: list[Any], n: int, ways: Ways) -> bool:
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
        whole = (begin - slack, begin + size - 1 + slack) if got is None else got.seen(o)
        if whole is None or span[0] < max(0, whole[0]) or span[1] > min(n - 1, whole[1]):
            return False
        if span[1] - span[0] >= size:
            return False
    first = spans[0]
    told = not (ways.cut or slack) and (got is None or len(got.pattern) == 1)
    return not (first is not None and start >= 0 and jump and first[0] != start and told)


def _axis(field: ReceptiveField, axis: int) -> list[Any] | None:
    size, jump, start = field.size[axis], field.jump[axis], field.start[axis]
    if size is None or jump is None or start is None:
        return None
    return [size, plain(Fraction(jump).limit_denominator(1 << 14)), start]


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
        # Where output 0 sees nothing, the others tell size and jump.
        blank = any(check.measured is not None and check.measured[index] is None for check in checks)
        together.append(Check(f"receptive_field.{name}", calculated, measured_, None if ok and blank else ok, notes))
    return together
