"""Block that nobody calls."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule
from cnnshape.lint.written import top, unused, words


def check(g: Graph) -> Iterator[Found]:
    """Blocks that nothing calls, directly or through a block that is called."""
    data = top(g.document)
    section = data.get("blocks") or {}
    if not isinstance(section, dict):
        return
    used = words(data.get("layers")) | words(data.get("vars"))
    pending = [name for name in section if name in used]
    called = set(pending)
    while pending:
        for name in words(section[pending.pop()]) & set(section) - called:
            called.add(name)
            pending.append(name)
    for name in section:
        if name not in called:
            yield unused(section, name, "blocks", f"no layer calls the block {name}")


RULE = Rule(
    code="CNN-L603",
    name="unused-block",
    severity="warning",
    what="Finds names below `blocks:` that no list of layers uses.",
    why=(
        "It is read, maintained and never built; often a call has a slip in its name and means a block of the library."
    ),
    source="docs/spec.md, Blocks",
    bad="""\
input: 8x32x32
blocks:
  unit: [conv: 8, relu]
  other: [conv: 4]
layers:
  - unit
""",
    good="""\
input: 8x32x32
blocks:
  unit: [conv: 8, relu]
layers:
  - unit
""",
    check=check,
    fixes="Removes the block.",
)
