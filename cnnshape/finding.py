"""One thing that a rule or a budget found: which, how bad, where, in words. Knows no format and never prints."""

from __future__ import annotations

from typing import Literal

import msgspec

Severity = Literal["error", "warning", "info"]

#: From the worst to the mildest.
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "info")


class Finding(msgspec.Struct, frozen=True):
    """What one rule says about one place; `also` are further layers that the same line writes."""

    code: str
    rule: str
    severity: Severity
    layer: str
    file: str
    line: int
    column: int
    message: str
    fix: str = ""
    fixable: bool = False
    """Whether `--fix` mends it: the change was tried, and the spec analyses with it."""
    also: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and terminals link it; the file alone where no line is known."""
        return ":".join([self.file, *map(str, (self.line, self.column) if self.line else ())])


class About(msgspec.Struct, frozen=True):
    """What a face may say of a rule besides its findings."""

    code: str
    name: str
    severity: Severity
    what: str
    why: str


class Checked(msgspec.Struct, frozen=True):
    """One file that was looked at, and what was found there; `problem` where it could not be read."""

    file: str
    findings: tuple[Finding, ...] = ()
    problem: str = ""


class Tool(msgspec.Struct, frozen=True):
    """Which command looked, and of which version."""

    name: str
    version: str = ""
