"""Rectified outputs."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.kinds import DROPOUTS, VIEWS
from cnnshape.lint.rule import Rule

ONE_SIDED = frozenset({"relu", "relu6", "softplus", "leaky_relu", "elu", "gelu", "silu", "hardswish"})


def check(g: Graph) -> Iterator[Found]:
    """A one-sided activation on a vector that the network gives."""
    for n in g.each(*ONE_SIDED):
        makes = g.ahead(n, VIEWS | {"batch_norm"})
        if len(g.y(n)) == 2 and g.ends(n, DROPOUTS) and makes is not None and g.kind(makes) == "linear":
            yield Found(
                n,
                f"the last {g.kind(n)} cuts the {g.y(n)[1]} outputs of {g.name(makes)} off at one side before any loss "
                "sees them",
                "leave it out",
                change=Change("remove"),
            )


RULE = Rule(
    code="CNN-L206",
    name="activation-at-output",
    severity="warning",
    what="Finds relu and its kin behind the last linear layer.",
    why=(
        "Logits and regression targets have two sides. A rectified output cannot be negative, and where it is "
        "zero it learns nothing."
    ),
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, 6.2.2 (output units)",
    bad="""\
input: 64
layers:
  - linear: 32
  - relu
  - linear: 10
  - relu
""",
    good="""\
input: 64
layers:
  - linear: 32
  - relu
  - linear: 10
""",
    check=check,
    fixes="Removes the activation.",
)
