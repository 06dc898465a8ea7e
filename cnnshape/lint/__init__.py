"""What is wrong with a network, or could be better: every rule over one report.

`lint(network, report)` answers findings in the order of the text. A rule says nothing of shapes that are not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.finding import Finding
from cnnshape.lint.graph import Graph
from cnnshape.lint.ignores import Ignores
from cnnshape.lint.registry import RULES, rule_of
from cnnshape.lint.settings import OPTIONS, Settings
from cnnshape.network import Network
from cnnshape.report import Report

if TYPE_CHECKING:
    from cnnshape.lint.found import Change, Found
    from cnnshape.lint.rule import Rule
    from cnnshape.spec.source import Document

__all__ = ["Mended", "Settings", "lint", "mendable"]

#: The rule about comments runs last, on what the others have left of them.
LAST = "CNN-L609"


class Mended(msgspec.Struct, frozen=True):
    """A finding with what would mend it: the layers that the line writes, all of them at fault, and the change."""

    finding: Finding
    nodes: tuple[int, ...]
    change: Change | None


def lint(
    network: Network, report: Report, document: Document | None = None, settings: Settings | None = None
) -> list[Finding]:
    """Every finding that is told and not excused. `document` is the text, where it is written in our own language.

    `fixable` says here that a change is known; `mend.promised` tries it.
    """
    return [one.finding for one in mendable(network, report, document, settings)]


def mendable(
    network: Network, report: Report, document: Document | None = None, settings: Settings | None = None
) -> list[Mended]:
    """The findings, each with what would mend it."""
    settings = settings or Settings(options=OPTIONS)
    options: dict[str, Any] = {**OPTIONS, **settings.options}
    graph = Graph(network, report, document, options)
    ignores = Ignores(document.text if document is not None else "")
    places = _Places(graph)
    found: list[Mended] = []
    wanted = settings.codes()
    for code in wanted:
        if code != LAST:
            found.extend(_of_rule(rule_of(code), graph, places, ignores, settings))
    if LAST in wanted:
        options["idle-ignores"] = _idle(ignores, set(wanted))
        found.extend(_of_rule(rule_of(LAST), graph, places, ignores, settings))
    return sorted(found, key=lambda one: (one.finding.line, one.finding.column, one.finding.code))


def _idle(ignores: Ignores, wanted: set[str]) -> list[tuple[int, str, bool]]:
    """Comments that excused nothing, although every rule that they name has run."""
    from cnnshape.spec.source import WIDTH

    return [
        (comment.line * WIDTH + comment.column, comment.words, comment.open)
        for comment in ignores.comments
        if not comment.used and (comment.codes <= wanted or not comment.codes) and LAST not in comment.codes
    ]


def _of_rule(rule: Rule, graph: Graph, places: _Places, ignores: Ignores, settings: Settings) -> list[Mended]:
    """What one rule finds; what one line does wrong many times is told once."""
    told: dict[tuple[Any, ...], list[Found]] = {}
    for one in rule.check(graph):
        told_at_all = settings.tells(one.severity or rule.severity)
        if not told_at_all and not ignores.comments:
            continue
        line, column, of_layer = places.of(one)
        if not ignores.excuse(rule.code, line, of_layer) and told_at_all:
            key = (line, column) if line else (graph.name(one.node), len(told))
            told.setdefault((key, one.severity, line, column), []).append(one)
    found = []
    for (_, _, line, column), same in told.items():
        first = same[0]
        names = [graph.nodes[one.node].name if one.node is not None else "" for one in same]
        change = first.change if document_of(graph) and all(one.change == first.change for one in same) else None
        finding = Finding(
            rule.code,
            rule.name,
            first.severity or rule.severity,
            names[0],
            graph.network.source,
            line,
            column,
            first.message,
            first.fix,
            change is not None,
            tuple(dict.fromkeys(names[1:])),
        )
        nodes = tuple(sorted({one.node for one in same if one.node is not None}))
        found.append(Mended(finding, nodes, change))
    return found


def document_of(graph: Graph) -> bool:
    """Whether the text may be mended: it is ours."""
    return graph.document is not None


class _Places:
    """Where a finding stands: at the value of the field that is to blame, else at the layer."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.items: Mapping[int, Any] | None = None

    def of(self, one: Found) -> tuple[int, int, int]:
        """Line and column (0 where unknown), and the line of the layer itself."""
        from cnnshape.spec.source import WIDTH

        if one.node is None:
            line, column = divmod(one.at, WIDTH)
            return line, column, line
        node = self.graph.nodes[one.node]
        if one.field and self.graph.document is not None and node.line:
            from cnnshape.spec.blame import every_mapping, value_place

            if self.items is None:
                self.items = dict(every_mapping(self.graph.document.data))
            item = self.items.get(node.line * WIDTH + node.column)
            mark = value_place(item, one.field)
            if not mark and item is not None and one.field == "name" and "name" in item:
                mark = item.mark("name", value=True)
            if mark:
                return mark // WIDTH, mark % WIDTH, node.line
        return node.line, node.column, node.line


def every_rule() -> list[Rule]:
    """Every rule, in the order of the codes."""
    return [rule_of(code) for code in RULES]
