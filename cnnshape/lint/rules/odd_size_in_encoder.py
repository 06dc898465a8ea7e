"""Odd size that the decoder cannot give back."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import UPSAMPLING
from cnnshape.lint.rule import Rule

#: A network is not walked through more often than this.
MOST = 100


def check(g: Graph) -> Iterator[Found]:
    """Sizes that no doubling brings back, where a decoder follows."""
    ups = [n for n in g.each(*UPSAMPLING) if len(g.y(n)) > 2]
    if not ups:
        return
    by_size: dict[tuple[int, int], list[int]] = {}
    for n in ups:
        for at, size in enumerate(g.y(n)[2:], 2):
            by_size.setdefault((at, size), []).append(n)
    for n in g.each("crop"):
        cut = zip(g.axes(n), g.x(n)[2:], g.y(n)[2:], strict=False)
        uneven = [(axis, large, small) for axis, large, small in cut if (large - small) % 2 and large - small > 2]
        if uneven and len(g.nodes[n].inputs) == 2 and g.maker[g.nodes[n].inputs[1]] in ups:
            axis, large, small = uneven[0]
            yield Found(
                n,
                f"{axis} {large} - {small} = {large - small} is odd: the middle of the encoder's map is half a position "
                "off that of the decoder's",
                "an input whose every stride divides its map",
            )
    asked = 0
    for n, axes in g.sliding():
        odd = [(axis, size, w) for axis, size, w in axes if w.stride > 1 and size % w.stride]
        if not odd:
            continue
        for axis, size, w in odd:
            at = 2 + g.axes(n).index(axis)
            near = [m for d in range(1, w.stride) for s in (size - d, size + d) for m in by_size.get((at, s), ())]
            back = sorted(g.follows(n).intersection(near)) if near and asked < MOST else []
            asked += bool(near)
            if back:
                yield Found(
                    n,
                    f"{axis} {size} is no multiple of the stride {w.stride}: the decoder's {g.name(back[0])} gives "
                    f"{g.y(back[0])[at]} in its place, not {size}",
                    f"an input that gives {size // w.stride * w.stride} or {(size // w.stride + 1) * w.stride} here",
                    "stride",
                )
                break


RULE = Rule(
    code="CNN-L114",
    name="odd-size-in-encoder",
    severity="warning",
    what=(
        "Finds strides on sizes that they do not divide, where an upsampling layer behind gives nearly that size "
        "again, and crops of an odd number of positions."
    ),
    why=(
        "Half of 47 is 23, and twice 23 is 46: what should be laid beside the encoder's map is off by one. "
        "Cropping or resizing hides it, and shifts one against the other."
    ),
    source=(
        "Ronneberger et al. 2015, U-Net, section 2: choose the tile size so that every 2x2 pooling gets an even size"
    ),
    bad="""\
input: 3x46x62
layers:
  - conv: {out_channels: 8, padding: 1}
    name: one
  - relu
  - max_pool: 2
  - conv: {out_channels: 8, padding: 1}
    name: two
  - relu
  - max_pool: 2
  - conv_transpose: {out_channels: 8, kernel_size: 2, stride: 2}
    name: up
  - relu
  - crop:
    from: [two, up]
  - concat: up
""",
    good="""\
input: 3x48x64
layers:
  - conv: {out_channels: 8, padding: 1}
  - relu
  - max_pool: 2
  - conv: {out_channels: 8, padding: 1}
    name: two
  - relu
  - max_pool: 2
  - conv_transpose: {out_channels: 8, kernel_size: 2, stride: 2}
  - relu
  - concat: two
""",
    check=check,
)
