"""Resolution that is given up at once."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """The image shrinks by more than eight times within the first two windows."""
    for seen, (n, axes) in enumerate(g.sliding(), 1):
        field = g.row(n).receptive_field
        if seen > 2 or field is None:
            return
        jumps = [jump for jump in field.jump if jump is not None]
        if jumps and max(jumps) > g.options["early-jump"] and any(w.stride > 1 for _, _, w in axes):
            first = "x".join(map(str, g.shapes[0][2:]))
            yield Found(
                n,
                f"after {seen} window{'s' if seen > 1 else ''} neighbours are {max(jumps):g} positions apart: "
                f"{first} has become {'x'.join(map(str, g.y(n)[2:]))}",
                "spread the strides over more layers",
                "stride",
            )
            return


RULE = Rule(
    code="CNN-L120",
    name="early-downsampling",
    severity="info",
    what="Finds first layers that reduce the image by more than a factor of 8.",
    why=(
        "Fine structure is gone before any layer could describe it; large maps late in the network cost accuracy least."
    ),
    source="Iandola et al. 2016, SqueezeNet, strategy 3: downsample late; Szegedy et al. 2015, principle 1",
    bad="""\
input: 3x224x224
layers:
  - conv: {out_channels: 64, kernel_size: 16, stride: 16}
  - relu
""",
    good="""\
input: 3x224x224
layers:
  - conv: {out_channels: 64, kernel_size: 4, stride: 4}
  - relu
""",
    check=check,
    options={"early-jump": 8},
)
