"""Two activations in a row."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, NEVER_NEGATIVE, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """An activation right behind an activation, where the second does something."""
    for n in g.each(*ACTIVATIONS):
        m = g.behind(n, VIEWS)
        if m is None or g.kind(m) not in ACTIVATIONS:
            continue
        if g.kind(m) in ("relu", "leaky_relu", "prelu") and g.kind(n) in NEVER_NEGATIVE:
            continue  # activation-without-effect says so
        yield Found(
            m,
            f"{g.kind(m)} reads what {g.kind(n)} ({g.name(n)}) gives, with no weights between them",
            "keep one of them",
        )


RULE = Rule(
    code="CNN-L204",
    name="activation-twice",
    severity="warning",
    what="Finds activations that read another activation's output.",
    why=(
        "Without weights between them the two are one odd activation; the second squashes what is squashed "
        "already, and gradients pass through both slopes."
    ),
    source="Glorot & Bengio 2010, Understanding the difficulty of training deep feedforward neural networks",
    bad="""\
input: 3x32x32
layers:
  - conv: 8
  - relu
  - tanh
""",
    good="""\
input: 3x32x32
layers:
  - conv: 8
  - tanh
""",
    check=check,
)
