"""What was written, held against what it was written from: the same rows in the same order, the same totals."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnshape.report import LayerReport, Report, Totals

#: What a row may have of its own: names, and what follows from where it is written.
_NAMED = frozenset(["name", "line", "inputs", "shared_with", "path", "input_shapes"])
_TOTALS = frozenset(["peak_at", "peak_tensors"])


def difference(first: Report, again: Report) -> str:
    """The first number in which two reports of one network differ; "" when there is none."""
    if len(first.layers) != len(again.layers):
        return f"{len(again.layers)} layers instead of {len(first.layers)}"
    for one, other in zip(first.layers, again.layers, strict=True):
        for field in LayerReport.__struct_fields__:
            if field not in _NAMED and getattr(one, field) != getattr(other, field):
                return f"{one.name}: {field} is {getattr(other, field)} instead of {getattr(one, field)}"
        if _sorted(one) != _sorted(other):
            return f"{one.name}: reads {other.input_shapes} instead of {one.input_shapes}"
    for name in Totals.__struct_fields__:
        if name not in _TOTALS and getattr(first.totals, name) != getattr(again.totals, name):
            return f"{name} is {getattr(again.totals, name)} instead of {getattr(first.totals, name)}"
    return ""


def unmoved(first: Report, moved: Report) -> str:
    """The first number of a layer or of the whole that differs when the layers stand in another order."""
    places = {row.name: at for at, row in enumerate(moved.layers)}
    if len(places) != len(first.layers) or any(row.name not in places for row in first.layers):
        return "the layers have other names"
    return difference(
        first, msgspec.structs.replace(moved, layers=[moved.layers[places[x.name]] for x in first.layers])
    )


def _sorted(row: LayerReport) -> Any:
    """What a row reads; a sum may read its inputs in either order."""
    return sorted(map(tuple, row.input_shapes)) if row.kind == "add" else row.input_shapes
