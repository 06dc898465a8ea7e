"""Written shapes and promises: 3x32x32, [3, size, size], {shape: ..., params: ...}."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Literal

from cnnshape.errors import quoted
from cnnshape.layers.base import LIMIT
from cnnshape.report import NUMBERS
from cnnshape.spec.advice import meant
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

#: Those that no single layer has.
OF_ALL = ("peak_activation_bytes",)

#: What a budget may name: a total, a total's part, `layer.X` for every layer or `layers.NAME.X` for one.
BUDGETS = (*NUMBERS, "layer")


#: One limit: max or min, the number's name, value, packed place.
Limit = tuple[Literal["max", "min"], str, Any, int]


def budget(raw: Any, value_of: Any) -> tuple[list[Limit], list[Fault]]:
    """What `budget` says, and all that is wrong with it."""
    found: list[Limit] = []
    faults: list[Fault] = []
    if not isinstance(raw, Map):
        return [], [Fault("CNN-E203", "budget: is a mapping with max: and min:", fix="budget: {max: {params: 5M}}")]
    for side, section in raw.items():
        if side not in ("max", "min"):
            fix = meant(side, ("max", "min"), raw) or "budget: {max: {params: 5M}, min: {receptive_field: 224}}"
            faults.append(Fault("CNN-E202", f"budget has no key {quoted(side)}", fix=fix, mark=raw.mark(side)))
        elif not isinstance(section, Map):
            fix = f"{side}: {{params: 5M}}"
            faults.append(Fault("CNN-E203", f"{side}: is a mapping of names to sizes", fix=fix, mark=raw.mark(side)))
        else:
            for name in section:
                try:
                    found.append(_limit("max" if side == "max" else "min", name, section, value_of))
                except Fault as fault:
                    faults.append(fault)
    return found, faults


def _limit(side: Literal["max", "min"], name: str, section: Map, value_of: Any) -> Limit:
    """One line of a budget."""
    first = name.partition(".")[0]
    if first not in BUDGETS:
        fix = meant(first, BUDGETS, section) or f"one of {', '.join(BUDGETS)}"
        raise Fault("CNN-E202", f"budget: there is no number {quoted(name)}", fix=fix, mark=section.mark(name))
    mark = section.mark(name, value=True)
    return side, name, _size(section[name], value_of, mark), mark


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
        found = _value(raw, value_of)
        parts = found if isinstance(found, list) else [found]
    elif isinstance(raw, (list, tuple)):
        parts = [_part(raw, index, value_of) for index in range(len(raw))]
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


def _part(raw: Any, index: int, value_of: Any) -> Any:
    """One size of a list."""
    if not isinstance(raw[index], str):
        return raw[index]
    try:
        return _value(raw[index], value_of)
    except Fault as fault:
        fault.mark = fault.mark or (raw.mark(index) if isinstance(raw, Seq) else 0)
        raise


def _value(text: str, value_of: Any, fix: str = "write CxHxW, for example 3x224x224") -> Any:
    """An expression's value, with a fix for what is none."""
    try:
        return value_of(text)
    except Fault as fault:
        fault.fix = fault.fix or fix
        raise


def promise(
    raw: Any, value_of: Any, of: Literal["layer", "structure", "network"] = "layer"
) -> tuple[dict[str, Any], list[Fault]]:
    """What `expect` promises, by name, and all that is wrong with it."""
    found: dict[str, Any] = {}
    faults: list[Fault] = []
    for key, value in raw.items() if isinstance(raw, dict) else (("shape", raw),):
        try:
            found[key] = _promised(key, value, value_of, of, raw if isinstance(raw, dict) else ())
        except Fault as fault:
            if isinstance(raw, Map):
                fault.mark = fault.mark or raw.mark(key, value=fault.at_value)
            faults.append(fault)
    return found, faults


def _promised(key: str, value: Any, value_of: Any, of: str, written: Iterable[str]) -> Any:
    """One promise's value."""
    if key == "shape":
        return shape_of(value, value_of)
    if key not in PROMISES:
        fix = meant(key, ("shape", *PROMISES), written) or f"it takes shape, {', '.join(PROMISES)}"
        raise Fault("CNN-E202", f"expect has no key {quoted(key)}", fix=fix, at_value=False)
    if of == "structure":
        message = f"a structure or block can promise its shape alone, not {key}"
        raise Fault("CNN-E203", message, fix="expect: CxHxW", at_value=False)
    if of == "layer" and key in OF_ALL:
        fix = "write it under expect: at the top of the spec"
        raise Fault("CNN-E203", f"{key} can be promised of the whole network alone", fix=fix, at_value=False)
    number = _value(value, value_of, _plainly(value)) if isinstance(value, str) else value
    if key == "receptive_field" and isinstance(number, list):
        return list(shape_of(number, value_of))
    if isinstance(number, bool) or not isinstance(number, int):
        raise Fault("CNN-E203", f"{key} must be an integer, not {quoted(number)}", key)
    return number


def _plainly(text: str) -> str:
    """The fix for a size such as 1M, which a budget takes and a promise does not."""
    with suppress(ValueError):
        return f"write {number_of(text)}"
    return "write a whole number"
