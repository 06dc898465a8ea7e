"""Padding of which one side is not used."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.geometry.window import Window
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def read(axes: list[tuple[str, int, Window]]) -> str:
    """The padding that is really read, axis by axis."""
    sides = [[w.before, w.after - min(w.after, w.left_over(size))] for _, size, w in axes]
    return str(sides)


def check(g: Graph) -> Iterator[Found]:
    """Strided windows that leave some of their padding behind."""
    for n, axes in g.sliding():
        for axis, size, w in axes:
            left = w.left_over(size)
            last = (w.out_size(size) - 1) * w.stride - w.before + w.extent
            if w.stride > 1 and 0 < left <= w.after and w.before == w.after and last >= size:
                yield Found(
                    n,
                    f"({size} + {w.before} + {w.after} - {w.extent}) mod {w.stride} = {left}: {left} of the {w.after} "
                    f"padded positions behind the {axis} are never read, so the border is uneven",
                    f"padding: {read(axes)} says the same honestly",
                    "padding",
                )
                break


RULE = Rule(
    code="CNN-L102",
    name="uneven-padding",
    severity="info",
    what="Finds strided windows that read all of the padding in front and less of the padding behind.",
    why=(
        "Nothing is lost, but every output looks half a stride towards the front. Networks whose halves must "
        "meet again (detectors, decoders) inherit the shift, and other frameworks' `same` pads the other "
        "side."
    ),
    source="Dumoulin & Visin 2016, relationship 6; TensorFlow's padding note (SAME pads behind first)",
    bad="""\
input: 3x224x224
layers:
  - conv: {out_channels: 8, kernel_size: 7, stride: 2, padding: 3}
  - relu
""",
    good="""\
input: 3x225x225
layers:
  - conv: {out_channels: 8, kernel_size: 7, stride: 2, padding: 3}
  - relu
""",
    check=check,
)
