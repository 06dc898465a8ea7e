"""Fields that are not plain: holes over both borders, uneven steps, few outputs. The trials agree, or tell nothing."""

from __future__ import annotations

import importlib

import pytest

import cnnshape.trace
from cnnshape.api import analyze_data_network, analyze_network
from cnnshape.geometry.field import Field

fields = importlib.import_module("cnnshape.verify.fields").fields


def verdicts(network, report) -> list:
    """Whether each layer's receptive field agrees, in order; None where nothing was measured."""
    found = fields(network, report, {row.name for row in report.layers})
    return [{check.ok for check in found[row.name]} for row in report.layers]


def held(size, *layers) -> list:
    return verdicts(*analyze_data_network({"input": size, "layers": list(layers)}))


CONV = {"conv": {"out_channels": 2, "padding": 1}}


def test_a_window_whose_holes_hang_over_both_borders_is_measured_on_a_longer_axis() -> None:
    # Of 13 positions the middle ones see 9 rows by the middle tap alone.
    wide = {"conv": {"out_channels": 2, "padding": 9, "dilation": 9}}
    assert held([1, 13], CONV, CONV, CONV, CONV, wide) == [{True}] * 5


@pytest.mark.parametrize("size", ["3x224x192", "3x193x193", "3x188x220"])
def test_few_outputs_of_an_unpadded_unet_do_not_deceive(size) -> None:
    assert all(verdict == {True} for verdict in verdicts(*analyze_network("zoo:unet", input=size)))


def test_a_pattern_is_not_told_from_less_than_two_of_its_periods() -> None:
    # 11 positions as 23: the pattern repeats after 23 outputs.
    assert held([1, 23], {"max_pool": 2}, {"upsample": {"size": [23]}}, CONV) == [{True}, {None}, {None}]


def test_resizing_by_corners_is_not_tried_on_another_size() -> None:
    resized = {"upsample": {"scale_factor": 0.5, "mode": "linear", "align_corners": True}}
    assert held([1, 7], resized) == [{None}]


@pytest.mark.parametrize("norm", ["instance_norm", {"softmax": 2}, {"l2_norm": {"dim": 2}}])
def test_over_one_position_a_norm_shows_nothing(norm) -> None:
    whole = {"conv": {"out_channels": 2, "kernel_size": 13}}
    assert held([1, 13], whole, norm, "relu") == [{True}, {None}, {None}]


def test_a_slice_that_leaves_nothing_of_a_longer_axis_tells_nothing() -> None:
    cut = {"slice": {"dim": 2, "start": -5, "end": 17}}
    deep = {"conv": {"out_channels": 2, "kernel_size": 17, "padding": 8}}
    assert held([1, 19], cut, deep) == [{None}, {None}]


def test_what_nothing_reaches_sees_nothing() -> None:
    """The one position that is kept lies behind the only copy."""
    whole = {"conv": {"out_channels": 2, "kernel_size": 19}}
    behind = {"conv_transpose": {"out_channels": 2, "kernel_size": 1, "output_padding": 1, "padding": [[1, 0]]}}
    behind["conv_transpose"]["dilation"] = 2
    assert held([1, 19], whole, behind, "flatten")[2] == {True}


@pytest.mark.parametrize("change", [(0, 1, 1), (1, 0, 1), (0, 0, 2)])
def test_behind_upsampling_a_wrong_field_is_still_a_difference(change, monkeypatch) -> None:
    start, size, jump = change
    real = cnnshape.trace.fold

    def fold(*args):
        field = real(*args)
        return Field(field.start + start, field.size + size, field.jump * jump, field.table)

    up = {"conv_transpose": {"out_channels": 2, "kernel_size": 2, "stride": 2}}
    layers = [CONV, {"max_pool": 2}, up, CONV, CONV]
    assert held([1, 46], *layers) == [{True}] * 5
    monkeypatch.setattr(cnnshape.trace, "fold", fold)
    assert held([1, 46], *layers)[2:] == [{False}] * 3


def test_each_part_of_a_split_axis_is_seen_from_where_it_begins() -> None:
    parts = {"split": {"sizes": [13, 9, 15], "dim": 2}, "name": "parts"}
    ends = [{**CONV, "from": f"parts[{part}]", "name": f"end{part}"} for part in range(3)]
    network, report = analyze_data_network({"input": [3, 37], "layers": [CONV, parts, *ends, "global_avg_pool"]})
    assert verdicts(network, report) == [{True}] * 6
    found = {row.name: row.receptive_field for row in report.layers}
    assert [found[f"end{part}"].start for part in range(3)] == [(-2,), (11,), (20,)]
    assert (found["global_avg_pool1"].start, found["global_avg_pool1"].size) == ((21,), (16,))
