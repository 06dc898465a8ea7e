"""Fields that alternate: which tables are orderly, how long a pattern is followed, and what an empty interval adds."""

from __future__ import annotations

from fractions import Fraction
from unittest import mock

import pytest

from cnnshape.geometry import receptive
from cnnshape.geometry.field import Field, Table
from cnnshape.geometry.reach import Limits
from cnnshape.geometry.receptive import fold, join, whole
from cnnshape.geometry.resample import Adaptive, Resample
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window

APART = Table((0, 2), (0, 2), 1)


@pytest.mark.parametrize(
    ("lows", "highs", "advance", "orderly"),
    [
        ((0,), (0,), 1, True),
        ((0, 0), (0, 0), 1, True),
        ((0, 1), (0, 1), 1, True),  # the next period begins where this one ends
        ((0, 2), (0, 2), 1, False),  # it begins before
        ((0, 1, 2), (0, 1, 2), 1, False),
        ((0, 1, 2), (0, 1, 2), 2, True),
        ((0, 2, 1), (0, 2, 1), 3, False),  # a later output sees less far
        ((0, 1, 2), (4, 6, 5), 3, False),
        ((0, 1), (-1, 0), 1, False),  # nothing is seen
        ((0, 1), (0, 0), 1, False),
    ],
)
def test_a_table_is_orderly_when_no_later_output_sees_less_far_and_all_see_something(
    lows, highs, advance, orderly
) -> None:
    assert Table(lows, highs, advance).orderly is orderly
    first = [(lows[o % len(lows)] + o // len(lows) * advance) for o in range(9)]
    last = [(highs[o % len(highs)] + o // len(highs) * advance) for o in range(9)]
    listed = first == sorted(first) and last == sorted(last) and all(map(int.__le__, first, last))
    assert listed is orderly


@pytest.mark.parametrize(
    ("nearer", "later"),
    [
        (Field(jump=Fraction(1, 2)), Field()),
        (Field(table=APART), Field()),
        (Field(), Field(table=APART)),
    ],
)
def test_fields_with_a_period_are_not_composed_as_if_they_had_none(nearer, later) -> None:
    with pytest.raises(ValueError, match="whole jumps"):
        nearer.then(later)


@pytest.mark.parametrize(("limit", "followed"), [(3, True), (2, False)])
def test_a_pattern_is_followed_up_to_its_longest_period(limit, followed) -> None:
    with mock.patch.object(receptive, "MAX_PERIOD", limit):  # three outputs for each input
        assert (fold(Field(), Transposed(kernel=3, stride=3), 5, Limits(0, 4)) is not None) is followed


@pytest.mark.parametrize(("limit", "followed"), [(6, True), (5, False)])
def test_tables_that_are_not_orderly_are_looked_at_so_often_and_no_more(limit, followed) -> None:
    with mock.patch.object(receptive, "MAX_LOOKS", limit):  # 3 outputs for each of 2 inputs, each reads one
        found = fold(Field(table=APART), Transposed(kernel=3, stride=3), 6, Limits(0, 9))
    assert (found is not None) is followed


def test_the_limits_are_those_that_the_documents_name() -> None:
    for stride, followed in ((16384, True), (16385, False)):
        assert (fold(Field(), Transposed(kernel=stride, stride=stride), 5, Limits(0, 4)) is not None) is followed
    lows = tuple(range(2050, 0, -2))
    backwards = Field(2050, 1, 2, Table(lows, lows, 2050))
    n = 1025 * 1025
    for outs, followed in ((511, True), (512, False)):  # two periods for each output: 1,047,550 and 1,049,600 positions
        assert (fold(backwards, Adaptive(n, outs), n, Limits(0, 9)) is not None) is followed


def test_of_a_long_pattern_no_more_is_looked_at_than_is_read() -> None:
    """8, 10 and 14 outputs of 17, 9 and 10: the last pattern repeats after 1,040 outputs and is not orderly."""
    field, reach = Field(), Limits(0, 16)
    ways = [Resample(17, 8, Fraction(17, 8), taps=2), Resample(9, 10, Fraction(9, 10))]
    for way in (*ways, Resample(10, 14, Fraction(9, 13), taps=4, corners=True)):
        found = fold(field, way, way.n, reach)
        assert found is not None
        field = found
    assert field.table is not None
    assert len(field.table.lows) == 1040
    assert not field.table.orderly
    assert field.size == 9
    assert fold(field, Window(1), 14, reach) == field


def test_no_field_is_larger_than_its_limit() -> None:
    pool = Window(1, stride=2**31)
    twice = fold(fold(Field(), pool, 1, Limits(0, 0)), pool, 1, Limits(0, 0))
    assert twice == Field(0, 1, receptive.LARGEST)
    assert fold(twice, Window(1, stride=2), 1, Limits(0, 0)) is None
    assert fold(Field(0, 1, receptive.LARGEST - 1), Window(2), 9, Limits(0, 9)) == Field(
        0, receptive.LARGEST, receptive.LARGEST - 1
    )
    assert fold(Field(0, 1, receptive.LARGEST), Window(2), 9, Limits(0, 9)) is None


@pytest.mark.parametrize(("more", "followed"), [(0, True), (1, False)])
def test_nor_is_one_that_alternates(more, followed) -> None:
    limit = receptive.LARGEST
    assert (receptive._reduced([0, 5], [limit - 1 + more, 9], 2, 2) is not None) is followed
    assert (receptive._reduced([0, 5], [0, 9], 2 * limit + more, 2) is not None) is followed
    assert (receptive._reduced([0, limit + more], [0, limit + more], 2 * (limit + more), 2) is not None) is followed


def test_outputs_that_all_read_one_position_see_the_same() -> None:
    way = Resample(1, 5, Fraction(0), taps=2, corners=True)
    assert fold(Field(), way, 1, Limits(0, 0)) == Field(0, 1, 0)


def test_an_output_that_sees_nothing_stands_beside_those_that_see_something() -> None:
    found = fold(Field(size=3), Transposed(kernel=1, stride=3), 5, Limits(0, 6))
    assert found is not None
    assert [found.seen(o) for o in range(7)] == [(0, 2), (0, -1), (0, -1), (1, 3), (1, 0), (1, 0), (2, 4)]


def test_a_branch_without_a_table_makes_no_period_longer() -> None:
    table = Table((0, 0, 1), (1, 1, 2), 3)
    found = join([Field(0, 1, 1), Field(0, 2, 1, table)], 6, [Limits(0, 5), Limits(0, 5)])
    assert found == Field(0, 2, 1, table)


def test_where_no_branch_sees_anything_the_first_one_tells_the_place() -> None:
    first = Field(5, 3, 1, Table((5, 7), (4, 9), 2))
    second = Field(0, 1, 1, Table((1, 2), (0, 2), 2))
    found = join([first, second], 6, [Limits(0, 9), Limits(0, 9)])
    assert found == Field(5, 8, 1, Table((5, 2), (4, 9), 2))


def test_orderly_tables_need_no_looks() -> None:
    with mock.patch.object(receptive, "MAX_LOOKS", 0):
        assert fold(Field(), Transposed(kernel=3, stride=3), 6, Limits(0, 9)) is not None


def test_an_interval_that_sees_nothing_adds_nothing() -> None:
    assert receptive._hull([(3, 2), (5, 9), (4, 6)], 0) == (4, 9)
    assert receptive._hull([(3, 2), (8, 7)], 5) == (5, 4)


@pytest.mark.parametrize(
    ("lows", "highs", "advance", "plain"),
    [
        ([5, 6], [7, 8], 2, Field(5, 3, 1)),
        ([5, 7, 9], [5, 7, 9], 6, Field(5, 1, 2)),
        ([5, 6], [7, 9], 2, None),
        ([5, 7], [7, 8], 2, None),
        ([5, 6], [7, 8], 3, None),
        ([5, 6], [4, 5], 2, None),  # nothing is seen
    ],
)
def test_a_pattern_is_plain_when_every_output_sees_alike(lows, highs, advance, plain) -> None:
    found = receptive._reduced(lows, highs, advance, len(lows))
    if plain is None:
        assert found.table == Table(tuple(lows), tuple(highs), advance)
    else:
        assert found == plain
    for o in range(len(lows)):
        assert found.seen(o) == (lows[o], highs[o])


def test_a_gate_that_sees_a_part_adds_its_part_to_every_output() -> None:
    found = join([Field(0, 3, 0), Field(0, 1, 1)], 5, [Limits(0, 2), Limits(0, 4)])
    assert found is not None
    assert [found.seen(o) for o in range(5)] == [(0, 2), (0, 2), (0, 2), (0, 3), (0, 4)]


def test_a_gate_that_sees_all_that_the_others_do_is_what_every_output_sees() -> None:
    assert join([Field(1, 3, 0), Field(1, 1, 1)], 3, [Limits(1, 3), Limits(1, 3)]) == Field(1, 3, 0)


def test_branches_that_see_nothing_add_nothing() -> None:
    assert join([Field(0, 0, 0), Field(2, 1, 1)], 3, [Limits(0, -1), Limits(2, 4)]) == Field(2, 1, 1)
    assert whole(Field(0, 1, 1), Limits(0, -1)) == Field(0, 0, 0)


@pytest.mark.parametrize(("limit", "listed"), [(5, True), (4, False)])
def test_branches_that_move_apart_are_listed_up_to_so_many_outputs(limit, listed) -> None:
    with mock.patch.object(receptive, "MAX_PERIOD", limit):
        found = join([Field(0, 1, 1), Field(0, 1, 2)], 5, [Limits(0, 4), Limits(0, 8)])
    assert (found is not None) is listed
