"""Windows where they hang over, where copies interleave, and where counting ends; the oracle slides over real lists."""

from __future__ import annotations

from itertools import product

import index_sets as slow
import pytest

from cnnshape.geometry.padding import ceil_after, resolve
from cnnshape.geometry.strides import is_run, regrouped
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window


def test_the_first_output_over_padding_alone_is_the_first_that_reads_nothing() -> None:
    some = 0
    for k, s, d, before, after, n in product(range(1, 4), range(1, 4), range(1, 4), range(6), range(6), range(1, 6)):
        seen = slow.slide(slow.image(n), k, s, d, before, after)
        if seen:
            blind = [o for o, each in enumerate(seen) if not each.who]
            some += len(blind) > 1
            assert Window(k, s, d, before, after).blank(n) == (blind[0] if blind else None), (k, s, d, before, after, n)
    assert some


def test_what_a_wide_border_keeps_from_every_window_is_not_read() -> None:
    for k, s, before, after, n in product(range(1, 5), range(1, 4), range(7), range(4), range(1, 6)):
        seen = slow.slide(slow.image(n), k, s, 1, before, after)
        read = frozenset().union(*[each.who for each in seen])
        assert Window(k, s, 1, before, after).unread(n) == n - len(read), (k, s, before, after, n)


def test_positions_between_dilated_taps_are_counted_up_to_the_length_that_is_documented() -> None:
    """Two taps, three apart, every second position: of an even length, the second and the last but one are left."""
    way = Window(kernel=2, stride=2, dilation=3)
    for n in (11, 12):
        assert way.unread(n) == n - len(frozenset().union(*[o.who for o in slow.slide(slow.image(n), 2, 2, 3, 0, 0)]))
    assert way.unread(2**24) == way.unread(12)
    assert way.unread(2**24 + 1) is None


def test_a_window_and_a_copy_are_dense_and_whole_unless_told_otherwise() -> None:
    assert Window(3).out_size(7) == len(slow.slide(slow.image(7), 3, 1, 1, 0, 0))
    assert Transposed(3).out_size(7) == len(slow.lay(slow.image(7), 3, 1, 1, 0, 0, 0))


@pytest.mark.parametrize("stride", [2, 5, 6, 7])
def test_copies_that_interleave_reach_what_their_taps_reach(stride) -> None:
    for dilation, kernel, before, extra in product((1, 2, 3, 4, 5), (1, 2, 3, 7, 11), (0, 3), (0, 1)):
        way, far = Transposed(kernel, stride, dilation, before, 0, extra), kernel * dilation
        for o in range(2 * stride + 1):
            # The axis goes on at both ends: what lies outside of it is padding.
            who = [
                i for i in range(-far, far + 5) if any(i * stride + k * dilation == o + before for k in range(kernel))
            ]
            assert list(way.reached(o)) == who
            assert way.seen(o) == ((who[0], who[-1]) if who else (1, 0))


def test_the_floor_rule_holds_unless_a_ceil_is_asked_for_and_then_it_is_that_of_torch() -> None:
    # Six positions under windows of three, two apart: the third would hang over (torch, ceil_mode=False).
    assert resolve((0, 0), 6, 3, 2) == (0, 0)
    # Windows of one, two apart, over four positions: torch drops the third, which begins behind them; Caffe keeps it.
    assert Window(1, 2, 1, 0, ceil_after(4, 1, 2, 0, 0)).out_size(4) == 2
    assert Window(1, 2, 1, 0, ceil_after(4, 1, 2, 0, 0, caffe=True)).out_size(4) == 3


def test_a_reshape_may_end_in_dimensions_of_one() -> None:
    """numpy.zeros((2, 3)).reshape(2, 3, 1, 1) is a view, and so is that of its columns into rows of one."""
    assert regrouped((2, 3), (3, 1), (2, 3, 1, 1))[:2] == (3, 1)
    assert regrouped((3, 2), (1, 3), (3, 1, 2, 1))[::2] == (1, 3)
    assert is_run((2, 3, 1, 1), regrouped((2, 3), (3, 1), (2, 3, 1, 1)))
