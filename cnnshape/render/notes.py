"""What a table cannot hold: totals with units, the peak, what is dropped, what is unknown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnshape.render.units import joined, marked, measured
from cnnshape.report import MISSING, LayerReport, ReceptiveField, Report, State

#: What lies along each spatial axis, by how many there are.
_AXES = {1: ("positions of length",), 2: ("rows", "columns"), 3: ("slices", "rows", "columns")}

#: The kinds whose work it is to leave positions out.
_ON_PURPOSE = ("crop", "slice")


def notes(report: Report, counting: Any = None) -> list[str]:
    """The lines below the table."""
    t = report.totals
    train = t.training_bytes
    fixed = t.params - t.trainable_params
    memory = report.status.memory
    alive = together(list(t.peak_tensors)) or "nothing"
    peak = measured(t.peak_activation_bytes, memory) + (f" at {t.peak_at}" if t.peak_at is not None else "")
    flops = marked(t.flops, known(report, "flops"))
    step = bound(report.status.params if counting is None else known(report, "trainable_params"), memory)
    lines = [
        f"params {marked(t.params, report.status.params)} ({measured(t.param_bytes, report.status.params)})"
        + (f", {fixed:,} frozen" if fixed else "")
        + (f", buffers {t.buffers:,}" if t.buffers else ""),
        f"MACs {marked(t.macs, report.status.macs)} (multiply-accumulates); FLOPs as 2 x MACs {flops}",
        f"activations {measured(t.activation_bytes, memory)}; peak {peak} (alive: {alive})",
        "training at this batch: "
        + ", ".join(f"{name} {measured(count, step)}" for name, count in train.total.items()),
    ]
    if t.receptive_field is not None:
        lines.append(f"receptive field {seen(t.receptive_field)}")
    if counting is not None:
        lines[0] = f"params {marked(t.params, report.status.params)}, as {counting.tool} counts"
        word = counting.word or "operations"
        lines[1] = (
            f"{word} {marked(t.macs, report.status.macs)}, as {counting.tool} counts; FLOPs as 2 x our MACs {flops}"
        )
        lines.append(counting.note)
    dropping = [row for row in report.layers if row.dropped and row.kind not in _ON_PURPOSE]
    lines.extend(f"{row.name} never reads {lost(row)}" for row in dropping[:8])
    if len(dropping) > 8:
        lines.append(f"... and {len(dropping) - 8} more layers that never read some input positions")
    for what in MISSING:
        state = report.status.of(MISSING[what])
        if state != "complete":
            name = (
                f"{counting.tool} {counting.word or 'operations'}" if what == "macs" and counting is not None else what
            )
            lines.append(lacking(name, state, report.lacking(what)))
    return lines


def known(report: Report, number: str) -> State:
    """Whether a total of ours counts every layer, where the status is that of another tool's figures."""
    unknown = sum(getattr(row, number) is None for row in report.layers)
    return "complete" if not unknown else "unavailable" if unknown == len(report.layers) else "partial"


def bound(*states: State) -> State:
    """The state of a sum over totals: at least this much, where any of it is known."""
    return states[0] if len(set(states)) == 1 else "partial"


def lacking(what: str, state: str, unknown: Sequence[str]) -> str:
    """That a total is not complete, and which layers are not in it."""
    return f"{what} {'is' if what == 'memory' else 'are'} {state}: unknown for {together(list(unknown))}"


def seen(field: ReceptiveField) -> str:
    """A receptive field in words; jump 0 is an output that does not move over the input."""
    if all(jump == 0 for jump in field.jump):
        return f"{joined(field.size)}, the same for every output, from {joined(field.start, ',')}"
    return f"{joined(field.size)}, jump {joined(field.jump)}, start {joined(field.start, ',')}"


def lost(row: LayerReport) -> str:
    """How many positions of each axis no window reads.

    `cnnshape explain` says which ones: the report does not hold the windows.
    """
    sizes = row.input_shapes[0][2:]
    dropped = row.dropped or ()
    names = _AXES[len(sizes)] if len(dropped) == len(sizes) and len(sizes) in _AXES else ("positions",) * len(dropped)
    counts = ["?" if d is None else f"{d:,}" for d in dropped]
    if names[0] == "positions":
        return f"{' + '.join(counts)} input positions"
    parts = [f"{c} of {n:,} {name}" for c, n, name in zip(counts, sizes, names, strict=True) if c != "0"]
    return " and ".join(parts)


def together(names: list[str], most: int = 3) -> str:
    """A few names; the part that they share is said once.

    >>> together(["stage.0.conv1", "stage.0.relu1"]), together(["a", "b", "c", "d", "e"])
    ('stage.0: conv1, relu1', 'a, b, c and 2 more')
    """
    parts = [name.split(".") for name in names]
    shared = 0
    while len(parts) > 1 and all(len(p) > shared + 1 and p[shared] == parts[0][shared] for p in parts):
        shared += 1
    text = ", ".join(".".join(p[shared:]) for p in parts[:most])
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return (".".join(parts[0][:shared]) + ": " if shared else "") + text + more
