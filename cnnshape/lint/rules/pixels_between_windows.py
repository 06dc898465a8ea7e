"""Stride larger than the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnshape.lint.candidates import Axis, joined, tried
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Strides larger than the window, where nobody else reads the positions between."""
    for n, axes in g.sliding():
        holes = between(axes)
        if not holes or len(g.readers[g.nodes[n].inputs[0]]) > 1:
            continue
        axis, size, w = holes[0]
        candidates = [{"stride": w.kernel}, {"kernel_size": w.stride}]
        yield Found(
            n,
            f"stride {w.stride} > kernel {w.kernel}: between two windows {w.stride - w.kernel} of {axis} are never "
            f"read, {w.unread(size)} of {size} in all",
            joined(tried(g, n, lambda axes: not between(axes), candidates), "a smaller stride, or a larger window"),
            "stride",
        )


def between(axes: Sequence[Axis]) -> list[Axis]:
    """The axes with positions between two windows; where one window is all, there is nothing between."""
    return [
        (axis, size, w)
        for axis, size, w in axes
        if w.stride > w.kernel > 1 and w.dilation == 1 and w.out_size(size) > 1 and w.unread(size)
    ]


RULE = Rule(
    code="CNN-L103",
    name="pixels-between-windows",
    severity="warning",
    what="Finds windows with gaps between them.",
    why="What lies between the windows influences nothing: a part of every image is thrown away unseen.",
    source="Zeiler & Fergus 2014 (coarse strides of the first layer alias); CS231n, Convolutional Networks",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 2, stride: 3}
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 2, stride: 2}
  - relu
""",
    check=check,
)
