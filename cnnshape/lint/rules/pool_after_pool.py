"""Pool right behind a pool."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import POOLS, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Two pools of a kind in a row."""
    for n in g.each(*POOLS):
        m = g.behind(n, VIEWS)
        if m is None or g.kind(m) != g.kind(n):
            continue
        first, second = g.windows(n)[0], g.windows(m)[0]
        extent = first.extent + (second.extent - 1) * first.stride
        yield Found(
            m,
            f"{g.name(n)} and {g.name(m)} are one pool of {extent}, stride {first.stride * second.stride}, in two steps",
            f"kernel_size: {extent}, stride: {first.stride * second.stride}",
        )


RULE = Rule(
    code="CNN-L122",
    name="pool-after-pool",
    severity="info",
    what="Finds two pools of the same kind with nothing between them.",
    why=("The maximum of maxima is one maximum: the pair is one larger pool, or a convolution between them was lost."),
    source="the pool's own definition",
    bad="""\
input: 8x32x32
layers:
  - max_pool: 2
  - max_pool: 2
  - conv: 8
""",
    good="""\
input: 8x32x32
layers:
  - max_pool: {kernel_size: 4, stride: 4}
  - conv: 8
""",
    check=check,
)
