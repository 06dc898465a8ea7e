"""The text of an expression -> a function of its names, by recursive descent: one method per level of binding."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from cnnshape.errors import quoted
from cnnshape.expression.values import ARITHMETIC, COMPARISONS, FUNCTIONS, ExpressionError, bounded, indexed, number

#: What a part of an expression becomes: names -> its value.
Node = Callable[[Any], Any]

#: No expression is longer, no nesting deeper than these.
MAX_TEXT, MAX_DEPTH = 500, 40

_TOKEN = re.compile(
    r"\s*(?:(?P<num>\d+\.\d*(?:[eE][+-]?\d+)?|\.\d+|\d+(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[A-Za-z_]\w*'?)|(?P<op>\*\*|//|<=|>=|==|!=|[-+*/%()<>\[\],])"
    r"|'(?P<single>[^']*)'|\"(?P<double>[^\"]*)\")"
)
_BETWEEN = ("and", "or", "if", "else", "in")
_CONSTANTS = {"true": True, "True": True, "false": False, "False": False, "none": None, "None": None}


class Parser:
    """Reads one text from left to right."""

    def __init__(self, text: str) -> None:
        """Stand at the first token."""
        self.text, self.at, self.depth = text, 0, 0
        self.kind = ""
        self.token = ""
        self.next()

    def next(self) -> str:
        """Take the current token and read the next one."""
        taken = self.token
        match = _TOKEN.match(self.text, self.at)
        if match is None:
            rest = self.text[self.at :].strip()
            if rest:
                raise ExpressionError(f"{rest[0]!r} is not part of an expression")
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
            raise ExpressionError(f"expected {token!r}")

    def deeper(self) -> None:
        """Count a level of nesting."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply")

    def whole(self) -> Node:
        """The whole text."""
        value = self.choice()
        if self.kind:
            raise ExpressionError(f"{quoted(self.token)!r} is not expected here")
        return value

    def choice(self) -> Node:
        """`a if c else b`; the side that is not taken is not evaluated."""
        self.deeper()
        value = self.either()
        if self.accept("if"):
            condition = self.either()
            self.expect("else")
            other = self.choice()
            self.depth -= 1
            return lambda names: value(names) if condition(names) else other(names)
        self.depth -= 1
        return value

    def either(self) -> Node:
        """`a or b`."""
        value = self.both()
        while self.accept("or"):
            value = _or(value, self.both())
        return value

    def both(self) -> Node:
        """`a and b`."""
        value = self.negation()
        while self.accept("and"):
            value = _and(value, self.negation())
        return value

    def negation(self) -> Node:
        """`not a`."""
        turns = 0
        while self.accept("not"):
            turns += 1
        value = self.comparison()
        if not turns:
            return value
        return lambda names: bool(value(names)) == (turns % 2 == 0)

    def comparison(self) -> Node:
        """`a < b <= c`."""
        first = self.sum()
        links: list[tuple[Callable[[Any, Any], bool], Node]] = []
        while op := self.accept(*COMPARISONS):
            links.append((COMPARISONS[op], self.sum()))
        if not links:
            return first

        def holds(names: Any) -> bool:
            left = first(names)
            for compare, node in links:
                right = node(names)
                if not compare(left, right):
                    return False
                left = right
            return True

        return holds

    def sum(self) -> Node:
        """`a + b - c`."""
        value = self.product()
        while op := self.accept("+", "-"):
            value = _binary(op, value, self.product())
        return value

    def product(self) -> Node:
        """`a * b / c // d % e`."""
        value = self.unary()
        while op := self.accept("*", "/", "//", "%"):
            value = _binary(op, value, self.unary())
        return value

    def unary(self) -> Node:
        """`-a`, `+a`."""
        turns, minus = 0, False
        while op := self.accept("-", "+"):
            turns += 1
            minus ^= op == "-"
        value = self.power()
        if not turns:
            return value
        return lambda names: -number(value(names)) if minus else number(value(names))

    def power(self) -> Node:
        """`a ** b`."""
        base = self.atom()
        if not self.accept("**"):
            return base
        self.deeper()
        exponent = self.unary()
        self.depth -= 1
        return _binary("**", base, exponent)

    def atom(self) -> Node:
        """A number, name, call, list or parenthesis, and what indexes it."""
        value = self.plain()
        while self.accept("["):
            index = self.choice()
            self.expect("]")
            value = _item(value, index)
        return value

    def plain(self) -> Node:
        """What stands without an operator."""
        if self.kind == "num":
            text = self.next()
            constant = bounded(int(text) if text.isdigit() else float(text))
            return lambda _: constant
        if self.kind == "str":
            string = self.next()
            return lambda _: string
        if self.accept("("):
            value = self.choice()
            self.expect(")")
            return value
        if self.accept("["):
            items = self.items("]")
            return lambda names: [item(names) for item in items]
        if self.kind != "name" or self.token in _BETWEEN:
            raise ExpressionError("a value is missing" + (f" before {quoted(self.token)!r}" if self.token else ""))
        name = self.next()
        if name in _CONSTANTS:
            word = _CONSTANTS[name]
            return lambda _: word
        if name in FUNCTIONS and self.accept("("):
            function, given = FUNCTIONS[name], self.items(")")
            return lambda names: bounded(function(*[node(names) for node in given]))
        return lambda names: _variable(names, name)

    def items(self, end: str) -> list[Node]:
        """What stands between commas."""
        nodes: list[Node] = []
        while not self.accept(end):
            nodes.append(self.choice())
            if not self.accept(","):
                self.expect(end)
                break
        return nodes


def _or(left: Node, right: Node) -> Node:
    return lambda names: left(names) or right(names)


def _and(left: Node, right: Node) -> Node:
    return lambda names: left(names) and right(names)


def _binary(op: str, left: Node, right: Node) -> Node:
    function = ARITHMETIC[op]
    return lambda names: bounded(function(number(left(names)), number(right(names))))


def _item(value: Node, index: Node) -> Node:
    return lambda names: indexed(value(names), index(names))


def _variable(names: Any, name: str) -> Any:
    try:
        return names[name]
    except KeyError:
        raise ExpressionError(f"unknown variable {quoted(name)}", name) from None
