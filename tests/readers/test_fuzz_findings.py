"""What the fuzzer found (tests/long/fuzz.py): each was an exception or took minutes before."""

from __future__ import annotations

import json
import time

import onnx_files as files
import pytest
from keras_files import layer, sequential, source

from cnnshape.api import analyze, analyze_data
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


@pytest.mark.parametrize("word", ["residual", "branches", "repeat", "sequence", "share"])
def test_a_structure_that_is_a_word_alone_says_what_it_misses(word) -> None:
    text = f"input: 3x7x11\nlayers:\n  - relu\n  - {word}\n"
    with_a_colon = problems("x.yaml", text.replace(word, f"{word}:"), "cnnshape")
    assert problems("x.yaml", text, "cnnshape") == with_a_colon
    assert [code for code, _ in with_a_colon] in (["CNN-E203"], ["CNN-E204"])


@pytest.mark.parametrize("size", ["9" * 400, "9" * 400 + "k", "1." + "9" * 400 + "k"])
def test_a_budget_of_hundreds_of_digits_is_no_size(size) -> None:
    text = f"input: 3x7x11\nlayers: [relu]\nbudget:\n  max: {{params: '{size}'}}\n"
    assert [code for code, _ in problems("x.yaml", text, "cnnshape")] == ["CNN-E205"]


def test_strides_over_one_position_are_followed_as_far_as_numbers_go() -> None:
    """65,537 of them took seconds, and their field could not be written."""
    text = "input: 3x9x9\nlayers:\n  - repeat: 65537\n    layers:\n      - conv: {out_channels: 3, stride: 2, padding: 1}\n"
    began = time.process_time()
    report = analyze(File("x.yaml", text.encode()))
    assert time.process_time() - began < 10
    jumps = [row.receptive_field.jump for row in report.layers]
    assert jumps[60:62] == [(2**61, 2**61), (None, None)]
    assert "receptive field ?x?, jump ?x?, start ?,?" in render([report], "table")


def test_an_output_number_of_thousands_of_digits_is_no_name() -> None:
    text = f"input: 3x7x11\nlayers:\n  - relu\n  - tanh:\n    from: relu1[{'9' * 4400}]\n"
    assert [code for code, _ in problems("x.yaml", text, "cnnshape")] == ["CNN-E301"]


@pytest.mark.parametrize("item", ["fire: 3", "add: {}\n        from: [input, missing]", "conv: {out_channels: widht}"])
def test_a_mistake_in_a_repeat_of_thousands_is_told_at_once(item) -> None:
    text = f"input: 3x7x11\nvars: {{width: 5}}\nlayers:\n  - repeat: 45000\n    layers:\n      - relu\n      - {item}\n"
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


CALL = {"class_name": "__keras_tensor__", "config": {"shape": None, "keras_history": ["x", 0, 0]}}


def functional(*entries, outputs=(("add", 0, 0),)):
    given = {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 7, 3]}}
    config = {"name": "net", "layers": [given, *entries], "input_layers": [["x", 0, 0]], "output_layers": [*outputs]}
    return json.dumps({"class_name": "Functional", "config": config})


def test_a_keras_layer_whose_second_call_comes_before_its_first_is_still_there() -> None:
    back = {"class_name": "__keras_tensor__", "config": {"shape": None, "keras_history": ["add", 1, 0]}}
    add = {"class_name": "Add", "config": {}, "name": "add"}
    add["inbound_nodes"] = [{"args": [[back, CALL]], "kwargs": {}}, {"args": [[CALL, CALL]], "kwargs": {}}]
    report = analyze(File("x.json", functional(add).encode()), form="keras")
    assert [tuple(row.output_shapes[0]) for row in report.layers] == [(1, 7, 3), (1, 7, 3)]


def test_keyword_arguments_of_keras_that_look_like_a_tensor_are_keyword_arguments() -> None:
    add = {
        "class_name": "Add",
        "config": {},
        "name": "add",
        "inbound_nodes": [{"args": [[CALL, CALL]], "kwargs": CALL}],
    }
    assert len(analyze(File("x.json", functional(add).encode()), form="keras").layers) == 1


@pytest.mark.parametrize("entries", [[1, 2], [None], [[]]])
def test_what_is_no_layer_in_a_sequential_keras_model_is_an_error(entries) -> None:
    text = json.dumps(sequential(source(7, 3), layer("Sequential", "inner", layers=entries)))
    assert "is no layer" in problems("x.json", text, "keras")[0][1]


def test_an_empty_keras_model_inside_a_model_is_no_layer() -> None:
    text = json.dumps(sequential(source(7, 3), layer("Sequential", "inner", layers=[]), layer("Flatten", "f")))
    assert [row.name for row in analyze(File("x.json", text.encode()), form="keras").layers] == ["f"]


@pytest.mark.parametrize(
    "text",
    [
        """input: "a" input_shape { dim: 28 } layer { name: "c" type: "Convolution" bottom: "a" top: "c"
        convolution_param { num_output: 2 kernel_size: 1 } }""",
        """input: "a" input_shape { dim: 2 dim: 3 } layer { name: "s" type: "Slice" bottom: "a" }""",
        """input: "a" input_shape { } layer { name: "s" type: "Slice" bottom: "a" top: "b" top: "c"
        slice_param { axis: 0 } }""",
    ],
    ids=["a convolution of one axis", "a slice without a top", "a slice of a scalar"],
)
def test_caffe_layers_that_do_not_fit_are_errors(text) -> None:
    assert problems("x.prototxt", text, "caffe")


def test_what_caffe_makes_of_a_scalar_has_no_known_shape() -> None:
    text = """input: "a" input_shape { } layer { name: "r" type: "Reshape" bottom: "a" top: "r"
    reshape_param { shape { dim: 1 dim: -1 } } }"""
    assert analyze(File("x.prototxt", text.encode()), form="caffe").layers[0].output_shapes == ((),)


def test_a_pool_of_two_thousand_million_rows_is_told_at_once() -> None:
    text = """input: "a" input_shape { dim: 2 dim: 3 dim: 2 dim: 11 } layer { name: "p" type: "Pooling" bottom: "a"
    top: "p" pooling_param { pool: AVE kernel_size: 2147483647 stride: 2 } }"""
    start = time.process_time()
    assert problems("x.prototxt", text, "caffe")[0][0] == "CNN-E401"
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    ("kind", "there"),
    [("InstanceNormalization", 2), ("InstanceNormalization", 1), ("BatchNormalization", 4), ("GroupNormalization", 1),
     ("LayerNormalization", 1), ("RMSNormalization", 1)],
)  # fmt: skip
def test_a_norm_of_onnx_without_a_weight_that_it_needs_is_an_error(kind, there) -> None:
    fields = {"num_groups": 1} if kind == "GroupNormalization" else {}
    made = files.node(kind, ["x", "a", "b", "c", "d"][:there], ["y"], **fields)
    weights = [files.weight(name, 3) for name in ("a", "b", "c")]
    with pytest.raises(ModelError) as caught:
        files.report(files.model([made], ["x"], ["y"], weights, opset=23))
    assert caught.value.problems


def test_a_stated_shape_that_a_pointwise_operation_cannot_have_does_not_lose_the_axes() -> None:
    first = {"foreign": {"op": "Mul", "shapes": [[10, 7]], "pointwise": True}, "name": "a"}
    second = {"foreign": {"op": "Sub", "shapes": [[2, 3, 2, 2, 2]], "pointwise": True}, "from": ["input", "a"]}
    report = analyze_data({"input": "3x2x2x2", "layers": [first, second]}, batch=2)
    assert [row.receptive_field.size for row in report.layers] == [(2, 2, 2), (2, 2, 2)]


def test_a_shape_of_a_hundred_sizes_is_an_error() -> None:
    with pytest.raises(ModelError):
        analyze_data({"input": "3x7x7", "layers": [{"opaque": "8x" + "x".join(["30"] * 99)}]})


def test_a_caffe_layer_that_reads_nothing_is_read() -> None:
    text = """input: "a" input_shape { dim: 2 dim: 3 dim: 7 dim: 11 }
    layer { name: "y" type: "ReLU" top: "y" } layer { name: "z" type: "Unheard" top: "z" }"""
    assert problems("x.prototxt", text, "caffe")


def test_axes_that_a_squeeze_of_onnx_does_not_read_are_not_read() -> None:
    """Since opset 13 they are an input."""
    squeezed = files.node("Squeeze", ["x"], ["y"], axes=[2])
    raw = files.model([squeezed], [files.value("x", (2, 3, 1, 1))], ["y"], opset=13)
    assert files.sizes(raw) == ["2x3"]
    scalar = files.model([files.node("Squeeze", ["x"], ["y"], axes=[0])], [files.value("x", ())], ["y"], opset=13)
    assert files.report(scalar).layers


def test_texts_of_onnx_that_are_written_as_raw_bytes_are_an_error() -> None:
    words = files.TensorProto(name="w", data_type=files.TensorProto.STRING, dims=[2], raw_data=b"")
    node = files.helper.make_node("LabelEncoder", ["x"], ["y"], domain="ai.onnx.ml", keys_tensor=words)
    raw = files.model([node], [files.value("x", [1, 2])], [files.value("y", [1, 2])])
    with pytest.raises(ModelError) as caught:
        analyze(File("x.onnx", raw), form="onnx")
    assert [problem.code for problem in caught.value.problems] == ["CNN-E106"]
