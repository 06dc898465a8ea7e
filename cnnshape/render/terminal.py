"""The table in a terminal: rich, coloured by family, with bars for the shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cnnshape.render.grid import DEFAULT, NARROW, Grid, grid

if TYPE_CHECKING:
    from cnnshape.report import Report

_COLOURS = {
    "conv": "cyan", "linear": "magenta", "pool": "green", "norm": "yellow", "block": "bold",
    "add": "blue", "concat": "blue", "mul": "blue", "attention": "magenta",
}  # fmt: skip


def colour(kind: str) -> str:
    """The colour of a kind's family."""
    return next((colour for word, colour in _COLOURS.items() if word in kind), "dim")


def show(report: Report, width: int | None = None, file: Any = None, **options: Any) -> Any:
    """Print a report to a terminal; the console, so that it can be saved as a picture."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(width=width, file=file, highlight=False, record=file is not None)
    if not options.get("columns"):
        wide = console.width >= 150
        middle = ("name", "kind", "output", "params", "macs", "memory", "field")
        options["columns"] = (
            ("name", "kind", "input", *DEFAULT[2:]) if wide else middle if console.width >= 110 else NARROW
        )
    cells: Grid = grid(report, **options)
    table = Table(box=SIMPLE_HEAD, title=cells.title, title_justify="left", show_footer=True, pad_edge=False)
    for column, total in zip(cells.columns, cells.totals, strict=True):
        table.add_column(
            column.title,
            footer=total,
            justify="right" if column.number else "left",
            no_wrap=column.number or column.key in ("output", "input"),
            overflow="fold",
        )
    for row in cells.rows:
        texts = []
        for column, cell, value in zip(cells.columns, row.cells, row.values, strict=True):
            if column.key.endswith("_share") and value:
                texts.append(Text(f"{bar(value)} {cell:>5}", "cyan"))
            else:
                texts.append(Text(cell, colour(row.kind) if column.key == "kind" else ""))
        table.add_row(*texts)
    console.print(table)
    for note in cells.notes:
        console.print(note, style="dim", soft_wrap=False)
    return console


def bar(percent: float) -> str:
    """Ten cells, an eighth of a cell fine."""
    eighths = round(percent / 100 * 80)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(10)
