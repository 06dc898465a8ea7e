"""Outputs beside another engine's: what is compared, and that a difference is noticed."""

from __future__ import annotations

import numpy as np
import pytest

import cnnshape.against
from cnnshape.api import analyze_document
from cnnshape.spec.source import parse
from cnnshape.verify import verify
from cnnshape.verify.against import _worst

SPEC = "{input: 3x11x13, layers: [conv: 4, relu, flatten, linear: 5]}"


def test_the_same_outputs_agree() -> None:
    pytest.importorskip("onnxruntime")
    network, report = analyze_document(parse(SPEC))
    found = verify(network, report, against="onnxruntime")
    assert found.verified
    assert found.against == "onnxruntime"
    check = found.totals[-1]
    assert check.what == "output linear1 of onnxruntime"
    assert check.measured <= check.calculated == 1e-3


@pytest.mark.parametrize(("spoil", "agrees"), [(0.0, True), (1e-6, True), (1e-2, False), (np.nan, False)])
def test_a_difference_is_noticed(spoil, agrees, monkeypatch) -> None:
    network, report = analyze_document(parse(SPEC))

    def theirs(network, report, weights, inputs):
        from cnnshape.forward.run import execute

        values, _ = execute(network, list(inputs.values()), weights)
        output = values[network.outputs[0]].copy()
        output[0, 2] += spoil * np.abs(output).max()
        return [output]

    monkeypatch.setattr(cnnshape.against, "onnxruntime_outputs", theirs)
    assert verify(network, report, against="onnxruntime").verified is agrees


def test_another_shape_is_a_difference(monkeypatch) -> None:
    network, report = analyze_document(parse(SPEC))
    monkeypatch.setattr(cnnshape.against, "onnxruntime_outputs", lambda *_: [np.zeros((1, 6), np.float32)])
    found = verify(network, report, against="onnxruntime")
    assert [check.measured for check in found.totals if check.ok is False] == [[1, 6]]


def test_what_is_not_finite_on_both_sides_is_alike() -> None:
    ours = np.array([1.0, np.inf, np.nan])
    assert _worst(ours, np.array([1.0, np.inf, np.nan])) == 0
    assert _worst(ours, np.array([1.0, 2.0, np.nan])) == np.inf
    assert _worst(np.array([1.0, 3.0]), np.array([1.0, 4.0])) == 0.25
    assert _worst(np.zeros(0), np.zeros(0)) == 0
