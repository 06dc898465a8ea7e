"""Width that hardware pads."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import WEIGHTED
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Widths that tensor cores must pad, but for those of the network's input and output."""
    step = g.options["channel-step"]
    for n in g.each(*WEIGHTED):
        at = 1 if g.kind(n) != "linear" else -1
        out = g.y(n)[at]
        if out % step and g.feeds_weights[n]:
            up = -(-out // step) * step
            yield Found(
                n,
                f"{out} mod {step} = {out % step}: hardware computes {up} channels and throws {up - out} away",
                f"{up} or {out // step * step or step}",
                "out_channels" if at == 1 else "out_features",
            )


RULE = Rule(
    code="CNN-L501",
    name="odd-channels",
    severity="info",
    what="Finds hidden layers whose number of channels or features is no multiple of 8.",
    why=(
        "Tensor cores, vector units and memory lines work in eights; what does not fit is padded or takes a "
        "slower path."
    ),
    source=("NVIDIA, Deep Learning Performance Guide (multiples of 8 for FP16); Sandler et al. 2018, make_divisible"),
    bad="""\
input: 3x32x32
layers:
  - conv: 30
  - relu
  - conv: 10
""",
    good="""\
input: 3x32x32
layers:
  - conv: 32
  - relu
  - conv: 10
""",
    check=check,
    options={"channel-step": 8},
)
