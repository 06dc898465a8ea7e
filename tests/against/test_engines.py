"""Three engines that share no code with each other give the same numbers: NumPy here, onnxruntime, torch."""

from __future__ import annotations

import builtins

import numpy as np
import pytest
from drawn_layers import layers_on_images
from hypothesis import given
from one_layer import one_layer
from samples import BLACK_BOXES, SAMPLES

from cnnshape import api
from cnnshape import layers as L  # noqa: N812
from cnnshape.against import onnxruntime_outputs, torch_outputs
from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.forward.run import execute, feed
from cnnshape.forward.weights import Weights
from cnnshape.shape import Shape

RUNNABLE = [(layer, xs) for layer, xs in SAMPLES if layer.kind not in BLACK_BOXES]
#: Kinds whose results are numbers for positive inputs alone.
POSITIVE = ("log", "sqrt", "power")


def onnxruntime(network, report, weights, fed):
    pytest.importorskip("onnxruntime")
    return onnxruntime_outputs(network, report, weights, fed)


def torch(network, report, weights, fed):
    pytest.importorskip("torch")
    return torch_outputs(network, weights, fed)


ENGINES = pytest.mark.parametrize("engine", [onnxruntime, torch])


def check_same(network, report, engine, *, positive=False) -> None:
    weights = Weights(3, report.dtype, keep=True)
    inputs = feed(network, weights, report.batch)
    if positive:
        inputs = [np.abs(x) + 0.1 for x in inputs]
    values, _ = execute(network, inputs, weights)
    theirs = engine(network, report, weights, {t.name: x for t, x in zip(network.inputs, inputs, strict=True)})
    assert len(theirs) == len(network.outputs)
    for value, other in zip(network.outputs, theirs, strict=True):
        ours = values[value]
        assert ours.shape == other.shape
        assert np.isfinite(ours).all()
        np.testing.assert_allclose(ours, other, rtol=1e-4, atol=1e-5 * max(1.0, float(np.abs(other).max())))


@ENGINES
@pytest.mark.parametrize("kind", sorted({layer.kind for layer, _ in RUNNABLE}))
def test_every_sample(kind, engine) -> None:
    for layer, xs in RUNNABLE:
        if layer.kind == kind:
            network = one_layer(layer, xs)
            check_same(network, calculate(network, batch=2), engine, positive=kind in POSITIVE)


@ENGINES
@given(drawn=layers_on_images())
def test_every_dialect_of_windows_borders_and_sizes(engine, drawn) -> None:
    layer, x = drawn
    network = one_layer(layer, (x,))
    check_same(network, calculate(network, batch=x[0]), engine)


@ENGINES
@pytest.mark.parametrize("padding", ["same_lower", ((2, 0), (1, 0))])
def test_a_transposed_axis_of_which_only_what_is_added_is_left(engine, padding) -> None:
    layer = L.ConvTranspose(5, kernel_size=1, dilation=(3, 2), padding=padding, output_padding=(2, 1))
    network = one_layer(layer, (Shape(2, 3, 1, 7),))
    check_same(network, calculate(network, batch=2), engine)


@ENGINES
@pytest.mark.parametrize("name", ["lenet5", "resnet18", "mobilenet_v2", "convnext_tiny"])
def test_whole_networks(name, engine) -> None:
    network, report = api.analyze_network(f"zoo:{name}", input="1x32x32" if name == "lenet5" else "3x64x64")
    check_same(network, report, engine)


def test_torch_agrees_in_double_precision() -> None:
    pytest.importorskip("torch")
    network = one_layer(L.Conv(5, kernel_size=3), (Shape(2, 6, 7, 11),))
    weights = Weights(3, "float64", keep=True)
    inputs = feed(network, weights, 2)
    values, _ = execute(network, inputs, weights)
    (other,) = torch_outputs(network, weights, {"x0": inputs[0]})
    np.testing.assert_allclose(values[1], other, rtol=1e-12, atol=1e-14)


@ENGINES
def test_a_wrong_weight_is_seen(engine) -> None:
    network = one_layer(L.Conv(5, kernel_size=3), (Shape(1, 6, 7, 11),))
    report = calculate(network)
    ours, theirs = Weights(3, keep=True), Weights(4, keep=True)
    inputs = feed(network, ours, 1)
    values, _ = execute(network, inputs, ours)
    (other,) = engine(network, report, theirs, {"x0": inputs[0]})
    assert np.abs(values[1] - other).max() > 0.01


@ENGINES
def test_a_black_box_is_refused(engine) -> None:
    network = one_layer(L.Opaque((5, 7)), (Shape(1, 6),))
    with pytest.raises(ModelError, match=r"CNN-E70[24].*black box"):
        engine(network, calculate(network), Weights(keep=True), {"x0": np.zeros((1, 6), "float32")})


@pytest.mark.parametrize("library", ["onnxruntime", "torch"])
def test_a_missing_library_is_told_with_the_command_that_installs_it(library, monkeypatch) -> None:
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == library:
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    network = one_layer(L.Relu(), (Shape(1, 6),))
    report = calculate(network)
    fed = {"x0": np.zeros((1, 6), "float32")}
    with pytest.raises(ModelError, match=rf"CNN-E703.*{library}.*\n.*pip install 'cnnshape\[{library}\]'"):
        onnxruntime_outputs(network, report, Weights(), fed) if library == "onnxruntime" else torch_outputs(
            network, Weights(), fed
        )


def test_what_onnxruntime_cannot_run_is_told() -> None:
    pytest.importorskip("onnxruntime")
    network = one_layer(L.Conv(5, kernel_size=3), (Shape(1, 6, 7, 11),))
    report = calculate(network, dtype="float64")
    with pytest.raises(ModelError, match=r"CNN-E704.*float64.*\n  fix: --dtype float32"):
        onnxruntime_outputs(network, report, Weights(3, "float64"), {"x0": np.zeros((1, 6, 7, 11))})
