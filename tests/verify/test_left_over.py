"""Positions that a stride leaves over are no border, and what is padded behind them shows nothing of them."""

from __future__ import annotations

import pytest

import cnnshape.trace
from cnnshape.api import analyze_data_network
from cnnshape.verify import verify

ENDS = ["global_avg_pool", "flatten", {"linear": 3}, {"softmax": -1}]


@pytest.mark.parametrize("size", [40, 41, 42, 43])
@pytest.mark.parametrize("depth", [3, 8, 9])  # with 9 and 40 it mattered
def test_fields_are_whole_where_a_row_is_left_over(size, depth) -> None:
    layers = [{"conv": {"out_channels": 2, "stride": 2}}]
    layers += [{"conv": {"out_channels": 2, "padding": 1}} for _ in range(depth)]
    network, report = analyze_data_network({"input": f"1x{size}x37", "layers": layers})
    found = verify(network, report, receptive_fields=True)
    assert found.verified
    assert report.layers[-1].receptive_field.size == (3 + 4 * depth,) * 2


def ended(end):
    """Row 22 and column 28 are left over; four layers on, the inner paddings lie over both."""
    inner = [{"conv": {"out_channels": 2, "padding": 1}} for _ in range(4)]
    layers = [{"conv": {"out_channels": 2, "kernel_size": 2, "stride": 2}}, *inner, end]
    return analyze_data_network({"input": "1x23x29", "layers": layers})


@pytest.mark.parametrize("end", ENDS)
def test_an_axis_that_ends_does_not_see_what_was_left_over(end) -> None:
    network, report = ended(end)
    assert verify(network, report).verified
    assert report.layers[-1].receptive_field.size[1] == 28


@pytest.mark.parametrize("end", ENDS)
def test_verify_objects_to_a_row_that_nothing_reads(end, monkeypatch) -> None:
    monkeypatch.setattr(cnnshape.trace, "behind", lambda reach, *_: reach)
    found = verify(*ended(end))
    assert {check.what for check in found.layers[-1].checks if check.ok is False} == {
        "receptive_field.size",
        "receptive_field.jump",
        "receptive_field.start",
    }
