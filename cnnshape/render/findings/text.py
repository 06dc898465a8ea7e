"""Findings for people: a place that editors link, the message, the layers, the fix."""

from __future__ import annotations

from collections.abc import Sequence

from cnnshape.errors import printable
from cnnshape.finding import About, Checked, Finding, Tool


def show(checked: Sequence[Checked], about: Sequence[About], tool: Tool) -> str:  # noqa: ARG001 - one signature for all
    """Every finding in order, and what it comes to."""
    found = [one for file in checked for one in file.findings]
    blocks = [told(one) for one in found]
    return "\n".join([*blocks, summary(checked, found)])


def told(one: Finding) -> str:
    """One finding."""
    where = f"{one.layer}: " if one.layer else ""
    lines = [f"{one.place}: {one.severity} {one.code} [{one.rule}] {where}{one.message}"]
    if one.also:
        plural = "s" if len(one.also) > 1 else ""
        lines.append(f"  = and in {len(one.also)} more layer{plural}, the last {one.also[-1]}")
    if one.fix:
        lines.append(f"  fix: {one.fix}{' (--fix does it)' if one.fixable else ''}")
    return "\n".join(printable(line) for line in lines)


def summary(checked: Sequence[Checked], found: Sequence[Finding]) -> str:
    """How much was found of which severity."""
    read = sum(not file.problem for file in checked)
    failed = len(checked) - read
    if failed and not read:
        return f"{_models(failed)}: nothing could be analysed"
    more = f"; {_models(failed, 'other ')} could not be analysed" if failed else ""
    return f"{_models(read)}: {_counts(found)}{more}"


def _models(count: int, which: str = "") -> str:
    return f"{count} {which}model{'s' if count != 1 else ''}"


def _counts(found: Sequence[Finding]) -> str:
    """How many errors, warnings and notes."""
    if not found:
        return "nothing found"
    counts = []
    for severity, plural in (("error", "errors"), ("warning", "warnings"), ("info", "notes")):
        count = sum(one.severity == severity for one in found)
        if count:
            counts.append(f"{count} {plural if count > 1 else plural[:-1]}")
    fixable = sum(one.fixable for one in found)
    return ", ".join(counts) + (f"; {fixable} may be mended with --fix" if fixable else "")
