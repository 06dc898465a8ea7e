"""Layers past the point where all is seen."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Convolutions whose input sees the whole image by the shortest way already."""
    sizes = g.shapes[0][2:] if g.shapes and g.shapes[0].known else ()
    past = []
    for n, axes in g.sliding("conv"):
        before = g.least[g.nodes[n].inputs[0]]
        if before is None or len(before) != len(sizes) or all(w.kernel == 1 for _, _, w in axes):
            continue
        if all(seen > size for (seen, _), size in zip(before, sizes, strict=True)):
            past.append((n, max(seen for seen, _ in before)))
    if past and g.feasible:
        n, seen = past[0]
        more = f"{len(past)} convolutions from here on" if len(past) > 1 else "this convolution"
        low, high = g.feasible
        yield Found(
            n,
            f"what {g.name(n)} reads sees {seen} of {'x'.join(map(str, sizes))} positions already: {more} can add no "
            f"context; inputs from {low} {f'to {high}' if high > low else 'up'} suit these layers",
            f"an input of {low} or more, or fewer layers",
        )


RULE = Rule(
    code="CNN-L402",
    name="layers-past-field",
    severity="warning",
    what=(
        "Finds convolutions of several taps whose input sees more than the whole image, by its shortest way. "
        "The message tells the input sizes that suit the network, as rfa_toolbox does (75 to 427 for "
        "ResNet-50)."
    ),
    why=("These layers cannot add context, only depth: experiments show that they do not contribute to accuracy."),
    source="Richter et al. 2021, Should You Go Deeper?, and rfa_toolbox (unproductive layers)",
    bad="""\
input: 3x12x12
layers:
  - conv: {out_channels: 16, stride: 2, padding: 1}
  - relu
  - conv: {out_channels: 16, stride: 2, padding: 1}
  - relu
  - conv: {out_channels: 16, padding: 1}
  - relu
  - conv: {out_channels: 16, padding: 1}
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 16, stride: 2, padding: 1}
  - relu
  - conv: {out_channels: 16, stride: 2, padding: 1}
  - relu
  - conv: {out_channels: 16, padding: 1}
  - relu
  - conv: {out_channels: 16, padding: 1}
  - relu
""",
    check=check,
    on_the_zoo=(
        "Darknet-19 at 256, MobileNet at 224 and SSD at 300 pixels have last layers whose inputs see the "
        "whole image already: they deepen, and add no context."
    ),
)
