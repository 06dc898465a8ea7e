"""Dilation of a single tap."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Dilations on axes with a single tap."""
    for n, axes in g.sliding():
        if all(w.kernel == 1 for _, _, w in axes) and any(w.dilation > 1 for _, _, w in axes):
            most = max(w.dilation for _, _, w in axes)
            yield Found(
                n,
                f"dilation {most} * (kernel 1 - 1) + 1 = 1: a single tap has no neighbour to be dilated from",
                "dilation: 1, or a larger kernel",
                "dilation",
                Change("set", "dilation", 1),
            )


RULE = Rule(
    code="CNN-L117",
    name="idle-dilation",
    severity="warning",
    what="Finds dilated windows of one tap.",
    why="The dilation changes nothing; either it or the kernel size is a slip.",
    source="Dumoulin & Visin 2016, relationship 15",
    bad="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 1, dilation: 2}
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 3, dilation: 2, padding: 2}
  - relu
""",
    check=check,
    fixes="Sets `dilation: 1`.",
)
