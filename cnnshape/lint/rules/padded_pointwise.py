"""1x1 convolution with padding."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """1x1 convolutions with padding."""
    for n in g.each("conv"):
        windows = g.windows(n)
        if g.pointwise(n) and any(w.before or w.after for w in windows):
            before, after = "x".join(map(str, g.x(n)[2:])), "x".join(map(str, g.y(n)[2:]))
            yield Found(
                n,
                f"one tap, padding {max(max(w.before, w.after) for w in windows)}: the map grows from {before} to "
                f"{after}, and its border is nothing but the bias",
                "padding: 0",
                "padding",
                Change("set", "padding", 0),
            )


RULE = Rule(
    code="CNN-L107",
    name="padded-pointwise",
    severity="warning",
    what="Finds pointwise convolutions with padding.",
    why="A single tap on a padded position reads zero: the new border holds the bias, or nothing.",
    source="Dumoulin & Visin 2016, relationship 2",
    bad="""\
input: 8x32x32
layers:
  - conv: {out_channels: 16, kernel_size: 1, padding: 1}
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - conv: {out_channels: 16, kernel_size: 1}
  - relu
""",
    check=check,
    fixes="Sets `padding: 0`, where the spec still analyses with it.",
)
