"""Readers of what the renderers write, one per format: heading, rows and totals as lists of cells."""

from __future__ import annotations

import csv
import re
from html.parser import HTMLParser


def plain(text: str, columns: int):
    lines = text.split("\n")
    head, rule = lines[2], lines[3]
    assert set(rule) == {"-"}
    end = lines.index(rule, 4)
    cells = [re.split(r"  +", line.strip()) for line in (head, *lines[4:end], lines[end + 1])]
    assert all(len(row) == columns for row in cells), cells
    return cells[0], cells[1:-1], cells[-1]


def separated(sign: str):
    def read(text: str, columns: int):
        rows = list(csv.reader(text.splitlines(), delimiter=sign))
        assert all(len(row) == columns for row in rows)
        return rows[0], rows[1:], None

    return read


def markdown(text: str, columns: int):
    lines = [line for line in text.split("\n") if line.startswith("|")]
    rows = [[unmarked(cell.strip()) for cell in re.findall(r"((?:\\.|[^\\|])*)\|", line)[1:]] for line in lines]
    assert all(len(row) == columns for row in rows), rows
    assert all(re.fullmatch(r"---:?", cell) for cell in rows[1])
    return rows[0], rows[2:-1], rows[-1]


def unmarked(cell: str) -> str:
    cell = cell.removeprefix("**").removesuffix("**")
    return re.sub(r"\\([^\sA-Za-z0-9])", r"\1", cell)


_TEX = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^", r"\textless{}": "<",
    r"\textgreater{}": ">", r"\textbar{}": "|", r"\char34{}": '"', r"$\to$": "->",
}  # fmt: skip


def latex(text: str, columns: int):
    body = text.partition("\\toprule\n")[2].partition("\\bottomrule")[0]
    lines = [line.removesuffix(r" \\") for line in body.split("\n") if line.endswith(r" \\")]
    rows = [[untexed(cell.strip()) for cell in re.split(r"(?<!\\)&", line)] for line in lines]
    assert all(len(row) == columns for row in rows), rows
    return rows[0], rows[1:-1], rows[-1]


def untexed(cell: str) -> str:
    words = "|".join(map(re.escape, _TEX)) + r"|\\[&%$#_{}]"
    return re.sub(words, lambda match: _TEX.get(match[0], match[0][1:]), cell)


class _Table(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.tags: set[str] = set()
        self.inside = False

    def handle_starttag(self, tag, attrs) -> None:  # noqa: ARG002
        self.tags.add(tag)
        if tag == "tr":
            self.rows.append([])
        self.inside = tag in ("td", "th")
        if self.inside:
            self.rows[-1].append("")

    def handle_endtag(self, tag) -> None:  # noqa: ARG002
        self.inside = False

    def handle_data(self, data) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def html(text: str, columns: int):
    table = _Table()
    table.feed(text)
    assert table.tags == {"table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td", "p", "br"}
    assert all(len(row) == columns for row in table.rows)
    return table.rows[0], table.rows[1:-1], table.rows[-1]


PARSERS = {
    "table": plain,
    "csv": separated(","),
    "tsv": separated("\t"),
    "markdown": markdown,
    "latex": latex,
    "html": html,
}
