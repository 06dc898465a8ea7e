"""Bottleneck."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import SLIDING
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """One window that throws most of the numbers away."""
    for n in g.each(*SLIDING):
        y, x = prod(g.y(n)[1:]), prod(g.x(n)[1:])
        if not g.spatial(n) or x <= g.options["narrowest"] * y or prod(g.y(n)[2:]) == 1:
            continue
        alone = len(g.readers[g.nodes[n].inputs[0]]) == 1  # what branches off beside it keeps the rest
        if alone and g.feeds_weights[n]:
            yield Found(
                n,
                f"{g.x(n)} -> {g.y(n)}: {x:,} numbers become {y:,}, {x / y:.0f} times fewer in one layer",
                "fewer strides or more channels here",
                "stride",
            )


RULE = Rule(
    code="CNN-L314",
    name="bottleneck",
    severity="info",
    what="Finds single layers behind which the map holds more than 8 times fewer numbers.",
    why="Information that is squeezed out early cannot be brought back; representations should shrink gently.",
    source="Szegedy et al. 2015, Rethinking the Inception Architecture, general design principle 1",
    bad="""\
input: 16x64x64
layers:
  - conv: {out_channels: 16, kernel_size: 4, stride: 4}
  - relu
  - conv: 8
""",
    good="""\
input: 16x64x64
layers:
  - conv: {out_channels: 32, kernel_size: 2, stride: 2}
  - relu
  - conv: 8
""",
    check=check,
    options={"narrowest": 8},
)
