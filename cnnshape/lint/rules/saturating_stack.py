"""Deep stack of saturating activations."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import NORMS, SATURATING
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """More saturating activations in a row than gradients survive, with no norm or shortcut on the way."""
    depth = [0] * g.inputs
    most, at = 0, None
    for n, node in enumerate(g.nodes):
        here = min((depth[v] for v in node.inputs), default=0)
        if g.kind(n) in NORMS:
            here = 0
        elif g.kind(n) in SATURATING:
            here += 1
            if here > most:
                most, at = here, n
        depth.extend([here] * len(node.outputs))
    limit = g.options["longest-saturating"]
    if at is not None and most > limit:
        slope = 0.25 if g.kind(at) == "sigmoid" else 1
        shown = f"; a sigmoid's slope is at most 1/4, so {most} of them leave {slope**most:.1g}" if slope < 1 else ""
        yield Found(
            at,
            f"{g.name(at)} is the {most}th saturating activation in a row, without a norm or a shortcut{shown}",
            "relu or one of its kin, or a norm between",
        )


RULE = Rule(
    code="CNN-L209",
    name="saturating-stack",
    severity="warning",
    what=("Finds more than 4 sigmoids, tanhs and the like behind one another, without a norm or a shortcut between."),
    why=("Where these are saturated their slope is near zero, and slopes multiply: the first layers hardly learn."),
    source="Glorot & Bengio 2010; Hochreiter 1991; Krizhevsky et al. 2012, section 3.1",
    bad="""\
input: 64
layers:
  - repeat: 5
    layers:
      - linear: 64
      - sigmoid
  - linear: 10
""",
    good="""\
input: 64
layers:
  - repeat: 5
    layers:
      - linear: 64
      - relu
  - linear: 10
""",
    check=check,
    options={"longest-saturating": 4},
)
