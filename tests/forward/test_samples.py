"""Every kind, really run on every sample: shapes, learned arrays, buffers and operations are those that are calculated."""

from __future__ import annotations

import sys
import warnings
from functools import cache

import numpy as np
import pytest
from samples import BLACK_BOXES, SAMPLES

from cnnshape.forward import kernel, threads
from cnnshape.forward import kit as kits
from cnnshape.forward.kit import Kit
from cnnshape.forward.weights import Weights
from cnnshape.layers import KINDS
from cnnshape.ops import OP_NAMES

IDS = [f"{layer.kind}-{i}" for i, (layer, _) in enumerate(SAMPLES)]
RUNS = pytest.mark.parametrize(
    ("layer", "xs"),
    [
        pytest.param(*sample, id=id_)
        for sample, id_ in zip(SAMPLES, IDS, strict=True)
        if sample[0].kind not in BLACK_BOXES
    ],
)


@cache
def table(dtype):
    return Weights(0, dtype)


@cache
def run(layer, xs, dtype="float64"):
    weights = table(dtype)
    inputs = [weights.between("", f"input {i}", tuple(x), -1.0, 1.0) for i, x in enumerate(xs)]
    kit = Kit(weights, layer.kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = kernel(layer.kind)(layer, kit, *inputs)
    return inputs, found if isinstance(found, tuple) else (found,), kit


def owner(array):
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def test_every_kind_but_the_black_box_has_a_kernel() -> None:
    assert [kind.kind for kind in KINDS if kernel(kind.kind) is None] == list(BLACK_BOXES)


@RUNS
def test_what_comes_out_has_the_calculated_shape(layer, xs) -> None:
    _, outs, _ = run(layer, xs)
    assert [out.shape for out in outs] == [tuple(shape) for shape in layer.outs(*xs)]


@RUNS
def test_the_arrays_that_were_used_are_the_calculated_weights_and_buffers(layer, xs) -> None:
    _, _, kit = run(layer, xs)
    assert {name: array.shape for name, array in kit.used.items()} == {
        k: tuple(v) for k, v in layer.weights(*xs).items()
    }
    assert {name: array.shape for name, array in kit.kept.items()} == {
        k: tuple(v) for k, v in layer.buffers(*xs).items()
    }


@RUNS
def test_what_was_performed_is_what_was_calculated(layer, xs) -> None:
    _, _, kit = run(layer, xs)
    ops = layer.ops(layer.outs(*xs)[0], *xs)
    assert {k: v for k, v in kit.tally.items() if v} == {k: getattr(ops, k) for k in OP_NAMES if getattr(ops, k)}


@RUNS
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_type_stays(layer, xs, dtype) -> None:
    _, outs, kit = run(layer, xs, dtype)
    assert {array.dtype for array in (*outs, *kit.used.values(), *kit.kept.values())} == {np.dtype(dtype)}


@RUNS
def test_both_types_tell_the_same(layer, xs) -> None:
    _, coarse, _ = run(layer, xs, "float32")
    _, fine, _ = run(layer, xs)
    if layer.kind == "embedding":  # another rounding of the input is another index
        return
    for a, b in zip(coarse, fine, strict=True):
        np.testing.assert_allclose(a, b, rtol=2e-3, atol=2e-4)


@RUNS
def test_a_view_shares_the_memory_of_its_input_and_nothing_else_does(layer, xs) -> None:
    inputs, outs, kit = run(layer, xs)
    for out in outs:
        if layer.view:
            assert np.shares_memory(out, inputs[0])
        else:
            assert not any(np.shares_memory(out, array) for array in (*inputs, *kit.used.values()))
            assert owner(out).nbytes == out.nbytes


@RUNS
def test_inputs_stay_as_they_are(layer, xs) -> None:
    inputs, _, _ = run(layer, xs)
    for i, x in enumerate(inputs):
        assert np.array_equal(x, table("float64").between("", f"input {i}", x.shape, -1.0, 1.0))


@RUNS
def test_a_transposed_input_gives_the_same(layer, xs) -> None:
    inputs, outs, kit = run(layer, xs)
    strided = [np.ascontiguousarray(x.swapaxes(0, -1)).swapaxes(0, -1) for x in inputs]
    again = Kit(table("float64"), layer.kind)
    found = kernel(layer.kind)(layer, again, *strided)
    for a, b in zip(found if isinstance(found, tuple) else (found,), outs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
    assert again.tally == kit.tally


@RUNS
def test_blocks_and_threads_change_nothing(layer, xs, monkeypatch) -> None:
    inputs, outs, kit = run(layer, xs)
    for name, module in list(sys.modules.items()):
        if name.startswith("cnnshape.forward.") and hasattr(module, "BLOCK"):
            monkeypatch.setattr(module, "BLOCK", 29)
    monkeypatch.setattr(kits, "count", lambda: 3)
    monkeypatch.setattr(threads, "count", lambda: 3)
    kits._block.cache_clear()
    again = Kit(table("float64"), layer.kind)
    found = kernel(layer.kind)(layer, again, *inputs)
    kits._block.cache_clear()
    for a, b in zip(found if isinstance(found, tuple) else (found,), outs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-13)
    assert again.tally == kit.tally
