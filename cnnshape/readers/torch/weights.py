"""Whose parameters have been counted: every array once, however often and in however many pieces it is used."""

from __future__ import annotations

from math import prod
from typing import Any

import msgspec

from cnnshape.readers.torch.program import Entry, Meta


class Weight(msgspec.Struct, frozen=True, gc=False):
    """A parameter of the module's, or a piece of one, perhaps in another shape."""

    array: str
    piece: tuple[Any, ...]
    """Which piece, one (cut, number) for every cut."""
    shape: tuple[int, ...]
    numel: int
    grad: bool
    name: str
    """As the module calls it."""

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes two uses the same."""
        return (self.array, self.piece)


class Const(msgspec.Struct, frozen=True, gc=False):
    """An array that depends on no input and is not learned: a buffer, or what is made of some; None: shape unknown."""

    shape: tuple[int, ...] | None
    name: str


class Ledger:
    """What is learned, and by which layer it has been counted."""

    def __init__(self) -> None:
        """Nothing is known yet."""
        self.sizes: dict[str, int] = {}
        self.used: dict[str, int] = {}
        self.first: dict[str, Entry] = {}
        self.claimed: set[tuple[Any, ...]] = set()
        self.owners: dict[tuple[Any, ...], tuple[str, type]] = {}
        self.cuts: dict[tuple[Any, ...], Any] = {}
        self.frozen: set[str] = set()

    def parameter(self, entry: Entry, meta: Meta) -> Weight:
        """An array of the module's."""
        array = entry.array or entry.target
        shape = meta.shape or ()
        if array not in self.first:
            self.first[array] = entry
            self.sizes[array], self.used[array] = prod(shape), 0
            if not meta.grad:
                self.frozen.add(array)
        return Weight(array, (), shape, prod(shape), meta.grad, entry.target)

    def cut(self, weight: Weight, how: Any, shapes: list[tuple[int, ...]]) -> list[Weight] | None:
        """The pieces of a parameter; None when it has been cut in another way before, so that pieces would overlap."""
        if self.cuts.setdefault(weight.key, how) != how or sum(map(prod, shapes)) != weight.numel:
            return None
        return [
            Weight(weight.array, (*weight.piece, (how, n)), shape, prod(shape), weight.grad, f"{weight.name}.{n}")
            for n, shape in enumerate(shapes)
        ]

    def new(self, weight: Weight) -> bool:
        """Whether nobody has counted it."""
        fits = self.used[weight.array] + weight.numel <= self.sizes[weight.array]
        return fits and weight.key not in self.claimed

    def claim(self, weights: list[Weight]) -> int:
        """Count those that are new; how many numbers that were."""
        total = 0
        for weight in weights:
            if self.new(weight):
                self.claimed.add(weight.key)
                self.used[weight.array] += weight.numel
                total += weight.numel
        return total

    def left(self) -> dict[str, tuple[int, bool]]:
        """Numbers that no layer uses, and whether all are frozen, by the module that holds them."""
        found: dict[str, tuple[int, bool]] = {}
        for array, size in self.sizes.items():
            if self.used[array] < size:
                module = self.first[array].target.rpartition(".")[0]
                before, frozen = found.get(module, (0, True))
                found[module] = (before + size - self.used[array], frozen and array in self.frozen)
        return found
