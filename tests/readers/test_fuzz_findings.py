"""What the fuzzer found (tests/long/fuzz.py): each was an exception or took minutes before."""

from __future__ import annotations

import json
import time

import onnx_files as files
import pytest
from keras_files import layer, sequential, source

from cnnshape.api import analyze
from cnnshape.errors import ModelError
from cnnshape.readers.file import File
from cnnshape.render import render


def problems(name, text, form):
    with pytest.raises(ModelError) as caught:
        analyze(File(name, text.encode()), form=form)
    return [(problem.code, problem.message) for problem in caught.value.problems]


def test_half_a_surrogate_pair_in_a_name_of_keras_can_be_written() -> None:
    text = json.dumps(sequential(source(7, 3, name="a\ud800"), layer("Dense", "b\udfff", units=2), name="c\udbff"))
    report = analyze(File("x.json", text.encode()), form="keras")
    assert [row.name for row in report.layers] == ["b?"]
    assert json.loads(render([report], "json"))["inputs"][0]["name"] == "a?"


def test_a_whole_pair_stays_the_character_that_it_is() -> None:
    text = json.dumps(sequential(source(7, 3), layer("Dense", "b\U0001f600", units=2)))
    assert analyze(File("x.json", text.encode()), form="keras").layers[0].name == "b\U0001f600"


def test_a_model_inside_a_keras_model_whose_layers_are_no_list_is_an_error() -> None:
    text = json.dumps(sequential(layer("Sequential", "inner", layers=0.5), layer("Dense", units=2)))
    assert problems("x.json", text, "keras")


def test_a_repeat_without_a_number_is_told_when_only_as_is_written() -> None:
    text = "input: 3x7x11\nlayers:\n  - repeat: {as: i}\n    layers:\n      - relu\n"
    assert problems("x.yaml", text, "cnnshape") == [("CNN-E203", "repeat wants a number of times, not null")]


def test_an_output_number_of_thousands_of_digits_is_no_name() -> None:
    text = f"input: 3x7x11\nlayers:\n  - relu\n  - tanh:\n    from: relu1[{'9' * 4400}]\n"
    assert [code for code, _ in problems("x.yaml", text, "cnnshape")] == ["CNN-E301"]


@pytest.mark.parametrize("item", ["fire: 3", "add: {}\n        from: [input, missing]", "conv: {out_channels: widht}"])
def test_a_mistake_in_a_repeat_of_thousands_is_told_at_once(item) -> None:
    text = f"input: 3x7x11\nvars: {{width: 5}}\nlayers:\n  - repeat: 60000\n    layers:\n      - relu\n      - {item}\n"
    started = time.process_time()
    assert len(problems("x.yaml", text, "cnnshape")) == 1
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("made", "opset"),
    [
        (("Shrink", {"lambd": [1, 2]}), 20),
        (("Softmax", {"axis": [1]}), 20),
        (("Clip", {"min": [0.0, 1.0]}), 6),
        (("LRN", {"alpha": "", "size": 3}), 20),
    ],
    ids=str,
)
def test_an_attribute_of_the_wrong_type_is_an_error_of_the_operator(made, opset) -> None:
    kind, fields = made
    raw = files.model([files.node(kind, ["x"], ["y"], **fields)], ["x"], ["y"], opset=opset)
    with pytest.raises(ModelError) as caught:
        files.report(raw)
    assert {problem.code for problem in caught.value.problems} == {"CNN-E803"}


def test_an_axis_that_is_not_there_and_an_operand_that_is_left_out_are_no_tracebacks() -> None:
    for made in (
        files.node("Softmax", ["x"], ["y"], axis=9),
        files.node("Softmax", ["x"], ["y"], axis=-9),
        files.node("Add", ["x", ""], ["y"]),
        files.node("Concat", ["", "x"], ["y"], axis=1),
    ):
        try:
            files.report(files.model([made], ["x"], ["y"], opset=11))
        except ModelError as error:
            assert error.problems  # noqa: PT017 - a report is as good an answer
