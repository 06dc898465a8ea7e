"""Pool larger than the map."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnshape.lint.candidates import each, tried
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
                    fix(g, n),
                    "kernel_size",
                )
                break


def fix(g: Graph, n: int) -> str:
    """The largest window that the map holds, with less padding where the pool refuses so much; or what else there is."""
    sizes, windows = g.x(n)[2:], g.windows(n)
    if set(sizes) == {1}:
        return "leave it out, or a larger map above"
    taps = [min(w.kernel, (size - 1) // w.dilation + 1) for size, w in zip(sizes, windows, strict=True)]
    wanted: dict[str, Any] = {"kernel_size": each(taps)}
    candidates = [wanted, {**wanted, "padding": each([k // 2 for k in taps])}, {**wanted, "padding": 0}]
    fits = tried(g, n, lambda axes: all(w.extent <= size for _, size, w in axes), candidates, most=1)
    return ", or ".join([*fits, "a global pool"])


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
