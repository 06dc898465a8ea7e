"""Softmax in front of a loss that has one."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.kinds import SOFTMAXES, VIEWS
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """A softmax whose result the network gives."""
    for n in g.each("softmax", "softmin"):
        if g.ends(n, VIEWS) and g.kind(n) in SOFTMAXES:
            own = g.network.format in ("cnnshape", "torch")
            yield Found(
                n,
                f"the network ends in {g.kind(n)}, and the usual losses on logits (cross entropy in torch and JAX, "
                "from_logits in Keras) apply it once more",
                "give the logits, and apply it outside",
                severity=None if own else "info",
            )


RULE = Rule(
    code="CNN-L205",
    name="softmax-at-output",
    severity="warning",
    what=("Finds networks whose output is a softmax. In files that other tools wrote for inference it is only a note."),
    why="A softmax of a softmax is nearly flat: training goes on, slowly and badly, without an error.",
    source="torch.nn.CrossEntropyLoss (the input is expected to contain the unnormalized logits)",
    bad="""\
input: 64
layers:
  - linear: 10
  - softmax
""",
    good="""\
input: 64
layers:
  - linear: 10
""",
    check=check,
    on_the_zoo=(
        "Darknet-19 and Darknet-53 end in softmax because Darknet's own loss takes probabilities; a loss on "
        "logits would apply it twice."
    ),
)
