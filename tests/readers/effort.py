"""How long a call takes of the processor, whatever else the machine does meanwhile."""

from __future__ import annotations

import time


def seconds(call) -> float:
    """The least of three, as some of what happens to a process is no doing of its own."""
    found = []
    for _ in range(3):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return min(found)


def grows_evenly(call, small: int, large: int) -> bool:
    """Whether `call(large)` takes as many times as long as `call(small)` as it is larger: its square would be far more."""
    call(small)  # what is imported or remembered once
    return seconds(lambda: call(large)) < 2.5 * large / small * seconds(lambda: call(small))
