"""Findings as a Markdown table, for the comment of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from cnnshape.errors import printable
from cnnshape.finding import About, Checked, Finding, Tool


def show(checked: Sequence[Checked], about: Sequence[About], tool: Tool) -> str:  # noqa: ARG001 - one signature for all
    """One row per finding, and per model that could not be analysed."""
    rows = [row for file in checked for row in _rows(file)]
    if not rows:
        return f"`cnnshape {tool.name}`: nothing found in {len(checked)} model{'s' if len(checked) != 1 else ''}."
    return "\n".join(["| place | rule | layer | finding |", "| --- | --- | --- | --- |", *rows])


def _rows(file: Checked) -> list[str]:
    """What is told of one model."""
    if file.problem:
        problem = _cell(file.problem.partition("\n")[0])
        return [f"| `{_cell(file.file)}` | error | | could not be analysed: {problem} |"]
    return [_row(one) for one in file.findings]


def _row(one: Finding) -> str:
    """One finding."""
    more = f" (and {len(one.also)} more)" if one.also else ""
    fix = f" *Fix:* {_cell(one.fix)}" if one.fix else ""
    rule, layer = f"{one.severity} {one.code}", f"{_cell(one.layer)}{more}"
    return f"| `{_cell(one.place)}` | {rule} | {layer} | {_cell(one.message)}{fix} |"


def _cell(text: str) -> str:
    """Text that stays in its cell."""
    kept = printable(text).replace("\\", "\\\\").replace("|", "\\|")
    return kept.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_") if "`" not in kept else kept
