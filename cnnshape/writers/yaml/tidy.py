"""What is left of the blocks when all is folded: those that are called once are written where they are called."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnshape.writers.yaml.items import Leaf, deep, lists_of, replaced
from cnnshape.writers.yaml.reduce import Element


class Block(msgspec.Struct):
    """A block of the spec's own."""

    name: str
    args: list[str]
    items: tuple[Any, ...]


def inlined(found: list[Element], blocks: list[Block]) -> tuple[list[Element], list[Block]]:
    """A block that is called once, from inside of a list, is written there."""
    for made in list(blocks):
        lists = [part for element in found for part in lists_of(element.item)]
        lists += [part for block in blocks for part in ((block.items), *[p for i in block.items for p in lists_of(i)])]
        nested = sum(item.call and item.kind == made.name for part in lists for item in part if isinstance(item, Leaf))
        outer = any(isinstance(e.item, Leaf) and e.item.call and e.item.kind == made.name for e in found)
        if outer or nested != 1:
            continue

        def inside(items: tuple[Any, ...], made: Block = made) -> tuple[Any, ...]:
            done: list[Any] = []
            for item in items:
                if isinstance(item, Leaf) and item.call and item.kind == made.name:
                    done += replaced(made.items, dict(item.fields))
                else:
                    done.append(deep(item, inside))
            return tuple(done)

        blocks.remove(made)
        for block in blocks:
            block.items = inside(block.items)
        for element in found:
            element.item = deep(element.item, inside)
    return _lettered(found, blocks)


def _lettered(found: list[Element], blocks: list[Block]) -> tuple[list[Element], list[Block]]:
    """The blocks that are left, called block_a, block_b and so on without a gap."""
    names = {made.name: f"block_{chr(ord('a') + number)}" for number, made in enumerate(blocks)}

    def inside(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(
            [
                item._replace(kind=names[item.kind]) if isinstance(item, Leaf) and item.call else deep(item, inside)
                for item in items
            ]
        )

    for made in blocks:
        made.name, made.items = names[made.name], inside(made.items)
    for element in found:
        (element.item,) = inside((element.item,))
    return found, blocks
