"""Pool right behind a pool."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.geometry.window import Window
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import POOLS, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Two pools of a kind in a row."""
    for n in g.each(*POOLS):
        m = g.behind(n, VIEWS)
        if m is None or g.kind(m) != g.kind(n):
            continue
        pairs = list(zip(g.windows(n), g.windows(m), strict=False))
        if not pairs or any(all(w.kernel == w.stride == 1 for w in g.windows(pool)) for pool in (n, m)):
            continue  # no-effect says so
        first, second = pairs[0]
        extent, stride = first.extent + (second.extent - 1) * first.stride, first.stride * second.stride
        if g.kind(n) != "lp_pool" and len(set(pairs)) == 1 and joins(first, second, once=g.kind(n) == "avg_pool"):
            what, fix = "are one pool", f"one pool in place of both: kernel_size: {extent}, stride: {stride}"
        else:
            what, fix = "read a window", "one pool in place of both"
        yield Found(m, f"{g.name(n)} and {g.name(m)} {what} of {extent}, stride {stride}, in two steps", fix)


def joins(first: Window, second: Window, *, once: bool) -> bool:
    """Whether two pools are exactly one: without gaps or padding, and for an average every position read once."""
    if first.dilation > 1 or any(w.before or w.after for w in (first, second)):
        return False
    step = first.stride * second.dilation
    return second.kernel == 1 or (step == first.kernel if once else step <= first.kernel)


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
