"""Explanations: for every kind, and each result is the report's; the lecture's examples word for word."""

from __future__ import annotations

import re
from itertools import product

import pytest
from classics import CLASSICS
from samples import SAMPLES

import cnnshape
from cnnshape.api import analyze_data_network, analyze_network
from cnnshape.calculate import calculate
from cnnshape.explain import Explained, Line, explain, unread
from cnnshape.expression import evaluate
from cnnshape.geometry.window import Window
from cnnshape.network import Input, Network, Node
from cnnshape.ops import OP_NAMES
from cnnshape.render.story import PAINTERS

IDS = [f"{layer.kind}-{i}" for i, (layer, _) in enumerate(SAMPLES)]
AXES = ("length", "height", "width", "depth")


def explained(layer, xs) -> tuple[Explained, object]:
    inputs = [Input(f"in{k}", tuple(x[1:])) for k, x in enumerate(xs)]
    outs = tuple(range(len(xs), len(xs) + len(layer.outs(*xs))))
    network = Network("drawn", inputs, [Node("it", layer, tuple(range(len(xs))), outs)], outs[:1])
    report = calculate(network, 2)
    return explain(network, report)[0], report.layers[0]


def by_topic(story: Explained) -> dict[str, Line]:
    return {line.topic: line for line in story.lines}


def number(text: str) -> int:
    return int(text.replace(",", ""))


@pytest.mark.parametrize(("layer", "xs"), SAMPLES, ids=IDS)
def test_every_result_is_the_reports(layer, xs) -> None:
    story, row = explained(layer, xs)
    lines = by_topic(story)
    if row.params is None:
        assert lines["params"].result == "unavailable"
    elif row.params or "params" in lines:
        assert number(lines["params"].result) == row.params
    assert ("buffers" in lines) == (row.buffers > 0)
    if row.buffers:
        assert number(lines["buffers"].result) == row.buffers
    for name in OP_NAMES:
        found = [line for line in story.lines if line.topic == name]
        count = getattr(row.ops, name) if row.ops is not None else 0
        assert [number(line.result) for line in found] == ([count] if count else [])
    sizes = [int(line.result) for line in story.lines if line.topic in AXES]
    assert sizes in ([], list(row.output_shapes[0][2:]))
    if row.receptive_field is not None:
        fields = [line.result for line in story.lines if line.topic.startswith("field")]
        assert fields == ["unavailable" if size is None else str(size) for size in row.receptive_field.size]


@pytest.mark.parametrize(("layer", "xs"), SAMPLES, ids=IDS)
def test_every_substitution_comes_to_its_result(layer, xs) -> None:
    for line in explained(layer, xs)[0].lines:
        if line.numbers and line.topic not in AXES:
            assert evaluate(line.numbers, {}) == number(line.result), line
        elif line.numbers:
            numbers = line.numbers.replace("/", "//")
            assert evaluate(numbers, {}) == number(line.result), line


@pytest.mark.parametrize("form", PAINTERS)
@pytest.mark.parametrize(("layer", "xs"), SAMPLES, ids=IDS)
def test_every_kind_is_painted(layer, xs, form) -> None:
    story, _ = explained(layer, xs)
    text = PAINTERS[form]([story])
    assert story.kind.replace("_", r"\_" if form == "latex" else "_") in text
    assert "****" not in text
    if form == "latex":
        assert text.count("{") == text.count("}")
        assert not re.search(r"(?<!\\)[%&#]", text)
        assert text.replace(r"\$", "").count("$") % 2 == 0
    if form == "markdown":
        assert all(line.count("`") % 2 == 0 for line in text.splitlines())


@pytest.mark.parametrize("name", CLASSICS)
def test_the_zoo_is_explained_layer_by_layer(name) -> None:
    network, report = analyze_network(f"zoo:{name}")
    stories = explain(network, report)
    assert [story.name for story in stories] == [row.name for row in report.layers]
    for story, row in zip(stories, report.layers, strict=True):
        lines = by_topic(story)
        assert number(lines["params"].result if "params" in lines else "0") == row.params
        assert number(lines["mac"].result if "mac" in lines else "0") == row.macs


def test_the_lecture() -> None:
    data = {"input": "3x32x32", "layers": [{"conv": {"out_channels": 10, "kernel_size": 5, "padding": 2}}]}
    text = PAINTERS["text"](explain(*analyze_data_network(data)))
    assert "(N - F + 2P)/S + 1 = (32 - 5 + 2*2)/1 + 1 = 32" in text
    assert "each output is a 3*5*5 = 75-long dot product plus a bias" in text
    assert "filters * (window + 1) = 10 * (75 + 1) = 760" in text
    assert "1 * 10 * 32 * 32 * (3 // 1) * 5 * 5 = 768,000" in text
    assert "size + (F - 1)*jump = 1 + (5 - 1)*1 = 5   (jump 1, starts at -2)" in text


def told(layer: dict, shape: str = "3x32x33") -> str:
    data = {"input": shape, "layers": [layer]}
    return PAINTERS["text"](explain(*analyze_data_network(data)))


def test_what_does_not_fit_and_which_pixels_are_lost() -> None:
    text = told({"conv": {"out_channels": 5, "kernel_size": 4, "stride": 3}})
    assert "10.3333 rounded down: 1 position left over; the last row is never read" in text
    assert "10.6667 rounded down: 2 positions left over; the last 2 columns are never read" in text
    text = told({"conv": {"out_channels": 5, "kernel_size": 11, "stride": 4, "padding": 2}}, "3x224x224")
    assert "55.25 rounded down: 1 position left over; which is padding" in text
    text = told({"max_pool": {"kernel_size": 1, "stride": 2}}, "3x7x8")
    assert "the stride steps over rows: 3 of 7 are never read" in text
    assert "the stride steps over columns: 4 of 8 are never read, among them the last" in text
    assert "never read" not in told({"conv": {"out_channels": 5, "kernel_size": 3, "padding": 1}})


@pytest.mark.parametrize("pads", [(0, 0), (1, 1), (0, 1), (2, 0)])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_the_pixels_that_are_named_are_the_ones_that_no_window_reads(dilation, pads) -> None:
    before, after = pads
    for n, kernel, stride in product(range(1, 14), (1, 2, 3), (1, 2, 3, 5)):
        extent = dilation * (kernel - 1) + 1
        starts = [s for s in range(0, n + before + after, stride) if s + extent <= n + before + after]
        if not starts:
            continue
        read = {s + k * dilation - before for s in starts for k in range(kernel)}
        lost = [i for i in range(n) if i not in read]
        tail = 0
        while n - 1 - tail in lost:
            tail += 1
        text = unread("height", n, Window(kernel, stride, dilation, before, after))
        if not lost:
            assert text == ""
        elif len(lost) == n:
            assert text == "no row is ever read: the windows see padding alone"
        elif len(lost) == tail:
            assert text == ("the last row is never read" if tail == 1 else f"the last {tail} rows are never read")
        else:
            assert f"over rows: {len(lost)} of {n} " in text
            assert text.endswith(f", among them the last{f' {tail}' if tail > 1 else ''}" if tail else "never read")


def test_groups_dilation_ceil_and_uneven_padding_are_told() -> None:
    assert "over the 2 of 6 channels of its group" in told({"conv": {"out_channels": 6, "groups": 3}}, "6x7x11")
    assert "F = 2*(3 - 1) + 1 = 5" in told({"conv": {"out_channels": 6, "dilation": 2}})
    assert "(30 - 3 + 0 + 1)/2 + 1 = 15" in told(
        {"max_pool": {"kernel_size": 3, "stride": 2, "ceil_mode": True}}, "3x30x30"
    )
    assert "(N - F + P + P')/S + 1 = (32 - 2 + 0 + 1)/1 + 1 = 32" in told(
        {"conv": {"out_channels": 5, "kernel_size": 2, "padding": "same"}}
    )


def test_transposed_convolution_norm_and_attention() -> None:
    text = told({"conv_transpose": {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}}, "6x7x11")
    assert "(N - 1)*S + F - 2P = (7 - 1)*2 + 3 - 2*1 = 13" in text
    assert "weight        6*4*3*3 = 216" in text
    assert "the sum = 216 + 4 = 220" in text
    text = told({"batch_norm": None}, "6x7x11")
    assert "weight + bias = 2 * 6 = 12" in text
    assert "running_mean + running_var = 2 * 6 = 12   (kept, not learned)" in text
    text = told({"multi_head_attention": 2}, "7x6")
    assert "in_proj_weight 18*6 = 108" in text
    assert "the sum = 108 + 18 + 36 + 6 = 168" in text


def test_shared_and_frozen_layers_say_so() -> None:
    text = "input: 3x7x11\nlayers:\n  - conv: 3\n    name: a\n    frozen: true\n  - share: a\n    name: b\n"
    from cnnshape.api import analyze_document
    from cnnshape.spec.source import parse

    network, report = analyze_document(parse(text))
    first, second = (by_topic(story) for story in explain(network, report))
    assert first["params"].result == "84"
    assert first["trainable"] == Line("trainable", result="0", remark="frozen")
    assert second["params"].result == "84"
    assert second["counted"] == Line("counted", result="0", remark="the weights are those of a, and counted there")


def test_branches_meet_in_a_hull() -> None:
    text = (
        "input: 3x7x11\nlayers:\n  - conv: {out_channels: 3, kernel_size: 5, padding: 2}\n    name: a\n"
        "  - identity\n    \n  - add: [a, input]\n    name: sum\n"
    ).replace("  - identity\n    \n", "")
    from cnnshape.api import analyze_document
    from cnnshape.spec.source import parse

    story = explain(*analyze_document(parse(text)), layer="sum")[0]
    assert by_topic(story)["field height"] == Line(
        "field height", result="5", remark="all inputs together; jump 1, starts at -2"
    )


def test_steps_of_the_receptive_field_follow_on_one_another() -> None:
    network, report = analyze_network("zoo:vgg16")
    last = explain(network, report, "max_pool5" if "max_pool5" in {r.name for r in report.layers} else "")[-1]
    lines = by_topic(last)
    fields = [row.receptive_field for row in report.layers if row.kind == "max_pool"]
    assert fields[-1].size == (212, 212)
    assert lines["field height"].result in ("212", "224")


def test_a_block_and_an_unknown_layer() -> None:
    network, report = analyze_network("zoo:resnet18")
    assert all(story.name.startswith("stem.") for story in explain(network, report, "stem"))
    with pytest.raises(KeyError):
        explain(network, report, "ste")


def test_unknown_is_never_zero() -> None:
    lines = by_topic(explained(*next(s for s in SAMPLES if s[0].kind == "opaque"))[0])
    assert "params" in lines
    text = told({"opaque": {"shape": "5x7"}})
    assert "params        unavailable" in text
    assert "operations    unavailable" in text
    assert cnnshape.analyze_text("{input: 3, layers: [{opaque: {shape: [5]}}]}").layers[0].params is None


def test_unequal_cuts_of_a_transposed_convolution_have_a_name_each() -> None:
    text = told({"conv_transpose": {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": "same"}}, "4x10x50")
    assert "(N - 1)*S + F - P - P' = (50 - 1)*2 + 3 - 0 - 1 = 100" in text


@pytest.mark.parametrize(
    "layers",
    [
        [{"foreign": {"op": "made", "shapes": [[3, 5]]}, "from": []}, {"relu": {}}],
        [{"foreign": {"op": "least", "shapes": [[]]}}, {"foreign": {"op": "root", "shapes": [[]]}}],
        [{"parameter": {"shape": [5]}, "from": "input"}, {"sqrt": {}}],
    ],
)
def test_rows_without_inputs_and_scalars_have_their_story(layers) -> None:
    network, report = analyze_data_network({"input": [3, 5], "layers": layers})
    assert len(explain(network, report)) == len(layers)
