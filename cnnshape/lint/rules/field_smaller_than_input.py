"""Receptive field smaller than the input."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import GLOBAL_POOLS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """The last window's receptive field, held against the input."""
    n = g.last_spatial
    field = g.row(n).receptive_field if n is not None else None
    if n is None or field is None or not g.shapes[0].known:
        return
    sizes = g.shapes[0][2:]
    small = [
        (axis, seen, size)
        for axis, seen, size in zip(g.axes(n), field.size, sizes, strict=False)
        if seen is not None and seen < size
    ]
    if not small:
        return
    behind = {g.kind(m) for m in g.follows(n)}
    head = g.head()
    one = head is not None and set(g.y(head)[2:]) <= {1}
    pooled = one and not behind.isdisjoint(GLOBAL_POOLS)  # in the trunk, and not only in a gate
    axis, seen, size = small[0]
    largest = f"; the largest input that one output can see is {g.feasible[1]}" if g.feasible else ""
    yield Found(
        n,
        f"the last window sees {seen} of {size} positions along the {axis}{largest}",
        f"more layers, strides or dilation, or an input of at most {min(s for _, s, _ in small)}",
        severity=None if pooled else "info",
    )


RULE = Rule(
    code="CNN-L401",
    name="field-smaller-than-input",
    severity="warning",
    what=(
        "Finds networks whose last window sees only a part of the image. It is a warning where a global pool follows; where "
        "a linear layer joins all positions, or each position is labelled by itself, it is a note."
    ),
    why="No feature describes the whole image: a global average only counts local patterns.",
    source="Richter et al. 2021, rfa_toolbox (feasible input sizes); Araujo, Norris & Sim 2019",
    bad="""\
input: 3x64x64
layers:
  - conv: {out_channels: 16, padding: 1}
  - relu
  - conv: {out_channels: 16, padding: 1}
  - relu
  - global_avg_pool
  - flatten
  - linear: 10
""",
    good="""\
input: 3x8x8
layers:
  - conv: {out_channels: 16, stride: 2, padding: 1}
  - relu
  - conv: {out_channels: 16, stride: 2, padding: 1}
  - relu
  - conv: {out_channels: 16, padding: 1}
  - relu
  - global_avg_pool
  - flatten
  - linear: 10
""",
    check=check,
    on_the_zoo=(
        "The All-CNN and Network in Network see 27 of 32 pixels, SqueezeNet 1.0 sees 155 of 224 and 1.1 sees "
        "207: their last maps are averaged, and no position of them has seen the whole image."
    ),
)
