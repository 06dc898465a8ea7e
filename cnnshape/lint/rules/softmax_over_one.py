"""Softmax over one number."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import SOFTMAXES
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A softmax along an axis of length 1."""
    for n in g.each(*SOFTMAXES):
        x = g.x(n)
        dim = g.layer(n).dim
        if -len(x) <= dim < len(x) and x[dim] == 1:
            constant = "0" if g.kind(n) == "log_softmax" else "1"
            yield Found(
                n,
                f"{g.kind(n)} over dimension {dim} of {x}, which has one position: the result is {constant} whatever "
                "comes in",
                "sigmoid for one output, or another dim",
                "dim",
            )


RULE = Rule(
    code="CNN-L207",
    name="softmax-over-one",
    severity="error",
    what="Finds softmax along an axis of length 1.",
    why=(
        "The exponential of a number divided by itself is 1: the network's answer is a constant, and nothing "
        "in front of it learns."
    ),
    source="torch.nn.Softmax, definition",
    bad="""\
input: 64
layers:
  - linear: 1
  - softmax
""",
    good="""\
input: 64
layers:
  - linear: 1
  - sigmoid
""",
    check=check,
)
