"""Linear layer right behind a convolution."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import AFFINE
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A convolution whose output reaches a linear layer through linear layers alone, or the reverse."""
    for n in g.each("conv", "conv_transpose", "linear"):
        m = g.behind(n, AFFINE)
        if (
            m is None
            or (g.kind(n) == "linear") == (g.kind(m) == "linear")
            or g.kind(m)
            not in (
                "conv",
                "conv_transpose",
                "linear",
            )
        ):
            continue
        if g.kind(n) == "linear" and g.y(n)[-1] < min(g.x(n)[-1], g.y(m)[1]):
            continue
        if g.kind(n) != "linear" and g.y(n)[1] < min(g.x(n)[1], g.y(m)[-1]):
            continue
        yield Found(
            m,
            f"nothing nonlinear stands between {g.name(n)} ({g.kind(n)}) and {g.name(m)} ({g.kind(m)}): together they "
            "are one linear map",
            "an activation between them",
        )


RULE = Rule(
    code="CNN-L203",
    name="linear-after-conv",
    severity="warning",
    what=(
        "Finds linear layers and convolutions with nothing nonlinear between them, also through global "
        "averages and flatten."
    ),
    why=(
        "Averages, flatten, batch norm and dropout are linear: the last convolution and the classifier "
        "collapse into one map, and the convolution's depth is wasted."
    ),
    source="Goodfellow, Bengio & Courville 2016, Deep Learning, 6.1; Lin et al. 2013, Network In Network",
    bad="""\
input: 3x32x32
layers:
  - conv: {out_channels: 16, padding: 1}
  - adaptive_avg_pool: 4
  - flatten
  - linear: 10
""",
    good="""\
input: 3x32x32
layers:
  - conv: {out_channels: 16, padding: 1}
  - relu
  - adaptive_avg_pool: 4
  - flatten
  - linear: 10
""",
    check=check,
)
