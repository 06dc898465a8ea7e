"""Random numbers at the speed of memory: one table of them, read from a place that the names decide.

A filter needs numbers without a pattern, not numbers that were never used before; copying a table whose length is prime
is as fast as memory allows. Same seed, same digits, whatever else the network holds.
"""

from __future__ import annotations

from math import prod
from typing import Any
from zlib import crc32

import numpy as np

from cnnshape.forward.threads import spread

#: Length of the table: a prime, so that no filter meets its own numbers again soon.
TABLE = 1_048_573


class Weights:
    """Makes every learned array, buffer and input; keeps the learned ones when they are asked for again."""

    def __init__(self, seed: int = 0, dtype: str = "float32", *, keep: bool = False, zeros: bool = False) -> None:
        """`keep` remembers every array, so that another engine can be given the same; `zeros` makes them all 0."""
        self.dtype = np.dtype(dtype)
        self.seed, self.keep, self.zeros = seed, keep, zeros
        self.table = np.random.default_rng(seed).uniform(-1.0, 1.0, TABLE).astype(self.dtype)
        self.known: dict[tuple[str, str], np.ndarray[Any, Any]] = {}

    def learned(self, owner: str, name: str, shape: tuple[int, ...], fan_in: int = 0) -> np.ndarray[Any, Any]:
        """Numbers whose sum over `fan_in` products has the size of one of them (He et al. 2015, uniform)."""
        fan = fan_in or (prod(shape[1:]) if len(shape) > 1 else 1)
        limit = (3.0 / max(1, fan)) ** 0.5 if len(shape) > 1 or fan_in else 0.5
        return self.between(owner, name, shape, -limit, limit)

    def between(self, owner: str, name: str, shape: tuple[int, ...], low: float, high: float) -> np.ndarray[Any, Any]:
        """Numbers between low and high."""
        key = (owner, name)
        found = self.known.get(key)
        if found is not None:
            return found
        made: np.ndarray[Any, Any]
        if self.zeros:
            made = np.zeros(shape, self.dtype)
        else:
            made = np.empty(shape, self.dtype)
            self._fill(made.reshape(-1), crc32(f"{owner}/{name}".encode()) % TABLE, (high - low) / 2, (high + low) / 2)
        if self.keep:
            self.known[key] = made
        return made

    def _fill(self, flat: np.ndarray[Any, Any], first: int, scale: float, shift: float) -> None:
        """Copy the table from `first` on, around and around."""
        stretches = []
        at = 0
        while at < flat.size:
            begin = (first + at) % TABLE
            length = min(TABLE - begin, flat.size - at)
            stretches.append((at, begin, length))
            at += length

        def copy(part: int) -> None:
            to, begin, length = stretches[part]
            out = flat[to : to + length]
            np.multiply(self.table[begin : begin + length], self.dtype.type(scale), out=out)
            if shift:
                out += self.dtype.type(shift)

        spread(copy, range(len(stretches)))
