"""Random networks: our numbers against onnx, onnxruntime, our own reader, and torch where it is installed.

The seeded part is the beginning of the long run, tests/long/differential.py.
"""

from __future__ import annotations

import random

import pytest
from compared import differences
from drawn_networks import draw_network
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnshape.layers import BY_NAME

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SEED, NETWORKS, STEP = 0, 200, 50
#: Networks further on that once differed.
FOUND = (255, 258, 327, 686, 710, 813, 880, 895, 995, 2222, 2918, 3720, 9179, 12144)


def named(number):
    return draw_network(random.Random(f"{SEED}-{number}"))


@pytest.mark.parametrize("start", range(0, NETWORKS, STEP))
def test_numbered_networks_are_the_same_everywhere(start) -> None:
    found = {number: differences(*named(number)) for number in range(start, start + STEP)}
    assert not {number: what for number, what in found.items() if what}


def test_networks_that_once_differed_are_the_same_everywhere() -> None:
    found = {number: differences(*named(number)) for number in FOUND}
    assert not {number: what for number, what in found.items() if what}


@settings(max_examples=25)
@given(rng=st.randoms(use_true_random=False))
def test_drawn_networks_are_the_same_everywhere(rng) -> None:
    assert not differences(*draw_network(rng))


def test_the_networks_hold_every_kind_that_computes() -> None:
    kinds = {node.layer.kind for number in range(2000) for node in named(number)[0].nodes}
    assert kinds == set(BY_NAME) - {"opaque", "foreign"}


def test_a_wrong_shape_is_seen(monkeypatch) -> None:
    from cnnshape.layers import Conv

    real = Conv.out
    network, batch = next(
        drawn for drawn in map(named, range(100)) if any(node.layer.kind == "conv" for node in drawn[0].nodes[-1:])
    )
    monkeypatch.setattr(Conv, "out", lambda self, x: type(x)(*real(self, x)[:-1], real(self, x)[-1] + 1))
    assert differences(network, batch)
