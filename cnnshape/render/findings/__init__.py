"""Findings -> text: for people, programs, code scanning, pull requests and test reports."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

import msgspec

from cnnshape.finding import About, Checked, Tool
from cnnshape.text import named

#: The faces, each with what it is for.
FACES = {
    "text": "for people and editors",
    "json": "for programs",
    "sarif": "SARIF 2.1.0, for code scanning",
    "github": "workflow commands, for annotations of a pull request",
    "junit": "JUnit XML, for test reports",
    "markdown": "a table, for a pull request",
}


def findings(
    checked: Sequence[Checked], form: str, about: Sequence[About] = (), tool: str = "lint", version: str = ""
) -> str:
    """What was found in several files; `about` tells of the rules, `tool` and `version` which command looked."""
    shown = [msgspec.structs.replace(file, file=named(file.file)) for file in checked]
    face: str = import_module(f"cnnshape.render.findings.{form}").show(shown, about, Tool(tool, version))
    return face
