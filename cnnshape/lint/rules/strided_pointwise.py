"""1x1 convolution with a stride."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """1x1 convolutions with a stride, where nobody else reads the positions that they skip."""
    for n in g.each("conv"):
        windows = g.windows(n)
        if g.pointwise(n) and any(w.stride > 1 for w in windows):
            if len(g.readers[g.nodes[n].inputs[0]]) > 1:
                continue  # a shortcut: the body reads the rest
            step = "x".join(str(w.stride) for w in windows)
            read, every = g.y(n)[2:], g.x(n)[2:]
            yield Found(
                n,
                f"one tap, stride {step}: of {'x'.join(map(str, every))} positions only {'x'.join(map(str, read))} "
                "are read",
                "put the stride on a neighbour with a larger window, or pool first",
                "stride",
            )


RULE = Rule(
    code="CNN-L106",
    name="strided-pointwise",
    severity="warning",
    what=(
        "Finds pointwise convolutions that step over positions which no other layer reads. Shortcuts of "
        "residual blocks are left alone: the body reads what they skip."
    ),
    why="With stride 2, three quarters of what the layers above computed is thrown away.",
    source="He et al. 2019, Bag of Tricks for Image Classification, ResNet-B and ResNet-D",
    bad="""\
input: 8x32x32
layers:
  - conv: {out_channels: 16, kernel_size: 1, stride: 2}
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - conv: {out_channels: 16, kernel_size: 3, stride: 2, padding: 1}
  - relu
""",
    check=check,
)
