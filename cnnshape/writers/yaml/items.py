"""What a written list is made of: layers, structures, calls of blocks. No names, no places: equal items are equal work.

Every integer of an item, alone or in a flat list, is a hole: two items whose holes alone differ have one skeleton, and a block or a repeat
with a variable for each hole that varies writes both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple


class Variable(str):
    """The name of a variable in a hole, and no word that a field takes."""

    __slots__ = ()


#: What stands in a hole: the integer itself, or a variable.
Hole = Any
#: (field, value) -> what stands there instead.
Filling = Callable[[str, Hole], Hole]

#: Fields that are always kept, so that they may vary, and are not written where they have these values.
DEFAULTS: dict[str, dict[str, int]] = {
    "conv": {"kernel_size": 3, "stride": 1, "padding": 0, "groups": 1},
    "conv_norm_act": {"kernel_size": 3, "stride": 1, "groups": 1},
}


class Leaf(NamedTuple):
    """One layer, or the call of a block, whose arguments look the same."""

    kind: str
    fields: tuple[tuple[str, Any], ...]
    shorthand: str = ""
    frozen: bool = False
    call: bool = False
    """Whether it is a block of this spec's own."""
    lines: int = 1
    counted: tuple[tuple[str, int], ...] = ()
    """How many numbers some arrays bring, where that is not their size."""

    def mapped(self, fill: Filling) -> Leaf:
        """The same with other holes."""
        return self._replace(fields=tuple([(name, _refilled(name, x, fill)) for name, x in self.fields]))


class Residual(NamedTuple):
    """A body and a way around it."""

    body: tuple[Any, ...]
    shortcut: tuple[Any, ...]
    merge: str
    lines: int

    def mapped(self, fill: Filling) -> Residual:
        """The same with other holes."""
        return self._replace(body=filled(self.body, fill), shortcut=filled(self.shortcut, fill))


class Branches(NamedTuple):
    """Several lists on one input, and the layer that joins them."""

    parts: tuple[tuple[Any, ...], ...]
    merge: Leaf
    lines: int

    def mapped(self, fill: Filling) -> Branches:
        """The same with other holes."""
        return self._replace(parts=tuple([filled(part, fill) for part in self.parts]), merge=self.merge.mapped(fill))


class Repeat(NamedTuple):
    """A list several times: so often, or once for each row of a table of variables."""

    times: Hole
    body: tuple[Any, ...]
    names: tuple[str, ...] = ()
    rows: tuple[tuple[int, ...], ...] = ()
    lines: int = 2

    def mapped(self, fill: Filling) -> Repeat:
        """The same with other holes; the cells of a table are none."""
        times = fill("times", self.times) if not self.names else self.times
        return self._replace(times=times, body=filled(self.body, fill))


Item = Leaf | Residual | Branches | Repeat


def hole(value: Any) -> bool:
    """Whether a field's value may become a variable."""
    return value.__class__ is int or value.__class__ is Variable


def _refilled(name: str, value: Any, fill: Filling) -> Any:
    """A field's value with other holes."""
    if hole(value):
        return fill(name, value)
    if value.__class__ is tuple and all(map(hole, value)):
        return tuple([fill(name, part) for part in value])
    return value


def filled(items: tuple[Any, ...], fill: Filling) -> tuple[Any, ...]:
    """All items with other holes."""
    return tuple([item.mapped(fill) for item in items])


@lru_cache(maxsize=65536)
def skeleton(item: Item) -> tuple[str, tuple[tuple[str, int], ...]]:
    """An item without its integers, and its integers with their fields, in order."""
    found: list[tuple[str, int]] = []

    def fill(name: str, value: Hole) -> Hole:
        if isinstance(value, Variable):
            return value
        found.append((name, value))
        return ...

    return repr(item.mapped(fill)), tuple(found)


def replaced(items: tuple[Any, ...], given: dict[str, Hole]) -> tuple[Any, ...]:
    """The items of a block with what one call gives in place of its arguments."""
    return filled(items, lambda _, value: given.get(value, value) if isinstance(value, Variable) else value)


def varied(items: tuple[Any, ...], names: list[str | None]) -> tuple[Any, ...]:
    """The items with a variable in every hole that has one; None leaves the integer."""
    following: Iterator[str | None] = iter(names)

    def fill(_: str, value: Hole) -> Hole:
        if isinstance(value, Variable):
            return value
        name = next(following)
        return value if name is None else Variable(name)

    return filled(items, fill)


def columns(holes: list[list[tuple[str, int]]]) -> tuple[list[str | None], list[str], list[list[int]]]:
    """For equal skeletons: each hole's variable, all variables, and their values in each use.

    Holes that always hold the same number as one another share a variable.
    """
    names: list[str | None] = []
    taken: dict[tuple[int, ...], str] = {}
    for place in zip(*holes, strict=True):
        values = tuple([value for _, value in place])
        if len(set(values)) == 1:
            names.append(None)
            continue
        if values not in taken:
            word, number = place[0][0], 2
            name = word
            while name in taken.values():
                name, number = f"{word}{number}", number + 1
            taken[values] = name
        names.append(taken[values])
    return names, list(taken.values()), [list(row) for row in zip(*taken, strict=True)] or [[] for _ in holes]


def lines(items: tuple[Any, ...]) -> int:
    """How many lines a list takes."""
    return sum(item.lines for item in items)


def lists_of(item: Item) -> Iterator[tuple[Any, ...]]:
    """Every list inside an item."""
    own: tuple[tuple[Any, ...], ...] = ()
    if isinstance(item, Residual):
        own = (item.body, item.shortcut)
    elif isinstance(item, Branches):
        own = item.parts
    elif isinstance(item, Repeat):
        own = (item.body,)
    for part in own:
        yield part
        for inner in part:
            yield from lists_of(inner)


def deep(item: Item, change: Callable[[tuple[Any, ...]], tuple[Any, ...]]) -> Item:
    """An item with every list inside it changed."""
    if isinstance(item, Residual):
        body, side = change(item.body), change(item.shortcut)
        size = 1 + lines(body) + (1 + lines(side) if side else 0) + (item.merge != "add")
        return Residual(body, side, item.merge, size)
    if isinstance(item, Branches):
        parts = tuple([change(part) for part in item.parts])
        return Branches(parts, item.merge, 2 + sum(max(1, lines(part)) for part in parts))
    if isinstance(item, Repeat):
        body = change(item.body)
        return item._replace(body=body, lines=2 + lines(body))
    return item
