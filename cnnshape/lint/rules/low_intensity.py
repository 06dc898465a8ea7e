"""Layer that waits for memory."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule
from cnnshape.report import DTYPES


def check(g: Graph) -> Iterator[Found]:
    """Layers with weights that do few operations for the bytes that they move."""
    item = DTYPES[g.report.dtype]
    for n in g.each("conv", "conv_transpose", "linear"):
        row = g.row(n)
        if not row.macs or row.params is None:
            continue
        moved = (sum(s.numel for s in (*row.input_shapes, *row.output_shapes)) + row.params) * item
        intensity = 2 * row.macs / moved
        if intensity < g.options["lowest-intensity"] and g.report.totals.macs and moved > g.options["least-bytes"]:
            yield Found(
                n,
                f"2 * {row.macs:,} MACs / {moved:,} bytes = {intensity:.1f} FLOPs per byte: memory sets its pace, not "
                "arithmetic",
                "fuse it with its neighbours, or a larger batch for a linear layer",
            )


RULE = Rule(
    code="CNN-L503",
    name="low-intensity",
    severity="info",
    what="Finds layers with fewer than 10 FLOPs for each byte that they read or write, from a megabyte on.",
    why=(
        "Modern processors do 10 to 100 operations in the time of one byte; such a layer runs as slowly as a "
        "copy, whatever its MACs promise. Depthwise convolutions and large linear layers at batch 1 are the "
        "usual ones."
    ),
    source="Williams, Waterman & Patterson 2009, Roofline",
    bad="""\
input: 64x112x112
layers:
  - conv: {out_channels: 64, padding: 1, groups: 64}
  - relu
""",
    good="""\
input: 64x112x112
layers:
  - conv: {out_channels: 64, padding: 1}
  - relu
""",
    check=check,
    options={"lowest-intensity": 10, "least-bytes": 1000000},
)
