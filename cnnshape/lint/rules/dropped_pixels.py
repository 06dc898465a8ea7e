"""Stride that does not fit: the last positions are never read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from cnnshape.geometry.window import Window
from cnnshape.lint.candidates import Axis, each, tried
from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Input positions behind the last window, axis by axis."""
    for n, axes in g.sliding():
        lost = dropped(axes)
        if not lost:
            continue
        sums: dict[tuple[str, int], list[str]] = {}
        for axis, size, w in lost:
            sums.setdefault((why(size, w), behind(size, w)), []).append(axis)
        what = "; ".join(
            f"{reason}, so the last {count} of {' and '.join(named)} {'are' if count > 1 else 'is'} never read"
            for (reason, count), named in sums.items()
        )
        yield Found(n, f"the stride does not fit: {what}", ", or ".join(fixes(g, n, axes, lost)), "stride")


def behind(size: int, w: Window) -> int:
    """How many positions stand behind the last window."""
    return size - ((w.out_size(size) - 1) * w.stride - w.before + w.extent)


def dropped(axes: Sequence[Axis]) -> list[Axis]:
    """The axes with positions that a stride leaves behind the last window."""
    return [(axis, size, w) for axis, size, w in axes if w.stride > 1 and w.extent > 1 and behind(size, w) > 0]


def why(size: int, w: Window) -> str:
    """The sum that does not come out; a window that rounding up would add is cut where it begins behind the map."""
    if w.after < 0:
        return f"the next window would begin at {w.out_size(size) * w.stride - w.before} of {size}"
    return f"({size} + {w.before} + {w.after} - {w.extent}) mod {w.stride} = {w.left_over(size)}"


def fixes(g: Graph, n: int, axes: Sequence[Axis], lost: Sequence[Axis]) -> list[str]:
    """Rounding up, the least padding that comes out and is no more than half a window, or another size."""
    candidates: list[dict[str, Any]] = [{"ceil_mode": True}] if g.kind(n) != "conv" else []
    padding = [_padding(size, w) for _, size, w in axes]
    if None not in padding:
        candidates.append({"padding": each([p for p in padding if p is not None])})
    found = tried(g, n, lambda axes: not dropped(axes), candidates)
    _, size, w = lost[0]
    least = size - behind(size, w)
    return [*found, f"change a layer above, so that {least} or {least + w.stride} arrive here"]


def _padding(size: int, w: Window) -> int | None:
    """The least padding of both sides, from today's on, with which the last window ends where the axis does."""
    if behind(size, w) <= 0 and w.before == w.after:
        return w.before
    fits = range(w.before + 1, w.extent // 2 + 1)[: w.stride]
    return next((p for p in fits if (size + 2 * p - w.extent) % w.stride == 0), None)


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
