"""A few threads for work that NumPy does outside of the interpreter's lock: copies, ufuncs, products."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache


@cache
def count() -> int:
    """How many threads: what OpenBLAS was told by the environment, or the processors that this process may use."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        value = os.environ.get(name, "")
        if value.isdigit() and int(value) > 0:
            return int(value)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


#: Set on a thread that is at work for `spread`: what it spreads further it does itself, lest all wait for all.
_busy = threading.local()


@cache
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max(1, count() - 1), "cnnshape")


def busy() -> bool:
    """Whether this thread is at work for `spread`."""
    return getattr(_busy, "now", False)


def shares(length: int, many: int) -> list[int]:
    """Where each of so many equal parts of a length begins, and where the last ends."""
    return [length * part // many for part in range(many + 1)]


def spread(work: Callable[[int], None], parts: Iterable[int]) -> None:
    """Call `work` once for every part, on all threads; the first error is raised when all have ended."""
    todo = list(parts)
    if len(todo) < 2 or count() < 2 or busy():
        for part in todo:
            work(part)
        return

    def some(first: int) -> None:
        _busy.now = True
        try:
            for part in todo[first :: count()]:
                work(part)
        finally:
            _busy.now = False

    started = [_pool().submit(some, first) for first in range(1, min(count(), len(todo)))]
    try:
        some(0)
    finally:
        for future in started:
            future.result()
