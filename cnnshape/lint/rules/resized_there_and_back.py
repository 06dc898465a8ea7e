"""Resized there and back."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """An upsampling right behind a pool, or a pool right behind an upsampling."""

    def shrinks(m: int) -> bool:
        return any(w.stride > 1 for w in g.windows(m))

    for n in g.each("max_pool", "avg_pool", "upsample"):
        m, row = g.behind(n, VIEWS), g.row(n)
        if m is None or len(g.x(n)) < 3 or len(g.y(m)) < 3:
            continue
        down_up = row.kind in ("max_pool", "avg_pool") and shrinks(n) and g.kind(m) == "upsample"
        up_down = row.kind == "upsample" and shrinks(m)
        if (down_up or up_down) and g.x(n)[2:] == g.y(m)[2:]:
            big, small = "x".join(map(str, g.x(n)[2:])), "x".join(map(str, g.y(n)[2:]))
            yield Found(
                m,
                f"{g.name(n)} makes {small} of {big}, and {g.name(m)} makes {big} of it again, with nothing between",
                "leave both out, or put layers between them",
            )


RULE = Rule(
    code="CNN-L121",
    name="resized-there-and-back",
    severity="warning",
    what="Finds a pool and an upsampling, or the reverse, with nothing between them.",
    why=("The pair throws detail away and invents it again. An encoder without a bottom is usually a lost block."),
    source="Ronneberger et al. 2015, U-Net (two convolutions stand at the bottom)",
    bad="""\
input: 8x32x32
layers:
  - max_pool: 2
  - upsample: 2
  - conv: 8
""",
    good="""\
input: 8x32x32
layers:
  - max_pool: 2
  - conv: {out_channels: 8, padding: 1}
  - relu
  - upsample: 2
  - conv: 8
""",
    check=check,
    on_the_zoo=(
        "SegNet's last pool is undone by its first upsampling; the published network keeps the pool's "
        "indices, which is what the pair is for."
    ),
)
