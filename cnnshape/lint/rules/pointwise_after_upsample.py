"""1x1 convolution on an enlarged map."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A 1x1 convolution on a map that was just enlarged."""
    for n in g.each("upsample"):
        m = g.behind(n)
        if m is None or not g.pointwise(m) or g.y(n).numel <= g.x(n).numel:
            continue
        if any(w.before or w.after or w.stride > 1 for w in g.windows(m)) or g.y(m)[1] > g.x(m)[1]:
            continue
        macs = g.row(m).macs or 0
        small = macs * g.x(n).numel // g.y(n).numel
        yield Found(
            m,
            f"{macs:,} MACs on the enlarged map; in front of {g.name(n)} it is {small:,}, with the same result",
            f"exchange {g.name(n)} and {g.name(m)}",
        )


RULE = Rule(
    code="CNN-L507",
    name="pointwise-after-upsample",
    severity="info",
    what="Finds pointwise convolutions right behind an upsampling, which do not add channels.",
    why=(
        "Resizing mixes positions and a 1x1 convolution mixes channels: the order does not matter to the "
        "result, but to the work."
    ),
    source="both maps are linear and act on different axes (the interpolation's weights add up to 1)",
    bad="""\
input: 64x16x16
layers:
  - upsample: 2
  - conv: {out_channels: 32, kernel_size: 1}
  - relu
""",
    good="""\
input: 64x16x16
layers:
  - conv: {out_channels: 32, kernel_size: 1}
  - upsample: 2
  - relu
""",
    check=check,
)
