"""Dropout of nearly everything."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import DROPOUTS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Dropout that leaves little, or nothing."""
    for n in g.each(*DROPOUTS):
        p = g.layer(n).p
        if p > g.options["strongest-dropout"]:
            left = "nothing is left" if p == 1 else f"{1 - p:.0%} of the numbers are left"
            yield Found(
                n,
                f"p = {p:g}: {left}; p is the share that is dropped",
                f"p: {round(1 - p, 4):g}, if the share that is kept was meant" if p < 1 else "a p below 1",
                "p",
                severity="error" if p == 1 else None,
            )


RULE = Rule(
    code="CNN-L310",
    name="strong-dropout",
    severity="warning",
    what="Finds dropout rates above 0.8; with a rate of 1 it is an error.",
    why=(
        "`p` is the share that is dropped. TensorFlow 1 asked for the share that is kept, and the number is "
        "often carried over unchanged."
    ),
    source="Srivastava et al. 2014, section A.4 (rates of 0.2 to 0.5); tf.compat.v1.nn.dropout, keep_prob",
    bad="""\
input: 64
layers:
  - linear: 32
  - relu
  - dropout: 0.9
  - linear: 10
""",
    good="""\
input: 64
layers:
  - linear: 32
  - relu
  - dropout: 0.1
  - linear: 10
""",
    check=check,
    options={"strongest-dropout": 0.8},
)
