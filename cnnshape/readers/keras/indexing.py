"""Indexing of a tensor: x[:, 1:-1, ..., None, 2]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import Any

from cnnshape.errors import quoted
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.moves import reshaped
from cnnshape.readers.keras.operations import said
from cnnshape.readers.keras.tensor import Built, same

#: What stands for one axis: a range, a single place, whose axis is lost, or None for a new axis.
Part = slice | int | None


def item(c: Call) -> Built:
    """Ranges are slices, single places and new axes a reshape behind them; reading backwards is no kind here."""
    key = said(c, 1, "key", "slice_spec")
    shape = c.shape()
    parts = _spread([_part(part) for part in (key if isinstance(key, list) else [key])], len(shape))
    if not parts or not _whole(parts[0]):  # the batch is cut
        raise Unknown
    kept = _kept(parts, shape)
    if any(isinstance(part, slice) and (part.step or 1) < 0 for part in parts):
        return c.foreign(kept, 0, 0)
    x, order = c.x, c.x.order or same(len(shape))
    other = any(not isinstance(part, slice) for part in parts)
    axes = [part for part in parts if part is not None]
    cut = [axis for axis, part in enumerate(axes) if not _whole(part)]
    for axis in cut:
        suffix = f"axis{axis}" if other or axis != cut[-1] else ""
        x = c.node("slice", {"dim": order[axis], **_range(axes[axis])}, [x], order, suffix)
    if other:
        return reshaped(c, x, kept)
    return x if cut else c.node("identity", {}, [x], order)


def _part(part: Any) -> Part | EllipsisType:
    """One part of an index as Python has it. Raises Unknown for places that a tensor or an array names."""
    if part is None or _number(part):
        return part  # type: ignore[no-any-return]
    if part == "..." or (isinstance(part, Mapping) and part.get("class_name") == "__ellipsis__"):
        return ...
    found = part.get("config", part) if isinstance(part, Mapping) else None
    if not isinstance(found, Mapping) or not {"start", "stop"} <= found.keys():
        raise Unknown
    edges = [found.get(key) for key in ("start", "stop", "step")]
    if any(n is not None and not _number(n) for n in edges):
        raise Unknown
    if edges[2] == 0:
        raise wrong(f"a range {quoted(edges)} has a step of 0")
    return slice(*edges)


def _number(value: Any) -> bool:
    """Whether a value is a whole number."""
    return isinstance(value, int) and not isinstance(value, bool)


def _spread(parts: Sequence[Part | EllipsisType], rank: int) -> list[Part]:
    """A part for every axis: those that `...` stands for, or that nothing is said of, are whole."""
    named = [part for part in parts if part is not ...]
    left = rank - sum(part is not None for part in named)
    if left < 0 or len(parts) > len(named) + 1:
        raise wrong(f"an index of {len(parts)} parts does not fit the {rank} axes")
    at = parts.index(...) if ... in parts else len(parts)
    return [*named[:at], *[slice(None)] * left, *named[at:]]


def _whole(part: Part) -> bool:
    """Whether a part keeps its axis as it is."""
    return isinstance(part, slice) and part.start in (None, 0) and part.stop is None and part.step in (None, 1)


def _range(part: slice | int) -> dict[str, Any]:
    """The fields of a slice."""
    if isinstance(part, slice):
        return {"start": part.start or 0, "end": part.stop, "step": part.step or 1}
    return {"start": part, "end": None if part == -1 else part + 1, "step": 1}


def _kept(parts: Sequence[Part], shape: Sequence[int]) -> list[int]:
    """The sizes of what is left."""
    sizes, found = iter(shape), []
    for part in parts:
        if part is None:
            found.append(1)
            continue
        n = next(sizes)
        if isinstance(part, slice):
            found.append(len(range(*part.indices(n))))
        elif not -n <= part < n:
            raise wrong(f"place {part} is none of an axis of {n}")
    return found
