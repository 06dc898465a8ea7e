"""A report as a neutral grid of cells: what every table format shares."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnshape.errors import ModelError, Place, Problem, did_you_mean
from cnnshape.report import LayerReport, ReceptiveField, Report


class Column(NamedTuple):
    """One column: its key in `--columns`, its title, whether it holds numbers."""

    key: str
    title: str
    number: bool = True


class Row(NamedTuple):
    """One line: cells as text, the kind for colour, and the values to sort by."""

    cells: list[str]
    kind: str
    values: list[Any]


class Grid(NamedTuple):
    """A table with a heading, a totals row and notes below."""

    title: str
    columns: list[Column]
    rows: list[Row]
    totals: list[str]
    notes: list[str]


COLUMNS = [
    Column("name", "layer", number=False),
    Column("kind", "kind", number=False),
    Column("input", "input", number=False),
    Column("output", "output", number=False),
    Column("weights", "weights", number=False),
    Column("params", "params"),
    Column("trainable", "trainable"),
    Column("buffers", "buffers"),
    Column("macs", "MACs"),
    Column("flops", "FLOPs (2 x MACs)"),
    Column("memory", "memory"),
    Column("field", "field", number=False),
    Column("jump", "jump", number=False),
    Column("start", "start", number=False),
    Column("ops", "other operations", number=False),
    Column("dropped", "dropped", number=False),
    Column("params_share", "params %"),
    Column("macs_share", "MACs %"),
    Column("from", "from", number=False),
    Column("line", "line"),
]
BY_KEY = {column.key: column for column in COLUMNS}
DEFAULT = ("name", "kind", "output", "params", "macs", "memory", "field", "params_share", "macs_share")
NARROW = ("name", "kind", "output", "params", "macs")


def grid(
    report: Report,
    *,
    columns: tuple[str, ...] = (),
    sort: str = "",
    depth: int | None = None,
    raw: bool = False,
) -> Grid:
    """The table of a report: `raw` leaves numbers as they are, for other programs."""
    chosen = [column(key) for key in columns or DEFAULT]
    rows = folded(report.layers, depth) if depth is not None else report.layers
    totals = report.totals
    lines = []
    for row in rows:
        values = [value_of(row, c.key, totals) for c in chosen]
        lines.append(Row([shown(v, c.key, raw) for v, c in zip(values, chosen, strict=True)], row.kind, values))
    if sort:
        if sort not in [c.key for c in chosen]:
            chosen_keys = ", ".join(c.key for c in chosen)
            raise _wrong(
                f"cannot sort by {sort}", did_you_mean(sort, chosen_keys.split(", ")) or f"one of {chosen_keys}"
            )
        at = [c.key for c in chosen].index(sort)
        number = BY_KEY[sort].number
        lines.sort(
            key=lambda line: (line.values[at] is not None, line.values[at] if number else str(line.values[at])),
            reverse=number,
        )
    return Grid(heading(report), chosen, lines, _totals(report, chosen, raw), [] if raw else notes(report))


def column(key: str) -> Column:
    """A column by its key."""
    if key not in BY_KEY:
        raise _wrong(f"unknown column {key}", did_you_mean(key, tuple(BY_KEY)) or f"one of {', '.join(BY_KEY)}")
    return BY_KEY[key]


def _wrong(message: str, fix: str) -> ModelError:
    return ModelError([Problem("CNN-E701", message, Place("cnnshape"), fix=fix)])


def folded(rows: list[LayerReport], depth: int) -> list[LayerReport]:
    """One row per block at this depth: sums of its layers, first input and last output."""
    import msgspec

    result: list[LayerReport] = []
    for row in rows:
        if len(row.path) <= max(depth, 1):
            result.append(row)
            continue
        name = ".".join(row.path[: max(depth, 1)])
        last = result[-1] if result else None
        if last is None or last.name != name:
            path = row.path[: max(depth, 1)]
            result.append(msgspec.structs.replace(row, name=name, kind="block", path=path, weights={}, dropped=None))
            continue
        result[-1] = msgspec.structs.replace(
            last,
            output_shapes=row.output_shapes,
            receptive_field=row.receptive_field,
            params=_plus(last.params, row.params),
            trainable_params=_plus(last.trainable_params, row.trainable_params),
            buffers=last.buffers + row.buffers,
            macs=_plus(last.macs, row.macs),
            flops=_plus(last.flops, row.flops),
            ops=None if last.ops is None or row.ops is None else last.ops + row.ops,
            activation_bytes=last.activation_bytes + row.activation_bytes,
        )
    return result


def _plus(a: int | None, b: int | None) -> int | None:
    return None if a is None or b is None else a + b


def value_of(row: LayerReport, key: str, totals: Any) -> Any:
    """The value behind one cell."""
    field = row.receptive_field
    match key:
        case "name":
            return row.name
        case "kind":
            return row.kind if row.shared_with is None else f"{row.kind} (shares {row.shared_with})"
        case "input":
            return " ".join(map(str, row.input_shapes))
        case "output":
            return " ".join(map(str, row.output_shapes))
        case "weights":
            return " ".join(f"{name} {shape}" for name, shape in (row.weights or {}).items())
        case "params":
            return row.params
        case "trainable":
            return row.trainable_params
        case "buffers":
            return row.buffers
        case "macs":
            return row.macs
        case "flops":
            return row.flops
        case "memory":
            return row.activation_bytes
        case "field":
            return joined(field.size) if field else "?"
        case "jump":
            return joined(field.jump) if field else "?"
        case "start":
            return joined(field.start, ",") if field else "?"
        case "ops":
            return others(row.ops)
        case "dropped":
            return joined(row.dropped) if row.dropped else ""
        case "params_share":
            return None if row.params is None else 100 * row.params / max(totals.params, 1)
        case "macs_share":
            return None if row.macs is None else 100 * row.macs / max(totals.macs, 1)
        case "from":
            return " ".join(row.inputs)
        case _:
            return row.line


def joined(values: tuple[Any, ...], sign: str = "x") -> str:
    """Per-axis numbers in one cell; one number when all axes agree in sign-separated form."""
    return sign.join("?" if value is None else f"{value:g}" for value in values)


def others(ops: Any) -> str:
    """The operations besides MACs."""
    if ops is None:
        return "?"
    names = [name for name in ops.__struct_fields__ if name != "mac" and getattr(ops, name)]
    return " ".join(f"{name} {getattr(ops, name):,}" for name in names)


def shown(value: Any, key: str, raw: bool) -> str:
    """A cell's text; unknown is `?`, never 0."""
    if value is None:
        return "" if raw else "?"
    if raw:
        return f"{value:.4f}" if isinstance(value, float) else str(value)
    if key == "memory":
        return size(value)
    if key.endswith("_share"):
        return f"{value:.1f}" if value else ""
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def size(count: int) -> str:
    """Bytes in binary units.

    >>> size(512), size(1536), size(233 * 2**20)
    ('512 B', '1.5 KiB', '233.0 MiB')
    """
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def heading(report: Report) -> str:
    """What was analysed, in one line."""
    inputs = ", ".join(f"{t.name} {t.shape}" for t in report.inputs)
    return f"{report.model.name}: {inputs}, {report.dtype}"


def _totals(report: Report, chosen: list[Column], raw: bool) -> list[str]:
    totals, status = report.totals, report.status
    known = {
        "name": "total",
        "kind": f"{totals.layers} layers",
        "output": " ".join(str(t.shape) for t in report.outputs),
        "params": _marked(totals.params, status.params, raw),
        "trainable": _marked(totals.trainable_params, status.params, raw),
        "buffers": shown(totals.buffers, "buffers", raw),
        "macs": _marked(totals.macs, status.macs, raw),
        "flops": _marked(totals.flops, status.macs, raw),
        "memory": shown(totals.activation_bytes, "memory", raw),
    }
    return [known.get(c.key, "") for c in chosen]


def _marked(value: int, state: str, raw: bool) -> str:
    """A total; at least this much when a layer is unknown."""
    if state == "unavailable":
        return "?"
    text = str(value) if raw else f"{value:,}"
    return text if state == "complete" else f">= {text}"


def notes(report: Report) -> list[str]:
    """What a table cannot hold: totals with units, the peak, what is dropped, what is unknown."""
    t = report.totals
    train = t.training_bytes
    fixed = t.params - t.trainable_params
    alive = ", ".join((*t.peak_tensors[:6], "...") if len(t.peak_tensors) > 6 else t.peak_tensors)
    lines = [
        f"params {_marked(t.params, report.status.params, raw=False)} ({size(t.param_bytes)})"
        + (f", {fixed:,} frozen" if fixed else "")
        + (f", buffers {t.buffers:,}" if t.buffers else ""),
        f"MACs {_marked(t.macs, report.status.macs, raw=False)} (multiply-accumulates); FLOPs as 2 x MACs {t.flops:,}",
        f"activations {size(t.activation_bytes)}; peak {size(t.peak_activation_bytes)} at {t.peak_at} (alive: {alive})",
        "training at this batch: " + ", ".join(f"{name} {size(count)}" for name, count in train.total.items()),
    ]
    if t.receptive_field is not None:
        lines.append(f"receptive field {_field(t.receptive_field)}")
    dropping = [row for row in report.layers if row.dropped]
    lines.extend(
        f"{row.name} never reads {joined(row.dropped or (), ' + ')} input positions (per axis): the stride does not fit"
        for row in dropping[:8]
    )
    if len(dropping) > 8:
        lines.append(f"... and {len(dropping) - 8} more layers that never read some input positions")
    for what in ("params", "macs"):
        state = getattr(report.status, what)
        if state != "complete":
            unknown = [row.name for row in report.layers if getattr(row, what) is None]
            lines.append(f"{what} are {state}: unknown for {', '.join(unknown[:6])}")
    return lines


def _field(field: ReceptiveField) -> str:
    return f"{joined(field.size)}, jump {joined(field.jump)}, start {joined(field.start, ',')}"
