"""Findings -> the text without them: one change after another, each tried before it stays.

A change stays when the spec still analyses, no promise breaks that held before, the finding is gone, and no other
layer has become another one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from cnnshape.errors import ModelError
from cnnshape.finding import Finding
from cnnshape.lint import Mended, mendable
from cnnshape.lint.alike import as_said
from cnnshape.lint.edit import edited
from cnnshape.lint.settings import Settings

if TYPE_CHECKING:
    from cnnshape.network import Network
    from cnnshape.report import Report
    from cnnshape.spec.source import Document

#: What reads and analyses a text: given by the floor that knows how.
Analysis = Callable[[str], "tuple[Network, Report, Document]"]

#: No file needs more.
MAX_CHANGES = 500
#: Each try analyses the whole network: so many layers in all are analysed to tell what `--fix` would do.
MAX_WORK = 10_000
#: So many changes are tried whatever they cost.
MIN_TRIED = 5


class State(NamedTuple):
    """A text, its network, and what is found there."""

    text: str
    network: Network
    report: Report
    found: list[Mended]


def mend(text: str, analyse: Analysis, settings: Settings) -> tuple[str, list[Finding]]:
    """The mended text, and what was mended. Errors: ModelError when the text itself does not analyse."""
    network, report, document = analyse(text)
    now = State(text, network, report, mendable(network, report, document, settings))
    mended: list[Finding] = []
    refused: set[tuple[str, str]] = set()
    while len(mended) < MAX_CHANGES:
        for one in now.found:
            key = (one.finding.code, one.finding.layer or one.finding.message)
            if one.change is None or key in refused:
                continue
            step = _tried(now, one, analyse, settings)
            if step is None:
                refused.add(key)
                continue
            if one.change.way == "remove":
                refused.clear()  # automatic names have moved: they are other layers now
            now = step
            mended.append(one.finding)
            break
        else:
            break
    return now.text, mended


def promised(now: State, analyse: Analysis, settings: Settings) -> list[Finding]:
    """The findings, `fixable` only where the change was tried; what would take too long to try is not promised."""
    left = max(MIN_TRIED, MAX_WORK // max(1, len(now.network.nodes)))
    found = []
    for one in now.found:
        fixable = one.finding.fixable and left > 0
        if fixable:
            left -= 1
            fixable = _tried(now, one, analyse, settings) is not None
        found.append(msgspec.structs.replace(one.finding, fixable=fixable))
    return found


def _tried(now: State, one: Mended, analyse: Analysis, settings: Settings) -> State | None:
    """The text with one change and what is found there; None when the change is not good."""
    if one.change is None:
        return None
    network, report = now.network, now.report
    line, column, kind = 0, 0, ""
    if one.nodes:
        node = network.nodes[one.nodes[0]]
        line, column, kind = node.line, node.column, report.layers[one.nodes[0]].kind
        written = [n for n, other in enumerate(network.nodes) if (other.line, other.column) == (line, column)]
        if written != list(one.nodes) and one.change.way != "promise":
            return None  # the same line also writes layers that are fine
    new = edited(now.text, line, column, kind, one.change)
    if new is None or new == now.text:
        return None
    try:
        after = analyse(new)
    except ModelError:
        return None
    at = _at(now, one) if one.change.way == "set" else one.nodes
    if not as_said(one.change, at, (network, report), after[:2]) or len(after[1].failed) > len(report.failed):
        return None
    left = mendable(*after, settings)
    return State(new, after[0], after[1], left) if len(left) < len(now.found) else None


def _at(now: State, one: Mended) -> set[int]:
    """The layers that the same rule would set alike: an anchor may write several of them at once."""
    alike = [other for other in now.found if (other.finding.code, other.change) == (one.finding.code, one.change)]
    return {n for other in alike for n in other.nodes}
