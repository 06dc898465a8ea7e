"""Branch by branch: another order of the same layers, and only where no number changes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnshape.calculate import calculate
from cnnshape.cli.convert import spec
from cnnshape.layers.conv import Conv
from cnnshape.layers.merge import Add, Concat
from cnnshape.layers.norm import BatchNorm
from cnnshape.layers.piecewise import Relu
from cnnshape.layers.pool import AvgPool, MaxPool
from cnnshape.network import Input, Network, Node
from cnnshape.writers.yaml.held import unmoved
from cnnshape.writers.yaml.order import branchwise
from cnnshape.writers.yaml.reduce import plain


def network(nodes, size=(3, 17, 19)):
    return Network("drawn", [Input("input", size)], nodes, (len(nodes),), "drawn.json")


def side_by_side(branches, merge, stem=8):
    """Branches of equal length on a stem, one layer of each in turn."""
    nodes = [Node("stem", Conv(out_channels=stem, padding=1), (0,), (1,))]
    ends = [1] * len(branches)
    for step in range(len(branches[0])):
        for at, branch in enumerate(branches):
            value = len(nodes) + 1
            nodes.append(Node(f"b{at}_{step}", branch[step], (ends[at],), (value,)))
            ends[at] = value
    return network([*nodes, Node("merge", merge, tuple(ends), (len(nodes) + 1,))])


def test_branches_that_a_file_interleaves_are_written_as_branches():
    arms = [[Conv(out_channels=n, kernel_size=1, bias=False), BatchNorm(), Relu()] for n in (5, 7, 11)]
    made = side_by_side(arms, Concat(dim=1), 64)
    report = calculate(made)
    text = spec(made, report)
    assert "branches:" in text
    assert "from:" not in text
    order = [node.name for node in branchwise(made).nodes]
    assert order == ["stem", *[f"b{at}_{step}" for at in range(3) for step in range(3)], "merge"]


def test_the_files_order_stays_where_another_one_changes_the_peak():
    wide = [Conv(out_channels=211, kernel_size=1), Relu(), Conv(out_channels=2, kernel_size=1)]
    made = side_by_side([wide, wide, wide], Concat(dim=1))
    report = calculate(made)
    moved = calculate(branchwise(made))
    assert moved.totals.peak_activation_bytes < report.totals.peak_activation_bytes
    assert "peak_activation_bytes" in unmoved(report, moved)
    assert "branches" not in spec(made, report)


def test_the_longer_way_into_a_sum_is_its_body():
    nodes = [
        Node("stem", Conv(out_channels=8, padding=1), (0,), (1,)),
        Node("side", Conv(out_channels=13, kernel_size=1), (1,), (2,)),
        Node("body_a", Conv(out_channels=5, padding=1), (1,), (3,)),
        Node("body_b", Conv(out_channels=13, padding=1), (3,), (4,)),
        Node("sum", Add(), (2, 4), (5,)),
    ]
    assert [node.name for node in branchwise(network(nodes)).nodes] == ["stem", "body_a", "body_b", "side", "sum"]


def test_a_row_that_differs_is_told_with_its_layer():
    first = side_by_side([[Relu(), Relu()], [Relu(), Relu()]], Concat(dim=1))
    other = side_by_side([[Relu(), Relu()], [Relu(), BatchNorm()]], Concat(dim=1))
    assert unmoved(calculate(first), calculate(branchwise(first))) == ""
    assert unmoved(calculate(first), calculate(branchwise(other))).startswith("b1_1: kind is batch_norm")


def test_weights_come_before_those_who_share_them():
    conv = Conv(out_channels=3, padding=1)
    nodes = [
        Node("owner", conv, (0,), (1,)),
        Node("again", conv, (0,), (2,), share="owner"),
        Node("merge", Concat(dim=1), (2, 1), (3,)),
    ]
    assert branchwise(network(nodes)) is None


def test_a_long_chain_is_in_order_already():
    assert branchwise(network([Node(f"n{at}", Relu(), (at,), (at + 1,)) for at in range(50_000)])) is None


@settings(deadline=None, max_examples=200)
@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3), min_size=1, max_size=9))
def test_every_layer_stands_once_and_behind_what_it_reads(reads):
    nodes = []
    for at, wanted in enumerate(reads):
        ins = tuple([value % (at + 1) for value in wanted])
        nodes.append(Node(f"n{at}", Add() if len(ins) > 1 else Relu(), ins, (at + 1,)))
    made = network(nodes)
    moved = branchwise(made) or made
    assert sorted(node.name for node in moved.nodes) == sorted(node.name for node in nodes)
    names, given_names = moved.value_names(), made.value_names()
    for at, node in enumerate(moved.nodes):
        assert node.outputs == (at + 1,)
        assert all(value <= at for value in node.inputs)
        old = next(other for other in nodes if other.name == node.name)
        assert [names[value] for value in node.inputs] == [given_names[value] for value in old.inputs]
    assert [names[value] for value in moved.outputs] == [given_names[value] for value in made.outputs]


@pytest.mark.parametrize("kernel", [1, 2, 3, (5, 5), (1, 7)])
@pytest.mark.parametrize("stride", [1, (1, 1), 2, (2, 2), (1, 2)])
@pytest.mark.parametrize("padding", ["same", "valid", 0, (0, 0), ((0, 0), (0, 0))])
@pytest.mark.parametrize("dilation", [1, (1, 1), (2, 2)])
def test_one_number_for_all_axes_says_the_same(kernel, stride, padding, dilation):
    conv = Conv(out_channels=5, kernel_size=kernel, stride=stride, padding=padding, dilation=dilation)
    for layer in (
        conv,
        MaxPool(kernel_size=kernel, stride=stride, padding=padding, dilation=dilation),
        AvgPool(kernel_size=kernel, stride=stride, padding=padding, count_include_pad=False),
    ):
        first, short = (calculate(network([Node("a", made, (0,), (1,))])) for made in (layer, plain(layer)))
        assert unmoved(first, short) == ""
    if conv.stride in (1, (1, 1)) and kernel in (1, 3, (5, 5)):
        assert plain(conv).padding.__class__ is int
