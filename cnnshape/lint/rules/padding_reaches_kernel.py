"""Padding as wide as the window."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnnshape.lint.candidates import Axis, each, joined, tried
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Padding as wide as the window: its first or last output sees no input at all."""
    for n, axes in g.sliding():
        for axis, size, w in blank(axes):
            most, first = max(w.before, w.after), w.blank(size)
            shown = f"output {first} of {axis} sees padding alone" if first is not None else f"{axis} grows"
            half = each([(w.extent - 1) // 2 for _, _, w in axes])
            candidates: list[dict[str, Any]] = [{"padding": half}, {"padding": 1}, {"padding": 0}]
            fixes = tried(g, n, lambda axes: not blank(axes), candidates, most=1)
            yield Found(
                n,
                f"padding {most} against a window of {w.extent}: {shown}",
                joined(fixes, "a smaller window, or a larger map here"),
                "padding",
            )
            break


def blank(axes: Sequence[Axis]) -> list[Axis]:
    """The axes whose padding is as wide as the window, or where an output sees nothing else."""
    return [
        (axis, size, w)
        for axis, size, w in axes
        if w.kernel > 1 and (max(w.before, w.after) >= w.extent or w.blank(size) is not None)
    ]


RULE = Rule(
    code="CNN-L104",
    name="padding-reaches-kernel",
    severity="warning",
    what="Finds windows that fit into the padding alone.",
    why="Such an output is a constant: zeros, or the bias. The map has grown by positions without content.",
    source=("Dumoulin & Visin 2016, 2.2 (padding up to kernel - 1, full padding, lets every window touch the input)"),
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 3}
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 3, padding: 1}
  - relu
""",
    check=check,
    on_the_zoo=("FCN pads its first layer by 100, so that any input is large enough for its last window of 7."),
)
