"""The executor, the random numbers and the threads."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.api import analyze_document, analyze_network
from cnnshape.forward import FILES, kernel, threads
from cnnshape.forward.run import Memory, execute, feed, needed
from cnnshape.forward.weights import TABLE, Weights
from cnnshape.layers import FAMILIES
from cnnshape.spec.source import parse

SPEC = """
input: 3x13x11
layers:
  - conv: {out_channels: 4, padding: 1}
    name: a
  - relu
  - conv: 2
    name: b
    from: a
  - flatten
  - linear: 3
outputs: [linear1, relu1]
"""


def test_what_nobody_needs_is_freed() -> None:
    network, report = analyze_document(parse(SPEC))
    weights = Weights()
    values, ran = execute(network, feed(network, weights, 1), weights)
    assert set(values) == set(network.outputs)
    assert max(one.alive for one in ran) == report.totals.peak_activation_bytes
    everything, _ = execute(network, feed(network, weights, 1), weights, free=False)
    assert len(everything) == 1 + len(network.nodes)


def test_only_what_is_needed_runs() -> None:
    network, _ = analyze_document(parse(SPEC))
    names = [node.name for node in network.nodes]
    assert {names[i] for i in needed(network, [names.index("b")])} == {"a", "b"}
    heard: list[str] = []
    weights = Weights()
    only = needed(network, [names.index("relu1")])
    execute(network, feed(network, weights, 1), weights, only=only, told=lambda node: heard.append(node.name))
    assert heard == ["a", "relu1"]


def test_same_seed_same_digits() -> None:
    network, _ = analyze_network("zoo:lenet5")

    def run(seed: int) -> np.ndarray:
        weights = Weights(seed)
        values, _ = execute(network, feed(network, weights, 2), weights)
        return values[network.outputs[0]]

    assert np.array_equal(run(3), run(3))
    assert not np.array_equal(run(3), run(4))


def test_activations_neither_vanish_nor_explode() -> None:
    # Random weights must leave something to compare: He et al. 2015.
    network, _ = analyze_network("zoo:resnet50", input="3x64x64")
    weights = Weights()
    values, _ = execute(network, feed(network, weights, 1), weights)
    size = float(np.abs(values[network.outputs[0]]).mean())
    assert 1e-4 < size < 1e4


@given(st.integers(1, 5000), st.floats(-3, 0), st.floats(0.1, 3))
def test_numbers_lie_where_they_should(size, low, high) -> None:
    made = Weights(1, "float64").between("layer", "name", (size,), low, high)
    assert made.min() >= low - 1e-12
    assert made.max() <= high + 1e-12


def test_a_large_array_repeats_the_table_only_after_a_prime() -> None:
    made = Weights().learned("layer", "weight", (2 * TABLE + 7,), fan_in=3)
    assert np.array_equal(made[:100], made[TABLE : TABLE + 100])
    filters = made[: 4096 * 256].reshape(4096, 256)
    assert len(np.unique(filters[:, 0])) > 4000, "filters differ"
    assert abs(float(made.var()) - 1 / 3) < 0.01, "variance 1 / fan_in"


def test_names_decide_the_numbers() -> None:
    weights = Weights(keep=True)
    first = weights.learned("a", "weight", (3, 5))
    assert first is weights.learned("a", "weight", (3, 5))
    assert not np.array_equal(first, weights.learned("b", "weight", (3, 5)))


def test_views_are_counted_once() -> None:
    x = np.zeros((5, 7), np.float32)
    memory = Memory([x])
    assert [memory.add(view) for view in (x.reshape(-1), x.T, x[1:3])] == [0, 0, 0]
    other = x.copy()
    assert memory.add(other) == x.nbytes
    assert memory.alive == 2 * x.nbytes
    memory.drop(x)
    assert memory.alive == 2 * x.nbytes, "a view still needs it"
    for view in (x.reshape(-1), x.T, x[1:3]):
        memory.drop(view)
    assert memory.alive == other.nbytes


def test_every_kind_has_a_kernel_but_the_black_box() -> None:
    assert set(FILES) == {kind for kinds in FAMILIES.values() for kind in kinds}
    assert [kind for kind in FILES if kernel(kind) is None] == ["opaque", "foreign"]


def test_work_that_spreads_further_does_not_wait_for_itself() -> None:
    done: list[int] = []

    def outer(part: int) -> None:
        threads.spread(lambda inner: done.append(10 * part + inner), range(3))

    threads.spread(outer, range(4))
    assert sorted(done) == [10 * a + b for a in range(4) for b in range(3)]


def test_an_error_on_a_thread_is_raised() -> None:
    def fail(part: int) -> None:
        if part == 3:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        threads.spread(fail, range(5))


def test_weights_are_given_back_after_their_layer() -> None:
    network, report = analyze_network("zoo:alexnet")
    weights = Weights()
    inputs = feed(network, weights, 1)
    tracemalloc.start()
    execute(network, inputs, weights)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    largest = max(row.params or 0 for row in report.layers) * 4
    assert peak < largest + 1.5 * report.totals.peak_activation_bytes + 100 * 2**20
