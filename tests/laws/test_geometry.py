"""Laws of windows, padding and receptive fields; each oracle is a slow loop that shares no formula with the code."""

from __future__ import annotations

from hypothesis import assume, given
from hypothesis import strategies as st

from cnnshape.geometry.field import Field
from cnnshape.geometry.padding import ceil_after, resolve, same_lower, same_upper
from cnnshape.geometry.reach import Limits, behind
from cnnshape.geometry.receptive import fold, join, whole
from cnnshape.geometry.resample import Adaptive, Resample
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window

small = st.integers(1, 5)
windows = st.builds(
    Window, kernel=small, stride=small, dilation=st.integers(1, 3), before=st.integers(0, 4), after=st.integers(0, 4)
)


def positions(w: Window, n: int) -> list[list[int]]:
    """The taps of every window that fits, by sliding it one step at a time over a real list."""
    axis = [None] * w.before + list(range(n)) + [None] * w.after
    found, start = [], 0
    while start + (w.kernel - 1) * w.dilation < len(axis):
        found.append([axis[start + k * w.dilation] for k in range(w.kernel)])
        start += w.stride
    return found


def exhaustive():
    for kernel in range(1, 5):
        for stride in range(1, 5):
            for dilation in range(1, 4):
                for before in range(3):
                    for after in range(3):
                        for n in range(1, 10):
                            yield Window(kernel, stride, dilation, before, after), n


def check_same(w: Window, n: int) -> None:
    found = positions(w, n)
    assert max(0, w.out_size(n)) == len(found)
    read = {i for window in found for i in window if i is not None}
    assert w.unread(n) == n - len(read)
    if found:
        assert w.taps(n) == sum(i is not None for window in found for i in window)
        for o, window in enumerate(found):
            first, last = w.seen(o)
            inside = [i for i in window if i is not None]
            assert all(first <= i <= last for i in inside)
            if window[0] is not None:
                assert first == window[0]
            if window[-1] is not None:
                assert last == window[-1]


def test_window_equals_sliding_exhaustively() -> None:
    for w, n in exhaustive():
        check_same(w, n)


@given(windows, st.integers(1, 60))
def test_window_equals_sliding(w, n) -> None:
    check_same(w, n)


@given(st.integers(1, 10**9))
def test_one_by_one_keeps_the_size(n) -> None:
    assert Window(1).out_size(n) == n


@given(st.integers(1, 500), st.integers(1, 12), st.integers(1, 7), st.integers(1, 3))
def test_same_gives_ceil_of_n_over_s(n, k, s, d) -> None:
    extent = d * (k - 1) + 1
    for rule in (same_upper, same_lower):
        before, after = rule(n, extent, s)
        assert Window(k, s, d, before, after).out_size(n) == len(range(0, n, s))
        assert abs(before - after) <= 1
    assert same_upper(n, extent, s)[0] <= same_lower(n, extent, s)[0]


@given(windows, st.integers(1, 200))
def test_a_dilated_extent_equals_the_dense_kernels(w, n) -> None:
    dense = Window(w.extent, w.stride, 1, w.before, w.after)
    assert dense.out_size(n) == w.out_size(n)


@given(windows, st.integers(1, 200))
def test_output_grows_with_input(w, n) -> None:
    assert w.out_size(n) <= w.out_size(n + 1) <= w.out_size(n) + 1


@given(windows, st.integers(1, 60))
def test_left_over_is_what_no_window_covers(w, n) -> None:
    assume(w.out_size(n) >= 1)
    end = (w.out_size(n) - 1) * w.stride + w.extent
    assert w.left_over(n) == n + w.before + w.after - end
    assert w.left_over(n) < w.stride


@given(st.integers(1, 60), small, small, st.integers(0, 2), st.integers(0, 2), st.booleans())
def test_ceil_mode_adds_at_most_the_window_that_starts_inside(n, k, s, before, after, caffe) -> None:
    assume(n + before + after >= k)
    out = Window(k, s, 1, before, ceil_after(n, k, s, before, after, caffe=caffe)).out_size(n)
    # The slow rule: start a window at every stride while anything is left to cover, then drop one that starts outside.
    starts, at = [0], 0
    while at + k < n + before + after:
        at += s
        starts.append(at)
    if (not caffe or before or after) and starts[-1] >= n + before:
        starts.pop()
    assert out == len(starts)


@given(windows, windows, windows)
def test_the_fold_is_associative(a, b, c) -> None:
    x, y, z = Field.of(a), Field.of(b), Field.of(c)
    assert x.then(y).then(z) == x.then(y.then(z))


ways = st.one_of(
    windows,
    st.builds(
        Transposed,
        kernel=small,
        stride=st.integers(1, 3),
        dilation=st.integers(1, 2),
        before=st.integers(0, 2),
        after=st.integers(0, 2),
    ),
)


@given(st.lists(ways, min_size=1, max_size=5), st.integers(5, 40))
def test_the_fold_equals_a_brute_force_index_set(chain, n) -> None:
    """Padding is followed as if the axis went on, so the slow side uses an axis long enough on both sides."""
    field = Field()
    size = n
    for way in chain:
        assume(way.out_size(size) >= 1)
        folded = fold(field, way, size, Limits(0, n - 1))
        assert folded is not None
        field, size = folded, way.out_size(size)

    def inputs(o: int, depth: int) -> set[int]:
        if depth < 0:
            return {o}
        way = chain[depth]
        if isinstance(way, Window):
            here = {o * way.stride - way.before + k * way.dilation for k in range(way.kernel)}
        else:
            here = {
                i
                for i in range(min(o, 0) - 20, max(o, 0) + 21)
                if any(i * way.stride + k * way.dilation == o + way.before for k in range(way.kernel))
            }
        return set().union(*[inputs(i, depth - 1) for i in here]) if here else set()

    seen = [inputs(o, len(chain) - 1) for o in range(min(size, 8))]
    for o, found in enumerate(seen):
        first, last = field.seen(o)
        assert (first, last) == (min(found), max(found)) if found else first > last
        assert last - first < field.size
    assert field.start == field.seen(0)[0]


@given(st.lists(windows, min_size=1, max_size=3), st.lists(windows, min_size=1, max_size=3), st.integers(10, 40))
def test_a_join_is_the_hull(left, right, n) -> None:
    fields = []
    for chain in (left, right):
        field = Field()
        for w in chain:
            field = field.then(Field.of(w))
        fields.append(field)
    found = join(fields, 7, [Limits(0, n - 1)] * 2)
    for o in range(7):
        spans = [field.seen(o) for field in fields]
        assert found.seen(o) == (min(s[0] for s in spans), max(s[1] for s in spans))


@given(windows, st.integers(6, 40))
def test_a_whole_axis_is_held_inside_the_input(w, n) -> None:
    assume(w.out_size(n) >= 1)
    image = Limits(0, n - 1)
    found = whole(Field.of(w), behind(image, Field(), w, n, Field.of(w)))
    read = [i for window in positions(w, n) for i in window if i is not None]
    assume(read)
    assert (found.start, found.start + found.size - 1, found.jump) == (min(read), max(read), 0)
    assert found.start + found.size <= n


@given(st.integers(1, 40), small, small, st.integers(0, 3))
def test_transposed_inverts_the_size_of_a_convolution(n, k, s, p) -> None:
    assume(n + 2 * p >= k)
    conv = Window(k, s, 1, p, p)
    back = Transposed(k, s, 1, p, p, extra=conv.left_over(n))
    assert back.out_size(conv.out_size(n)) == n


@given(st.integers(1, 12), small, st.integers(1, 4), st.integers(1, 3))
def test_transposed_equals_laying_down_copies(n, k, s, d) -> None:
    way = Transposed(k, s, d)
    reached = {i * s + t * d for i in range(n) for t in range(k)}
    assert way.out_size(n) == max(reached) + 1
    for o in range(way.out_size(n)):
        # The axis goes on at both ends: what lies outside of it is padding.
        who = [i for i in range(-40, n + 40) if any(i * s + t * d == o for t in range(k))]
        assert way.seen(o) == ((min(who), max(who)) if who else (1, 0))


@given(st.integers(1, 60), st.integers(1, 60))
def test_adaptive_windows_cover_the_axis(n, out) -> None:
    way = Adaptive(n, out)
    covered = []
    for o in range(out):
        first, last = way.seen(o)
        assert 0 <= first <= last < n
        covered.extend(range(first, last + 1))
    assert set(covered) == set(range(n))
    assert way.taps_total == len(covered)


@given(st.integers(1, 30), st.integers(1, 4))
def test_nearest_repeats_each_position(n, r) -> None:
    from fractions import Fraction

    way = Resample(n, n * r, Fraction(1, r))
    assert [way.seen(o)[0] for o in range(n * r)] == [i for i in range(n) for _ in range(r)]


def test_resolve_dialects() -> None:
    assert resolve("full", 5, 3, 1) == (2, 2)
    assert resolve("causal", 5, 3, 1) == (2, 0)
    assert resolve("valid", 5, 3, 1) == (0, 0)
    # BVLC caffe test_pooling_layer.cpp: TestSetup and TestSetupPadded
    assert Window(3, 2, 1, *resolve((0, 0), 6, 3, 2, "caffe")).out_size(6) == 3
    assert Window(3, 2, 1, *resolve((1, 1), 6, 3, 2, "caffe")).out_size(6) == 4
    assert Window(3, 2, 1, *resolve((1, 1), 5, 3, 2, "caffe")).out_size(5) == 3
