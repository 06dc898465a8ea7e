"""Receptive field smaller than the largest object."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """The last window's receptive field, held against the largest object."""
    largest = g.options["largest-object"]
    n = g.last_spatial
    field = g.row(n).receptive_field if n is not None else None
    seen = [size for size in field.size if size is not None] if field is not None else []
    if largest and n is not None and seen and min(seen) < largest:
        yield Found(
            n,
            f"one output sees {min(seen)} positions, the largest object has {largest}: no output sees it whole",
            "more layers, strides or dilation",
        )


RULE = Rule(
    code="CNN-L404",
    name="field-smaller-than-object",
    severity="warning",
    what=(
        "Finds networks whose last window sees less than `largest-object`. Without that option the rule says nothing."
    ),
    why=(
        "The class and the outline of an object that is never seen whole must be guessed from its parts. The "
        "effective field is smaller still than the theoretical one."
    ),
    source="Luo et al. 2016, Understanding the Effective Receptive Field in Deep CNNs",
    bad="""\
# lint --option largest-object=100
input: 3x256x256
layers:
  - repeat: 3
    layers:
      - conv: {out_channels: 16, stride: 2, padding: 1}
      - relu
""",
    good="""\
# lint --option largest-object=15
input: 3x256x256
layers:
  - repeat: 3
    layers:
      - conv: {out_channels: 16, stride: 2, padding: 1}
      - relu
""",
    check=check,
    options={"largest-object": 0},
)
