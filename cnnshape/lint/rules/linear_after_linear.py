"""Linear layer right behind a linear layer."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import AFFINE
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Two linear layers with only linear layers between them, unless the first is a narrow waist."""
    for n in g.each("linear"):
        m = g.behind(n, AFFINE)
        if m is None or g.kind(m) != "linear":
            continue
        into, middle, out = g.x(n)[-1], g.y(n)[-1], g.y(m)[-1]
        if middle < min(into, out):
            continue
        yield Found(
            m,
            f"nothing nonlinear stands between {g.name(n)} ({into} -> {middle}) and {g.name(m)} ({middle} -> {out}): "
            f"together they are one linear map from {into} to {out}",
            "an activation between them, or one linear layer",
        )


RULE = Rule(
    code="CNN-L202",
    name="linear-after-linear",
    severity="warning",
    what=(
        "Finds linear layers with nothing nonlinear between them, also through batch norm, dropout and views. "
        "A narrow waist (fewer features than before and behind) is a factorisation, and is left alone."
    ),
    why="The composition of linear maps is linear: the pair can express nothing that one layer cannot.",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, 6.1",
    bad="""\
input: 64
layers:
  - linear: 128
  - dropout: 0.5
  - linear: 10
""",
    good="""\
input: 64
layers:
  - linear: 128
  - relu
  - dropout: 0.5
  - linear: 10
""",
    check=check,
)
