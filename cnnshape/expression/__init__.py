"""A small, safe evaluator for the arithmetic in specs and in the formulas of the docs. Never `eval`.

Numbers, names, + - * / // % **, comparisons, and/or/not, `a if c else b`, lists and indexing, and the functions in
`FUNCTIONS`. Every text, number and list is bounded, so that no expression can take long or grow large.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cnnshape.errors import quoted
from cnnshape.expression.parser import MAX_TEXT, Node, Parser
from cnnshape.expression.values import ExpressionError

__all__ = ["ExpressionError", "evaluate"]


def evaluate(text: str, names: Any) -> Any:
    """The value of an expression; `names` maps variables to values.

    Errors: ExpressionError with a message that quotes the text

    >>> evaluate("4 * width if deep else 8", {"width": 64, "deep": True})
    256
    """
    if len(text) > MAX_TEXT:
        raise ExpressionError(f"the expression is longer than {MAX_TEXT} characters")
    try:
        return _parsed(text)(names)
    except ZeroDivisionError:
        raise ExpressionError(f"{shown(text)} divides by zero") from None
    except ExpressionError as error:
        raise (error if error.whole else ExpressionError(f"{shown(text)}: {error}")) from None
    except (TypeError, ValueError, OverflowError, IndexError, KeyError) as error:
        raise ExpressionError(f"{shown(text)}: {quoted(error, 120)}") from None


def shown(text: str) -> str:
    """An expression as a message shows it."""
    return f"'{quoted(text)}'"


@lru_cache(maxsize=4096)
def _parsed(text: str) -> Node:
    """A block that is written out many times is parsed once."""
    return Parser(text).whole()
