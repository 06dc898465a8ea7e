"""Even window that keeps the size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnnshape.lint.candidates import Axis, joined, tried
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Stride 1, an even window, the same size: one side has more padding."""
    for n, axes in g.sliding():
        for axis, size, w in axes:
            if w.stride == 1 and w.extent % 2 == 0 and abs(w.before - w.after) == 1 and w.out_size(size) == size:
                candidates = [{"kernel_size": w.kernel - 1}, {"kernel_size": w.kernel + 1}]
                yield Found(
                    n,
                    f"an even window of {w.extent} keeps the {axis} at {size} by padding {w.before} before and "
                    f"{w.after} behind: every output looks half a position to one side",
                    joined(tried(g, n, even, candidates), "an odd window, with (window - 1) / 2 on both sides"),
                    "kernel_size",
                )
                break


def even(axes: Sequence[Axis]) -> bool:
    """Whether every axis keeps its size by the same padding on both sides."""
    return all(w.out_size(size) == size and w.before == w.after for _, size, w in axes)


RULE = Rule(
    code="CNN-L105",
    name="even-kernel-same",
    severity="warning",
    what="Finds windows of even extent, stride 1, whose padding keeps the size and is therefore uneven.",
    why=("An even window has no middle. Each such layer shifts the map by half a position, and the shifts add up."),
    source="Wu et al. 2019, Convolution with even-sized kernels and symmetric padding",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 4, padding: same}
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 5, padding: same}
  - relu
""",
    check=check,
    on_the_zoo=(
        "Tiny YOLO's last pool of 2 at stride 1 keeps 13x13 by padding behind, half a position to one side, "
        "as Darknet does it."
    ),
)
