"""Norm right behind a norm."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import NORMS, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A norm that reads another norm's output."""
    for n in g.each(*NORMS):
        m = g.behind(n, VIEWS)
        if m is not None and g.kind(m) in NORMS:
            yield Found(
                m,
                f"{g.kind(m)} normalises what {g.name(n)} ({g.kind(n)}) has normalised, with no weights between them",
                "keep one of them",
            )


RULE = Rule(
    code="CNN-L309",
    name="norm-after-norm",
    severity="warning",
    what="Finds norms that read another norm's output.",
    why="The second undoes the scale and shift that the first has learned.",
    source="Ioffe & Szegedy 2015, section 3 (a norm stands behind each weighted map)",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, bias: false}
  - batch_norm
  - batch_norm
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, bias: false}
  - batch_norm
  - relu
""",
    check=check,
)
