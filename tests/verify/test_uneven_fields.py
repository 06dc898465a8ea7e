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


def conv(kernel_size, **other):
    return {"conv": {"out_channels": 2, "kernel_size": kernel_size, **other}}


def up(kernel_size, stride, **other):
    return {"conv_transpose": {"out_channels": 2, "kernel_size": kernel_size, "stride": stride, **other}}


@pytest.mark.parametrize(
    "layers",
    [
        [conv(3, stride=4, padding=1), conv(3, dilation=12, padding=12)],
        [conv(3, stride=2, padding=1), conv(3, dilation=24, padding=24)],
        [conv(3, stride=8, padding=1), conv(3, dilation=18, padding=18)],
        [conv(5, stride=3), conv(3, dilation=12, padding="causal")],
        [{"crop": {"cropping": [[3, 1]]}}, conv(4, stride=3, padding="same"), conv(4, dilation=2, padding="full")],
    ],
)
@pytest.mark.parametrize("size", [33, 65, 97])
def test_gaps_behind_a_stride_are_no_smaller_field(size, layers) -> None:
    assert held([2, size], *layers) == [{True}] * len(layers)


def test_a_field_of_more_than_the_longest_axis_is_not_measured() -> None:
    assert held([2, 65], conv(3, stride=4, padding=1), conv(3, dilation=300, padding=300)) == [{True}, {None}]


@pytest.mark.parametrize(
    ("size", "layers"),
    [
        (50, [conv(3, stride=3, padding=1), up(2, 3), up(3, 2)]),
        (20, [up(2, 3, padding="same"), up(3, 2, padding=2)]),
        (34, [up(3, 3, dilation=2)]),
        (60, [up(4, 3, padding=1), conv(3, dilation=12, padding=12)]),
    ],
)
def test_outputs_in_the_gaps_of_a_transposed_convolution_see_nothing(size, layers) -> None:
    assert held([1, size], *layers) == [{True}] * len(layers)


def test_where_output_0_sees_nothing_its_start_is_not_measured() -> None:
    assert held([1, 11], up(1, 2), {"slice": {"dim": 2, "start": 1}}) == [{True}, {True, None}]


def test_an_output_in_a_gap_lies_beside_its_neighbours() -> None:
    cut = {"slice": {"dim": 2, "start": 0, "end": 8}}
    layers = [up(2, 3), {"pad": {"padding": [[4, 3]]}}, cut]
    network, report = analyze_data_network({"input": [2, 41], "layers": layers})
    assert [row.receptive_field.start for row in report.layers] == [(0,), (-2,), (-2,)]
    assert False not in set().union(*verdicts(network, report))


@pytest.mark.parametrize(
    ("size", "layers"),
    [
        (5, [{"pad": {"padding": [[4, 3]], "mode": "circular"}}]),
        (76, [{"pad": {"padding": [[4, 0]], "mode": "reflect"}}, {"slice": {"dim": 2, "start": 1, "end": 9}}]),
    ],
)
def test_a_mirrored_image_is_not_taken_for_the_image(size, layers) -> None:
    assert False not in set().union(*held([2, size], *layers))


@pytest.mark.parametrize("before", [[], [conv(2, stride=2, padding=1), conv(4, stride=3, padding="causal")]])
def test_the_mean_step_of_an_adaptive_pool_is_not_held_against_its_first_steps(before) -> None:
    layers = [*before, {"adaptive_avg_pool": 6}]
    assert held([2, 40 if before else 7], *layers) == [{True}] * len(before) + [{None}]


def test_a_longer_axis_that_is_cut_elsewhere_tells_nothing() -> None:
    # The last but one position of a longer axis is kept, so that `same` pads elsewhere.
    layers = [{"slice": {"dim": 2, "start": 2, "end": 12}}, {"crop": {"cropping": [[1, 0]]}}]
    assert held([2, 11], *layers, conv(5, stride=2, padding="same"))[-1] == {None}


def side_by_side():
    both = {"concat": {"dim": 2}, "from": ["relu1", "conv1"]}
    cut = {"slice": {"dim": 2, "start": 10, "end": 20}}
    parts = {"split": {"sizes": [14, 7, 19], "dim": 2}}
    layers = [
        "relu",
        {**CONV, "from": "input"},
        both,
        cut,
        {**parts, "from": "concat1"},
        {"relu": {}, "from": "split1[1]"},
    ]
    return analyze_data_network({"input": [2, 20], "layers": layers})


def test_what_is_cut_out_of_two_axes_side_by_side_counts_as_one_place(monkeypatch) -> None:
    network, report = side_by_side()
    assert verdicts(network, report) == [{True}] * 6
    assert [(row.receptive_field.size, row.receptive_field.start) for row in report.layers[2:]] == [((20,), (0,))] * 4
    real = cnnshape.trace.fold
    monkeypatch.setattr(cnnshape.trace, "fold", lambda *args: Field(1, 19, 0) if args[0].jump else real(*args))
    assert verdicts(*side_by_side())[2:] == [{False}] * 4


@pytest.mark.parametrize("gap", [conv(1, stride=3, padding=2), conv(4, dilation=12, padding=18)])
def test_what_sees_padding_alone_behind_an_ended_axis_sees_nothing(gap) -> None:
    network, report = analyze_data_network({"input": [2, 7], "layers": [{"adaptive_avg_pool": 1}, gap, "relu"]})
    assert verdicts(network, report) == [{True}] * 3
    assert report.layers[-1].receptive_field.size == (0,)


@pytest.mark.parametrize("size", ["3x224x192", "3x193x193", "3x188x220"])
def test_few_outputs_of_an_unpadded_unet_do_not_deceive(size) -> None:
    assert all(verdict == {True} for verdict in verdicts(*analyze_network("zoo:unet", input=size)))


def test_a_pattern_is_not_told_from_less_than_two_of_its_periods() -> None:
    # 11 positions as 23: the pattern repeats after 23 outputs.
    assert held([1, 23], {"max_pool": 2}, {"upsample": {"size": [23]}}, CONV) == [{True}, {None}, {None}]


def test_resizing_by_corners_is_not_tried_on_another_size() -> None:
    resized = {"upsample": {"scale_factor": 0.5, "mode": "linear", "align_corners": True}}
    assert held([1, 7], resized) == [{True}]
    assert held([1, 4], resized) == [{None}]


@pytest.mark.parametrize("norm", ["instance_norm", {"softmax": 2}, {"l2_norm": {"dim": 2}}])
def test_over_one_position_a_norm_shows_nothing(norm) -> None:
    whole = {"conv": {"out_channels": 2, "kernel_size": 13}}
    assert held([1, 13], whole, norm, "relu") == [{True}, {None}, {None}]


def test_a_slice_that_leaves_nothing_of_a_longer_axis_tells_nothing() -> None:
    cut = {"slice": {"dim": 2, "start": -5, "end": 16}}
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
