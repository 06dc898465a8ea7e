"""Size that is nearly kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnnshape.lint.candidates import Axis, joined, tried
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Stride 1, padding on both sides, and a size that changes by one."""
    for n, axes in g.sliding():
        for axis, size, w in axes:
            out = w.out_size(size)
            if w.stride == 1 and w.before == w.after > 0 and abs(out - size) == 1:
                candidates: list[dict[str, Any]] = [
                    {"kernel_size": w.kernel - 1},
                    {"kernel_size": w.kernel + 1},
                    {"padding": "same"},
                ]
                yield Found(
                    n,
                    f"{size} + {w.before} + {w.after} - {w.extent} + 1 = {out}: the padding nearly keeps the {axis}, "
                    f"but it becomes {out}",
                    joined(tried(g, n, keeps, candidates), "an odd window, with (window - 1) / 2 as padding"),
                    "kernel_size",
                )
                break


def keeps(axes: Sequence[Axis]) -> bool:
    """Whether the size of every axis stays."""
    return all(w.out_size(size) == size for _, size, w in axes)


RULE = Rule(
    code="CNN-L116",
    name="size-off-by-one",
    severity="warning",
    what="Finds windows of even extent with equal padding on both sides, which change the size by one.",
    why=(
        "Padding of half the window keeps the size for odd windows only. Off by one, the map meets no "
        "shortcut and no skip."
    ),
    source="Dumoulin & Visin 2016, relationship 3 (half padding needs an odd kernel)",
    bad="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 4, padding: 2}
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 5, padding: 2}
  - relu
""",
    check=check,
)
