"""Steps larger than the smallest object."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """The step between neighbours of the last map, held against the smallest object."""
    smallest = g.options["smallest-object"]
    n = g.last_spatial
    field = g.row(n).receptive_field if n is not None else None
    jumps = [jump for jump in field.jump if jump is not None] if field is not None else []
    if smallest and n is not None and jumps and max(jumps) > smallest:
        yield Found(
            n,
            f"neighbours of the last map are {max(jumps):g} input positions apart, the smallest object is {smallest}: "
            "two of them can fall between",
            "fewer strides, or a head on a finer map",
        )


RULE = Rule(
    code="CNN-L403",
    name="jump-past-object",
    severity="warning",
    what=(
        "Finds networks whose last map steps over objects of the size given as `smallest-object`. Without "
        "that option the rule says nothing."
    ),
    why="An object smaller than the step may have no output of its own, and two of them may share one.",
    source="Lin et al. 2017, Feature Pyramid Networks; Araujo, Norris & Sim 2019 (effective stride)",
    bad="""\
# lint --option smallest-object=8
input: 3x256x256
layers:
  - repeat: 4
    layers:
      - conv: {out_channels: 16, stride: 2, padding: 1}
      - relu
""",
    good="""\
# lint --option smallest-object=16
input: 3x256x256
layers:
  - repeat: 4
    layers:
      - conv: {out_channels: 16, stride: 2, padding: 1}
      - relu
""",
    check=check,
    options={"smallest-object": 0},
)
