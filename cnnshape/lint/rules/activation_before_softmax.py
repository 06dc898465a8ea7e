"""Activation between logits and softmax."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, SOFTMAXES, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """An activation whose result goes straight into a softmax."""
    for n in g.each(*ACTIVATIONS):
        m = g.behind(n, VIEWS | {"global_avg_pool"})
        if m is not None and g.kind(m) in SOFTMAXES and g.behind(n, VIEWS) == m and len(g.y(m)) == 2:
            yield Found(
                n,
                f"{g.name(m)} ({g.kind(m)}) reads what {g.kind(n)} leaves of the logits",
                "leave it out",
                change=Change("remove"),
            )


RULE = Rule(
    code="CNN-L211",
    name="activation-before-softmax",
    severity="warning",
    what="Finds activations right in front of a softmax over a vector.",
    why=(
        "Softmax wants any real number. After a relu all rejected classes tie at zero; after a sigmoid no "
        "class can be more than e times as likely as another."
    ),
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, 6.2.2.3",
    bad="""\
input: 64
layers:
  - linear: 10
  - relu
  - log_softmax
""",
    good="""\
input: 64
layers:
  - linear: 10
  - log_softmax
""",
    check=check,
    fixes="Removes the activation.",
)
