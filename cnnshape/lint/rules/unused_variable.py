"""Variable that nobody uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule
from cnnshape.lint.written import top, unused, words


def check(g: Graph) -> Iterator[Found]:
    """Variables that no expression mentions."""
    data = top(g.document)
    section = data.get("vars") or {}
    if not isinstance(section, dict):
        return
    used = words([value for key, value in data.items() if key not in ("vars", "doc", "name")])
    mentions = {name: words(value) for name, value in section.items()}
    counts = Counter(word for found in mentions.values() for word in found)
    for name, value in section.items():
        if name not in used and counts[name] == (name in mentions[name]):
            yield unused(section, name, "vars", f"no expression mentions the variable {name} ({value})")


RULE = Rule(
    code="CNN-L602",
    name="unused-variable",
    severity="warning",
    what="Finds names below `vars:` that no expression mentions.",
    why="`--set` changes it, and nothing happens: the reader believes that it matters.",
    source="docs/spec.md, Variables",
    bad="""\
input: 8x32x32
vars: {width: 16, depth: 3}
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
""",
    check=check,
    fixes="Removes the variable.",
    on_the_zoo=(
        "A file for several networks keeps each one's table as a variable, and an entry of the zoo chooses "
        "one of them: the others are idle until `--set` names them."
    ),
)
