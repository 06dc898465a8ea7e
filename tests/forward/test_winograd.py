"""Winograd's way beside the plain loops, what it says that it performed, and where it is taken."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import paddings, run
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from cnnshape.errors import LayerError
from cnnshape.forward import threads, winograd
from cnnshape.forward.blas import one_thread
from cnnshape.layers import Conv
from cnnshape.shape import Shape


@pytest.fixture(scope="module", autouse=True)
def _everywhere():
    """Small layers too: each is larger than none."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("WIDE", "MANY", "HEAVY"):
            patch.setattr(winograd, name, 0)
        yield


@st.composite
def layers(draw) -> tuple[Conv, Shape]:
    """Three rows one below the other; all else as it comes."""
    groups = draw(st.sampled_from([1, 1, 2, 3]))
    x = Shape(
        draw(st.integers(1, 2)), groups * draw(st.integers(1, 3)), draw(st.integers(1, 17)), draw(st.integers(1, 11))
    )
    layer = Conv(
        groups * draw(st.integers(1, 3)),
        kernel_size=(3, draw(st.integers(3, 5))),
        stride=(1, draw(st.integers(1, 3))),
        padding=draw(paddings(2)),
        dilation=(1, draw(st.integers(1, 2))),
        groups=groups,
        bias=draw(st.booleans()),
    )
    try:
        layer.out(x)
    except LayerError:
        assume(False)
    return layer, x


@settings(max_examples=150)
@given(layers(), st.sampled_from([1, 2, 3]), st.sampled_from([1, 20, 800]))
def test_it_equals_the_plain_loops(drawn, many, windows) -> None:
    layer, x = drawn
    with pytest.MonkeyPatch.context() as patch, one_thread():
        patch.setattr(winograd, "count", lambda: many)
        patch.setattr(winograd, "WINDOWS", windows)
        _, fast, kit = run(layer, x)
    _, slow, judge = run(layer, x, "reference")
    if x[1] > layer.groups:  # of one channel each, they are depthwise
        assert kit.way == winograd.NAME
    np.testing.assert_allclose(fast, slow, rtol=1e-10, atol=1e-10)
    assert kit.tally == judge.tally, "the count of the definition"
    assert {n: a.shape for n, a in kit.used.items()} == {n: a.shape for n, a in judge.used.items()}


def test_on_threads_it_is_the_same() -> None:
    layer, x = Conv(7, kernel_size=3, padding=1), Shape(2, 5, 43, 37)
    with pytest.MonkeyPatch.context() as patch, one_thread():
        patch.setattr(winograd, "WINDOWS", 100)
        _, several, kit = run(layer, x)
        patch.setattr(threads, "busy", lambda: True)
        _, alone, other = run(layer, x)
    np.testing.assert_array_equal(several, alone)
    assert kit.performed == other.performed


def test_it_says_what_it_performed() -> None:
    # 5 outputs below one another are 2 tiles; 6 rows of each. One channel would be depthwise: 2 channels, 3 filters.
    layer, x = Conv(3, kernel_size=3, bias=False), Shape(1, 2, 7, 9)
    _, y, kit = run(layer, x)
    assert y.shape == (1, 3, 5, 7)
    assert kit.tally == {"mac": 3 * 5 * 7 * 2 * 9}
    filters = 6 * 3 * (3 * 2 * 3)  # six sums of three rows: for each filter, channel and tap along the row
    image = 6 * 6 * 2 * (2 * 9)  # six sums of six rows: for each tile, channel and column
    products = (
        6 * 3 * (2 * 3) * (2 * 7)
    )  # six matrices of the filters times channels and taps, for each tile and window
    outputs = 4 * 6 * 3 * (2 * 7)  # four sums of six products
    assert kit.performed == {"mac": filters + image + products + outputs}


def test_the_direct_kernel_never_takes_it() -> None:
    layer, x = Conv(3, kernel_size=3, padding=1), Shape(1, 2, 7, 9)
    _, y, kit = run(layer, x, "direct")
    _, other, faster = run(layer, x)
    assert (kit.way, kit.performed) == ("", {})
    assert faster.way == winograd.NAME
    assert kit.tally == faster.tally
    np.testing.assert_allclose(y, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("layer", "x"),
    [
        (Conv(3, kernel_size=3, stride=2), (2, 9, 9)),
        (Conv(3, kernel_size=3, dilation=2), (2, 9, 9)),
        (Conv(3, kernel_size=5), (2, 9, 9)),
        (Conv(3, kernel_size=(3, 1)), (2, 9, 9)),
        (Conv(3, kernel_size=3), (2, 9)),
        (Conv(3, kernel_size=3), (2, 5, 5, 5)),
        (Conv(4, kernel_size=3, groups=4), (4, 9, 9)),
    ],
)
def test_other_layers_go_the_direct_way(layer, x) -> None:
    _, _, kit = run(layer, Shape(1, *x))
    assert (kit.way, kit.performed) == ("", {})


def test_sums_that_would_take_too_much_memory_are_not_made(monkeypatch) -> None:
    layer, x = Conv(3, kernel_size=3), Shape(1, 2, 7, 9)
    for name in ("TURNED", "SPACE"):
        with monkeypatch.context() as patch:
            patch.setattr(winograd, name, 10)
            assert run(layer, x)[2].way == ""
    assert run(layer, x)[2].way == winograd.NAME


def test_single_precision_errs_little() -> None:
    from cnnshape.forward import kernel
    from cnnshape.forward.kit import Kit
    from cnnshape.forward.weights import Weights

    layer = Conv(64, kernel_size=3, padding=1, bias=False)
    weights = Weights(5, "float32", keep=True)
    x = weights.between("", "x", (1, 64, 31, 33), -1.0, 1.0)
    fast, direct = (kernel("conv", mode)(layer, Kit(weights, "layer"), x) for mode in ("fast", "direct"))
    assert fast.dtype == np.float32
    assert np.abs(fast - direct).max() < 1e-5 * np.abs(direct).max()
