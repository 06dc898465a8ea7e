"""Every kind, in every form of the samples, is verified; so is the zoo."""

from __future__ import annotations

import pytest
from classics import CLASSICS
from one_layer import one_layer
from samples import BLACK_BOXES, SAMPLES

from cnnshape.api import analyze_network
from cnnshape.calculate import calculate
from cnnshape.verify import verify

RUNNABLE = [(layer, xs) for layer, xs in SAMPLES if layer.kind not in BLACK_BOXES]


def differences(found) -> list[str]:
    return [
        f"{layer.name}: {check.what}: {check.calculated} is not {check.measured} ({check.note})"
        for layer in found.layers
        for check in layer.checks
        if check.ok is False
    ] + [
        f"total {check.what}: {check.calculated} is not {check.measured}" for check in found.totals if check.ok is False
    ]


@pytest.mark.parametrize(("layer", "xs"), RUNNABLE, ids=[f"{i}-{s[0].kind}" for i, s in enumerate(RUNNABLE)])
def test_every_kind(layer, xs) -> None:
    network = one_layer(layer, xs)
    found = verify(network, calculate(network, xs[0][0], "float64"), seed=2)
    assert found.verified, differences(found)


@pytest.mark.parametrize("name", [name for name in CLASSICS if name not in ("unet", "resnet152", "resnet101")])
def test_the_zoo(name) -> None:
    # Small images are enough: the large ones are in the benchmarks.
    network, report = analyze_network(f"zoo:{name}", input="1x32x32" if name == "lenet5" else "3x96x64")
    found = verify(network, report, receptive_fields=name in ("lenet5", "resnet18", "googlenet"))
    assert found.verified, differences(found)
