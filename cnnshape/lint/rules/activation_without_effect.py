"""Activation that changes nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Change, Found, Graph
from cnnshape.lint.kinds import NEVER_NEGATIVE, POOLS, VIEWS
from cnnshape.lint.rule import Rule

KEEPS = (
    VIEWS
    | POOLS
    | {
        "global_avg_pool",
        "global_max_pool",
        "adaptive_avg_pool",
        "adaptive_max_pool",
        "slice",
        "crop",
        "channel_shuffle",
        "pixel_shuffle",
        "pixel_unshuffle",
        "depth_to_space",
        "space_to_depth",
        "split",
        "concat",
        "add",
        "mul",
        "maximum",
    }
)
IDLE = frozenset({"relu", "leaky_relu", "prelu", "abs", "rrelu"})


def check(g: Graph) -> Iterator[Found]:
    """Rectifiers of numbers that are never negative."""
    positive = [False] * g.inputs
    for n, node in enumerate(g.nodes):
        kind = g.kind(n)
        fed = bool(node.inputs) and all(positive[v] for v in node.inputs)
        if kind in IDLE and fed:
            makes = g.before(n)
            yield Found(
                n,
                f"{kind} of what is never negative: {g.name(makes)} ({g.kind(makes) if makes is not None else 'input'}) "
                "hands on only numbers from 0 up",
                "leave it out",
                change=Change("remove"),
            )
        here = kind in NEVER_NEGATIVE or (fed and kind in KEEPS | IDLE)
        positive.extend([here] * len(node.outputs))


RULE = Rule(
    code="CNN-L212",
    name="activation-without-effect",
    severity="warning",
    what=(
        "Finds relu and its kin where every number is 0 or more already: behind another relu, also through "
        "pools, views, sums and concatenations."
    ),
    why="It does nothing, in training and after. Usually a norm or a convolution is missing between the two.",
    source="max(0, max(0, x)) = max(0, x)",
    bad="""\
input: 3x32x32
layers:
  - conv: 8
  - relu
  - max_pool: 2
  - relu
""",
    good="""\
input: 3x32x32
layers:
  - conv: 8
  - relu
  - max_pool: 2
""",
    check=check,
    fixes="Removes the activation.",
)
