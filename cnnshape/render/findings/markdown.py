"""Findings as a Markdown table, for the comment of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from cnnshape.errors import printable
from cnnshape.finding import About, Checked, Tool


def show(checked: Sequence[Checked], about: Sequence[About], tool: Tool) -> str:  # noqa: ARG001 - one signature for all
    """One row per finding."""
    found = [one for file in checked for one in file.findings]
    if not found:
        return f"`cnnshape {tool.name}`: nothing found in {len(checked)} model{'s' if len(checked) != 1 else ''}."
    lines = ["| place | rule | layer | finding |", "| --- | --- | --- | --- |"]
    for one in found:
        more = f" (and {len(one.also)} more)" if one.also else ""
        fix = f" *Fix:* {_cell(one.fix)}" if one.fix else ""
        lines.append(
            f"| `{_cell(one.place)}` | {one.severity} {one.code} | {_cell(one.layer)}{more} | {_cell(one.message)}{fix} |"
        )
    return "\n".join(lines)


def _cell(text: str) -> str:
    """Text that stays in its cell."""
    kept = printable(text).replace("\\", "\\\\").replace("|", "\\|")
    return kept.replace("<", "&lt;").replace("*", "\\*").replace("_", "\\_") if "`" not in kept else kept
