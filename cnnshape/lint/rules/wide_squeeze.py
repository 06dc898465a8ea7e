"""Squeeze wider than its input."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A gate whose hidden layer is as wide as its input or wider."""
    for n in g.each("global_avg_pool", "adaptive_avg_pool"):
        first = g.behind(n, VIEWS)
        if first is None or g.kind(first) not in ("conv", "linear"):
            continue
        second = g.behind(first, ACTIVATIONS | VIEWS | {"batch_norm"})
        if second is None or g.kind(second) != g.kind(first):
            continue
        gate = g.behind(second, VIEWS)
        if gate is None or g.kind(gate) not in ("sigmoid", "hardsigmoid"):
            continue
        c, hidden = g.x(n)[1], g.row(first).output_shapes[0][1]
        if hidden >= c:
            yield Found(
                first,
                f"the squeeze is {hidden} wide on {c} channels: it squeezes nothing",
                f"{max(1, c // 16)} (a 16th) or {max(1, c // 4)} (a quarter)",
                "out_channels" if g.kind(first) == "conv" else "out_features",
            )


RULE = Rule(
    code="CNN-L305",
    name="wide-squeeze",
    severity="warning",
    what=("Finds gates (global average, two layers, sigmoid) whose hidden layer is no narrower than their input."),
    why=(
        "The squeeze is there to be cheap: at full width the gate has 2 * C * C parameters and often more "
        "than the convolution that it scales."
    ),
    source="Hu et al. 2018, Squeeze-and-Excitation Networks, 6.1 (reduction ratio 16)",
    bad="""\
input: 16x32x32
layers:
  - conv: 16
  - residual:
      - global_avg_pool
      - conv: {out_channels: 32, kernel_size: 1}
      - relu
      - conv: {out_channels: 16, kernel_size: 1}
      - sigmoid
    merge: mul
""",
    good="""\
input: 16x32x32
layers:
  - conv: 16
  - residual:
      - global_avg_pool
      - conv: {out_channels: 4, kernel_size: 1}
      - relu
      - conv: {out_channels: 16, kernel_size: 1}
      - sigmoid
    merge: mul
""",
    check=check,
)
