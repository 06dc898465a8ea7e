"""A small, safe evaluator for the arithmetic in specs and in the formulas of the docs. Never `eval`.

Numbers, names, + - * / // % **, comparisons, and/or/not, `a if c else b`, lists and indexing, and the functions in
`FUNCTIONS`. Every text, number and list is bounded, so that no expression can take long or grow large.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from math import ceil, floor
from typing import Any

#: No expression is longer, no number larger, no list longer than these.
MAX_TEXT, MAX_NUMBER, MAX_LIST, MAX_DEPTH = 500, 2**63, 10_000, 40

_TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+|\d+(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*'?)|(?P<op>\*\*|//|<=|>=|==|!=|[-+*/%()<>\[\],])"
    r"|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\")"
)
_WORDS = {"and", "or", "not", "if", "else", "true", "false", "True", "False", "none", "None", "in"}


class ExpressionError(ValueError):
    """The text is no expression, or its value does not exist; `name` is the unknown variable, if that is why."""

    def __init__(self, message: str, name: str = "") -> None:
        """Keep the unknown name apart, so that a near one can be offered."""
        super().__init__(message)
        self.name = name


def make_divisible(value: float, divisor: int = 8) -> int:
    """The nearest multiple of divisor, never below 90% of value. Source: Howard et al. 2017, MobileNet code.

    >>> make_divisible(32 * 0.35, 8), make_divisible(24 * 0.75, 8)
    (16, 24)
    """
    new = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return new + divisor if new < 0.9 * value else new


FUNCTIONS = {
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


def names_in(text: str) -> set[str]:
    """The variables that an expression mentions.

    >>> sorted(names_in("4 * width if deep else max(c, 8)"))
    ['c', 'deep', 'width']
    """
    found = {m.group("name") for m in _TOKEN.finditer(text[:MAX_TEXT]) if m.group("name")}
    return {name for name in found if name not in _WORDS and name not in FUNCTIONS}


def evaluate(text: str, names: Any) -> Any:
    """The value of an expression; `names` maps variables to values.

    Errors: ExpressionError with a message that quotes the text

    >>> evaluate("4 * width if deep else 8", {"width": 64, "deep": True})
    256
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"the expression is longer than {MAX_TEXT} characters")
    parser = _Parser(text, names)
    try:
        value = parser.choice()
    except ZeroDivisionError:
        raise ExpressionError(f"{text!r} divides by zero") from None
    except (TypeError, ValueError, OverflowError, IndexError, KeyError) as error:
        if isinstance(error, ExpressionError):
            raise
        raise ExpressionError(f"{text!r}: {str(error)[:120]}") from None
    if parser.token:
        raise ExpressionError(f"{text!r}: {parser.token!r} is not expected here")
    return value


class _Parser:
    """Recursive descent, one method per level of binding; both sides of a choice are evaluated."""

    def __init__(self, text: str, names: Any) -> None:
        self.text, self.names, self.at, self.depth = text, names, 0, 0
        self.kind = ""
        self.token = ""
        self.next()

    def next(self) -> str:
        """Take the current token and read the next one."""
        taken = self.token
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            if self.text[self.at :].strip():
                raise ExpressionError(
                    f"{self.text!r}: {self.text[self.at :].strip()[0]!r} is not part of an expression"
                )
            self.kind, self.token = "", ""
        else:
            self.at = match.end()
            self.kind = match.lastgroup or ""
            self.token = match.group(self.kind)
            if self.kind in ("single", "double"):
                self.kind = "str"
        return taken

    def accept(self, *tokens: str) -> str:
        """Take the current token if it is one of these."""
        return self.next() if self.kind in ("op", "name") and self.token in tokens else ""

    def expect(self, token: str) -> None:
        """Take this token or fail."""
        if not self.accept(token):
            raise ExpressionError(f"{self.text!r}: expected {token!r}")

    def choice(self) -> Any:
        """`a if c else b`."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply")
        # Look-ahead is not needed: values are free of side effects, and errors of a side not taken are forgotten.
        at, kind, token = self.at, self.kind, self.token
        try:
            value: Any = self.either()
            failed: ExpressionError | Exception | None = None
        except (ExpressionError, ZeroDivisionError, TypeError, IndexError) as error:
            value, failed = None, error
            if not self._skip_to_if(at, kind, token):
                raise
        if self.accept("if"):
            condition = self.either()
            self.expect("else")
            if condition:
                self._quietly()
                if failed:
                    raise failed
            else:
                value = self.choice()
        elif failed:
            raise failed
        self.depth -= 1
        return value

    def _quietly(self) -> None:
        """Read the side that is not taken."""
        try:
            self.choice()
        except (ExpressionError, ZeroDivisionError, TypeError, IndexError):
            level = 0
            while self.token and not (level == 0 and self.token in (")", "]", ",")):
                level += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.token, 0)
                self.next()

    def _skip_to_if(self, at: int, kind: str, token: str) -> bool:
        """Move on from a failed value to the `if` that may excuse it."""
        self.at, self.kind = at, kind
        self.token = token
        level = 0
        while self.token:
            if level == 0 and self.token == "if":
                return True
            if level == 0 and self.token in (")", "]", ",", "else"):
                return False
            level += {"(": 1, "[": 1, ")": -1, "]": -1}.get(self.token, 0)
            self.next()
        return False

    def either(self) -> Any:
        """`a or b`."""
        value = self.both()
        while self.accept("or"):
            right = self.both()
            value = value or right
        return value

    def both(self) -> Any:
        """`a and b`."""
        value = self.negation()
        while self.accept("and"):
            right = self.negation()
            value = value and right
        return value

    def negation(self) -> Any:
        """`not a`."""
        turns = 0
        while self.accept("not"):
            turns += 1
        value = self.comparison()
        return value if not turns else bool(value) == (turns % 2 == 0)

    def comparison(self) -> Any:
        """`a < b <= c`."""
        left = self.sum()
        result: Any = None
        while op := self.accept("<", ">", "<=", ">=", "==", "!=", "in"):
            right = self.sum()
            compare: dict[str, Callable[[Any, Any], bool]] = {
                "<": lambda a, b: a < b,
                ">": lambda a, b: a > b,
                "<=": lambda a, b: a <= b,
                ">=": lambda a, b: a >= b,
                "==": lambda a, b: a == b,
                "!=": lambda a, b: a != b,
                "in": lambda a, b: a in b,
            }
            holds = compare[op](left, right)
            result = holds if result is None else result and holds
            left = right
        return left if result is None else result

    def sum(self) -> Any:
        """`a + b - c`."""
        value = self.product()
        while op := self.accept("+", "-"):
            right = self.number(self.product())
            value = self.bounded(self.number(value) + right if op == "+" else self.number(value) - right)
        return value

    def product(self) -> Any:
        """`a * b / c // d % e`; a division of integers that is exact stays an integer."""
        value = self.unary()
        while op := self.accept("*", "/", "//", "%"):
            left, right = self.number(value), self.number(self.unary())
            if op == "*":
                value = left * right
            elif op == "//":
                value = left // right
            elif op == "%":
                value = left % right
            else:
                exact = isinstance(left, int) and isinstance(right, int) and left % right == 0
                value = left // right if exact else left / right
            value = self.bounded(value)
        return value

    def unary(self) -> Any:
        """`-a`, `+a`."""
        turns = 0
        minus = False
        while op := self.accept("-", "+"):
            turns += 1
            minus ^= op == "-"
        value = self.power()
        return (-self.number(value) if minus else self.number(value)) if turns else value

    def power(self) -> Any:
        """`a ** b`."""
        base = self.atom()
        if self.accept("**"):
            self.depth += 1
            if self.depth > MAX_DEPTH:
                raise ExpressionError("the expression is nested too deeply")
            base, exponent = self.number(base), self.number(self.unary())
            self.depth -= 1
            if abs(exponent) > 64:
                raise ExpressionError(f"{self.text!r}: the exponent {exponent} is too large")
            value = base**exponent
            if isinstance(value, complex):
                raise ExpressionError(f"{self.text!r} has no real value")
            return self.bounded(value)
        return base

    def atom(self) -> Any:
        """A number, name, call, list or parenthesis, and what indexes it."""
        value = self.plain()
        while self.kind == "op" and self.accept("["):
            index = self.choice()
            self.expect("]")
            if not isinstance(value, (list, tuple)) or isinstance(index, bool) or not isinstance(index, int):
                raise ExpressionError(f"{self.text!r}: only a list can be indexed, by an integer")
            value = value[index]
        return value

    def plain(self) -> Any:
        """What stands without an operator."""
        if self.kind == "num":
            text = self.next()
            return self.bounded(int(text) if text.isdigit() else float(text))
        if self.kind == "str":
            return self.next()
        if self.accept("("):
            value = self.choice()
            self.expect(")")
            return value
        if self.accept("["):
            return self.items("]")
        if self.kind != "name" or self.token in ("and", "or", "if", "else", "in"):
            raise ExpressionError(
                f"{self.text!r}: a value is missing" + (f" before {self.token!r}" if self.token else "")
            )
        name = self.next()
        if name in ("true", "True", "false", "False"):
            return name in ("true", "True")
        if name in ("none", "None"):
            return None
        if name in FUNCTIONS and self.accept("("):
            return self.bounded(FUNCTIONS[name](*self.items(")")))  # type: ignore[operator]
        try:
            return self.names[name]
        except KeyError:
            raise ExpressionError(f"unknown variable {name}", name) from None

    def items(self, end: str) -> list[Any]:
        """What stands between commas."""
        values: list[Any] = []
        while not self.accept(end):
            values.append(self.choice())
            if len(values) > MAX_LIST:
                raise ExpressionError("the list is too long")
            if not self.accept(","):
                self.expect(end)
                break
        return values

    def number(self, value: Any) -> Any:
        """The value, if arithmetic may use it."""
        if not isinstance(value, (int, float)):
            raise ExpressionError(f"{self.text!r}: {value!r} is not a number")
        return value

    def bounded(self, value: Any) -> Any:
        """The value, unless it is too large or not a number at all."""
        if isinstance(value, (int, float)) and not -MAX_NUMBER <= value <= MAX_NUMBER:
            raise ExpressionError(f"{self.text!r}: a number is too large")
        return value
