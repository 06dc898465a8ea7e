"""Softmax as a hidden activation."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import AFFINE, SOFTMAXES
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A softmax between weighted layers, where nothing is weighted with it."""
    for n in g.each(*SOFTMAXES):
        m = g.behind(n, AFFINE)
        if m is not None and g.kind(m) in ("conv", "conv_transpose", "linear"):
            yield Found(
                n,
                f"{g.kind(n)} stands between hidden layers: {g.name(m)} reads {g.y(n)[1]} numbers that add up to 1",
                "relu, or another activation of single numbers",
            )


RULE = Rule(
    code="CNN-L208",
    name="softmax-inside",
    severity="warning",
    what=(
        "Finds softmax whose result goes on into a convolution or linear layer. Attention, which multiplies "
        "with it, is left alone."
    ),
    why="The units compete for a sum of 1, so that wide layers pass tiny numbers on, and gradients fade.",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, 6.2.2.3",
    bad="""\
input: 64
layers:
  - linear: 32
  - softmax
  - linear: 10
""",
    good="""\
input: 64
layers:
  - linear: 32
  - relu
  - linear: 10
""",
    check=check,
)
