"""Many integers that go through a layer's rule as one: the rule is run once, for all of them.

A layer's rules are plain arithmetic on sizes, so an array may take a size's place. Where a rule asks a question that
the sizes answer differently (`if n < extent`, `max(0, n)`), it cannot go on for all of them: `Apart` says how they
part, and whoever asked runs the rule once for each part. Where all agree, nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

#: Results that may be larger leave the machine's integers for Python's, which are never too small.
_MACHINE = 2**62


class Apart(Exception):  # noqa: N818 - no error: a question that sizes answer differently
    """The sizes part here: those of one label go on together."""

    def __init__(self, labels: Any) -> None:
        """One label for each size."""
        super().__init__("the sizes answer differently")
        self.labels = labels


class Many:
    """One integer for each size; `most` is an upper bound of their absolute values."""

    __slots__ = ("most", "values")

    def __init__(self, values: Any, most: int) -> None:
        """`values` is an array of int64, or of Python integers."""
        self.values = values
        self.most = most

    def one(self) -> int:
        """The integer that all of them are; Apart where they differ."""
        first = self.values[0]
        if (self.values == first).all():
            return int(first)
        raise Apart(self.values)

    def __bool__(self) -> bool:
        """Whether all are true; Apart where they differ."""
        true = self.values != 0
        if true.all():
            return True
        if not true.any():
            return False
        raise Apart(true)

    def __index__(self) -> int:
        return self.one()

    def __int__(self) -> int:
        return self.one()

    def __float__(self) -> float:
        return float(self.one())

    def __hash__(self) -> int:
        return hash(self.one())

    def __str__(self) -> str:
        return f"{self.values.min()}..{self.values.max()}"

    def __format__(self, spec: str) -> str:
        return str(self)

    # What changes nothing is answered at once: it is asked for often, by strides of 1 and operations that cost 0.

    def __add__(self, other: Any) -> Any:
        return self if other.__class__ is int and other == 0 else _made(_ADD, self, other, _sum)

    def __radd__(self, other: Any) -> Any:
        return self if other.__class__ is int and other == 0 else _made(_ADD, other, self, _sum)

    def __sub__(self, other: Any) -> Any:
        return self if other.__class__ is int and other == 0 else _made(_SUB, self, other, _sum)

    def __rsub__(self, other: Any) -> Any:
        return _made(_SUB, other, self, _sum)

    def __mul__(self, other: Any) -> Any:
        if other.__class__ is int and 0 <= other <= 1:
            return self if other else 0
        return _made(_MUL, self, other, _product)

    def __rmul__(self, other: Any) -> Any:
        return self * other

    def __floordiv__(self, other: Any) -> Any:
        if other.__class__ is int and other == 1:
            return self
        return _made(_FLOOR, self, _divisor(other), _first)

    def __rfloordiv__(self, other: Any) -> Any:
        return _made(_FLOOR, other, _divisor(self), _first)

    def __mod__(self, other: Any) -> Any:
        return _made(_MOD, self, _divisor(other), _second)

    def __rmod__(self, other: Any) -> Any:
        return _made(_MOD, other, _divisor(self), _second)

    def __divmod__(self, other: Any) -> Any:
        return self // other, self % other

    def __neg__(self) -> Many:
        return Many(-self.values, self.most)

    def __pos__(self) -> Many:
        return self

    def __abs__(self) -> Many:
        return Many(abs(self.values), self.most)

    def __pow__(self, power: Any) -> Any:
        if power.__class__ is not int or not 0 <= power <= 8:
            raise Apart(self.values)
        result: Any = 1
        for _ in range(power):
            result = result * self
        return result

    def __truediv__(self, other: Any) -> Any:
        raise Apart(self.values)

    def __rtruediv__(self, other: Any) -> Any:
        raise Apart(self.values)

    def __eq__(self, other: object) -> Any:
        return self is other or _made(_EQ, self, other, _truth)

    def __ne__(self, other: object) -> Any:
        return self is not other and _made(_NE, self, other, _truth)

    def __lt__(self, other: Any) -> Any:
        return _made(_LT, self, other, _truth)

    def __le__(self, other: Any) -> Any:
        return _made(_LE, self, other, _truth)

    def __gt__(self, other: Any) -> Any:
        return _made(_GT, self, other, _truth)

    def __ge__(self, other: Any) -> Any:
        return _made(_GE, self, other, _truth)


def _made(how: Callable[[Any, Any], Any], a: Any, b: Any, bound: Callable[[int, int], int]) -> Any:
    """The result for every size; with Python's integers where the machine's might be too small."""
    if a.__class__ is Many:
        left, most_left = a.values, a.most
    elif isinstance(a, int):
        left, most_left = a, abs(a)
    else:
        return NotImplemented
    if b.__class__ is Many:
        right, most_right = b.values, b.most
    elif isinstance(b, int):
        right, most_right = b, abs(b)
    else:
        return NotImplemented
    most = bound(most_left, most_right)
    if most_left + most_right + most > _MACHINE:
        left, right = (part.astype(object) if isinstance(part, np.ndarray) else part for part in (left, right))
    return Many(how(left, right), most)


def _divisor(value: Any) -> Any:
    """The same; where some are zero, they part from the others, and Python's own error follows."""
    if value.__class__ is Many:
        if not value:
            raise ZeroDivisionError
    elif value == 0:
        raise ZeroDivisionError
    return value


def _sum(a: int, b: int) -> int:
    return a + b


def _product(a: int, b: int) -> int:
    return a * b


def _first(a: int, b: int) -> int:  # noqa: ARG001
    return max(a, 1)


def _second(a: int, b: int) -> int:  # noqa: ARG001
    return b


def _truth(a: int, b: int) -> int:  # noqa: ARG001
    return 1


_ADD, _SUB, _MUL, _FLOOR, _MOD = np.add, np.subtract, np.multiply, np.floor_divide, np.remainder
_EQ, _NE, _LT, _LE, _GT, _GE = np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal


def many(values: list[int]) -> Any:
    """One Many of all, or the integer that all of them are.

    >>> many([7, 7, 7]), str(many([3, 5, 7]) * 2 + 1)
    (7, '7..15')
    """
    most = max(map(abs, values))
    array = np.array(values, dtype=np.int64 if most <= _MACHINE else object)
    return simplest(Many(array, most))


def simplest(value: Any) -> Any:
    """The plain integer where all are one."""
    if value.__class__ is not Many:
        return value
    values = value.values
    first = values[0]
    return int(first) if (values == first).all() else value


def taken(value: Any, places: Any) -> Any:
    """The same for some of the sizes."""
    return simplest(Many(value.values[places], value.most)) if value.__class__ is Many else value


def filled(value: Any, count: int) -> Any:
    """An array of `count` integers, whichever way they are held."""
    if value.__class__ is Many:
        values = value.values
        return values if values.dtype == object else values.astype(np.int64)
    return np.full(count, value, dtype=np.int64 if abs(value) <= _MACHINE else object)


def joined(parts: list[tuple[Any, Any]], count: int) -> Any:
    """One value for all sizes from (places, value) of each part."""
    first = parts[0][1]
    if all(value.__class__ is not Many and value == first for _, value in parts):
        return first
    most = max(value.most if value.__class__ is Many else abs(value) for _, value in parts)
    found: Any = np.empty(count, dtype=np.int64 if most <= _MACHINE else object)
    for places, value in parts:
        found[places] = value.values if value.__class__ is Many else value
    return simplest(Many(found, most))
