"""Averages that are damped at the border."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Average pools that divide by padded positions too."""
    for n, axes in g.sliding("avg_pool"):
        if g.layer(n).count_include_pad and any(w.before or w.after for _, _, w in axes):
            taps = 1
            for _, _, w in axes:
                taps *= w.kernel
            yield Found(
                n,
                f"padding counts as zeros: at the border the sum of fewer numbers is divided by all {taps} as well",
                "count_include_pad: false",
                "padding",
                Change("set", "count_include_pad", False),
            )


RULE = Rule(
    code="CNN-L119",
    name="average-counts-padding",
    severity="info",
    what="Finds padded average pools that count the padding.",
    why=(
        "A constant map comes out darker at its border. ONNX and Keras count only real positions, torch and Caffe all."
    ),
    source="torch.nn.AvgPool2d, count_include_pad; ONNX AveragePool, count_include_pad = 0",
    bad="""\
input: 8x31x31
layers:
  - avg_pool: {kernel_size: 3, stride: 2, padding: 1}
  - relu
""",
    good="""\
input: 8x31x31
layers:
  - avg_pool: {kernel_size: 3, stride: 2, padding: 1, count_include_pad: false}
  - relu
""",
    check=check,
    fixes="Sets `count_include_pad: false`.",
)
