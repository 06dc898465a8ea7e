"""Which stored numbers have been counted: each once, however many layers use them and whatever is made of them first."""

from __future__ import annotations

from math import prod
from typing import Any

from cnnshape.readers.onnx.value import Root, Value


class Ledger:
    """What is counted of every array that the file stores, and which layer has which arrays as its weights."""

    def __init__(self, above: Ledger | None = None) -> None:
        """What is counted `above` is counted here, and not the other way round until it is joined."""
        self.above = above
        self.claimed: set[tuple[str, str]] = set()
        self.used: dict[str, int] = {}
        self.owners: dict[tuple[str, ...], tuple[str, Any]] = {}
        """Arrays -> the layer that has these as its weights, and their shapes there."""

    def claim(self, value: Value) -> int:
        """Count the numbers that it is made of, if nobody has; how many that were."""
        return sum([self.new(root) for root in value.made_of()])

    def new(self, root: Root) -> int:
        """Count an array, or the piece of one; how many of its numbers nobody had counted."""
        key, used = (root.array, root.piece), self.of(root.array)
        if self.has(key):
            return 0
        found = min(root.many, root.size - used)
        self.claimed.add(key)
        self.used[root.array] = used + found
        return found

    def has(self, key: tuple[str, str]) -> bool:
        """Whether an array or a piece is counted."""
        return key in self.claimed or (self.above is not None and self.above.has(key))

    def of(self, array: str) -> int:
        """How many numbers of an array are counted."""
        found = self.used.get(array)
        return found if found is not None else 0 if self.above is None else self.above.of(array)

    def below(self) -> Ledger:
        """One for rows that may be given up, and whose layers are none of the network's."""
        return Ledger(self)

    def join(self, below: Ledger) -> None:
        """Count what was counted below; its layers stay its own."""
        self.claimed |= below.claimed
        self.used.update(below.used)

    def owner(self, key: tuple[str, ...], sizes: Any) -> str | None:
        """The layer whose weights are exactly these; None where there is none."""
        name, held = self.owners.get(key, ("", None))
        return name if name and held == sizes else None

    def weighed(self, values: list[Value], sizes: tuple[Any, Any]) -> dict[str, int] | None:
        """How many numbers a layer's arrays bring, where they are not as many as they have; else None.

        `values` are its weights and buffers, `sizes` the shapes that it has for either.
        """
        arrays = {**(sizes[0] or {}), **sizes[1]}
        if len(values) != len(arrays):
            return None
        found = {}
        for (name, shape), value in zip(arrays.items(), values, strict=True):
            size = prod(shape)
            # What is filled to the data's size is in no file.
            brought = self.claim(value) if value.made_of() else 0 if value.measured else size
            if brought != size:
                found[name] = brought
        return found or None
