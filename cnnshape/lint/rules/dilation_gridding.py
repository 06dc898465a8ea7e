"""Dilations with a common factor."""

from __future__ import annotations

from collections.abc import Iterator
from math import gcd

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, NORMS, VIEWS
from cnnshape.lint.rule import Rule

PASS = ACTIVATIONS | NORMS | VIEWS


def check(g: Graph) -> Iterator[Found]:
    """Runs of dilated convolutions whose taps together still leave holes."""
    done: set[int] = set()
    for n, _ in g.sliding("conv"):
        if n in done or all(w.dilation == 1 for w in g.windows(n)):
            continue
        run: list[int] = []
        at: int | None = n
        while at is not None and g.kind(at) == "conv" and all(w.stride == 1 for w in g.windows(at)):
            if g.windows(at) and not g.pointwise(at):
                run.append(at)
            done.add(at)
            at = g.behind(at, PASS)
        if len(run) < 2:
            continue
        for axis, name in enumerate(g.axes(n)):
            windows = [g.windows(m)[axis] for m in run]
            steps = gcd(*[w.dilation for w in windows if w.kernel > 1])
            if steps < 2:
                continue
            extent = 1 + sum(w.extent - 1 for w in windows)
            read = 1 + (extent - 1) // steps
            yield Found(
                run[-1],
                f"the dilations {', '.join(str(w.dilation) for w in windows)} have the common factor {steps}: of "
                f"{extent} positions along the {name} that one output spans, it reads {read}, on a grid",
                "dilations without a common factor, such as 1, 2, 5",
                "dilation",
            )
            break


RULE = Rule(
    code="CNN-L112",
    name="dilation-gridding",
    severity="warning",
    what="Finds runs of dilated convolutions all of whose dilations share a factor.",
    why=(
        "Neighbouring outputs then read disjoint grids of the input: each sees a sieve, and the result has a "
        "checkered texture."
    ),
    source="Wang et al. 2018, Understanding Convolution for Semantic Segmentation (hybrid dilated convolution)",
    bad="""\
input: 8x47x61
layers:
  - conv: {out_channels: 8, padding: 2, dilation: 2}
  - relu
  - conv: {out_channels: 8, padding: 4, dilation: 4}
  - relu
""",
    good="""\
input: 8x47x61
layers:
  - conv: {out_channels: 8, padding: 1, dilation: 1}
  - relu
  - conv: {out_channels: 8, padding: 2, dilation: 2}
  - relu
  - conv: {out_channels: 8, padding: 5, dilation: 5}
  - relu
""",
    check=check,
)
