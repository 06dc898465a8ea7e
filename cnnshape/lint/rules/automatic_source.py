"""Reference to an automatic name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule
from cnnshape.lint.written import names, sources

NUMBERED = re.compile(r"(?:.*\.)?([a-z_0-9]*[a-z_])(\d+)(?:\[\d+\])?\Z")


def check(g: Graph) -> Iterator[Found]:
    """Names in `from` that nobody has written: they count layers of a kind."""
    if g.document is None:
        return
    written = names(g.document) | {tensor.name for tensor in g.network.inputs}
    made = {node.path[-1] if node.path else node.name: n for n, node in enumerate(g.nodes)}
    for name, mark in sources(g.document):
        last = name.partition("[")[0].rpartition(".")[2]
        found = NUMBERED.match(name)
        if found and last not in written and last in made and "${" not in name:
            kind = g.kind(made[last])
            if last.startswith(kind):
                yield Found(
                    None,
                    f"{name} is the automatic name of a layer: another {kind} above it, and it means another layer",
                    f"give it a name of its own, with name: beside the {kind}",
                    at=mark,
                )


RULE = Rule(
    code="CNN-L601",
    name="automatic-source",
    severity="warning",
    what="Finds names in `from`, `share`, merges and `outputs` that no layer was given: conv1, relu2, ...",
    why=(
        "Automatic names count. One more layer of the kind, and the reference silently moves on to its "
        "neighbour; where shapes agree, nobody notices."
    ),
    source="docs/spec.md, Layers",
    bad="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, padding: 1}
  - relu
  - conv: {out_channels: 8, padding: 1}
  - add: relu1
""",
    good="""\
input: 8x32x32
layers:
  - conv: {out_channels: 8, padding: 1}
  - relu:
    name: skip
  - conv: {out_channels: 8, padding: 1}
  - add: skip
""",
    check=check,
)
