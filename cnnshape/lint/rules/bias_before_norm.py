"""Bias in front of a norm."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.kinds import WEIGHTED
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Biases that the norm behind them takes away again."""
    for n in g.each(*WEIGHTED):
        m = g.behind(n)
        if not g.layer(n).bias or m is None or g.kind(m) not in ("batch_norm", "instance_norm"):
            continue
        if g.kind(n) == "linear" and len(g.y(n)) != 2:
            continue  # the norm's channels are not the linear layer's features
        bias = (g.row(n).weights or {}).get("bias")
        count = bias.numel if bias is not None else 0
        yield Found(
            n,
            f"{g.name(m)} subtracts each channel's mean, and the {count:,} biases with it",
            "bias: false",
            "bias",
            Change("set", "bias", False),
        )


RULE = Rule(
    code="CNN-L301",
    name="bias-before-norm",
    severity="warning",
    what=("Finds convolutions and linear layers with a bias whose only reader is a batch norm or an instance norm."),
    why=(
        "The norm subtracts the mean of every channel, and the bias is a part of it: these parameters change "
        "nothing and get no gradient. The norm has a shift of its own."
    ),
    source="Ioffe & Szegedy 2015, Batch Normalization, section 3.2",
    bad="""\
input: 3x32x32
layers:
  - conv: 8
  - batch_norm
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, bias: false}
  - batch_norm
  - relu
""",
    check=check,
    fixes="Sets `bias: false`.",
    on_the_zoo=(
        "Keras's own ResNets and BN-Inception carry these biases: the published counts hold them, although "
        "the norm takes them away."
    ),
)
