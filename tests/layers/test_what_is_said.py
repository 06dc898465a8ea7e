"""Numbers inside of errors and carried axes, where a wrong one would still be an error, or still an axis."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Whole
from cnnshape.layers.base import Carry
from cnnshape.layers.reshape import whole_axes
from cnnshape.ops import Ops
from cnnshape.shape import Shape


def refused(layer, *xs) -> LayerError:
    with pytest.raises(LayerError) as caught:
        layer.outs(*xs)
    return caught.value


@pytest.mark.parametrize(
    ("layer", "x", "said", "sum_", "padding", "least", "field"),
    [
        (
            L.Conv(5, kernel_size=7, padding=1), Shape(2, 3, 3, 20),
            "the window of 7 does not fit into height 3 + 1 + 1", "height: 3 + 1 + 1 = 5 < 7", 2, 5, "kernel_size",
        ),
        (
            L.Conv(5, kernel_size=9, padding=(4, (0, 3))), Shape(2, 3, 20, 3),
            "the window of 9 does not fit into width 3 + 0 + 3", "width: 3 + 0 + 3 = 6 < 9", 3, 6, "kernel_size",
        ),
        (
            L.Conv(5, kernel_size=9, padding=((2, 0), 4)), Shape(2, 3, 3, 20),
            "the window of 9 does not fit into height 3 + 2 + 0", "height: 3 + 2 + 0 = 5 < 9", 3, 7, "kernel_size",
        ),
        (
            L.Conv(5, kernel_size=3, dilation=3), Shape(2, 3, 4),
            "the window of 7 does not fit into length 4", "length: 4 + 0 + 0 = 4 < 3 * (kernel - 1) + 1 = 7", 2, 7, "dilation",
        ),
        (
            L.MaxPool(5), Shape(2, 3, 2, 20, 20),
            "the window of 5 does not fit into depth 2", "depth: 2 + 0 + 0 = 2 < 5", 2, 5, "kernel_size",
        ),
    ],
)  # fmt: skip
def test_a_window_that_does_not_fit_is_told_with_its_arithmetic(layer, x, said, sum_, padding, least, field) -> None:
    error = refused(layer, x)
    assert (error.code, error.message, error.field) == ("CNN-E401", said, field)
    assert error.notes == (f"input {x}", sum_)
    assert error.fixes == ({"padding": padding}, {"padding": "same"})
    assert error.advice == f"an input of at least {least} here"


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(0, 4), st.integers(0, 4))
def test_the_padding_that_is_offered_is_the_least_that_fits(n, kernel, dilation, before, after) -> None:
    assume(n + before + after < dilation * (kernel - 1) + 1)
    layer = L.Conv(2, kernel_size=kernel, dilation=dilation, padding=((before, after),))
    each = refused(layer, Shape(1, 1, n)).fixes[0]["padding"]
    assert L.Conv(2, kernel_size=kernel, dilation=dilation, padding=each).out(Shape(1, 1, n))[2] >= 1
    refused(L.Conv(2, kernel_size=kernel, dilation=dilation, padding=each - 1), Shape(1, 1, n))


def test_flatten_leaves_a_batch_of_numbers_and_joins_what_it_is_told() -> None:
    assert L.Flatten().out(Shape(5)) == Shape(5)
    assert L.Flatten(1, 2).out(Shape(2, 3, 5, 7, 11)) == Shape(2, 15, 7, 11)
    assert L.Flatten(2, 3).out(Shape(2, 3, 5, 7, 11)) == Shape(2, 3, 35, 11)
    fixes = ({"start_dim": 1}, {"end_dim": -1}, {"start_dim": 1, "end_dim": -1})
    for wrong in (L.Flatten(5), L.Flatten(1, 5)):
        error = refused(wrong, Shape(2, 3))
        assert (error.code, error.fixes) == ("CNN-E406", fixes)
    assert refused(L.Flatten(3, 2), Shape(2, 3, 5, 7)).fixes == fixes


def factors(draw, total):
    """Sizes whose product is `total`, ones among them."""
    found = []
    while total > 1:
        size = draw(st.sampled_from([d for d in range(2, total + 1) if total % d == 0]))
        found.append(size)
        total //= size
    for _ in range(draw(st.integers(0, 2))):
        found.insert(draw(st.integers(0, len(found))), 1)
    return found


@st.composite
def reshapes(draw):
    total = draw(st.sampled_from([1, 6, 12, 24, 30, 36]))
    batch = draw(st.integers(1, 3))
    return Shape(batch, *factors(draw, total)), Shape(batch, *factors(draw, total))


@given(reshapes())
def test_an_axis_is_whole_where_every_element_keeps_its_place_on_it(shapes) -> None:
    x, y = shapes
    before, after = (np.indices(tuple(shape)).reshape(len(shape), -1) for shape in (x, y))
    found = {carry.axis: carry.to for carry in whole_axes(x, y)}
    assert all(carry.way is None for carry in whole_axes(x, y))
    for axis in range(1, len(x)):
        if x[axis] > 1:
            same = [to for to in range(1, len(y)) if y[to] == x[axis] and (before[axis] == after[to]).all()]
            assert found.get(axis) == (same[0] if same else None), axis
        else:  # a single position says nothing: it stays where all before it are as many, in shapes of one rank
            stays = len(x) == len(y) and y[axis] == 1 and prod(x[:axis]) == prod(y[:axis])
            assert found.get(axis) == (axis if stays else None), axis


def test_no_axis_of_nothing_is_whole() -> None:
    assert whole_axes(Shape(2, 0, 3), Shape(2, 0, 3)) == ()
    assert whole_axes(Shape(2, 3, 5), Shape(2, 3, 0)) == ()
    assert whole_axes(Shape(2, 3, 0), Shape(2, 3, 5)) == ()


def test_vectors_laid_side_by_side_are_seen_as_a_whole_and_channels_move_nothing() -> None:
    assert L.Concat().carries(Shape(2, 3), Shape(2, 5)) == (Carry(1, 1, Whole(8)),)
    assert L.Concat().carries(Shape(2, 3, 7), Shape(2, 5, 7)) is None
    assert L.Concat(dim=2).carries(Shape(2, 3, 7), Shape(2, 3, 5)) == (Carry(1, 1, None), Carry(2, 2, Whole(12)))


@pytest.mark.parametrize(
    ("shapes", "xs", "kept"),
    [
        ((None,), [(2, 3, 5)], True),
        ((), [(2, 3, 5)], True),
        (((2, 3, 5),), [(2, 3, 5)], True),
        (((2, 3, 5),), [(2, 3, 5), (1, 3, 1)], True),  # ones are stretched
        (((2, 3, 5),), [(2, 3, 5), (5,)], True),  # and missing dimensions, from the right
        (((2, 3, 5),), [(2, 3, 5), (3,)], False),
        (((2, 3, 5),), [(2, 3, 7)], False),
        (((2, 3, 1),), [(2, 3, 5)], False),  # what is stretched is the input
        (((2, 3),), [(1, 2, 3)], False),
        (((2, 3, 5), (9,)), [(2, 3, 5)], True),
        (((9,), (2, 3, 5)), [(2, 3, 5)], False),
    ],
)
def test_a_pointwise_row_keeps_its_axes_where_its_stated_shape_has_them(shapes, xs, kept) -> None:
    layer = L.Foreign("op", shapes, operations=Ops(), pointwise=True)
    assert layer.carries(*[Shape(*x) for x in xs]) == (None if kept else ())
    assert L.Foreign("op", shapes).carries(*[Shape(*x) for x in xs]) == ()


def test_a_linear_layer_holds_its_features_against_the_last_dimension() -> None:
    assert L.Linear(5, in_features=7).out(Shape(2, 3, 7)) == Shape(2, 3, 5)
    assert refused(L.Linear(5, in_features=3), Shape(2, 3, 7)).code == "CNN-E405"


def test_the_shape_of_a_split_is_that_of_its_first_part() -> None:
    assert L.Split(sizes=(2, 5), dim=3).out(Shape(2, 3, 5, 7)) == Shape(2, 3, 5, 2)


def test_an_axis_that_becomes_the_batch_is_not_whole() -> None:
    assert whole_axes(Shape(1, 6), Shape(6, 1)) == ()
