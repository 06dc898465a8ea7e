"""Large window on many channels."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Full convolutions with large windows on many channels."""
    for n, axes in g.sliding("conv"):
        kernels = {w.kernel for _, _, w in axes}
        if g.layer(n).groups > 1 or len(kernels) > 1 or min(g.x(n)[1], g.y(n)[1]) < g.options["wide-enough"]:
            continue
        k = kernels.pop()
        if k < 5 or k % 2 == 0 or any(w.dilation > 1 or w.stride > 1 for _, _, w in axes):
            continue
        rank, steps = len(axes), (k - 1) // 2
        taps, many = prod([k] * rank), steps * 3**rank
        yield Found(
            n,
            f"{k} taps per axis: {taps} weights for each pair of channels; {steps} windows of 3 see as far with "
            f"{many} ({many / taps:.0%})",
            f"{steps} convolutions of kernel_size 3, or a depthwise one",
            "kernel_size",
        )


RULE = Rule(
    code="CNN-L505",
    name="large-kernel",
    severity="info",
    what="Finds full convolutions of kernel 5 and more on 32 channels and more.",
    why=(
        "Two windows of 3 see as far as one of 5 with 72% of the weights, three as far as one of 7 with 55%, "
        "and have activations between."
    ),
    source="Simonyan & Zisserman 2014, section 2.3; Szegedy et al. 2015, section 3.1",
    bad="""\
input: 64x32x32
layers:
  - conv: {out_channels: 64, kernel_size: 5, padding: 2}
  - relu
""",
    good="""\
input: 64x32x32
layers:
  - conv: {out_channels: 64, kernel_size: 3, padding: 1}
  - relu
  - conv: {out_channels: 64, kernel_size: 3, padding: 1}
  - relu
""",
    check=check,
    options={"wide-enough": 32},
)
