"""Learned scale behind a learned scale."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A learned scale right behind a norm that has one."""
    for n in g.each("batch_norm", "group_norm", "layer_norm", "instance_norm", "rms_norm"):
        m = g.behind(n)
        if m is not None and g.kind(m) == "scale" and "weight" in (g.row(n).weights or {}):
            yield Found(
                m,
                f"{g.name(n)} has learned scales already; the {g.row(m).params or 0:,} params here multiply them once more",
                "leave it out, or affine: false above",
            )


RULE = Rule(
    code="CNN-L313",
    name="scale-after-norm",
    severity="info",
    what="Finds `scale` layers behind a norm that is affine itself.",
    why=(
        "The two products are one: the second set of parameters is redundant. Caffe's pair BatchNorm and "
        "Scale is one affine norm elsewhere."
    ),
    source="Caffe, BatchNorm and Scale layers",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, bias: false}
  - batch_norm
  - scale
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, bias: false}
  - batch_norm: {affine: false}
  - scale: {bias: true}
  - relu
""",
    check=check,
)
