"""Two things timed in turn, A B A B ...: the machine may change its speed, their ratio stays."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter


def in_turn(a: Callable[[], object], b: Callable[[], object], rounds: int, warmup: int = 3) -> tuple[list, list]:
    """Seconds of each call of `a`, and of each call of `b` that followed it."""
    for _ in range(warmup):
        a()
        b()
    first, second = [], []
    for _ in range(rounds):
        first.append(seconds(a))
        second.append(seconds(b))
    return first, second


def seconds(call: Callable[[], object]) -> float:
    """Wall time of one call until its answer is there; what earlier calls left behind is collected before."""
    begin = perf_counter()
    answer = call()
    end = perf_counter()
    del answer
    return end - begin


def table(rows: list[tuple[str, list, list]]) -> None:
    """One line for each pair: the medians and the median, least and greatest ratio."""
    width = max(len(name) for name, _, _ in rows)
    print(f"{'A / B':<{width}}  {'A ms':>10}  {'B ms':>10}  {'A/B':>6}  {'least':>6}  {'most':>6}")
    for name, a, b in rows:
        ratios = [x / y for x, y in zip(a, b, strict=True)]
        print(
            f"{name:<{width}}  {median(a) * 1000:>10.2f}  {median(b) * 1000:>10.2f}"
            f"  {median(ratios):>6.2f}  {min(ratios):>6.2f}  {max(ratios):>6.2f}"
        )
