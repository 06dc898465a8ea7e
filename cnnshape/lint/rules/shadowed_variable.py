"""Variable that a repeat hides."""

from __future__ import annotations

from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule
from cnnshape.lint.written import top
from cnnshape.spec.blame import every_mapping


def check(g: Graph) -> Iterator[Found]:
    """Repeats and block arguments that hide a variable of the top."""
    data = top(g.document)
    known = data.get("vars") or {}
    if not isinstance(known, dict) or not known:
        return
    for _, item in every_mapping(data):
        turns = item.get("repeat")
        if isinstance(turns, dict) and "as" in turns:
            names = turns["as"] if isinstance(turns["as"], list) else [turns["as"]]
            for name in names:
                if name in known:
                    at = turns.mark("as", value=True)  # type: ignore[attr-defined]
                    yield Found(
                        None, f"the repeat's {name} hides the variable {name} ({known[name]})", "another name", at=at
                    )


RULE = Rule(
    code="CNN-L607",
    name="shadowed-variable",
    severity="info",
    what="Finds repeats whose `as` is also the name of a variable of the spec.",
    why="Inside the repeat the name means something else, and `--set` no longer reaches it.",
    source="docs/spec.md, repeat",
    bad="""\
input: 8x32x32
vars: {width: 16}
layers:
  - conv: width
  - relu
  - repeat: {as: width, over: [32, 64]}
    layers:
      - conv: width
      - relu
""",
    good="""\
input: 8x32x32
vars: {width: 16}
layers:
  - conv: width
  - relu
  - repeat: {as: times, over: [2, 4]}
    layers:
      - conv: times * width
      - relu
""",
    check=check,
)
