"""Findings as GitHub's workflow commands, which annotate the lines of a pull request."""

from __future__ import annotations

from collections.abc import Sequence

from cnnshape.finding import About, Checked, Finding, Tool

_WORDS = {"error": "error", "warning": "warning", "info": "notice"}


def show(checked: Sequence[Checked], about: Sequence[About], tool: Tool) -> str:  # noqa: ARG001 - one signature for all
    """One command a line."""
    lines = []
    for file in checked:
        if file.problem:
            lines.append(f"::error file={_property(file.file)}::{_data(file.problem)}")
        lines.extend(map(_command, file.findings))
    return "\n".join(lines)


def _command(one: Finding) -> str:
    """One annotation."""
    place = f"file={_property(one.file)}"
    if one.line:
        place += f",line={one.line}" + (f",col={one.column}" if one.column else "")
    text = f"{one.layer}: {one.message}" if one.layer else one.message
    fix = f"\nfix: {one.fix}" if one.fix else ""
    return f"::{_WORDS[one.severity]} {place},title={_property(f'{one.code} {one.rule}')}::{_data(text + fix)}"


def _data(text: str) -> str:
    """A message as the runner reads it back."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """A property, in which colons and commas mean something too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
