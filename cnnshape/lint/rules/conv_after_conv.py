"""Convolution right behind a convolution."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import AFFINE
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Two convolutions with only linear layers between them, unless the pair is a factorisation."""
    for n in g.each("conv", "conv_transpose"):
        m = g.behind(n, AFFINE)
        if m is None or g.kind(m) not in ("conv", "conv_transpose"):
            continue
        if g.layer(n).groups > 1 or g.layer(m).groups > 1:
            continue  # depthwise and pointwise: one map in two cheap factors
        into, middle, out = g.x(n)[1], g.y(n)[1], g.y(m)[1]
        if middle < min(into, out):
            continue  # a narrow waist: two thin factors of a wide map
        if not g.pointwise(n) and not g.pointwise(m) and crossed(g, n, m):
            continue
        yield Found(
            m,
            f"nothing nonlinear stands between {g.name(n)} ({into} -> {middle}) and {g.name(m)} ({middle} -> {out}): "
            f"together they are one linear map from {into} to {out} channels",
            "an activation between them, or one convolution",
        )


def crossed(g: Graph, n: int, m: int) -> bool:
    """Whether the two windows lie across one another: 1x7, then 7x1."""
    if g.kind(n) != "conv" or g.kind(m) != "conv":
        return False
    pairs = zip(g.windows(n), g.windows(m), strict=False)
    return all(a.kernel == 1 or b.kernel == 1 for a, b in pairs)


RULE = Rule(
    code="CNN-L201",
    name="conv-after-conv",
    severity="warning",
    what=(
        "Finds convolutions with nothing nonlinear between them, also through batch norm, average pooling and "
        "views. Depthwise pairs, narrow waists (fewer channels than before and behind) and crossed windows "
        "(1x7, 7x1) are factorisations, and are left alone."
    ),
    why="The composition of linear maps is linear: the pair can express nothing that one convolution cannot.",
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, 6.1; Sandler et al. 2018 on linear bottlenecks",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 16, padding: 1}
  - batch_norm
  - conv: {out_channels: 16, padding: 1}
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 16, padding: 1}
  - relu
  - conv: {out_channels: 16, padding: 1}
  - relu
""",
    check=check,
    on_the_zoo=(
        "FCN scores classes with a 1x1 convolution and enlarges the scores by a transposed one, and "
        "MobileNetV3-Small's linear bottleneck meets the next expansion: both are meant, and linear."
    ),
)
