"""Many integers behave as each of them would, and part where they answer differently."""

from __future__ import annotations

import operator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.sizes.many import Apart, Many, filled, joined, many, taken

NUMBERS = st.integers(-(10**6), 10**6) | st.integers(-(2**70), 2**70)
LISTS = st.lists(NUMBERS, min_size=3, max_size=3)
ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.floordiv, operator.mod]
QUESTIONS = [operator.lt, operator.le, operator.gt, operator.ge, operator.eq, operator.ne]


def values(found: object) -> list[int]:
    return [int(value) for value in filled(found, 3)]


@given(LISTS, st.one_of(NUMBERS, LISTS), st.sampled_from(ARITHMETIC), st.booleans())
def test_arithmetic_is_that_of_each(a, b, how, swapped) -> None:
    each = b if isinstance(b, list) else [b] * 3
    left, right = many(a), many(b) if isinstance(b, list) else b
    pairs = list(zip(a, each, strict=True))
    if swapped:
        left, right, pairs = right, left, [(y, x) for x, y in pairs]
    if how in (operator.floordiv, operator.mod) and any(y == 0 for _, y in pairs):
        with pytest.raises((ZeroDivisionError, Apart)):
            how(left, right)
        return
    found = how(left, right)
    assert values(found) == [how(x, y) for x, y in pairs]
    if isinstance(found, Many):
        assert all(abs(value) <= found.most for value in values(found))


@given(LISTS, st.one_of(NUMBERS, LISTS), st.sampled_from(QUESTIONS))
def test_a_question_is_answered_or_parts_them(a, b, how) -> None:
    each = b if isinstance(b, list) else [b] * 3
    wanted = [how(x, y) for x, y in zip(a, each, strict=True)]
    question = how(many(a), many(b) if isinstance(b, list) else b)
    if len(set(wanted)) == 1:
        assert bool(question) is wanted[0]
    else:
        with pytest.raises(Apart) as parted:
            bool(question)
        assert [bool(label) for label in parted.value.labels] == wanted


@pytest.mark.parametrize(
    "use", [hash, int, float, operator.index, range, lambda n: [0][n], lambda n: n / 2, lambda n: 2**n]
)
def test_what_needs_one_integer_parts_them(use) -> None:
    with pytest.raises((Apart, TypeError)):
        use(many([3, 5, 7]))


def test_equal_numbers_are_one_integer() -> None:
    assert many([7, 7]) == 7
    assert isinstance(many([7, 7]), int)
    assert isinstance(taken(many([3, 5, 5]), [1, 2]), int)
    assert values(joined([([0, 2], 5), ([1], 7)], 3)) == [5, 7, 5]


def test_powers_and_signs() -> None:
    n = many([-3, 5, 7])
    assert values(n**3) == [-27, 125, 343]
    assert values(-n) == [3, -5, -7]
    assert values(abs(n)) == [3, 5, 7]
    assert [values(part) for part in divmod(n, 2)] == [[-2, 2, 3], [1, 1, 1]]
    assert f"{n}" == "-3..7"
