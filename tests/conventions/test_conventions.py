"""Conventions as data: every formula can be evaluated, sums are sums, and what is unknown stays unknown."""

from __future__ import annotations

import json

import jsonschema
import pytest

from cnnshape import api
from cnnshape.calculate import calculate
from cnnshape.conventions import NAMES, by_name
from cnnshape.conventions.count import between, in_convention, reconcile, schema
from cnnshape.conventions.step import BLACK_BOXES, MAC_KINDS
from cnnshape.layers import FAMILIES
from cnnshape.network import Input, Network, Node
from tests.docs.pages import ROOT, inside
from tests.layers.samples import SAMPLES

KINDS = {kind for kinds in FAMILIES.values() for kind in kinds}

OPAQUE = """
input: 3x17x23
layers:
  - conv: 5
  - relu
  - opaque: 5x7x11
    name: secret
  - {flatten: }
  - linear: 7
"""


@pytest.fixture(scope="module")
def resnet():
    return api.analyze_network("zoo:resnet18")


def of(layer, xs):
    inputs = [Input(f"x{i}", tuple(x[1:])) for i, x in enumerate(xs)]
    count = len(layer.outs(*xs))
    outputs = tuple(range(len(xs), len(xs) + count))
    node = Node("sample", layer, tuple(range(len(xs))), outputs)
    network = Network("sample", inputs, [node], outputs[:1])
    return network, calculate(network, xs[0][0] if xs else 1)


@pytest.mark.parametrize("at", range(len(SAMPLES)), ids=lambda at: f"{SAMPLES[at][0].kind}-{at}")
def test_every_kind_can_be_counted_in_every_convention_and_the_steps_add_up(at) -> None:
    layer, xs = SAMPLES[at]
    if any(len({x[0] for x in xs}) > 1 for _ in xs):
        pytest.skip("a broadcast batch")
    network, report = of(layer, xs)
    for functions in ((), ("sample",)):
        found = reconcile(network, report, by_name().values(), functions)
        for one in found.figures:
            if one.count is None:
                continue
            assert found.macs + sum(step.amount for step in one.steps) == one.count
            assert one.count >= 0
        for one in found.figures:
            assert one.params is None or one.params >= 0


def test_a_convention_names_known_kinds_a_source_and_reasons() -> None:
    found = by_name()
    assert tuple(found) == NAMES
    for one in found.values():
        assert one.source
        for step in (*one.steps, *one.params):
            assert set(step.kinds) <= KINDS, step
            assert step.what
        assert not set(one.covers) & set(BLACK_BOXES)
        assert one.unit in (1, 2)


def test_the_layers_of_a_report_in_a_convention_add_up_to_the_tools_figure(resnet) -> None:
    network, report = resnet
    for one in by_name().values():
        figure = reconcile(network, report, [one]).figures[0]
        shown = in_convention(network, report, one)
        assert sum(row.params for row in shown.layers) == shown.totals.params == figure.params
        if one.word:
            assert sum(row.macs for row in shown.layers) == shown.totals.macs == figure.count
        else:
            assert {row.macs for row in shown.layers} == {None}
            assert shown.status.macs == "unavailable"
        assert shown.totals.flops == 2 * report.totals.macs


def test_two_examples_count_twice_where_the_tool_counts_the_whole_batch() -> None:
    one, two = (api.analyze_network("zoo:resnet18", batch=n) for n in (1, 2))
    for name in ("paper", "torchinfo", "fvcore", "torch"):
        single, double = (reconcile(*pair, [by_name()[name]]).figures[0].count for pair in (one, two))
        assert double == 2 * single


def test_from_one_tool_to_the_next_the_steps_add_up(resnet) -> None:
    found = reconcile(*resnet, [one for one in by_name().values() if one.word])
    for a in found.figures:
        for b in found.figures:
            assert a.count + sum(step.amount for step in between(a, b)) == b.count
        assert between(a, a) == []


def test_a_black_box_is_unknown_and_never_nothing() -> None:
    network, report = api.analyze_document(api.parse(OPAQUE))
    for one in by_name().values():
        figure = reconcile(network, report, [one]).figures[0]
        shown = in_convention(network, report, one)
        assert shown.layer("secret").macs is None
        assert shown.layer("secret").params is None
        assert figure.params_state == "partial"
        assert figure.count_state == ("partial" if one.word else "unavailable")


def test_stated_macs_of_a_black_box_are_ours_and_no_tools() -> None:
    text = "{input: 3x5x7, layers: [{conv: 2}, {opaque: {shape: 2x3x5, macs: 1000}}]}"
    network, report = api.analyze_document(api.parse(text))
    figure = reconcile(network, report, [by_name()["fvcore"]]).figures[0]
    assert figure.count == report.totals.macs - 1000
    assert figure.count_state == "partial"
    assert [step.amount for step in figure.steps] == [-1000]


def test_a_kind_that_a_graph_counter_is_not_known_to_see_is_unknown() -> None:
    network, report = api.analyze_document(api.parse("{input: 6x5x7, layers: [{conv: 6}, {group_norm: 3}]}"))
    figure = reconcile(network, report, [by_name()["tf"]]).figures[0]
    assert figure.count_state == "partial"
    assert in_convention(network, report, by_name()["tf"]).layer("group_norm1").macs is None


def test_what_is_no_mac_kind_has_no_macs() -> None:
    assert {layer.kind for layer, xs in SAMPLES if xs and of(layer, xs)[1].totals.macs} <= {*MAC_KINDS, *BLACK_BOXES}


# the command


def run(*words):
    return inside(["cnnshape", *words])


def test_the_waterfall_that_is_printed_adds_up() -> None:
    text = run("reconcile", "zoo:resnet18", "--with", "ptflops,calflops,onnx-tool").text
    falls = text.split("\n\n")[2:]
    assert len(falls) == 3
    for fall in falls:
        numbers = [line.split() for line in fall.splitlines() if line[:4] in ("    ", "  + ", "  - ", "  = ")]
        amounts = [int(n[0 if n[0][0].isdigit() else 1].replace(",", "")) * (-1 if n[0] == "-" else 1) for n in numbers]
        assert len(amounts) > 2
        assert sum(amounts[:-1]) == amounts[-1]


def test_the_chain_begins_where_the_tool_before_ended() -> None:
    text = run("reconcile", "zoo:resnet18", "--with", "fvcore,ptflops", "--chain").text
    first, second = text.split("\n\n")[2:]
    assert first.splitlines()[-3].split()[1] == second.splitlines()[1].split()[0]
    assert "flops of fvcore" in second


def test_json_is_what_its_schema_says_and_markdown_is_a_table() -> None:
    result = run("reconcile", "zoo:lenet5", "--format", "json")
    data = json.loads(result.text)
    jsonschema.validate(data, schema())
    assert data["schema"] == "cnnshape-reconcile/1"
    assert [one["tool"] for one in data["figures"]] == list(NAMES)
    assert json.loads(run("schema", "reconcile").text) == schema()
    page = run("reconcile", "zoo:lenet5", "--format", "markdown", "--with", "thop").text
    assert "| thop | 0.1.1-2209072238 | 61,706 |" in page


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--with", "fvcor"), "fvcore"),
        (("--with", ","), "names no tool"),
        (("--format", "jsn"), "json"),
        (("--functional", "relu7"), "no layer and no kind"),
        (("--functional", "conv1"), "it has weights"),
    ],
)
def test_wrong_usage_is_told_with_a_way_out(words, says) -> None:
    result = run("reconcile", "zoo:alexnet", *words)
    assert result.status == 2
    assert "CNN-E701" in result.text
    assert says in result.text


def test_functions_are_seen_by_some_tools_alone() -> None:
    def counts(*words):
        data = json.loads(run("reconcile", "zoo:alexnet", "--format", "json", *words).text)
        return {one["tool"]: one["count"] for one in data["figures"]}

    plain, called = counts(), counts("--functional", "relu,adaptive_avg_pool")
    assert {name for name in plain if plain[name] != called[name]} == {"ptflops", "thop"}


def test_a_table_in_a_convention_says_whose_it_is() -> None:
    text = run("analyze", "zoo:lenet5", "--convention", "torchinfo").text
    assert "params and mult-adds as torchinfo counts" in text
    assert "torchinfo mult-adds" in text
    assert "MACs  " not in text
    data = json.loads(run("analyze", "zoo:lenet5", "--convention", "torchinfo", "--format", "json").text)
    assert data["convention"] == "torchinfo"
    assert "convention" not in json.loads(run("analyze", "zoo:lenet5", "--format", "json").text)
    assert run("analyze", "zoo:lenet5", "--convention", "torchinf").status == 2


def test_an_unknown_layer_is_a_question_mark_in_a_convention(tmp_path) -> None:
    (tmp_path / "m.yaml").write_text(OPAQUE)
    text = run("analyze", str(tmp_path / "m.yaml"), "--convention", "fvcore", "--columns", "name,params,macs").text
    assert [line.split() for line in text.splitlines() if line.startswith("secret")] == [["secret", "?", "?"]]
    assert "fvcore flops are partial: unknown for secret" in text


def test_every_convention_stands_in_the_page_with_its_version_and_source() -> None:
    page = (ROOT / "docs" / "reconcile.md").read_text(encoding="utf-8")
    for one in by_name().values():
        assert f"`{one.name}`" in page
        assert one.version in page


def test_too_large_a_number_is_an_error_with_its_layer(tmp_path) -> None:
    (tmp_path / "m.yaml").write_text("{input: 2000000000x1000000000, layers: [{tanh: , name: wide}]}")
    result = run("reconcile", str(tmp_path / "m.yaml"), "--with", "onnx-tool")
    assert result.status == 2
    assert "CNN-E501" in result.text
    assert "wide" in result.text


def test_empty_and_scalar_tensors_of_foreign_files_divide_nothing_by_zero() -> None:
    from cnnshape.layers import Add, Foreign, Relu, Softmax

    shapes = ((2, 0, 3), (), (2, 3, 0))
    foreign = Foreign(op="Strange", shapes=shapes)
    nodes = [Node("strange", foreign, (0,), (1, 2, 3))]
    for value in (1, 2, 3):
        nodes.append(Node(f"relu{value}", Relu(), (value,), (len(nodes) + 3,)))
    nodes.append(Node("softmax", Softmax(dim=-1), (3,), (len(nodes) + 3,)))
    nodes.append(Node("add", Add(), (1, 1), (len(nodes) + 3,)))
    network = Network("strange", [Input("x", (3,))], nodes, (len(nodes) + 2,))
    found = reconcile(network, calculate(network), by_name().values())
    assert {one.count_state for one in found.figures if one.word} == {"partial"}
