"""Pool larger than the map."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import POOLS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Pools whose window is larger than the map; it fits by its padding alone."""
    for n, axes in g.sliding(*POOLS):
        for axis, size, w in axes:
            if w.extent > size:
                yield Found(
                    n,
                    f"the window of {w.extent} is larger than the {axis} of {size}, and fits by its padding of "
                    f"{w.before} + {w.after} alone",
                    f"kernel_size: {size}, or a global pool",
                    "kernel_size",
                )
                break


RULE = Rule(
    code="CNN-L108",
    name="pool-covers-map",
    severity="warning",
    what="Finds pools whose window is larger than the map that reaches them.",
    why="The map has collapsed further up than was meant: the pool sees all of it and padding besides.",
    source="CS231n, Convolutional Networks (sizes are to be followed down the network)",
    bad="""\
input: 8x4x4
layers:
  - max_pool: 2
  - max_pool: {kernel_size: 3, stride: 1, padding: 1}
""",
    good="""\
input: 8x8x8
layers:
  - max_pool: 2
  - max_pool: {kernel_size: 3, stride: 1, padding: 1}
""",
    check=check,
)
