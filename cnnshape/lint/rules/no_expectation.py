"""Output without a promise."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A spec that promises nothing of its result."""
    if g.document is None or g.network.format != "cnnshape" or g.network.expect or "expect" in (g.document.data or {}):
        return
    n = g.head()
    if n is not None and not g.nodes[n].expect and g.known(n):
        shape = g.y(n)[1:]
        text = f"{{shape: {list(shape)}, params: {g.report.totals.params}}}"
        change = Change("promise", value=text) if g.report.status.params == "complete" else None
        yield Found(n, f"nothing promises what comes out: it is {g.y(n)} now", f"expect: {text}", change=change)


RULE = Rule(
    code="CNN-L604",
    name="no-expectation",
    severity="info",
    what="Finds specs that say neither at the top nor beside the last layer what must come out.",
    why="A promise is a test: a change by accident ends with status 1 instead of a silent new shape.",
    source="docs/spec.md, Promises",
    bad="""\
input: 8x32x32
layers:
  - conv: 8
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - conv: 8
  - relu
expect: {shape: 8x30x30, params: 584}
""",
    check=check,
    fixes="Appends `expect:` with the shape and params of today.",
)
