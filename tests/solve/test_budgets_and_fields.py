"""Channels that a budget pays for, and chains that see a wanted field: held by slow loops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape.errors import ModelError
from cnnshape.layers.conv import Conv, ConvTranspose
from cnnshape.network import Input, Network, Node
from cnnshape.shape import Shape
from cnnshape.solve import Budget, Solution, Space, chains, solve


def paid(layer, x, params, macs) -> bool:
    return (params is None or layer.params(x) <= params) and (macs is None or layer.ops(layer.out(x), x).mac <= macs)


@given(
    st.sampled_from([Conv, ConvTranspose]),
    st.sampled_from([6, 8, 12]),
    st.lists(st.integers(1, 24), min_size=1, max_size=8, unique=True).map(sorted),
    st.sampled_from([(1,), (1, 2, 4), (1, 3, 6)]),
    st.none() | st.integers(20, 1500),
    st.none() | st.integers(1000, 60_000),
    st.booleans(),
)
def test_the_widest_layers_that_a_budget_pays_for(kind, channels, widths, groups, params, macs, bias) -> None:
    size, space = (7, 11), Space((1, 3), (1,))
    found = solve(
        kind.kind, size, size, space, limit=1000, budget=Budget(channels, tuple(widths), groups, params, macs, bias)
    )
    x = Shape(1, channels, *size)
    wanted = {}
    for kernel in (1, 3):
        for g in groups:
            for width in widths:
                if channels % g or width % g:
                    continue
                layer = kind(width, kernel_size=kernel, padding=kernel // 2, groups=g, bias=bias)
                if paid(layer, x, params, macs):
                    wanted[kernel, g] = (width, layer.params(x), layer.ops(layer.out(x), x).mac)
    if not wanted:
        assert not found.exact
        assert found.short_of == "budget"
        return
    assert found.exact
    assert {
        (a.kernel_size, a.cost.groups): (a.cost.out_channels, a.cost.params, a.cost.macs) for a in found.answers
    } == wanted
    assert found.count == len(wanted)


def test_a_budget_that_nothing_keeps_shows_the_cheapest() -> None:
    found = solve("conv", (56, 56), (56, 56), Space((1, 3), (1,)), budget=Budget(64, (64, 128), (1,), max_params=100))
    assert (found.exact, found.short_of) == (False, "budget")
    assert (found.answers[0].kernel_size, found.answers[0].cost.params) == (1, 64 * 64 + 64)


@given(st.integers(1, 24), st.lists(st.integers(1, 24), min_size=1, unique=True).map(sorted), st.integers(1, 24))
def test_groups_that_divide_nothing_are_refused_and_the_nearest_that_do_are_told(channels, widths, groups) -> None:
    def asked(number: int) -> Solution:
        budget = Budget(channels, tuple(widths), (number,))
        return solve("conv", (7, 11), (7, 11), Space((1,), (1,)), budget=budget)

    fits = [n for n in range(1, groups + 1) if channels % n == 0 and any(width % n == 0 for width in widths)]
    if groups in fits:
        assert asked(groups).exact
        return
    with pytest.raises(ModelError, match=f"CNN-E701: groups {groups} does not divide") as refused:
        asked(groups)
    assert refused.value.problems[0].fix == f"--groups {fits[-1]}"
    assert asked(fits[-1]).exact


def field(kernel: int, strides, dilations) -> tuple[int, int]:
    """What one output sees, as a set of positions, walked back from the last layer."""
    seen, jump = {0}, 1
    for stride, dilation in zip(reversed(strides), reversed(dilations), strict=True):
        seen = {position * stride + tap * dilation for position in seen for tap in range(kernel)}
        jump *= stride
    return max(seen) - min(seen) + 1, jump


@given(
    st.integers(1, 200),
    st.sampled_from([(3,), (2, 3), (3, 5)]),
    st.sampled_from([(1,), (1, 2), (2, 3)]),
    st.sampled_from([(1,), (1, 2)]),
    st.integers(1, 9),
)
def test_chains_see_what_they_say_and_are_the_shortest(wanted, kernels, strides, growths, depth) -> None:
    found = chains(wanted, kernels=kernels, strides=strides, growths=growths, depth=range(1, depth + 1), limit=10**6)
    families = {}
    for kernel in kernels:
        for stride in strides:
            for growth in growths:
                for layers in range(1, depth + 1):
                    for strided in range(layers + 1 if stride > 1 else 1):
                        steps = [stride] * strided + [1] * (layers - strided)
                        spread = [1] * strided + [growth**i for i in range(layers - strided)]
                        families[kernel, tuple(steps), tuple(spread)] = field(kernel, steps, spread)
    for chain in found.chains:
        assert field(chain.kernel_size, chain.strides, chain.dilations) == (chain.field, chain.jump)
        assert found.exact == (chain.field >= wanted)
    enough = [(len(steps), seen) for (_, steps, _), (seen, _) in families.items() if seen >= wanted]
    if enough:
        assert (found.chains[0].layers, found.chains[0].field) == min(enough)
    else:
        assert {chain.field for chain in found.chains} == {max(seen for seen, _ in families.values())}


def test_a_chain_is_what_the_calculator_says_of_it() -> None:
    from cnnshape.calculate import calculate

    chain = chains(63, kernels=(3,), strides=(1, 2), channels=8, limit=1).chains[0]
    nodes = [
        Node(f"n{i}", Conv(8, kernel_size=3, stride=s, dilation=d, bias=False), (i,), (i + 1,))
        for i, (s, d) in enumerate(zip(chain.strides, chain.dilations, strict=True))
    ]
    report = calculate(Network("chain", [Input("x", (8, 301, 301))], nodes, (len(nodes),)))
    assert report.totals.receptive_field.size == (chain.field, chain.field)
    assert report.totals.params == chain.params
