"""What `solve` finds is what loops over every combination find, no more and no less, and the real layer agrees."""

from __future__ import annotations

from itertools import product
from time import process_time
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.errors import LayerError
from cnnshape.layers import BY_NAME
from cnnshape.shape import Shape
from cnnshape.solve import KINDS, Space, solve, windows


def positions(n: int, k: int, s: int, before: int, after: int, d: int) -> list[list[int]]:
    """The input positions under every window that fits, moved one by one."""
    found, start = [], -before
    while start + d * (k - 1) < n + after:
        found.append([start + i * d for i in range(k)])
        start += s
    return found


def slow(kind: str, size, wanted, space: Space) -> dict[tuple, int]:
    """Every combination that gives the wanted size -> how many positions it loses; by loops over positions."""
    found = {}
    pools = kind.endswith("pool")
    for k, s, d, odd in product(space.kernel_size, space.stride, space.dilation, (0, 1) if space.asymmetric else (0,)):
        extent = d * (k - 1) + 1
        most = (extent - odd) // 2 if pools else extent - 1 - odd
        extras = (0,)
        if kind == "conv_transpose":
            extras = [e for e in space.output_padding or range(max(s, d)) if e < max(s, d)]
        for p, extra in product(space.padding if space.padding is not None else range(most + 1), extras):
            lost, fits = 0, True
            for n, out in zip(size, wanted, strict=True):
                if kind == "conv_transpose":
                    marked = {i * s + j * d for i in range(n) for j in range(k)}
                    fits &= max(marked) + 1 - 2 * p - odd + extra == out
                    continue
                windows = positions(n, k, s, p, p + odd, d)
                fits &= len(windows) == out
                if windows:
                    lost += max(0, n - 1 - max(windows[-1]))
                    fits &= not pools or all(any(0 <= i < n for i in window) for window in windows)
            if fits:
                found[k, s, p, p + odd, d, extra] = lost
    return found


@st.composite
def questions(draw):
    kind = draw(st.sampled_from(KINDS))
    rank = draw(st.integers(1, 2))
    each = st.lists(st.integers(1, 5), min_size=1, max_size=3, unique=True).map(sorted).map(tuple)
    space = Space(
        draw(each),
        draw(each),
        draw(st.none() | st.lists(st.integers(0, 4), min_size=1, max_size=3, unique=True).map(sorted).map(tuple)),
        draw(st.sampled_from([(1,), (2,), (1, 2), (1, 3)])),
        draw(st.sampled_from([None, (0,), (0, 1)])),
        draw(st.booleans()),
    )
    size = tuple(draw(st.integers(1, 17)) for _ in range(rank))
    one = draw(st.sampled_from(space.kernel_size))
    near = [max(1, (n - one) // draw(st.sampled_from(space.stride)) + draw(st.integers(0, 2))) for n in size]
    return kind, size, tuple(near), space


def key(answer) -> tuple:
    return answer.kernel_size, answer.stride, answer.padding, answer.after, answer.dilation, answer.output_padding


@given(questions())
def test_nothing_is_missed_and_nothing_invented(question) -> None:
    kind, size, wanted, space = question
    every = slow(kind, size, wanted, space)
    exact = {answer for answer, lost in every.items() if not lost}
    found = solve(kind, size, wanted, space, limit=10**6)
    if exact:
        assert found.exact
        assert {key(answer) for answer in found.answers} == exact
        assert found.count == len(found.answers) == len(exact)
    else:
        assert not found.exact
        least = min(every.values(), default=None)
        if least is not None:
            assert {key(answer) for answer in found.answers} == {a for a, lost in every.items() if lost == least}
            assert all(answer.out == wanted for answer in found.answers)
        else:
            assert all(answer.out != wanted for answer in found.answers)


@given(questions())
def test_the_real_layer_gives_what_every_answer_says(question) -> None:
    kind, size, wanted, space = question
    x = Shape(2, 6, *size)
    found = solve(kind, size, wanted, space, limit=50)
    for answer in found.answers:
        fields = answer.fields(kind)
        layer = BY_NAME[kind](**({"out_channels": 4} if kind.startswith("conv") else {}), **fields)
        assert layer.out(x).spatial == answer.out
        if kind != "conv_transpose":
            windows = layer.windows(x)
            assert tuple(w.left_over(n) for w, n in zip(windows, size, strict=True)) == answer.left_over
        assert answer.out == wanted or not found.exact


@given(questions())
def test_no_combination_comes_nearer_than_the_nearest(question) -> None:
    kind, size, wanted, space = question
    found = solve(kind, size, wanted, space, limit=5)
    if found.exact or not found.answers or found.answers[0].out == wanted:
        return
    far = {sum(abs(a - b) for a, b in zip(answer.out, wanted, strict=True)) for answer in found.answers}
    assert len(far) == 1
    for k, s, d in product(space.kernel_size, space.stride, space.dilation):
        most = (d * (k - 1) + 1) // 2 if kind.endswith("pool") else d * (k - 1)
        for p in range(most + 1) if space.padding is None else space.padding:
            fields = {"kernel_size": k, "stride": s, "dilation": d, "padding": p}
            layer = BY_NAME[kind](**({"out_channels": 1} if kind.startswith("conv") else {}), **fields)
            try:
                out = layer.out(Shape(1, 1, *size)).spatial
            except LayerError:
                continue
            if kind != "conv_transpose" or space.output_padding in (None, (0,), (0, 1)):
                assert sum(abs(a - b) for a, b in zip(out, wanted, strict=True)) >= far.copy().pop()


@given(questions())
def test_the_simplest_comes_first(question) -> None:
    kind, size, wanted, space = question
    answers = solve(kind, size, wanted, space, limit=10**6).answers

    def simplicity(a) -> tuple:
        gaps = a.stride > a.dilation * (a.kernel_size - 1) + 1
        return gaps, a.dilation, a.after - a.padding, a.kernel_size, a.padding, a.stride, a.output_padding

    assert [simplicity(a) for a in answers] == sorted(simplicity(a) for a in answers)


def test_a_limit_shows_the_first_of_all() -> None:
    space = Space(tuple(range(1, 12)), (1, 2), None, (1, 2, 3))
    every = solve("conv", (31, 37), (31, 37), space, limit=1000)
    some = solve("conv", (31, 37), (31, 37), space, limit=4)
    assert some.count == every.count == len(every.answers) > 4
    assert some.answers == every.answers[:4]


@pytest.mark.parametrize(
    ("kind", "size", "wanted", "space", "first"),
    [
        ("conv", 227, 55, Space((11,), (4,)), {"kernel_size": 11, "stride": 4}),
        ("conv", 224, 112, Space((7,), (2,)), {"kernel_size": 7, "stride": 2, "padding": 3}),
        ("conv", 32, 32, Space((5,), (1,)), {"kernel_size": 5, "padding": 2}),
        ("conv", 32, 32, Space((4,), (1,), asymmetric=True), {"kernel_size": 4, "padding": ((1, 2),)}),
        ("max_pool", 112, 56, Space((3,), (2,)), {"kernel_size": 3, "stride": 2, "padding": 1}),
        ("max_pool", 224, 112, Space((2, 3), (1, 2)), {"kernel_size": 2}),
        (
            "conv_transpose",
            7,
            14,
            Space((3,), (2,)),
            {"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1},
        ),
    ],
)
def test_what_everybody_knows(kind, size, wanted, space, first) -> None:
    found = solve(kind, (size,), (wanted,), space)
    assert found.exact
    assert found.answers[0].fields(kind) == first


@given(questions(), st.integers(1, 300))
def test_the_stretches_make_no_difference(question, stretch) -> None:
    whole = solve(*question, limit=7)
    with mock.patch.object(windows, "_CHUNK", stretch):
        assert solve(*question, limit=7) == whole


def test_too_many_combinations_are_refused() -> None:
    with pytest.raises(ValueError, match="pairs"):
        solve("conv_transpose", (9,), (9,), Space((1,), tuple(range(1, 5000)), (0,)))
    many = tuple(range(1, 2001))
    with pytest.raises(ValueError, match="more than"):
        solve("conv", (9,), (9,), Space(many, many, (0,), many))


@pytest.mark.parametrize(
    ("kind", "wanted", "space", "tried"),
    [
        ("conv", 10, Space(tuple(range(1, 8001)), (1,), (0,), tuple(range(1, 8001))), 64_000_000),
        ("conv", 10, Space((1,), (1,), (0,), tuple(range(1, 65537))), 65_536),
        ("conv", 99, Space((1,), (1,), (0,), tuple(range(1, 65537))), 65_536),
        ("conv", 10, Space(tuple(range(1, 65537)), (1, 2), None, tuple(range(1, 65537))), None),
        ("conv_transpose", 10, Space((1,), tuple(range(1, 65537)), None, tuple(range(1, 65537))), None),
    ],
    ids=["many kernels", "one kernel", "nothing fits", "too many", "too many steps"],
)
def test_many_dilations_take_no_longer_than_as_many_kernels(kind, wanted, space, tried) -> None:
    begin = process_time()
    if tried is None:
        with pytest.raises(ValueError, match="more than 100,000,000"):
            solve(kind, (10,), (wanted,), space)
    else:
        assert solve(kind, (10,), (wanted,), space, limit=3).tried == tried
    assert process_time() - begin < 3
