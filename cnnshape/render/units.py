"""Numbers as people read them: units, axes, totals that are not the whole."""

from __future__ import annotations

from typing import Any


def joined(values: tuple[Any, ...], sign: str = "x") -> str:
    """Per-axis numbers in one cell.

    >>> joined((1000003, 0.5, None))
    '1000003x0.5x?'
    """
    return sign.join("?" if v is None else str(v) if isinstance(v, int) else f"{v:g}" for v in values)


def size(count: int) -> str:
    """Bytes in binary units.

    >>> size(512), size(1536), size(233 * 2**20)
    ('512 B', '1.5 KiB', '233.0 MiB')
    """
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{count} B" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def marked(value: int, state: str, raw: bool = False) -> str:
    """A total; at least this much when a layer is unknown."""
    if state == "unavailable":
        return "?"
    text = str(value) if raw else f"{value:,}"
    return text if state == "complete" else f">= {text}"


def measured(count: int, state: str, raw: bool = False) -> str:
    """Bytes of a total; at least this much when a shape is unknown."""
    if state == "unavailable":
        return "?"
    text = str(count) if raw else size(count)
    return text if state == "complete" or raw else f">= {text}"
