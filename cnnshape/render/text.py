"""Painters of a grid for files and pipes: plain, CSV, TSV, Markdown, LaTeX, HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnshape.render.escape import md, tex
from cnnshape.render.safe import padded, width

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnshape.render.grid import Grid


def plain(grid: Grid) -> str:
    """Aligned columns, as wide as they need to be."""
    rows = [[c.title for c in grid.columns], *[row.cells for row in grid.rows], grid.totals]
    widths = [max(width(row[i]) for row in rows) for i in range(len(grid.columns))]

    def line(row: list[str]) -> str:
        return "  ".join(
            padded(cell, cells, right=column.number)
            for cell, cells, column in zip(row, widths, grid.columns, strict=True)
        ).rstrip()

    rule = "-" * (sum(widths) + 2 * (len(widths) - 1))
    body = [line(row.cells) for row in grid.rows]
    return "\n".join([grid.title, "", line(rows[0]), rule, *body, rule, line(grid.totals), "", *grid.notes, ""])


def _separated(grid: Grid, sign: str) -> str:
    import csv
    import io

    out = io.StringIO()
    writer = csv.writer(out, delimiter=sign, lineterminator="\n")
    writer.writerow([c.key for c in grid.columns])
    writer.writerows([row.cells for row in grid.rows])
    return out.getvalue()


def comma(grid: Grid) -> str:
    """CSV with a header of column keys and raw numbers; no totals row, so that sums are right."""
    return _separated(grid, ",")


def tab(grid: Grid) -> str:
    """TSV, likewise."""
    return _separated(grid, "\t")


def markdown(grid: Grid) -> str:
    """A GitHub table, totals in bold, notes below."""

    def line(cells: list[str]) -> str:
        return "| " + " | ".join(md(cell) for cell in cells) + " |"

    rule = "|" + "|".join(" ---: " if c.number else " --- " for c in grid.columns) + "|"
    totals = [f"**{md(cell)}**" if cell else "" for cell in grid.totals]
    body = [line(row.cells) for row in grid.rows]
    head = line([c.title for c in grid.columns])
    foot = "| " + " | ".join(totals) + " |"
    return "\n".join(
        [f"### {md(grid.title)}", "", head, rule, *body, foot, "", *[f"- {md(n)}" for n in grid.notes], ""]
    )


def latex(grid: Grid) -> str:
    """A booktabs tabular."""
    spec = "".join("r" if c.number else "l" for c in grid.columns)

    def line(cells: list[str]) -> str:
        return " & ".join(tex(cell) for cell in cells) + r" \\"

    body = [line(row.cells) for row in grid.rows]
    head = [f"% {grid.title}", rf"\begin{{tabular}}{{{spec}}}", r"\toprule", line([c.title for c in grid.columns])]
    return "\n".join([*head, r"\midrule", *body, r"\midrule", line(grid.totals), r"\bottomrule", r"\end{tabular}", ""])


def html(grid: Grid) -> str:
    """A table for notebooks."""
    from html import escape

    def line(cells: list[str], tag: str) -> str:
        styles = ["text-align:right" if c.number else "text-align:left" for c in grid.columns]
        return (
            "<tr>"
            + "".join(f'<{tag} style="{s}">{escape(x)}</{tag}>' for x, s in zip(cells, styles, strict=True))
            + "</tr>"
        )

    body = "".join(line(row.cells, "td") for row in grid.rows)
    head = line([c.title for c in grid.columns], "th")
    foot = line(grid.totals, "th")
    notes = "<br>".join(escape(note) for note in grid.notes)
    return f"<table><caption>{escape(grid.title)}</caption><thead>{head}</thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table><p>{notes}</p>"


PAINTERS: dict[str, Callable[[Grid], str]] = {
    "table": plain,
    "csv": comma,
    "tsv": tab,
    "markdown": markdown,
    "latex": latex,
    "html": html,
}
