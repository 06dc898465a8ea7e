"""Report -> text. Nothing is calculated here beyond units; one file per format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnshape.report import Report

#: The formats that `analyze --format` knows.
FORMATS = ("table", "json", "csv", "tsv", "markdown", "latex", "html")


def render(reports: list[Report], form: str, *, several: bool = False, **options: Any) -> str:
    """Text in a format; several reports follow one another (JSON: an array; CSV and TSV: one table, with the model).

    `several` asks for the array, or the model, although only one is left of those that were asked for.
    """
    if form == "json":
        from cnnshape.render.json import to_json

        counting = options.get("counting")
        return to_json(reports, counting.name if counting else "", several=several)
    from cnnshape.render.grid import grid, stacked
    from cnnshape.render.text import PAINTERS

    raw = form in ("csv", "tsv")
    grids = [grid(report, raw=raw, **options) for report in reports]
    if raw and (several or len(grids) > 1):
        grids = [stacked(grids, [report.model.source for report in reports])]
    return "\n".join(PAINTERS[form](cells) for cells in grids)


def html(report: Report) -> str:
    """One report as an HTML table."""
    return render([report], "html")
