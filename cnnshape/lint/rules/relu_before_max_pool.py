"""Activation in front of a max pool."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A monotone activation in front of a max pool that would leave it fewer numbers."""
    for n in g.each("relu", "relu6", "sigmoid", "tanh", "leaky_relu"):
        m = g.behind(n)
        if m is not None and g.kind(m) in ("max_pool", "global_max_pool") and g.y(m).numel < g.y(n).numel:
            if any(w.before or w.after for w in g.windows(m)):
                continue  # padding of a pool counts as -inf, or as 0 in some tools
            yield Found(
                n,
                f"{g.name(m)} leaves {g.y(m).numel:,} of {g.y(n).numel:,} numbers: behind it, {g.kind(n)} gives the "
                "same for less",
                f"exchange {g.name(n)} and {g.name(m)}",
            )


RULE = Rule(
    code="CNN-L506",
    name="relu-before-max-pool",
    severity="info",
    what="Finds activations that grow with their input in front of a max pool without padding.",
    why=(
        "The maximum of activated numbers is the activated maximum: in the other order, a quarter of the "
        "numbers suffices."
    ),
    source="max(f(a), f(b)) = f(max(a, b)) for any f that grows",
    bad="""\
input: 3x32x32
layers:
  - conv: 8
  - relu
  - max_pool: 2
""",
    good="""\
input: 3x32x32
layers:
  - conv: 8
  - max_pool: 2
  - relu
""",
    check=check,
)
