"""Comment that silences nothing."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule


def check(g: Graph) -> Iterator[Found]:
    """What the engine has noted: only it knows which comments were of use."""
    for mark, words, unclosed in g.options.get("idle-ignores", ()):
        if unclosed:
            yield Found(
                None, f"nothing is silenced by ignore[{words}: its bracket is not closed", "close it: ]", at=mark
            )
        else:
            yield Found(None, f"no finding here is silenced by ignore[{words}]", "leave the comment out", at=mark)


RULE = Rule(
    code="CNN-L609",
    name="idle-ignore",
    severity="warning",
    what="Finds `# cnnshape: ignore[...]` comments that silence nothing.",
    why="What it once excused is gone, and the next fault of that kind would pass unseen.",
    source="ruff, unused-noqa",
    bad="""\
input: 8x32x32
layers:
  - conv: 8  # cnnshape: ignore[bias-before-norm]
  - relu
""",
    good="""\
input: 8x32x32
layers:
  - conv: 8  # cnnshape: ignore[bias-before-norm]
  - batch_norm
  - relu
""",
    check=check,
)
