"""No nonlinearity at all."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import AFFINE, WEIGHTED
from cnnshape.lint.rule import Rule

LINEAR_MERGES = frozenset({"concat", "add", "sub", "mean", "split"})


def check(g: Graph) -> Iterator[Found]:
    """Two or more layers with weights, and nothing nonlinear in the whole network."""
    kinds = [row.kind for row in g.rows]
    weighted = [n for n, kind in enumerate(kinds) if kind in WEIGHTED]
    if len(weighted) >= 2 and all(kind in AFFINE | WEIGHTED | LINEAR_MERGES for kind in kinds):
        yield Found(
            weighted[-1],
            f"the network has {len(weighted)} layers with weights and no nonlinear one: all {len(kinds)} layers are "
            "one linear map",
            "activations between the layers",
        )


RULE = Rule(
    code="CNN-L210",
    name="no-nonlinearity",
    severity="error",
    what="Finds networks of two or more weighted layers without anything nonlinear.",
    why="However deep, it is a linear regression.",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, 6.1; Minsky & Papert 1969",
    bad="""\
input: 3x32x32
layers:
  - conv: 8
  - flatten
  - linear: 10
""",
    good="""\
input: 3x32x32
layers:
  - conv: 8
  - relu
  - flatten
  - linear: 10
""",
    check=check,
)
