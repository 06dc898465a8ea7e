"""The layers as a tree of blocks: what the dotted names say, laid out for a person."""

from __future__ import annotations

from itertools import groupby
from typing import NamedTuple

from cnnshape.render.grid import Row


class Line(NamedTuple):
    """One line of the tree: a layer with its row, or the heading of a block; how deep, and how it is called there."""

    depth: int
    label: str
    row: Row | None = None
    times: int = 1
    """How many equal blocks in a row this heading stands for."""


def tree(rows: list[Row], *, once: bool = True) -> list[Line]:
    """Headings and layers in order; a block with one block inside shares its heading.

    `once` shows equal blocks that follow one another a single time, with their number.
    """
    lines: list[Line] = []
    _grow(rows, 0, 0, "", lines, once)
    return lines


def _grow(rows: list[Row], at: int, depth: int, before: str, lines: list[Line], once: bool) -> None:
    """Lay out rows that share the first `at` parts of their paths; `before` begins the labels of blocks."""
    groups = [list(group) for _, group in groupby(rows, key=lambda row: (row.path[at], len(row.path) == at + 1))]
    index = 0
    while index < len(groups):
        group = groups[index]
        index += 1
        label = before + group[0].path[at]
        if len(group[0].path) == at + 1:
            lines.extend(Line(depth, label, row) for row in group)
            continue
        end = at + 1
        while all(len(row.path) > end + 1 and row.path[end] == group[0].path[end] for row in group):
            label += "." + group[0].path[end]
            end += 1
        if all(row.path[end].isdigit() for row in group):
            _grow(group, end, depth, label + ".", lines, once)  # a repeat: each round has its own heading
            continue
        times = 1
        while once and index < len(groups) and _likeness(groups[index], at) == _likeness(group, at):
            times += 1
            index += 1
        lines.append(Line(depth, label, times=times))
        _grow(group, end, depth + 1, "", lines, once)


def _likeness(group: list[Row], at: int) -> list[object]:
    """What makes two blocks look alike: everything but their own name and what follows from their place."""
    return [
        (row.path[at + 1 :], row.layer.kind, row.layer.output_shapes, row.layer.params, row.layer.macs) for row in group
    ]
