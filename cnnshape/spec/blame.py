"""Where a shape's problem is written: the value of the field that is to blame, not only the layer.

A network keeps one place per layer; this is looked up when there is something to tell, and only then.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnshape.errors import Problem
from cnnshape.layers import BY_NAME
from cnnshape.spec.aliases import KINDS, plain
from cnnshape.spec.fields import written_at
from cnnshape.spec.source import WIDTH, Document, Map


def blamed(document: Document, problems: tuple[Problem, ...]) -> list[Problem]:
    """The problems with their source lines, each at its value; what one line does wrong many times is told once."""
    told: dict[tuple[str, int, int], Problem] = {}
    more: dict[tuple[str, int, int], list[str]] = {}
    for problem in problems:
        key = (problem.code, problem.place.line, problem.place.column)
        told.setdefault(key, problem)
        more.setdefault(key, []).append(problem.place.layer)
    items = dict(every_mapping(document.data)) if told else {}
    found = []
    for key, problem in told.items():
        _, line, column = key
        mark = value_place(items.get(line * WIDTH + column), problem.field)
        place = problem.place if not mark else problem.place._replace(line=mark // WIDTH, column=mark % WIDTH)
        notes = problem.notes
        if len(more[key]) > 1:
            notes = (*notes, f"and in {len(more[key]) - 1} more layers, the last {more[key][-1]}")
        found.append(problem._replace(place=place, notes=notes, source_line=document.line(place.line)))
    return found


def value_place(item: Map | None, field: str) -> int:
    """The packed place of a field's value in an item; 0 when it is not written there."""
    for word in item or () if field else ():
        name = word if word in BY_NAME else KINDS.get(plain(word), "")
        if name in BY_NAME and (mark := written_at(BY_NAME[name], item, word, field)):
            return mark
    return 0


def every_mapping(data: Any) -> Iterator[tuple[int, Map]]:
    """Every mapping, by its place; one that aliases repeat is seen once."""
    stack, seen = [data], set()
    while stack:
        value = stack.pop()
        if isinstance(value, (dict, list)) and id(value) not in seen:
            seen.add(id(value))
            stack.extend(value.values() if isinstance(value, dict) else value)
            if isinstance(value, Map):
                yield value.at, value
