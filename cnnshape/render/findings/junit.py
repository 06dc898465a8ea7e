"""Findings as JUnit XML: one suite per file, one failed case per finding, one passed case for a file without any."""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape, quoteattr

from cnnshape.errors import printable
from cnnshape.finding import About, Checked, Finding, Tool


def show(checked: Sequence[Checked], about: Sequence[About], tool: Tool) -> str:  # noqa: ARG001 - one signature for all
    """All suites."""
    tests = sum(max(1, len(file.findings)) for file in checked)
    failures = sum(len(file.findings) for file in checked)
    errors = sum(bool(file.problem) for file in checked)
    head = f'<testsuites name="cnnshape {tool.name}" tests="{tests}" failures="{failures}" errors="{errors}">'
    suites = [line for file in checked for line in _suite(file, tool.name)]
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *suites, "</testsuites>"])


def _suite(file: Checked, tool: str) -> list[str]:
    """One file."""
    count, errors = len(file.findings), int(bool(file.problem))
    name = quoteattr(printable(file.file))
    lines = [f'  <testsuite name={name} tests="{max(1, count)}" failures="{count}" errors="{errors}">']
    if file.problem:
        lines.append(f"    <testcase name={quoteattr(tool)} classname={name}>")
        text = "\n".join(printable(line) for line in file.problem.splitlines())
        first = text.partition("\n")[0]
        lines += [f"      <error message={quoteattr(first)}>{escape(text)}</error>", "    </testcase>"]
    elif not file.findings:
        lines.append(f"    <testcase name={quoteattr(tool)} classname={name}/>")
    lines += [line for one in file.findings for line in _case(one, name)]
    return [*lines, "  </testsuite>"]


def _case(one: Finding, name: str) -> list[str]:
    """One finding."""
    where = quoteattr(printable(f"{one.code} {one.rule} {one.layer}".rstrip()))
    body = escape(printable(f"{one.place}: {one.message}") + (printable(f" fix: {one.fix}") if one.fix else ""))
    return [
        f"    <testcase name={where} classname={name}>",
        f'      <failure type="{one.severity}" message={quoteattr(printable(one.message))}>{body}</failure>',
        "    </testcase>",
    ]
