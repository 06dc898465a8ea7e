"""Room for what lies between, the same again and again: fresh memory costs more than the copy into it."""

from __future__ import annotations

from math import prod
from threading import local
from typing import Any

import numpy as np

#: Elements that are kept; more than that is taken fresh and given back.
KEPT = 1 << 22

_own = local()


def room(name: str, size: int, dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """Memory without content, this thread's until it asks for the same name again."""
    if size > KEPT:
        return np.empty(size, dtype)
    rooms: dict[str, Any] = _own.__dict__
    key = f"{name} {dtype.str}"
    found = rooms.get(key)
    if found is None or found.size < size:
        found = rooms[key] = np.empty(size, dtype)
    kept: np.ndarray[Any, Any] = found[:size]
    return kept


def scratch(shape: tuple[int, ...], dtype: np.dtype[Any]) -> np.ndarray[Any, Any]:
    """An array without content for one step of a chain, this thread's until it asks again."""
    return room("scratch", prod(shape), dtype).reshape(shape)
