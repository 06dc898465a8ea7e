"""Findings -> the text without them: one change after another, each tried before it stays.

A change stays when the spec still analyses, no promise breaks that held before, and the finding is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from cnnshape.errors import ModelError
from cnnshape.finding import Finding
from cnnshape.lint import Mended, mendable
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


def mend(text: str, analyse: Analysis, settings: Settings) -> tuple[str, list[Finding]]:
    """The mended text, and what was mended. Errors: ModelError when the text itself does not analyse."""
    network, report, document = analyse(text)
    found = mendable(network, report, document, settings)
    mended: list[Finding] = []
    refused: set[tuple[str, str]] = set()
    while len(mended) < MAX_CHANGES:
        for one in found:
            key = (one.finding.code, one.finding.layer or one.finding.message)
            if one.change is None or key in refused:
                continue
            step = _tried(text, one, network, report, analyse, settings, len(found))
            if step is None:
                refused.add(key)
                continue
            text, network, report, found = step
            mended.append(one.finding)
            break
        else:
            break
    return text, mended


def _tried(
    text: str,
    one: Mended,
    network: Network,
    report: Report,
    analyse: Analysis,
    settings: Settings,
    before: int,
) -> tuple[str, Network, Report, list[Mended]] | None:
    """The text with one change and what is found there; None when the change is not good."""
    if one.change is None:
        return None
    line, column, kind = 0, 0, ""
    if one.nodes:
        node = network.nodes[one.nodes[0]]
        line, column, kind = node.line, node.column, report.layers[one.nodes[0]].kind
        written = [n for n, other in enumerate(network.nodes) if (other.line, other.column) == (line, column)]
        if written != list(one.nodes) and one.change.way != "promise":
            return None  # the same line also writes layers that are fine
    new = edited(text, line, column, kind, one.change)
    if new is None or new == text:
        return None
    try:
        after = analyse(new)
    except ModelError:
        return None
    if len(after[1].failed) > len(report.failed):
        return None
    left = mendable(*after, settings)
    return (new, after[0], after[1], left) if len(left) < before else None
