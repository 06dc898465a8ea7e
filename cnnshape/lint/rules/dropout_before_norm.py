"""Dropout in front of a batch norm."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, DROPOUTS, VIEWS, WEIGHTED
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Dropout whose numbers reach a batch norm, perhaps through one weighted layer."""
    for n in g.each(*(DROPOUTS - {"drop_path"})):
        if g.layer(n).p == 0:
            continue
        m = g.behind(n, VIEWS | ACTIVATIONS)
        if m is not None and g.kind(m) in WEIGHTED:
            m = g.behind(m, VIEWS)
        if m is not None and g.kind(m) == "batch_norm":
            yield Found(
                n,
                f"{g.name(m)} learns its variance with p = {g.layer(n).p:g} dropped, and meets another one when "
                "nothing is dropped",
                "put the dropout behind all batch norms",
            )


RULE = Rule(
    code="CNN-L308",
    name="dropout-before-norm",
    severity="warning",
    what="Finds dropout whose output reaches a batch norm directly or through one weighted layer.",
    why=("Dropout changes the variance between training and use; the running variance of the norm fits only training."),
    source=("Li et al. 2018, Understanding the Disharmony between Dropout and Batch Normalization by Variance Shift"),
    bad="""\
input: 3x32x32
layers:
  - conv: 8
  - relu
  - dropout: 0.3
  - conv: {out_channels: 8, bias: false}
  - batch_norm
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: 8
  - relu
  - conv: {out_channels: 8, bias: false}
  - batch_norm
  - relu
  - dropout: 0.3
""",
    check=check,
    on_the_zoo=(
        "DeepLabV3's head drops half of its channels in front of a convolution with batch norm, as "
        "torchvision writes it."
    ),
)
