"""What repeats over the sizes: found exactly, held against every size, and not claimed where it does not hold."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from classics import CLASSICS
from hypothesis import given
from hypothesis import strategies as st
from one_by_one import network

from cnnshape import api
from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.calculate import calculate
from cnnshape.sizes import grid, sweep
from cnnshape.sizes.law import law, pattern, period, polynomial

ZOO = [name for name in CLASSICS if name != "unet"]


@given(st.lists(st.fractions(-9, 9, max_denominator=4), min_size=1, max_size=4), st.integers(1, 50), st.integers(1, 32))
def test_a_polynomial_is_found_from_its_differences(coefficients, start, step) -> None:
    def f(n: int) -> Fraction:
        return sum((c * n**k for k, c in enumerate(reversed(coefficients))), Fraction(0))

    scale = 24 * 4**4
    row = [int(f(start + i * step) * scale) for i in range(len(coefficients))]
    differences = []
    while row:
        differences.append(row[0])
        row = [b - a for a, b in pairwise(row)]
    assert [part / scale for part in polynomial(start, step, differences)] == coefficients


@given(st.lists(st.booleans(), min_size=4, max_size=40), st.integers(1, 50), st.integers(1, 4))
def test_a_pattern_says_of_every_size_whether_it_is_true(true, first, step) -> None:
    sizes = [first + i * step for i in range(len(true))]
    found = pattern(sizes, step, np.array(true))
    start = true.index(True) if any(true) else len(true)
    rest = true[start:]
    shortest = next(
        (k for k in range(1, len(rest) // 2 + 1) if all(rest[i] == rest[i + k] for i in range(len(rest) - k))), None
    )
    if found is None:
        assert shortest is None
        return
    assert found.modulus == shortest * step
    for n, one in zip(sizes, true, strict=True):
        assert one == (n >= found.first and n % found.modulus in found.remainders)


def test_a_period_is_the_shortest_lag_of_even_growth() -> None:
    n = np.arange(40)
    assert period(n >= 0, [n // 4, n // 6]) == 12
    assert period(n >= 0, [n]) == 1
    assert period(n >= 0, [n * n]) is None
    assert period(n % 3 == 0, [n // 3]) == 3


def test_a_value_that_breaks_the_law_is_named() -> None:
    sizes = list(range(10, 30))
    values = [3 * n * n + n for n in sizes]
    right = law(sizes, np.ones(20, dtype=bool), values, "plane", 1, 1)
    assert (right.holds, right.pieces[0].coefficients) == (True, ("3", "1/2", "0"))
    values[17] += 1
    wrong = law(sizes, np.ones(20, dtype=bool), values, "plane", 1, 1)
    assert (wrong.holds, wrong.reason) == (False, "it fails at 27")


@pytest.mark.parametrize("name", ZOO)
def test_the_law_of_macs_gives_the_macs(name) -> None:
    net = api.load(f"zoo:{name}")
    found = sweep(net, range(32, 260))
    assert found.macs.holds, found.macs.reason
    assert found.macs.rectangles
    by = {piece.remainder: list(map(Fraction, piece.coefficients)) for piece in found.macs.pieces}
    for row in found.rows[::29]:
        if row.works:
            n = row.size[0]
            a, b, c = by[n % found.macs.period] if len(by) > 1 else by[0]
            assert a * n * n + b * (n + n) + c == row.macs
    # Beyond the range it was found in, and off the diagonal: that is what a law is for.
    height, width = 32 * 13, 32 * 17
    large = calculate(net.with_inputs({net.inputs[0].name: (net.inputs[0].shape[0], height, width)}))
    a, b, c = by[0]
    assert a * height * width + b * (height + width) + c == large.totals.macs


def test_known_periods() -> None:
    assert {
        name: sweep(api.load(f"zoo:{name}"), range(64, 200)).period for name in ("resnet50", "vgg16", "lenet5")
    } == {
        "resnet50": 32,
        "vgg16": 32,
        "lenet5": 4,
    }
    unet = sweep(api.load("zoo:unet"), range(150, 300))
    assert (unet.period, unet.smallest, unet.fits.remainders) == (16, (188, 188), (12,))


def test_attention_has_no_law_of_an_area() -> None:
    nodes = [
        (L.Flatten(start_dim=2), (0,)),
        (L.Permute(dims=(0, 2, 1)), (1,)),
        (L.MultiHeadAttention(num_heads=2), (2,)),
    ]
    found = sweep(network(nodes, [(6, 7, 7)]), range(1, 30))
    assert not found.macs.holds
    assert "fails at" in found.macs.reason


def test_a_law_of_squares_is_not_claimed_for_rectangles() -> None:
    """A kernel of 3x1 loses two rows and no column: H and W have coefficients of their own."""
    found = sweep(network([(L.Conv(4, kernel_size=(3, 1)), (0,))], [(3, 9, 9)]), range(3, 40))
    assert found.macs.holds
    assert found.macs.rectangles == 0
    even = sweep(network([(L.Conv(4, kernel_size=3), (0,))], [(3, 9, 9)]), range(3, 40))
    assert even.macs.rectangles > 0


def test_one_axis_and_three_axes() -> None:
    sound = sweep(network([(L.Conv(4, kernel_size=3), (0,))], [(2, 50)]), range(3, 40))
    assert (sound.macs.terms, sound.macs.pieces[0].coefficients) == (("L", "1"), ("24", "-48"))
    wide = sweep(network([(L.Conv(4, kernel_size=3), (0,))], [(2, 7, 11)]), range(3, 40), "width")
    assert (wide.macs.terms, wide.macs.pieces[0].coefficients) == (("W", "1"), ("360", "-720"))
    space = sweep(network([(L.Conv(1, kernel_size=1), (0,))], [(2, 5, 5, 5)]), range(3, 40))
    assert (space.macs.terms[0], space.macs.pieces[0].coefficients) == ("n^3", ("2", "0", "0", "0"))


def test_axes_that_are_not_there_are_refused() -> None:
    sound = network([(L.Conv(4), (0,))], [(2, 50)])
    with pytest.raises(ValueError, match="no input has a height"):
        sweep(sound, range(3, 9), "height")
    with pytest.raises(ValueError, match="two spatial axes"):
        grid(sound, range(3, 9), range(3, 9))
