"""Dropout behind the last layer."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.kinds import DROPOUTS, SOFTMAXES, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Dropout whose result is the network's, perhaps behind a softmax."""
    for n in g.each(*(DROPOUTS - {"drop_path"})):
        if len(g.y(n)) == 2 and g.layer(n).p > 0 and g.ends(n, VIEWS | SOFTMAXES | {"sigmoid"}):
            yield Found(
                n,
                f"p = {g.layer(n).p:g} of the network's own {g.y(n)[1]} outputs are set to 0 while it trains",
                "move it in front of the last linear layer, or leave it out",
                change=Change("remove"),
            )


RULE = Rule(
    code="CNN-L307",
    name="dropout-at-end",
    severity="warning",
    what="Finds dropout of a vector that the network gives.",
    why="The loss then sees zeros in place of answers; no later layer can learn to do without them.",
    source="Srivastava et al. 2014, Dropout, section 4 (it is applied to hidden and visible units)",
    bad="""\
input: 64
layers:
  - linear: 32
  - relu
  - linear: 10
  - dropout: 0.5
""",
    good="""\
input: 64
layers:
  - linear: 32
  - relu
  - dropout: 0.5
  - linear: 10
""",
    check=check,
    fixes="Removes the dropout.",
)
