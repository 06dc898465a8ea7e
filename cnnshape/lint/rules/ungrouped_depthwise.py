"""Depthwise convolution without its groups."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, NORMS, VIEWS
from cnnshape.lint.rule import Rule

PASS = ACTIVATIONS | NORMS | VIEWS


def check(g: Graph) -> Iterator[Found]:
    """A full convolution where an inverted residual, or its own name, wants a depthwise one."""
    for n in g.each("conv"):
        c = g.x(n)[1]
        if g.layer(n).groups != 1 or g.y(n)[1] != c or g.pointwise(n) or c < 2:
            continue
        words = g.name(n).lower().replace(".", "_").split("_")
        named = any(w.startswith(("depthwise", "dwconv")) or w.rstrip("0123456789") == "dw" for w in words)
        front, back = g.ahead(n, PASS), g.behind(n, PASS)
        widens = (
            front is not None
            and g.pointwise(front)
            and g.x(front)[1] < c
            and g.kind(front) == "conv"
            and back is not None
            and g.pointwise(back)
            and g.y(back)[1] < c
        )
        if named or widens:
            params = g.row(n).params or 0
            why = "it is called so" if named else f"{g.name(front)} widens to {c} and {g.name(back)} narrows again"
            yield Found(
                n,
                f"looks like a depthwise convolution ({why}), but groups = 1: {params:,} params in place of about "
                f"{params // c:,}",
                f"groups: {c}",
                "groups",
            )


RULE = Rule(
    code="CNN-L304",
    name="ungrouped-depthwise",
    severity="warning",
    what=(
        "Finds convolutions with groups = 1 that keep the channels between a widening and a narrowing 1x1 "
        "convolution, or that are called depthwise."
    ),
    why=(
        "With the groups forgotten it has as many times more parameters and operations as there are channels, "
        "and nothing fails."
    ),
    source="Sandler et al. 2018, MobileNetV2, table 1; Howard et al. 2017",
    bad="""\
input: 16x32x32
layers:
  - conv: {out_channels: 96, kernel_size: 1}
  - relu6
  - conv: {out_channels: 96, padding: 1}
  - relu6
  - conv: {out_channels: 24, kernel_size: 1}
""",
    good="""\
input: 16x32x32
layers:
  - conv: {out_channels: 96, kernel_size: 1}
  - relu6
  - conv: {out_channels: 96, padding: 1, groups: 96}
  - relu6
  - conv: {out_channels: 24, kernel_size: 1}
""",
    check=check,
)
