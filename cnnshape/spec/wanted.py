"""What a field accepts, in a person's words, for the message that refuses something else."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnshape.errors import quoted
from cnnshape.layers.base import LIMIT

_INFO = msgspec.inspect
_LISTS = (_INFO.VarTupleType, _INFO.NoneType)


def wanted(type_: Any) -> str:
    """A type in words.

    >>> from cnnshape.layers.base import KernelSize, Rate
    >>> wanted(KernelSize), wanted(Rate)
    ('an integer from 1 to 65536, or a list of these', 'a number from 0 to 1')
    """
    return _worded(_INFO.type_info(type_))


def refused(name: str, type_: Any, value: Any) -> str:
    """The message for a value that a field of this type does not take.

    >>> from cnnshape.layers.base import Count
    >>> refused("groups", Count, 0), refused("groups", Count, 10**10)
    ('groups must be an integer of at least 1, not 0', 'groups must be an integer from 1 to 2147483647, not 10000000000')
    """
    words = _worded(_INFO.type_info(type_), _absurd(value))
    if isinstance(value, (list, dict)) and len(value) > 8:
        return f"{name} must be {words}, not a {'list' if isinstance(value, list) else 'mapping'} of {len(value)}"
    return f"{name} must be {words}, not {quoted(value)}"


def _absurd(value: Any) -> bool:
    """Whether a value breaks the bounds that only keep a number from being absurd, so that they must be told."""
    if isinstance(value, (list, tuple)):
        return any(map(_absurd, value))
    return isinstance(value, (int, float)) and LIMIT < abs(value) < float("inf")


def _worded(info: Any, bounds: bool = False) -> str:
    """A type in words; `bounds` tells also those that only keep a number from being absurd."""
    if isinstance(info, _INFO.UnionType):
        single = [_worded(part, bounds) for part in info.types if not isinstance(part, _LISTS)]
        lists = ["a list of these" if single else _worded(part, bounds) for part in info.types if _is_list(part)]
        empty = ["null"] if any(isinstance(part, _INFO.NoneType) for part in info.types) else []
        parts = [*single, *lists, *empty]
        return f"{', '.join(parts[:-1])}, or {parts[-1]}" if len(parts) > 1 else parts[0]
    if isinstance(info, _INFO.IntType):
        return "an integer" + _range(info, bounds)
    if isinstance(info, _INFO.FloatType):
        return "a number" + _range(info, bounds)
    if isinstance(info, _INFO.BoolType):
        return "true or false"
    if isinstance(info, _INFO.LiteralType):
        return (
            " or ".join(map(str, info.values)) if len(info.values) < 3 else f"one of {', '.join(map(str, info.values))}"
        )
    if _is_list(info):
        return f"a list, each {_worded(info.item_type, bounds)}"
    return "a word"


def _is_list(info: Any) -> bool:
    return isinstance(info, _INFO.VarTupleType)


def _range(info: Any, bounds: bool) -> str:
    """The bounds of a number; those that only keep it from being absurd are left out unless `bounds` wants them."""
    low, high = (
        None if bound is None else f"{bound:g}" if abs(bound) < 10000 else f"{bound:.0f}"
        for bound in (info.ge, info.le)
    )
    if high is None or (high == str(LIMIT) and not bounds):
        return "" if low in (None, str(-LIMIT)) else f" of at least {low}"
    return f" from {low} to {high}" if low is not None else f" of at most {high}"
