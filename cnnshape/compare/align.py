"""A shortest edit script over two sequences: which positions are one, which came and which went."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Sequence
from typing import Any

#: Longer edit scripts than this are not looked for: what is left between equal ends counts as replaced.
MAX_EDITS = 1500


def matched(
    a: Sequence[Any], b: Sequence[Any], names: tuple[Sequence[str], Sequence[str]] | None = None
) -> list[tuple[int | None, int | None]]:
    """Pairs of positions in order, equal ones first found by a shortest edit script; None stands for nothing.

    Of several scripts that keep as many, the one that keeps the names is taken.

    >>> matched("abcd", "abxd")
    [(0, 0), (1, 1), (2, 2), (3, 3)]
    >>> matched("abd", "abcd")
    [(0, 0), (1, 1), (None, 2), (2, 3)]
    """
    kept = _ends(a, b, 0, 0)
    if names is not None:
        named = _between(a, b, _anchors(a, b, *names))
        kept = named if len(named) >= len(kept) else kept
    pairs: list[tuple[int | None, int | None]] = []
    last = (-1, -1)
    for i, j in [*kept, (len(a), len(b))]:
        pairs.extend(_gap(a, b, range(last[0] + 1, i), range(last[1] + 1, j)))
        if i < len(a):
            pairs.append((i, j))
        last = (i, j)
    return pairs


def _ends(a: Sequence[Any], b: Sequence[Any], left: int, right: int) -> list[tuple[int, int]]:
    """The pairs that are kept of two stretches that begin at `left` and `right`: equal ends need no script."""
    head = 0
    while head < min(len(a), len(b)) and a[head] == b[head]:
        head += 1
    tail = 0
    while tail < min(len(a), len(b)) - head and a[-1 - tail] == b[-1 - tail]:
        tail += 1
    kept = [(i, i) for i in range(head)]
    kept += [(head + i, head + j) for i, j in _kept(a[head : len(a) - tail], b[head : len(b) - tail])]
    kept += [(len(a) - k, len(b) - k) for k in range(tail, 0, -1)]
    return [(left + i, right + j) for i, j in kept]


def _anchors(a: Sequence[Any], b: Sequence[Any], before: Sequence[str], after: Sequence[str]) -> list[tuple[int, int]]:
    """The longest run in order of layers that are equal and have one name (patience)."""
    where = {name: j for j, name in enumerate(after)}
    ends: list[int] = []  # the position in b that ends the best run of each length
    links: list[tuple[int, int, int]] = []  # (i, j, the link before or -1)
    tops: list[int] = []
    for i, name in enumerate(before):
        j = where.get(name)
        if j is None or a[i] != b[j]:
            continue
        at = bisect_left(ends, j)
        links.append((i, j, tops[at - 1] if at else -1))
        ends[at : at + 1] = [j]
        tops[at : at + 1] = [len(links) - 1]
    found = []
    link = tops[-1] if tops else -1
    while link >= 0:
        i, j, link = links[link]
        found.append((i, j))
    return found[::-1]


def _between(a: Sequence[Any], b: Sequence[Any], anchors: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The anchors, and what is kept between them."""
    kept: list[tuple[int, int]] = []
    last = (0, 0)
    for i, j in [*anchors, (len(a), len(b))]:
        if i > last[0] and j > last[1]:
            kept += _ends(a[last[0] : i], b[last[1] : j], *last)
        if i < len(a):
            kept.append((i, j))
        last = (i + 1, j + 1)
    return kept


def _kept(a: Sequence[Any], b: Sequence[Any]) -> list[tuple[int, int]]:
    """The pairs that a shortest edit script keeps (Myers 1986); none when it would be very long."""
    most = min(len(a) + len(b), MAX_EDITS)
    furthest = array("q", [0]) * (2 * most + 3)  # on diagonal k at most + 1 + k
    trail: list[array[int]] = []  # the part of it that each number of edits read
    for edits in range(most + 1):
        middle = most + 1
        trail.append(furthest[middle - edits - 1 : middle + edits + 2])
        for k in range(-edits, edits + 1, 2):
            here = middle + k
            down = k == -edits or (k != edits and furthest[here - 1] < furthest[here + 1])
            x = furthest[here + 1] if down else furthest[here - 1] + 1
            y = x - k
            while x < len(a) and y < len(b) and a[x] == b[y]:
                x, y = x + 1, y + 1
            furthest[here] = x
            if x >= len(a) and y >= len(b):
                return _walked(trail, x, y)
    return []


def _walked(trail: list[array[int]], x: int, y: int) -> list[tuple[int, int]]:
    """Back along the edit script: the pairs that it keeps."""
    kept: list[tuple[int, int]] = []
    for edits in range(len(trail) - 1, -1, -1):
        furthest, k, middle = trail[edits], x - y, edits + 1
        before_x = before_y = 0
        if edits:
            down = k == -edits or (k != edits and furthest[middle + k - 1] < furthest[middle + k + 1])
            before = k + 1 if down else k - 1
            before_x = furthest[middle + before]
            before_y = before_x - before
        while x > before_x and y > before_y:
            x, y = x - 1, y - 1
            kept.append((x, y))
        x, y = before_x, before_y
    return kept[::-1]


def _gap(a: Sequence[Any], b: Sequence[Any], left: range, right: range) -> list[tuple[int | None, int | None]]:
    """What stands between two kept layers: those of one kind are one layer that changed, in order."""
    pairs: list[tuple[int | None, int | None]] = []
    places: dict[Any, deque[int]] = {}  # where each kind stands on the right: each place is looked at once
    for k in right:
        places.setdefault(_kind(b[k]), deque()).append(k)
    j = right.start
    for i in left:
        ahead = places.get(_kind(a[i]), deque())
        while ahead and ahead[0] < j:
            ahead.popleft()
        twin = ahead[0] if ahead else None
        if twin is None:
            pairs.append((i, None))
        else:
            pairs.extend((None, k) for k in range(j, twin))
            pairs.append((i, twin))
            j = twin + 1
    pairs.extend((None, k) for k in range(j, right.stop))
    return pairs


def _kind(token: Any) -> Any:
    return getattr(token, "kind", None)
