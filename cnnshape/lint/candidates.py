"""Fixes of a window that were tried: the layer takes its input with them, and the rule has nothing left to say.

A rule names candidates; only those that work are told, as the analyser does with its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from cnnshape.errors import LayerError
from cnnshape.facts import facts, in_spec
from cnnshape.geometry.window import Window
from cnnshape.lint.graph import AXES, Graph

#: (name of the axis, its length, its window), as `Graph.sliding` has them.
Axis = tuple[str, int, Window]


def tried(
    g: Graph, n: int, good: Callable[[Sequence[Axis]], bool], changes: Iterable[dict[str, Any]], most: int = 9
) -> list[str]:
    """The first `most` changes of a layer's fields that it can take and that make its axes good, as a spec writes them.

    Values of one field stand together: `kernel_size: 3 or 5`.
    """
    told: dict[tuple[str, ...], list[str]] = {}
    left = most
    for change in changes:
        if left and _works(g, n, good, change):
            left -= 1
            words = [in_spec(name, value) for name, value in change.items()]
            told.setdefault(tuple(change) if len(change) == 1 else tuple(words), []).append(", ".join(words))
    return [
        texts[0] + "".join(f" or {text.split(': ', 1)[1]}" for text in dict.fromkeys(texts[1:]))
        for texts in told.values()
    ]


def _works(g: Graph, n: int, good: Callable[[Sequence[Axis]], bool], change: dict[str, Any]) -> bool:
    """Whether one change does."""
    try:
        layer: Any = msgspec.structs.replace(g.layer(n), **change)
        facts(layer, g.row(n).input_shapes)
        windows = layer.windows(g.x(n))
    except (LayerError, TypeError):
        return False
    return good(list(zip(AXES[len(windows)], g.x(n)[2:], windows, strict=True)))


def each(values: Sequence[int]) -> int | tuple[int, ...]:
    """One value per axis as a field takes it: one number where all are alike.

    >>> each([3, 3]), each([0, 1])
    (3, (0, 1))
    """
    return values[0] if len(set(values)) == 1 else tuple(values)


def joined(fixes: Iterable[str], otherwise: str) -> str:
    """Fixes as one text; what to do where none of them works."""
    return ", or ".join(fixes) or otherwise
