"""A curve as text: a column of blocks for each place, as wide as the terminal has room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

#: Eighths of a cell from the bottom up.
_EIGHTHS = " ▁▂▃▄▅▆▇█"


def plot(
    points: Sequence[tuple[int, int]],
    title: str,
    show: Callable[[int], str],
    *,
    room: int = 80,
    height: int = 10,
    plain: bool = False,
) -> list[str]:
    r"""Points in ascending order; what lies between two of them stays empty where nothing is known.

    >>> print(*plot([(1, 1), (2, 2), (3, 4)], "n by size", str, room=15, height=2, plain=True), sep="\n")
    n by size
    4 |        ####
      |    ########
    0 +------------
       1          3
    """
    top = max(1, *[value for _, value in points])
    left, right = points[0][0], points[-1][0]
    label = max(len(show(top)), 1)
    columns = max(room - label - 2, 10)
    # A point reaches up to where the next one begins; a column shows the largest value that it meets.
    step = min([b[0] - a[0] for a, b in pairwise(points)], default=1)
    highest: list[int | None] = [None] * columns
    for n, value in points:
        first, end = ((n - left + more) * columns // (right - left + step) for more in (0, step))
        for column in range(first, max(first + 1, end)):
            highest[column] = max(highest[column] or 0, value)
    lines = [title]
    for row in range(height - 1, -1, -1):
        cells = "".join(" " if value is None else _cell(value, top, row, height, plain) for value in highest)
        name = show(top) if row == height - 1 else ""
        lines.append(f"{name:>{label}} {'|' if plain else '│'}{cells}".rstrip())
    lines.append(f"{'0':>{label}} {'+' if plain else '└'}{('-' if plain else '─') * columns}")
    ends = f"{left}{str(right).rjust(columns - len(str(left)))}"
    lines.append(f"{'':>{label}}  {ends}")
    return lines


def _cell(value: int, top: int, row: int, height: int, plain: bool) -> str:
    """One cell of a column: empty, full, or a part of it."""
    if plain:
        return "#" if round(value * height / top) > row else " "
    eighths = min(max(round(value * height * 8 / top) - 8 * row, 0), 8)
    return _EIGHTHS[eighths]
