"""The evaluator gives what Python gives, refuses what is large or deep, and never runs anything."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.expression import ExpressionError, evaluate
from cnnshape.expression.parser import MAX_DEPTH, MAX_TEXT
from cnnshape.expression.values import FUNCTIONS, MAX_NUMBER

NAMES = {"a": 2, "b": -3, "c": 7, "n": 11, "half": 0.5, "yes": True, "no": False, "sizes": [5, 7, 11]}
WORDS = {"true": True, "false": False, "none": None}

numbers = st.one_of(st.integers(0, 999).map(str), st.sampled_from(["0.5", "1e2", "2.", ".25"]))
atoms = st.one_of(
    numbers, st.sampled_from(["a", "b", "c", "n", "half", "yes", "no", "sizes[1]", "sizes[-1]", "len(sizes)"])
)


def grown(inner):
    two = st.tuples(inner, inner)
    return st.one_of(
        st.tuples(inner, st.sampled_from([" + ", "-", " * ", "//", " % "]), inner).map("".join),
        st.tuples(inner, st.sampled_from([" < ", " <= ", "==", "!=", ">", " >= "]), inner).map("".join),
        two.map(lambda p: f"({p[0]}) and ({p[1]})"),
        two.map(lambda p: f"{p[0]} or {p[1]}"),
        inner.map(lambda p: f"(not {p})"),
        inner.map(lambda p: f"-({p})"),
        inner.map(lambda p: f"({p})"),
        st.tuples(inner, inner, inner).map(lambda p: f"{p[0]} if {p[1]} else {p[2]}"),
        two.map(lambda p: f"min({p[0]}, {p[1]})"),
        two.map(lambda p: f"max([{p[0]}, {p[1]}])"),
        st.tuples(inner, st.sampled_from(["0", "1", "2", "3"])).map(lambda p: f"({p[0]})**{p[1]}"),
        inner.map(lambda p: f"abs({p})"),
        inner.map(lambda p: f"int({p})"),
        inner.map(lambda p: f"ceil({p}) + floor({p})"),
    )


expressions = st.recursive(atoms, grown, max_leaves=12)


def by_python(text: str):
    """Python's own arithmetic, with no builtins."""
    safe = {name: FUNCTIONS[name] for name in ("min", "max", "abs", "int", "ceil", "floor", "len", "round", "sum")}
    return eval(text, {"__builtins__": {}, **safe}, {**NAMES, **WORDS})  # noqa: S307 - the text is made above


@given(expressions)
def test_arithmetic_is_that_of_python(text) -> None:
    if len(text) > MAX_TEXT:
        return
    try:
        wanted = by_python(text)
    except ZeroDivisionError:
        with pytest.raises(ExpressionError, match="divides by zero"):
            evaluate(text, NAMES)
        return
    except OverflowError:
        with pytest.raises(ExpressionError):
            evaluate(text, NAMES)
        return
    try:
        found = evaluate(text, NAMES)
    except ExpressionError as error:
        assert "too large" in str(error) or "too deeply" in str(error), text  # noqa: PT017
        return
    assert found == wanted
    assert isinstance(found, bool) == isinstance(wanted, bool) or isinstance(wanted, (bool, int))


@given(st.integers(-(10**6), 10**6), st.integers(-1000, 1000).filter(bool))
def test_an_exact_division_stays_an_integer_and_any_other_is_a_fraction(a, b) -> None:
    found = evaluate(f"{a} / {b}", {})
    assert found == a / b
    assert isinstance(found, int) == (a % b == 0)
    assert evaluate(f"({a}) // ({b})", {}) == a // b
    assert evaluate(f"({a}) % ({b})", {}) == a % b
    assert evaluate(f"({a}) // ({b}) * ({b}) + ({a}) % ({b})", {}) == a


@given(st.integers(1, 5000), st.sampled_from([1, 2, 4, 8, 16]))
def test_make_divisible_is_a_multiple_that_loses_at_most_a_tenth(value, divisor) -> None:
    found = evaluate(f"make_divisible({value}, {divisor})", {})
    near = [m for m in range(divisor, value + 3 * divisor, divisor) if 10 * m >= 9 * value]
    assert found % divisor == 0
    assert found in near
    assert abs(found - value) <= divisor


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-2 ** 2", -4), ("2 ** -1", 0.5), ("2 ** 3 ** 2", 512), ("- - 3", 3), ("1 < 2 < 3", True), ("1 < 3 < 2", False),
        ("not not 1", True), ("0 or 7", 7), ("2 and 7", 7), ("'a' == \"a\"", True), ("2 in [1, 2]", True), ("[1, 2][1]", 2),
        ("1 if no else 2", 2), ("7 if yes else 1 // 0", 7), ("yes or 1 // 0", True), ("no and 1 // 0", False),
        ("round(2.5)", 2), ("sum(sizes)", 23), ("[a, b]", [2, -3]), ("True", True), ("none", None), ("10 - 4 - 3", 3),
        ("2 + 3 * 4", 14), ("(2 + 3) * 4", 20), ("100 // 7 // 2", 7), ("-7 // 2", -4), ("-7 % 3", 2), ("  3  ", 3),
    ],
)  # fmt: skip
def test_known_values(text, value) -> None:
    assert evaluate(text, NAMES) == value
    assert type(evaluate(text, NAMES)) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 +", "* 2", "(1", "1)", "1 2", "a b", "1 if 2", "if", "[1", "a[", "a[0]", "sizes[3]", "sizes[-4]",
        "sizes['a']", "sizes[yes]", "a()", "min()", "min(", "len(3)", "'a' + 'b'", "'a' * 9", "[1] + [2]", "[1] * 9",
        "[] < 1", "1 / 0", "1 // 0", "1 % 0", "0 ** -1", "(-1) ** 0.5", "a = 1", "a; b", "a.b", "a.__class__", "lambda: 1",
        "__import__('os')", "open('x')", "a @ b", "~a", "a & b", "a if b", "{}", "{1}", "`ls`", "f'{a}'", "1_000", "0x10",
        "\\", "\n", "a\nb", "#", "é", "∞", "\x00", "\ud800", "nan", "1e999", "9" * 30, "2 ** 64", "2 ** 65", "10**10**10",
        "sum(5)", "abs('a')", "round(sizes)", "max(1, 'a')", "ceil(none)", "yes.real", "'a", '"', "1..2", "..",
    ],
)  # fmt: skip
def test_what_is_no_arithmetic_is_refused_with_the_text(text) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, NAMES)
    assert len(str(caught.value)) < 300


def test_an_unknown_variable_is_named() -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate("2 * widht", {"width": 8})
    assert caught.value.name == "widht"
    with pytest.raises(ExpressionError) as caught:
        evaluate("min", NAMES)
    assert caught.value.name == "min", "a function is no value"


def test_nothing_grows_without_bound() -> None:
    before = time.process_time()
    for text in (
        "**".join("9" * 20), "10 ** 64 * 10", "*".join(["999999999"] * 40), "2 ** 63 + 1", "-(2 ** 63) - 1",
        "(" * 10**6, "-" * 10**6 + "1", "[" * 499, "not " * 120 + "(" * 19, "a if " * 99, "1 + " * 124 + "(", "min(" * 100,
    ):  # fmt: skip
        with pytest.raises(ExpressionError):
            evaluate(text, NAMES)
    assert time.process_time() - before < 1
    assert evaluate(str(MAX_NUMBER), {}) == MAX_NUMBER
    deep = (MAX_DEPTH - 1) // 1
    with pytest.raises(ExpressionError):
        evaluate("(" * (deep + 1) + "1" + ")" * (deep + 1), {})
    assert evaluate("(" * (deep // 2) + "1" + ")" * (deep // 2), {}) == 1
    assert evaluate("+".join(["1"] * (MAX_TEXT // 2)), {}) == MAX_TEXT // 2
    with pytest.raises(ExpressionError, match="longer"):
        evaluate("+".join(["1"] * (MAX_TEXT // 2 + 1)) + "+", {})


@given(st.text(max_size=60))
def test_any_text_has_a_value_or_is_refused(text) -> None:
    try:
        evaluate(text, NAMES)
    except ExpressionError as error:
        assert str(error)  # noqa: PT017


def test_only_the_side_that_is_taken_is_asked() -> None:
    asked = []

    class Names:
        def __getitem__(self, name: str) -> int:
            asked.append(name)
            return 1

    assert evaluate("x if c else y", Names()) == 1
    assert asked == ["c", "x"]
