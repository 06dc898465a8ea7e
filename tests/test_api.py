"""The front door for Python: paths, text, data, errors, notebooks."""

from __future__ import annotations

import subprocess
import sys

import pytest

import cnnshape
from cnnshape import api
from cnnshape.errors import CnnshapeError, ModelError
from cnnshape.layers.conv import Conv
from cnnshape.readers.graph import Graph
from cnnshape.report import Report

TEXT = "input: 3x7x11\nlayers:\n  - conv: {out_channels: 5, kernel_size: 3}\n    name: first\n  - relu\n"
DATA = {"input": [3, 7, 11], "layers": [{"conv": {"out_channels": 5, "kernel_size": 3}, "name": "first"}, "relu"]}


def test_a_path_a_text_and_data_give_the_same(tmp_path) -> None:
    path = tmp_path / "model.yaml"
    path.write_text(TEXT)
    reports = [
        cnnshape.analyze(path),
        cnnshape.analyze(str(path)),
        cnnshape.analyze_text(TEXT),
        cnnshape.analyze_data(DATA),
        cnnshape.analyze_data({**DATA, "layers": tuple(DATA["layers"])}),
    ]
    for report in reports:
        assert isinstance(report, Report)
        assert report.totals == reports[0].totals
        assert report.totals.params == 140
        assert [row.name for row in report.layers] == ["first", "relu1"]
        assert report.layer("first").output_shapes == ((1, 5, 5, 9),)
    assert reports[0].model.name == "model"
    assert reports[0].model.source == str(path)


def test_data_is_left_as_it_was() -> None:
    before = repr(DATA)
    cnnshape.analyze_data(DATA)
    assert repr(DATA) == before


def test_options_mean_what_they_mean_on_the_command_line() -> None:
    text = "vars: {width: 5}\n" + TEXT.replace("out_channels: 5", "out_channels: width")
    report = cnnshape.analyze_text(text, batch=2, dtype="float16", input="4x13x17", sets={"width": "7"})
    assert report.outputs[0].shape == (2, 7, 11, 15)
    assert report.layers[0].activation_bytes == 2 * 7 * 11 * 15 * 2
    same = cnnshape.analyze_text(text, batch=2, dtype="float16", input=(4, 13, 17), sets={"width": "7"})
    assert same.totals == report.totals


def test_several_inputs_by_name() -> None:
    data = {"inputs": {"a": "3x7x11", "b": "3x7x11"}, "layers": [{"add": ["a", "b"]}]}
    report = cnnshape.analyze_data(data, input={"a": (3, 13, 17), "b": [3, 13, 17]})
    assert [tensor.shape for tensor in report.inputs] == [(1, 3, 13, 17)] * 2


def test_load_gives_the_network_without_shapes() -> None:
    network = cnnshape.load("zoo:lenet5")
    assert [tensor.shape for tensor in network.inputs] == [(1, 32, 32)]
    assert len(network.nodes) == 12


def test_an_unknown_layer_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        cnnshape.analyze_text(TEXT).layer("second")


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: cnnshape.analyze("missing.yaml"), "CNN-E101"),
        (lambda: cnnshape.analyze("zoo:nothing"), "CNN-E101"),
        (lambda: cnnshape.load("missing.yaml"), "CNN-E101"),
        (lambda: cnnshape.analyze_text(""), "CNN-E103"),
        (lambda: cnnshape.analyze_text("a: [b"), "CNN-E102"),
        (lambda: cnnshape.analyze_data({}), "CNN-E"),
        (lambda: cnnshape.analyze_data({"input": 3, "layers": [{"convv": 5}]}), "CNN-E201"),
        (
            lambda: cnnshape.analyze_data(
                {"input": "3x7", "layers": [{"conv": {"out_channels": 5, "kernel_size": 13}}]}
            ),
            "CNN-E401",
        ),
        (lambda: cnnshape.analyze_text(TEXT, batch=0), "CNN-E701"),
        (lambda: cnnshape.analyze_text(TEXT, batch=True), "CNN-E701"),
        (lambda: cnnshape.analyze_text(TEXT, batch="2"), "CNN-E701"),
        (lambda: cnnshape.analyze_text(TEXT, dtype="float3"), "CNN-E701"),
        (lambda: cnnshape.analyze_text(TEXT, input="3xx"), "CNN-E701"),
        (lambda: cnnshape.analyze_text(TEXT, input=(0, 7, 11)), "CNN-E701"),
        (lambda: cnnshape.analyze_text(TEXT, sets={"width": "3"}), "CNN-E206"),
    ],
)
def test_errors_are_model_errors_with_a_code(call, code) -> None:
    with pytest.raises(ModelError) as caught:
        call()
    assert isinstance(caught.value, CnnshapeError)
    assert caught.value.problems[0].code.startswith(code)
    assert code in str(caught.value)


def test_all_independent_errors_come_at_once() -> None:
    data = {"input": "3x7x11", "layers": [{"conv": {"out_channels": 5, "kernal": 3}}, {"relo": None}]}
    with pytest.raises(ModelError) as caught:
        cnnshape.analyze_data(data)
    assert {problem.code for problem in caught.value.problems} >= {"CNN-E202", "CNN-E201"}


def test_a_layer_that_a_reader_left_empty_without_a_reason_is_named() -> None:
    graph = Graph("model.onnx", "onnx")
    graph.node("lost", None, graph.node("first", Conv(5, 3), (graph.input("x", (3, 7, 11)),)), line=13)
    found = api.Opened(graph.network("model"), graph.problems)
    with pytest.raises(ModelError, match=r"model\.onnx:13: CNN-E801: lost was left without a layer") as caught:
        api.reported(found, None, "float32")
    assert len(caught.value.problems) == 1
    graph.wrong("CNN-E803", "the reason", layer="lost")
    with pytest.raises(ModelError, match="the reason") as caught:
        api.reported(found, None, "float32")
    assert len(caught.value.problems) == 1


def test_broken_promises_are_in_the_report_and_raise_nothing() -> None:
    report = cnnshape.analyze_text(TEXT.replace("- relu", "- relu:\n    expect: 5x5x8"))
    assert [(one.layer, one.what, tuple(one.expected), tuple(one.found)) for one in report.failed] == [
        ("relu1", "shape", (5, 5, 8), (5, 5, 9))
    ]


def test_a_notebook_shows_the_table_and_escapes_names() -> None:
    html = cnnshape.analyze_data({**DATA, "name": "<script>alert(1)</script>"})._repr_html_()
    assert html.startswith("<table>")
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert ">140<" in html
    assert ">total<" in html


def test_every_public_name_is_there() -> None:
    for name in cnnshape.__all__:
        assert getattr(cnnshape, name)
    with pytest.raises(AttributeError):
        _ = cnnshape.nothing


def test_errors_are_caught_by_the_name_that_the_docs_say() -> None:
    assert cnnshape.ModelError is ModelError
    code = "import sys, cnnshape; cnnshape.ModelError; print('cnnshape.api' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"


def test_import_alone_loads_nothing() -> None:
    code = "import sys, cnnshape; print(sorted(m for m in sys.modules if m.startswith('cnnshape')), 'msgspec' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['cnnshape'] False"
