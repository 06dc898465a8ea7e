"""No bias and no norm."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, VIEWS, WEIGHTED
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """No bias, and no norm that would bring a shift, in front of an activation."""
    for n in g.each(*WEIGHTED):
        m = g.behind(n, VIEWS)
        if not g.layer(n).bias and m is not None and g.kind(m) in ACTIVATIONS:
            yield Found(
                n,
                f"bias: false, and {g.name(m)} ({g.kind(m)}) reads it without a norm between: no unit can move its "
                "threshold away from 0",
                "bias: true, or a norm behind it",
                "bias",
                Change("set", "bias", True),
            )


RULE = Rule(
    code="CNN-L312",
    name="bias-missing",
    severity="warning",
    what="Finds layers without a bias that feed an activation directly.",
    why=(
        "A bias is left out because a norm behind brings one. Without either, all kinks of the activation "
        "pass through the origin."
    ),
    source="Ioffe & Szegedy 2015, section 3.2; Goodfellow, Bengio & Courville 2016, Deep Learning, 6.1",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, bias: false}
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
    fixes="Sets `bias: true`.",
    on_the_zoo=(
        "DCGAN's last transposed convolution has no bias before its tanh: the published generator is written so."
    ),
)
