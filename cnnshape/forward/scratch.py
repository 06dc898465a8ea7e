"""Memory for what lies between: each thread has a little of its own, and uses it again and again."""

from __future__ import annotations

from math import prod
from threading import local
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

#: Bytes that a thread keeps; more than that is taken fresh.
KEPT = 1 << 22

_own = local()


def scratch(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Memory without content, this thread's until it asks again."""
    size = prod(shape) * dtype.itemsize
    if size > KEPT:
        return np.empty(shape, dtype)
    memory = getattr(_own, "memory", None)
    if memory is None:
        memory = _own.memory = np.empty(KEPT, np.uint8)
    found: Array = memory[:size].view(dtype).reshape(shape)
    return found


def choose(condition: Array, a: Any, b: Any, out: Array) -> Array:
    """A where the condition holds, else b; out may be either of them.

    By bits: NumPy's own branch per number takes eight times as long where signs are random.
    """
    bits = np.dtype(f"i{out.dtype.itemsize}")
    mask, changed = scratch((2, *out.shape), bits)
    mask[...] = condition
    np.subtract(0, mask, out=mask)  # all bits of the number, or none
    first, second = (np.asarray(value, out.dtype).view(bits) for value in (a, b))
    np.bitwise_xor(first, second, out=changed)
    changed &= mask
    np.bitwise_xor(second, changed, out=out.view(bits))
    return out
