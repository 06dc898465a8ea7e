"""What the operators and functions of an expression do, each bounded in size."""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import ceil, floor
from typing import Any

from cnnshape.errors import quoted

#: No number is larger, no exponent larger, than these.
MAX_NUMBER, MAX_EXPONENT = 2**63, 64


class ExpressionError(ValueError):
    """The text is no expression, or its value does not exist; `name` is the unknown variable, if that is why."""

    def __init__(self, message: str, name: str = "") -> None:
        """Keep the unknown name apart, so that a near one can be offered."""
        super().__init__(message)
        self.name = name

    @property
    def whole(self) -> bool:
        """Whether the message says enough without the text around it."""
        return bool(self.name)


def make_divisible(value: float, divisor: int = 8) -> int:
    """The nearest multiple of divisor, never below 90% of value. Source: Howard et al. 2017, MobileNet code.

    >>> make_divisible(32 * 0.35, 8), make_divisible(24 * 0.75, 8)
    (16, 24)
    """
    new = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return new + divisor if new < 0.9 * value else new


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "ceil": ceil,
    "floor": floor,
    "round": round,
    "int": int,
    "len": len,
    "sum": sum,
    "make_divisible": make_divisible,
}

COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
    "in": lambda a, b: a in b,
}


def divided(a: Any, b: Any) -> Any:
    """A division of integers that is exact stays an integer."""
    return a // b if isinstance(a, int) and isinstance(b, int) and a % b == 0 else a / b


def power(base: Any, exponent: Any) -> Any:
    """`base ** exponent`, where it is real and small."""
    if abs(exponent) > MAX_EXPONENT:
        raise ExpressionError(f"the exponent {quoted(exponent)} is too large")
    value = base**exponent
    if isinstance(value, complex):
        raise ExpressionError("there is no real value")
    return value


ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": divided,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": power,
}


def number(value: Any) -> Any:
    """The value, if arithmetic may use it."""
    if not isinstance(value, (int, float)):
        raise ExpressionError(f"{quoted(value)} is not a number")
    return value


def bounded(value: Any) -> Any:
    """The value, unless it is too large or not a number at all."""
    if isinstance(value, (int, float)) and not -MAX_NUMBER <= value <= MAX_NUMBER:
        raise ExpressionError("a number is too large")
    return value


def indexed(value: Any, index: Any) -> Any:
    """An element of a list."""
    if not isinstance(value, (list, tuple)) or isinstance(index, bool) or not isinstance(index, int):
        raise ExpressionError("only a list can be indexed, by an integer")
    return value[index]
