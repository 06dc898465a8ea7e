"""Map that collapses before the end."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A strided window that leaves one position, with windows still to come."""
    for n, _ in g.sliding():
        if set(g.y(n)[2:]) != {1} or set(g.x(n)[2:]) == {1}:
            continue
        later = [m for m in g.follows(n) if any(w.kernel > 1 for w in g.windows(m)) and set(g.x(m)[2:]) == {1}]
        if later:
            yield Found(
                n,
                f"the map shrinks from {'x'.join(map(str, g.x(n)[2:]))} to one position here, but {len(later)} more "
                f"layer{'s' if len(later) > 1 else ''} behind it (first {g.name(min(later))}) slide{'s' if len(later) == 1 else ''} windows over it",
                "fewer strides, or a larger input",
                "stride",
            )


RULE = Rule(
    code="CNN-L110",
    name="map-collapsed",
    severity="warning",
    what="Finds the layer that leaves a single position while windows of several taps still follow.",
    why="What follows has no neighbourhood to look at: it is a multilayer perceptron with idle weights.",
    source="Richter et al. 2021, Should You Go Deeper? Optimizing Convolutional Neural Network Architectures",
    bad="""\
input: 3x8x8
layers:
  - conv: {out_channels: 8, padding: 1}
  - relu
  - max_pool: 8
  - conv: {out_channels: 8, padding: 1}
  - relu
""",
    good="""\
input: 3x8x8
layers:
  - conv: {out_channels: 8, padding: 1}
  - relu
  - max_pool: 2
  - conv: {out_channels: 8, padding: 1}
  - relu
""",
    check=check,
    on_the_zoo=("SSD300's last scale is a map of one position, and the heads of all scales are alike."),
)
