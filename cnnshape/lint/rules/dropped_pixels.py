"""Stride that does not fit: the last positions are never read."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Input positions behind the last window, axis by axis."""
    for n, axes in g.sliding():
        lost = []
        for axis, size, w in axes:
            last = (w.out_size(size) - 1) * w.stride - w.before + w.extent
            behind = size - last
            if w.stride > 1 and behind > 0 and w.extent > 1:
                sum_ = f"({size} + {w.before} + {w.after} - {w.extent}) mod {w.stride} = {w.left_over(size)}"
                lost.append((axis, behind, sum_, w, size))
        if not lost:
            continue
        sums: dict[tuple[str, int], list[str]] = {}
        for axis, count, sum_, _, _ in lost:
            sums.setdefault((sum_, count), []).append(axis)
        what = "; ".join(
            f"{sum_}, so the last {count} of {' and '.join(named)} {'are' if count > 1 else 'is'} never read"
            for (sum_, count), named in sums.items()
        )
        fixes = ["ceil_mode: true"] if g.kind(n) != "conv" else []
        _, count, _, w, size = lost[0]
        fits = [p for p in range(w.extent) if (size + 2 * p - w.extent) % w.stride == 0 and p > w.before]
        if fits and 2 * fits[0] < w.extent + 1:
            fixes.append(f"padding: {fits[0]}")
        fixes.append(
            f"{'or ' if fixes else ''}change a layer above, so that {size - count} or {size - count + w.stride} arrive here"
        )
        yield Found(n, f"the stride does not fit: {what}", ", ".join(fixes), "stride")


RULE = Rule(
    code="CNN-L101",
    name="dropped-pixels",
    severity="warning",
    what="Finds convolutions and pools whose last window ends before the map does.",
    why=(
        "The rows and columns behind the last window influence nothing. They are lost for every image, always "
        "at the same edge, and the map's centre shifts."
    ),
    source=(
        "CS231n, Convolutional Networks: (W - F + 2P) must be a multiple of S; Dumoulin & Visin 2016, relationship 6"
    ),
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 8, kernel_size: 3, stride: 2}
  - relu
""",
    good="""\
input: 3x33x33
layers:
  - conv: {out_channels: 8, kernel_size: 3, stride: 2}
  - relu
""",
    check=check,
    on_the_zoo=(
        "SqueezeNet and ZFNet take 224 pixels, and their first window leaves the last row and column of them unread."
    ),
)
