"""The threads inside matrix products: none while ours share the work.

OpenBLAS's threads wait for the next product at full speed, and take the processors from whatever is done in between;
where anything else runs on the machine, they wait for one another as well. One thread in each product and ours around
them does both the products and the light work on all processors.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

#: What builds of OpenBLAS call their functions: NumPy's own wheels first.
_NAMES = (("scipy_", "64_"), ("scipy_", ""), ("", "64_"), ("", "_64"), ("", ""))

_alone = [False]


def alone() -> bool:
    """Whether a product uses one thread now."""
    return _alone[0]


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread in every product until the end; nothing changes where the library is another one."""
    found = _functions()
    if found is None or _alone[0]:
        yield
        return
    get, put = found
    before = get()
    put(1)
    _alone[0] = True
    try:
        yield
    finally:
        _alone[0] = False
        put(before)


@cache
def _functions() -> tuple[Callable[[], int], Callable[[int], Any]] | None:
    """OpenBLAS's own functions that tell and set its threads; None where it is not there, or there twice."""
    try:
        maps = Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    files = {line.split(maxsplit=5)[5] for line in maps.splitlines() if "openblas" in line and line.count(" ") > 5}
    for file in sorted(files):
        try:
            library = ctypes.CDLL(file)
        except OSError:
            continue
        for before, after in _NAMES:
            get = getattr(library, f"{before}openblas_get_num_threads{after}", None)
            put = getattr(library, f"{before}openblas_set_num_threads{after}", None)
            if get is not None and put is not None:
                get.argtypes, get.restype = [], ctypes.c_int
                put.argtypes, put.restype = [ctypes.c_int], None
                return get, put
    return None
