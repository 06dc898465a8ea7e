"""Groups too narrow for the hardware."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Grouped convolutions with few channels per group, but not depthwise."""
    for n in g.each("conv", "conv_transpose"):
        groups = g.layer(n).groups
        width = g.x(n)[1] // groups
        if groups > 1 and width < g.options["narrowest-group"] and width > 1:
            yield Found(
                n,
                f"{g.x(n)[1]} channels / {groups} groups = {width} per group: a matrix product of depth "
                f"{width} * the window leaves most of a tensor core idle",
                f"groups: {max(1, g.x(n)[1] // g.options['narrowest-group'])}, or a depthwise one",
                "groups",
            )


RULE = Rule(
    code="CNN-L502",
    name="narrow-groups",
    severity="info",
    what="Finds grouped convolutions with 2 to 7 channels per group.",
    why=("They have few operations, but run as many small products: a group of 4 may be no faster than one of 16."),
    source=(
        "Radosavovic et al. 2020, Designing Network Design Spaces (group widths of 8 and more); Ma et al. "
        "2018, ShuffleNet V2, G2"
    ),
    bad="""\
input: 64x32x32
layers:
  - conv: {out_channels: 64, padding: 1, groups: 32}
  - relu
""",
    good="""\
input: 64x32x32
layers:
  - conv: {out_channels: 64, padding: 1, groups: 8}
  - relu
""",
    check=check,
    options={"narrowest-group": 8},
)
