"""Transposed convolution that draws a checkerboard."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Transposed convolutions whose copies overlap unevenly."""
    for n in g.each("conv_transpose"):
        for axis, w in zip(g.axes(n), g.layer(n).windows(g.x(n)), strict=True):
            if w.stride > 1 and w.kernel % w.stride and w.dilation == 1:
                few, many = w.kernel // w.stride, -(-w.kernel // w.stride)
                up = many * w.stride
                yield Found(
                    n,
                    f"kernel {w.kernel} mod stride {w.stride} = {w.kernel % w.stride}: along the {axis}, outputs are "
                    f"sums of {few} and of {many} copies by turns",
                    f"kernel_size: {up}, or upsample: {w.stride} and a convolution",
                    "kernel_size",
                )
                break


RULE = Rule(
    code="CNN-L113",
    name="checkerboard",
    severity="warning",
    what="Finds transposed convolutions whose kernel is no multiple of their stride.",
    why=(
        "Copies of the kernel overlap at some outputs more often than at others; the result has a "
        "checkerboard in it, which training seldom removes."
    ),
    source="Odena, Dumoulin & Olah 2016, Deconvolution and Checkerboard Artifacts (Distill)",
    bad="""\
input: 8x7x11
layers:
  - conv_transpose: {out_channels: 4, kernel_size: 3, stride: 2}
  - relu
""",
    good="""\
input: 8x7x11
layers:
  - conv_transpose: {out_channels: 4, kernel_size: 4, stride: 2, padding: 1}
  - relu
""",
    check=check,
    on_the_zoo=(
        "The autoencoder's decoder doubles its maps with windows of 3, as the model that it copies does: "
        "neighbouring pixels get one and two contributions by turns."
    ),
)
