"""Positions that the first stride leaves over are no border: outputs that are cut there are not taken for whole ones."""

from __future__ import annotations

import pytest

from cnnshape.api import analyze_data_network
from cnnshape.verify import verify


@pytest.mark.parametrize("size", [40, 41, 42, 43])
@pytest.mark.parametrize("depth", [3, 8, 9])  # with 9 and 40 it mattered
def test_fields_are_whole_where_a_row_is_left_over(size, depth) -> None:
    layers = [{"conv": {"out_channels": 2, "stride": 2}}]
    layers += [{"conv": {"out_channels": 2, "padding": 1}} for _ in range(depth)]
    network, report = analyze_data_network({"input": f"1x{size}x37", "layers": layers})
    found = verify(network, report, receptive_fields=True)
    assert found.verified
    assert report.layers[-1].receptive_field.size == (3 + 4 * depth,) * 2
