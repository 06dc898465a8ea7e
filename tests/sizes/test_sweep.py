"""A sweep says of every size what a calculation of that size alone says."""

from __future__ import annotations

from typing import Any

import pytest
from classics import CLASSICS
from hypothesis import given
from hypothesis import strategies as st
from one_by_one import check_same, network, outputs
from samples import SAMPLES

from cnnshape import api
from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.layers.conv import Conv
from cnnshape.sizes import grid, sweep
from cnnshape.sizes import walk as walking


@pytest.mark.parametrize("name", CLASSICS)
def test_every_zoo_network_at_many_sizes(name) -> None:
    net = api.load(f"zoo:{name}")
    found = sweep(net, range(1, 260))
    check_same(net, found, [*range(0, 259, 37), 62, 63, 187, 188, 203, 223, 254])


@pytest.mark.parametrize("mode", ["height", "width"])
def test_one_axis_alone(mode) -> None:
    net = api.load("zoo:mobilenet_v2")
    check_same(net, sweep(net, range(1, 60), mode), range(0, 59, 6))


def test_batch_and_dtype() -> None:
    net = api.load("zoo:lenet5")
    check_same(net, sweep(net, range(10, 40), batch=3, dtype="float16"))


def single(layer: Any, xs: tuple[Any, ...]) -> Any:
    return network([(layer, tuple(range(len(xs))))], [tuple(x[1:]) for x in xs])


@pytest.mark.parametrize(("layer", "xs"), SAMPLES, ids=lambda value: getattr(value, "kind", ""))
def test_every_kind_alone(layer, xs) -> None:
    """Whatever a rule does with a size: the array goes through it as each number would."""
    if layer.kind == "foreign":
        return
    net = single(layer, xs)
    rank = len(xs[0]) - 2
    if rank < 1:
        with pytest.raises(ValueError, match="no input"):
            sweep(net, range(1, 5))
        return
    check_same(net, sweep(net, range(1, 27)))
    if rank == 2:
        check_same(net, grid(net, range(1, 9), range(3, 14, 2)))


UNARY = [layer for layer, xs in SAMPLES if len(xs) == 1 and len(xs[0]) == 4 and layer.kind not in ("foreign", "opaque")]


@given(st.lists(st.sampled_from(UNARY), min_size=1, max_size=6), st.sampled_from(["chain", "join", "flat"]), st.data())
def test_drawn_networks(chain, end, data) -> None:
    nodes: list[tuple[Any, tuple[int, ...]]] = []
    value = 0
    for layer in chain:
        nodes.append((layer, (value,)))
        value += outputs(layer)
    if end == "join":
        other = data.draw(st.integers(0, value))
        nodes.append((data.draw(st.sampled_from([L.Add(), L.Concat()])), (value, other)))
    elif end == "flat":
        nodes += [
            (L.Flatten(), (value,)),
            (L.Linear(5, in_features=data.draw(st.sampled_from([None, 96, 54]))), (value + 1,)),
        ]
    net = network(nodes, [(6, 7, 11)])
    check_same(net, sweep(net, range(1, 20)))
    check_same(net, grid(net, range(5, 9), range(9, 13)))


def test_a_shared_weight_that_does_not_fit_refuses_the_size() -> None:
    net = network([(L.Flatten(), (0,)), (L.Linear(6), (1,)), (L.Linear(6), (2,))], [(1, 2, 3)])
    net.nodes[2].share = "n1"
    found = sweep(net, range(1, 9), "width")
    assert [row.size for row in found.rows if row.works] == [(2, 3)]
    check_same(net, found)


def test_inputs_of_another_size_stay_as_they_are() -> None:
    net = network([(Conv(4), (0,)), (L.Add(), (2, 1))], [(3, 9, 9), (4, 1, 1)])
    found = sweep(net, range(1, 12))
    assert found.inputs == ("in0",)
    assert found.smallest == (3, 3)
    check_same(net, found)


def test_numbers_beyond_the_machine_are_exact() -> None:
    net = network([(Conv(2**30, kernel_size=1), (0,)), (Conv(2**30, kernel_size=1), (1,))], [(3, 5, 7)])
    found = sweep(net, range(1, 60))
    assert max(row.macs for row in found.rows if row.works) > 2**63
    check_same(net, found)


def test_a_tensor_beyond_the_limit_refuses_the_size() -> None:
    net = network([(Conv(2**31 - 1, kernel_size=1), (0,))], [(3, 5, 5)])
    found = sweep(net, range(46339, 46345))
    check_same(net, found)
    assert [row.works for row in found.rows] == [row.size[0] ** 2 * (2**31 - 1) <= 2**62 for row in found.rows]
    assert {True, False} == {row.works for row in found.rows}


def test_a_network_without_outputs() -> None:
    net = network([(Conv(4), (0,))], [(3, 9, 9)])
    net.outputs = ()
    found = sweep(net, range(1, 9))
    assert found.rows[5].outputs == ()
    check_same(net, found)


def test_an_output_without_dimensions() -> None:
    net = network([(L.GlobalAvgPool(keepdim=False), (0,)), (L.Opaque(shape=()), (1,))], [(3, 9, 9)])
    net.outputs = (1, 2)
    found = sweep(net, range(1, 9))
    check_same(net, found)


def test_what_nobody_states_stays_unknown() -> None:
    nodes = [(Conv(4), (0,)), (L.Opaque(shape=(4, 5, 5)), (1,)), (Conv(2), (2,))]
    net = network(nodes, [(3, 9, 9)])
    found = sweep(net, range(1, 12))
    assert found.macs_state == "partial"
    assert not found.macs.holds
    assert "not known" in found.macs.reason
    check_same(net, found)


def test_a_wrong_rule_is_noticed(monkeypatch) -> None:
    """The comparison of this file can fail: a walk that is one position off is found."""
    net = api.load("zoo:lenet5")
    right = walking.ask

    def wrong(layer, xs, count):
        parts = right(layer, xs, count)
        for _, answer in parts:
            if layer.kind == "conv" and hasattr(answer, "macs"):
                answer.macs = answer.macs + 1
        return parts

    monkeypatch.setattr(walking, "ask", wrong)
    with pytest.raises(AssertionError):
        check_same(net, sweep(net, range(30, 34)))
