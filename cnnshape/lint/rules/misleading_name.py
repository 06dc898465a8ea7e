"""Name that says another kind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import ACTIVATIONS, NORMS, POOLS, WEIGHTED
from cnnshape.lint.rule import Rule

#: What a name begins with, and the kinds that may be called so.
WORDS = {
    "conv": {"conv", "conv_transpose"},
    "fc": {"linear", "conv"},
    "linear": {"linear", "conv"},
    "bn": {"batch_norm"},
    "relu": {"relu", "relu6", "leaky_relu", "prelu", "rrelu"},
    "sigmoid": {"sigmoid", "hardsigmoid", "log_sigmoid"},
    "tanh": {"tanh", "hardtanh", "tanhshrink"},
    "softmax": {"softmax", "log_softmax", "softmin"},
    "dropout": {"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "drop_path"},
    "maxpool": {"max_pool", "global_max_pool", "adaptive_max_pool"},
    "max_pool": {"max_pool"},
    "avgpool": {"avg_pool", "global_avg_pool", "adaptive_avg_pool"},
    "avg_pool": {"avg_pool"},
}
CHECKED = ACTIVATIONS | NORMS | POOLS | WEIGHTED | {"dropout", "softmax", "flatten"}
FORM = re.compile(r"([a-z_]*?)_?\d*\Z")


def check(g: Graph) -> Iterator[Found]:
    """Names that say another kind than the layer's."""
    if g.network.format != "cnnshape":
        return
    for n, node in enumerate(g.nodes):
        last = (node.path[-1] if node.path else node.name).lower()
        found = FORM.match(last)
        kinds = WORDS.get(found[1]) if found else None
        if kinds and g.kind(n) in CHECKED and g.kind(n) not in kinds:
            yield Found(n, f"is called {last}, but is a {g.kind(n)}", "call it what it is", "name")


RULE = Rule(
    code="CNN-L605",
    name="misleading-name",
    severity="warning",
    what="Finds layers that are called conv, relu, bn, fc and so on, and are something else.",
    why="A reader of tables and of other layers' `from` believes the name.",
    source="docs/spec.md, Layers",
    bad="""\
input: 8x32x32
layers:
  - conv: 8
  - sigmoid:
    name: relu1
""",
    good="""\
input: 8x32x32
layers:
  - conv: 8
  - sigmoid:
    name: squash
""",
    check=check,
)
