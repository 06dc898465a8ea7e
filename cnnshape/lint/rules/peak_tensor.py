"""One tensor that sets the peak memory."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule
from cnnshape.report import DTYPES


def check(g: Graph) -> Iterator[Found]:
    """One tensor that is most of the peak memory."""
    totals = g.report.totals
    names = g.network.value_names()
    sizes = {name: shape.numel for name, shape in zip(names, g.shapes, strict=True) if shape.known}
    held = [name for name in totals.peak_tensors if name in sizes]
    if len(held) < 2 or totals.peak_at is None:
        return
    item = DTYPES[g.report.dtype]
    most = max(held, key=lambda name: sizes[name])
    share = sizes[most] * item / totals.peak_activation_bytes
    if share > g.options["peak-share"]:
        value = names.index(most)
        yield Found(
            g.maker[value],
            f"{most} ({g.shapes[value]}) alone is {share:.0%} of the peak of {totals.peak_activation_bytes:,} bytes, "
            f"reached at {totals.peak_at}",
            "fewer channels or a stride here: the rest of the network needs less",
        )


RULE = Rule(
    code="CNN-L504",
    name="peak-tensor",
    severity="info",
    what="Finds a tensor that is more than 70% of the memory at the moment when most is in use.",
    why="Every other layer fits into less: the device's memory is bought for this one tensor.",
    source="Lin et al. 2020, MCUNet, section 3; Sandler et al. 2018, section 5.1",
    bad="""\
input: 3x64x64
layers:
  - conv: {out_channels: 256, padding: 1}
  - max_pool: 2
  - relu
""",
    good="""\
input: 3x64x64
layers:
  - conv: {out_channels: 4, padding: 1}
  - relu
  - max_pool: 2
  - conv: {out_channels: 8, padding: 1}
""",
    check=check,
    options={"peak-share": 0.7},
)
