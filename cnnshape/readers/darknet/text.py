"""The text of a `.cfg` file: sections of `key=value` lines, with their places, read as the program itself reads them."""

from __future__ import annotations

from typing import NamedTuple

from cnnshape.errors import quoted
from cnnshape.readers.graph import Graph

#: Every kind of white space goes before a line is looked at, as in darknet's `strip`.
_SPACES = str.maketrans("", "", " \t\r\n")


class Value(NamedTuple):
    """What stands behind a key, and where."""

    text: str
    line: int
    column: int


class Section(NamedTuple):
    """One `[name]` with its options; of a key that is written twice the first counts."""

    name: str
    line: int
    column: int
    options: dict[str, Value]


def parse(graph: Graph) -> list[Section]:
    """All sections of the graph's text; a line that is neither a section nor an option is put on record."""
    found: list[Section] = []
    for number, raw in enumerate(graph.text.split("\n"), 1):
        line = raw.translate(_SPACES)
        if not line or line[0] in "#;":
            continue
        column = len(raw) - len(raw.lstrip(" \t\r")) + 1
        if line[0] == "[":
            end = line.find("]")
            if end < 0:
                graph.wrong("CNN-E106", "the section's name has no closing ]", number, column)
                end = len(line)
            found.append(Section(line[1:end], number, column, {}))
            continue
        key, equals, text = line.partition("=")
        if not equals:
            message = f"{quoted(line[:40])} is neither a [section] nor key=value"
            graph.wrong("CNN-E106", message, number, column, fix="a comment begins with #")
        elif not found:
            graph.wrong(
                "CNN-E106", f"{quoted(key[:40])} stands before the first section", number, column, fix="[net] above"
            )
        else:
            found[-1].options.setdefault(key, Value(text, number, raw.find("=") + 2))
    return found
