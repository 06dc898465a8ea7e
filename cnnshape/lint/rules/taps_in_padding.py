"""Weights that see nothing but padding."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.geometry.window import MAX_TAPS
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Convolutions some of whose taps fall on padding at every position."""
    for n, axes in g.sliding("conv"):
        idle = []
        for axis, size, w in axes:
            if w.kernel > MAX_TAPS:
                continue
            out = w.out_size(size)
            useful = 0
            for k in range(w.kernel):
                shift = k * w.dilation - w.before
                first = max(0, -(shift // w.stride))
                useful += first * w.stride + shift < size and first < out
            if useful < w.kernel:
                idle.append(f"{w.kernel - useful} of {w.kernel} taps along the {axis} of {size}")
        if idle:
            yield Found(
                n,
                f"{', '.join(idle)} fall on padding at every position: their weights never see a number",
                "a smaller kernel, or fewer strides above",
                "kernel_size",
            )


RULE = Rule(
    code="CNN-L109",
    name="taps-in-padding",
    severity="warning",
    what="Finds convolutions with taps that fall outside the map wherever the window stands.",
    why="These weights get no gradient. A 3x3 convolution on a 1x1 map uses one weight of nine.",
    source="Richter et al. 2021, Should You Go Deeper? (layers beyond the map's size do not add)",
    bad="""\
input: 64x1x1
layers:
  - conv: {out_channels: 64, kernel_size: 3, padding: 1}
  - relu
""",
    good="""\
input: 64x1x1
layers:
  - conv: {out_channels: 64, kernel_size: 1}
  - relu
""",
    check=check,
    on_the_zoo=(
        "SSD300's head of 3x3 windows slides over a map of one position at its last scale: 8 of 9 taps meet "
        "padding, the price of heads that are alike."
    ),
)
