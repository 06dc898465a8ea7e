"""Padding as wide as the window."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Padding as wide as the window: its first or last output sees no input at all."""
    for n, axes in g.sliding():
        for axis, size, w in axes:
            most = max(w.before, w.after)
            blank = w.blank(size)
            if w.kernel > 1 and (most >= w.extent or blank is not None):
                shown = f"output {blank} of {axis} sees padding alone" if blank is not None else f"{axis} grows"
                yield Found(
                    n,
                    f"padding {most} against a window of {w.extent}: {shown}",
                    f"padding: {(w.extent - 1) // 2}",
                    "padding",
                )
                break


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
