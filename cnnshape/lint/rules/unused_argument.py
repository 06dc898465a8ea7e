"""Argument that its block never uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from cnnshape.lint.graph import Found, Graph
from cnnshape.lint.rule import Rule
from cnnshape.lint.written import top, words


def check(g: Graph) -> Iterator[Found]:
    """Arguments of the spec's own blocks that the block never mentions."""
    section = top(g.document).get("blocks") or {}
    for name, body in section.items() if isinstance(section, dict) else ():
        args = body.get("args") if isinstance(body, dict) else None
        if not args or not isinstance(args, (dict, list)):
            continue
        used = words(body.get("layers"))
        defaults = dict(args) if isinstance(args, dict) else dict.fromkeys(args)
        mentions = {arg: words(value) for arg, value in defaults.items()}
        counts = Counter(word for found in mentions.values() for word in found)
        for arg in defaults:
            if arg not in used and counts[arg] == (arg in mentions[arg]):
                mark = args.mark(arg) if isinstance(args, dict) else args.at  # type: ignore[attr-defined]
                yield Found(
                    None, f"the block {name} never mentions its argument {arg}", "leave it out, or use it", at=mark
                )


RULE = Rule(
    code="CNN-L606",
    name="unused-argument",
    severity="warning",
    what="Finds arguments of blocks that no expression inside the block mentions.",
    why="Callers set it and nothing happens.",
    source="docs/spec.md, Blocks",
    bad="""\
input: 8x32x32
blocks:
  unit: {args: {width: 8, kernel: 3}, layers: [conv: width, relu]}
layers:
  - unit: {width: 16, kernel: 5}
""",
    good="""\
input: 8x32x32
blocks:
  unit: {args: {width: 8, kernel: 3}, layers: [conv: {out_channels: width, kernel_size: kernel}, relu]}
layers:
  - unit: {width: 16, kernel: 5}
""",
    check=check,
)
