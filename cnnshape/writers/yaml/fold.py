"""Equal work written once: blocks for chains that come again, repeats for those that follow one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from cnnshape.writers.yaml.items import Leaf, Repeat, columns, deep, lines, lists_of, skeleton, varied
from cnnshape.writers.yaml.reduce import ACTS, Element, Uses, follows
from cnnshape.writers.yaml.tidy import Block, inlined

#: A block is at most so many items long, and has at most so many arguments.
MAX_WINDOW, MAX_ARGS = 8, 6
#: So many blocks at most: what is left then saves little.
MAX_BLOCKS = 12
#: Longer networks are searched for short windows only.
LONG = 3_000


class Window(msgspec.Struct):
    """All places where one skeleton stands: list, position, holes."""

    size: int
    lines: int
    places: list[tuple[int, int]] = msgspec.field(default_factory=list)
    holes: list[list[tuple[str, int]]] = msgspec.field(default_factory=list)

    def saved(self) -> int:
        """How many lines a block saves."""
        return len(self.places) * (self.lines - 1) - self.lines - 2


def folded(found: list[Element], uses: Uses) -> tuple[list[Element], list[Block]]:
    """The outermost list with blocks and repeats."""
    blocks: list[Block] = []
    while len(blocks) < (MAX_BLOCKS if len(found) < LONG else 4):
        chains = list(_chains(found, uses))
        best = _best([[element.item for element in chain] for _, chain in chains])
        if best is None:
            break
        found = _outer(_called(found, chains, best, blocks), uses, _tandem)
    for change in (_tandem, _table):
        found = _outer(found, uses, change)
    return inlined(found, blocks)


def _chains(found: list[Element], uses: Uses) -> Iterator[tuple[int, list[Element]]]:
    """The longest chains of the outermost list, with their positions."""
    start = 0
    for at in range(1, len(found) + 1):
        if at == len(found) or not follows(uses, found[at - 1], found[at]):
            if len(found[start].ins) == 1 and not found[start].pinned:
                yield start, found[start:at]
            elif at - start > 1:
                yield start + 1, found[start + 1 : at]
            start = at


def _best(chains: list[list[Any]]) -> tuple[tuple[str, ...], Window] | None:
    """The window whose block saves most."""
    lists = [tuple(chain) for chain in chains]
    lists += [part for chain in chains for item in chain for part in lists_of(item)]
    windows: dict[tuple[str, ...], Window] = {}
    longest = MAX_WINDOW if sum(map(len, lists)) < LONG else 3
    for number, items in enumerate(lists):
        shapes = [skeleton(item) for item in items]
        ends: dict[tuple[str, ...], int] = {}
        for at in range(len(items)):
            for size in range(1, min(longest, len(items) - at) + 1):
                if isinstance(items[at], Leaf) and (size == 1 or items[at].kind in ACTS):
                    continue
                key = tuple([shape for shape, _ in shapes[at : at + size]])
                if _periodic(key) or _doubled(items[at : at + size], key) or ends.get(key, 0) > at:
                    continue
                ends[key] = at + size
                window = windows.get(key)
                if window is None:
                    window = windows[key] = Window(size, lines(items[at : at + size]))
                window.places.append((number, at))
                window.holes.append([hole for _, holes in shapes[at : at + size] for hole in holes])
    ranked = sorted(windows.items(), key=lambda pair: (-pair[1].saved(), pair[1].size))
    for key, window in ranked:
        if window.saved() <= 0:
            break
        if len(columns(window.holes)[1]) <= MAX_ARGS:
            return key, window
    return None


def _periodic(key: tuple[str, ...]) -> bool:
    """Whether a window is a shorter one several times."""
    size = len(key)
    return any(size % part == 0 and key == key[:part] * (size // part) for part in range(1, size // 2 + 1))


def _doubled(items: tuple[Any, ...], key: tuple[str, ...]) -> bool:
    """Whether a window holds one structure twice, which then wants to be the block."""
    whole = [shape for item, shape in zip(items, key, strict=True) if not isinstance(item, Leaf) or item.call]
    return len(set(whole)) < len(whole)


def _called(
    found: list[Element],
    chains: list[tuple[int, list[Element]]],
    best: tuple[tuple[str, ...], Window],
    blocks: list[Block],
) -> list[Element]:
    """Calls of a new block in place of every window."""
    key, window = best
    holes, names, _ = columns(window.holes)
    name = f"block_{chr(ord('a') + len(blocks))}"
    sample: list[Any] = []

    def call(items: tuple[Any, ...]) -> Leaf:
        if not sample:
            sample.extend(items)
        mine = [value for item in items for _, value in skeleton(item)[1]]
        given = {variable: value for variable, value in zip(holes, mine, strict=True) if variable is not None}
        return Leaf(name, tuple([(word, given[word]) for word in names]), names[0] if names else "", call=True)

    def inside(items: tuple[Any, ...]) -> tuple[Any, ...]:
        done: list[Any] = []
        at = 0
        while at < len(items):
            part = items[at : at + window.size]
            if tuple([skeleton(item)[0] for item in part]) == key:
                done.append(call(part))
                at += window.size
            else:
                done.append(deep(items[at], inside))
                at += 1
        return tuple(done)

    for start, chain in reversed(chains):
        fresh: list[Element] = []
        at = 0
        while at < len(chain):
            part = chain[at : at + window.size]
            items = tuple([element.item for element in part])
            if tuple([skeleton(item)[0] for item in items]) == key:
                fresh.append(Element(call(items), part[0].ins, part[-1].outs))
                at += window.size
            else:
                chain[at].item = deep(chain[at].item, inside)
                fresh.append(chain[at])
                at += 1
        found[start : start + len(chain)] = fresh
    blocks.append(Block(name, names, varied(tuple(sample), holes)))
    return found


def _outer(
    found: list[Element], uses: Uses, change: Callable[[tuple[Any, ...]], list[tuple[int, Any]]]
) -> list[Element]:
    """The outermost list with its chains shortened; `change` gives (how many items, the item in their place)."""
    for start, chain in reversed(list(_chains(found, uses))):
        fresh: list[Element] = []
        at = 0
        for size, item in change(tuple([element.item for element in chain])):
            if size == 1:
                fresh.append(chain[at])
                chain[at].item = deep(item, lambda items: tuple([made for _, made in change(items)]))
            else:
                fresh.append(Element(item, chain[at].ins, chain[at + size - 1].outs))
            at += size
        found[start : start + len(chain)] = fresh
    return found


def _tandem(items: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """Equal neighbours become a repeat."""
    done: list[tuple[int, Any]] = []
    at = 0
    while at < len(items):
        best = (0, 1, 1)
        for size in range(1, min(MAX_WINDOW, (len(items) - at) // 2) + 1):
            part, times = items[at : at + size], 1
            while items[at + times * size : at + (times + 1) * size] == part:
                times += 1
            saved = (times - 1) * lines(part) - 2
            if size == 1 and times > 1 and isinstance(part[0], Leaf) and part[0].call:
                saved = max(saved, 1)  # so that a stage of two units looks like one of three
            best = max(best, (saved, -size, times))
        saved, size, times = best[0], -best[1], best[2]
        if saved > 0:
            part = items[at : at + size]
            done.append((size * times, Repeat(times, part, lines=2 + lines(part))))
            at += size * times
        else:
            done.append((1, items[at]))
            at += 1
    return done


def _table(items: tuple[Any, ...]) -> list[tuple[int, Any]]:
    """Neighbours of one skeleton become a repeat over a table."""
    shapes = [skeleton(item) for item in items]
    keys = [key for key, _ in shapes]
    done: list[tuple[int, Any]] = []
    at = 0
    while at < len(items):
        best: tuple[int, int, int] = (0, 1, 1)
        for size in range(1, min(MAX_WINDOW, (len(items) - at) // 2) + 1):
            part, times = keys[at : at + size], 1
            while keys[at + times * size : at + (times + 1) * size] == part:
                times += 1
            saved = (times - 1) * lines(items[at : at + size]) - 4
            if saved > best[0] and 0 < len(_rows(shapes, at, size, times)[1]) <= MAX_ARGS:
                best = (saved, size, times)
        saved, size, times = best
        if saved > 0:
            holes, names, rows = _rows(shapes, at, size, times)
            body = varied(items[at : at + size], holes)
            made = Repeat(times, body, tuple(names), tuple([tuple(row) for row in rows]), 4 + lines(body))
            done.append((size * times, made))
            at += size * times
        else:
            done.append((1, items[at]))
            at += 1
    return done


def _rows(shapes: list[Any], at: int, size: int, times: int) -> tuple[list[str | None], list[str], list[list[int]]]:
    """The table's columns for so many turns of so many items."""
    turns = range(at, at + size * times, size)
    return columns([[hole for _, holes in shapes[turn : turn + size] for hole in holes] for turn in turns])
