"""A report as a neutral grid of cells: what every table format shares."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnshape.errors import did_you_mean, usage
from cnnshape.render.notes import known, notes
from cnnshape.render.safe import inline
from cnnshape.render.units import joined, marked, measured, size
from cnnshape.report import LayerReport, Report


class Column(NamedTuple):
    """One column: its key in `--columns`, its title, whether it holds numbers."""

    key: str
    title: str
    number: bool = True


class Counting(NamedTuple):
    """Whose figures a report shows in place of our params and MACs, and how its columns say so."""

    name: str
    tool: str
    word: str
    """What the tool calls its figure; "" where it counts no operations."""
    note: str

    def title(self, key: str, title: str) -> str:
        """The title of a column."""
        figure = f"{self.tool} {self.word or 'operations'}"
        return {
            "params": f"{self.tool} params",
            "macs": figure,
            "flops": "FLOPs (2 x our MACs)",
            "params_share": f"{self.tool} params %",
            "macs_share": f"{figure} %",
        }.get(key, title)


class Row(NamedTuple):
    """One line: cells as text, the values behind them, and the layer that they tell of."""

    cells: list[str]
    values: list[Any]
    layer: LayerReport

    @property
    def path(self) -> tuple[str, ...]:
        """The blocks around the layer, then its own name there."""
        return self.layer.path or (self.layer.name,)


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


def grid(
    report: Report,
    *,
    columns: tuple[str, ...] = (),
    sort: str = "",
    depth: int | None = None,
    raw: bool = False,
    counting: Counting | None = None,
) -> Grid:
    """The table of a report: `raw` leaves numbers as they are, for other programs."""
    chosen = [column(key) for key in columns or DEFAULT]
    if sort:
        column(sort)
    rows = folded(report.layers, depth) if depth is not None else report.layers
    totals = report.totals
    lines = []
    for row in rows:
        values = [value_of(row, c.key, totals) for c in chosen]
        cells = [inline(shown(v, c.key, raw)) for v, c in zip(values, chosen, strict=True)]
        lines.append((value_of(row, sort, totals) if sort else None, Row(cells, values, row)))
    if sort:
        number = BY_KEY[sort].number
        lines.sort(key=lambda line: order(line[0], number), reverse=number)
    rest = [] if raw else [inline(note) for note in notes(report, counting)]
    title = heading(report) + (
        f"; params and {counting.word or 'operations'} as {counting.tool} counts" if counting else ""
    )
    if counting:
        chosen = [c._replace(title=counting.title(c.key, c.title)) for c in chosen]
    return Grid(inline(title), chosen, [row for _, row in lines], _totals(report, chosen, raw), rest)


def stacked(grids: list[Grid], sources: list[str]) -> Grid:
    """Several tables as one, the model before each row."""
    rows = [
        row._replace(cells=[inline(source), *row.cells], values=[source, *row.values])
        for cells, source in zip(grids, sources, strict=True)
        for row in cells.rows
    ]
    columns = [Column("model", "model", number=False), *grids[0].columns]
    return Grid("", columns, rows, [""] * len(columns), [])


def order(value: Any, number: bool) -> tuple[bool, Any]:
    """What to sort by: numbers by size, sizes like 7x11 by their numbers, the unknown last."""
    if number:
        return value is not None, value or 0
    return False, [(not part.isdigit(), int(part) if part.isdigit() else 0, part) for part in split(str(value))]


def split(text: str) -> list[str]:
    """Runs of digits apart from the rest, so that conv10 comes after conv9."""
    import re

    return [part for part in re.split(r"(\d+)", text) if part]


def column(key: str) -> Column:
    """A column by its key."""
    if key not in BY_KEY:
        raise usage(f"unknown column {key}", did_you_mean(key, tuple(BY_KEY)) or f"one of {', '.join(BY_KEY)}")
    return BY_KEY[key]


def folded(rows: list[LayerReport], depth: int) -> list[LayerReport]:
    """One row per block at this depth: sums of its layers, first input and last output. Depth 0 is the whole."""
    import msgspec

    result: list[LayerReport] = []
    for row in rows:
        path = row.path or (row.name,)
        if len(path) <= depth:
            result.append(row)
            continue
        path = path[:depth] or ("all",)
        name = ".".join(path)
        last = result[-1] if result else None
        if last is None or last.name != name or last.kind != "block":
            whole = msgspec.structs.replace(row, name=name, kind="block", path=path, weights={}, dropped=None)
            whole.shared_with, whole.frozen, whole.view = None, False, False
            result.append(whole)
            continue
        last.output_shapes = row.output_shapes
        last.receptive_field = row.receptive_field
        last.params = _plus(last.params, row.params)
        last.trainable_params = _plus(last.trainable_params, row.trainable_params)
        last.buffers = _plus(last.buffers, row.buffers)
        last.macs = _plus(last.macs, row.macs)
        last.flops = _plus(last.flops, row.flops)
        last.ops = None if last.ops is None or row.ops is None else last.ops + row.ops
        last.activation_bytes = _plus(last.activation_bytes, row.activation_bytes)
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
            return row.ops
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


def others(ops: Any, raw: bool) -> str:
    """The operations besides MACs."""
    names = [name for name in ops.__struct_fields__ if name != "mac" and getattr(ops, name)]
    return " ".join(f"{name} {getattr(ops, name)}" if raw else f"{name} {getattr(ops, name):,}" for name in names)


def shown(value: Any, key: str, raw: bool) -> str:
    """A cell's text; unknown is `?`, never 0."""
    if value is None:
        return "" if raw else "?"
    if key == "ops":
        return others(value, raw)
    if raw:
        return f"{value:.4f}" if isinstance(value, float) else str(value)
    if key == "memory":
        return size(value)
    if key.endswith("_share"):
        return f"{value:.1f}" if value else ""
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


def heading(report: Report) -> str:
    """What was analysed, in one line."""
    inputs = ", ".join(f"{t.name} {t.shape}" for t in report.inputs)
    return f"{report.model.name}: {inputs}, {report.dtype}, {report.totals.layers:,} layers"


def _totals(report: Report, chosen: list[Column], raw: bool) -> list[str]:
    totals, status = report.totals, report.status
    cells = {
        "name": "total",
        "kind": f"{totals.layers} layers",
        "output": " ".join(str(t.shape) for t in report.outputs),
        "params": marked(totals.params, status.params, raw),
        "trainable": marked(totals.trainable_params, status.params, raw),
        "buffers": shown(totals.buffers, "buffers", raw),
        "macs": marked(totals.macs, status.macs, raw),
        "flops": marked(totals.flops, known(report, "flops"), raw),
        "memory": measured(totals.activation_bytes, status.memory, raw),
    }
    return [cells.get(c.key, "") for c in chosen]
