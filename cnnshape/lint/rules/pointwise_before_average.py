"""1x1 convolution in front of an average."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A 1x1 convolution on a map that is averaged right behind it."""
    for n in g.each("conv"):
        m = g.behind(n)
        if m is None or not g.pointwise(n) or g.kind(m) not in ("avg_pool", "global_avg_pool"):
            continue
        if any(w.before or w.after or w.stride > 1 for w in (*g.windows(n), *g.windows(m)[:0])):
            continue
        if any(w.before or w.after for w in g.windows(m)) or g.y(n)[1] < g.x(n)[1] // 8 or g.y(m) == g.x(m):
            continue
        macs = g.row(n).macs or 0
        small = macs * g.y(m).numel // g.x(m).numel
        yield Found(
            n,
            f"{macs:,} MACs on a map that {g.name(m)} averages at once; behind it, it is {small:,}, with the same result",
            f"exchange {g.name(n)} and {g.name(m)}",
        )


RULE = Rule(
    code="CNN-L508",
    name="pointwise-before-average",
    severity="info",
    what="Finds pointwise convolutions right in front of an average pool.",
    why=(
        "Averaging mixes positions and a 1x1 convolution mixes channels: pooling first gives the same for a "
        "fraction of the work."
    ),
    source="both maps are linear and act on different axes",
    bad="""\
input: 64x32x32
layers:
  - conv: {out_channels: 32, kernel_size: 1}
  - avg_pool: 2
  - relu
""",
    good="""\
input: 64x32x32
layers:
  - avg_pool: 2
  - conv: {out_channels: 32, kernel_size: 1}
  - relu
""",
    check=check,
)
