"""Written shapes and promises: 3x32x32, [3, size, size], {shape: ..., params: ...}."""

from __future__ import annotations

import re
from typing import Any, Literal

from cnnshape.errors import did_you_mean, quoted
from cnnshape.layers.base import LIMIT
from cnnshape.report import NUMBERS
from cnnshape.spec.fields import Fault
from cnnshape.spec.source import Map, Seq
from cnnshape.units import number_of

#: What a layer or a network may promise besides its shape.
PROMISES = (
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "flops",
    "activation_bytes",
    "peak_activation_bytes",
    "receptive_field",
)


#: What a budget may name: a total, a total's part, `layer.X` for every layer or `layers.NAME.X` for one.
BUDGETS = (*NUMBERS, "layer")


def budget(raw: Any, value_of: Any) -> list[tuple[Literal["max", "min"], str, Any, int]]:
    """What `budget` says: (max or min, the number's name, value, packed place); Fault when it says nothing."""
    found: list[tuple[Literal["max", "min"], str, Any, int]] = []
    if not isinstance(raw, Map):
        raise Fault("CNN-E203", "budget: is a mapping with max: and min:", fix="budget: {max: {params: 5M}}")
    for side, section in raw.items():
        if side not in ("max", "min"):
            fix = did_you_mean(side, ("max", "min")) or "budget: {max: {params: 5M}, min: {receptive_field: 224}}"
            raise Fault("CNN-E202", f"budget has no key {quoted(side)}", fix=fix, mark=raw.mark(side))
        if not isinstance(section, Map):
            fix = f"{side}: {{params: 5M}}"
            raise Fault("CNN-E203", f"{side}: is a mapping of names to sizes", fix=fix, mark=raw.mark(side))
        for name, value in section.items():
            mark = section.mark(name, value=True)
            if name.partition(".")[0] not in BUDGETS:
                fix = did_you_mean(name.partition(".")[0], BUDGETS) or f"one of {', '.join(BUDGETS)}"
                raise Fault("CNN-E202", f"budget: there is no number {quoted(name)}", fix=fix, mark=section.mark(name))
            found.append(("max" if side == "max" else "min", name, _size(value, value_of, mark), mark))
    return found


def _size(value: Any, value_of: Any, mark: int) -> int:
    """A budget's value: a number, a size such as 512KiB, or an expression over the variables."""
    number = value
    if isinstance(value, str):
        try:
            return number_of(value)
        except ValueError:
            pass
        try:
            number = value_of(value)
        except Fault as fault:
            fault.mark = fault.mark or mark
            raise
    if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < 2**63 or number % 1:
        fix = "a number, with k, M, G for thousands or KiB, MiB, GiB for bytes"
        raise Fault("CNN-E203", f"a budget is a size, not {quoted(number)}", fix=fix, mark=mark)
    return int(number)


def shape_of(raw: Any, value_of: Any) -> tuple[int, ...]:
    """A shape without the batch; Fault when it is none.

    >>> shape_of("3x32x32", None), shape_of(10, None)
    ((3, 32, 32), (10,))
    """
    parts: list[Any]
    if isinstance(raw, str) and re.fullmatch(r"\s*\d+(\s*[x×]\s*\d+)*\s*", raw):
        parts = [int(part) if len(part) < 1000 else 10**1000 for part in re.split(r"\s*[x×]\s*", raw.strip())]
    elif isinstance(raw, str) and value_of is not None:
        found = value_of(raw)
        parts = found if isinstance(found, list) else [found]
    elif isinstance(raw, (list, tuple)):
        parts = [value_of(part) if isinstance(part, str) else part for part in raw]
    else:
        parts = [raw]
    if not parts or len(parts) > 8:
        raise Fault("CNN-E203", f"a shape has 1 to 8 sizes, not {len(parts)}", fix="write CxHxW, for example 3x224x224")
    for index, part in enumerate(parts):
        if isinstance(part, bool) or not isinstance(part, int) or not 1 <= part <= LIMIT:
            message = f"a size is an integer from 1 to {LIMIT}, not {quoted(part, 40)}"
            mark = raw.mark(index) if isinstance(raw, Seq) else 0
            raise Fault("CNN-E203", message, fix="write CxHxW, for example 3x224x224", mark=mark)
    return tuple(parts)


def promise(raw: Any, value_of: Any) -> dict[str, Any]:
    """What `expect` promises, by name."""
    try:
        if not isinstance(raw, dict):
            return {"shape": shape_of(raw, value_of)}
        found: dict[str, Any] = {}
        for key, value in raw.items():
            if key == "shape":
                found[key] = shape_of(value, value_of)
            elif key in PROMISES:
                number = value_of(value) if isinstance(value, str) else value
                if key == "receptive_field" and isinstance(number, list):
                    number = list(shape_of(number, value_of))
                elif isinstance(number, bool) or not isinstance(number, int):
                    raise Fault("CNN-E203", f"{key} must be an integer, not {quoted(number)}", key)
                found[key] = number
            else:
                fix = did_you_mean(key, ("shape", *PROMISES)) or f"it takes shape, {', '.join(PROMISES)}"
                raise Fault("CNN-E202", f"expect has no key {quoted(key)}", key, fix, at_value=False)
    except Fault as fault:
        if isinstance(raw, Map) and not fault.mark:
            fault.mark = raw.mark(fault.key, fault.at_value) if fault.key in raw else raw.at
        fault.key = "expect"
        raise
    return found
