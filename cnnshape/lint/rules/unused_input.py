"""Input that no layer reads."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """Inputs of the network that no layer reads."""
    from cnnshape.spec.source import WIDTH

    for value, tensor in enumerate(g.network.inputs):
        if not g.readers[value] and value not in g.outputs and g.nodes:
            yield Found(
                None,
                f"nothing reads the input {tensor.name} ({g.shapes[value]})",
                "name it in a from:, or leave it out",
                at=tensor.line * WIDTH + tensor.column,
                severity=None if g.network.format == "cnnshape" else "warning",
            )


RULE = Rule(
    code="CNN-L311",
    name="unused-input",
    severity="error",
    what="Finds inputs of the network that nothing depends on.",
    why="The user must feed it, and it changes nothing. Usually a `from` is missing.",
    source="the graph itself",
    bad="""\
inputs: {left: 3x32x32, right: 3x32x32}
layers:
  - conv: 8
    from: left
  - relu
""",
    good="""\
inputs: {left: 3x32x32, right: 3x32x32}
layers:
  - concat: [left, right]
  - conv: 8
  - relu
""",
    check=check,
)
