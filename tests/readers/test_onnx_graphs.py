"""What graphs mean: what is folded, inlined, counted, asked for."""

import pytest
from onnx import TensorProto, helper
from onnx_files import ints, model, network, node, report, sizes, value, weight

from cnnshape.errors import ModelError


def refused(raw, **options):
    with pytest.raises(ModelError) as caught:
        report(raw, **options)
    return caught.value.problems


def found(raw, **options):
    """(kind, params) of every row."""
    return [(layer.kind, layer.params) for layer in report(raw, **options).layers]


CONV = node("Conv", ["x", "w", "b"], ["y"], name="c", kernel_shape=[3, 5], pads=[1, 2, 1, 2])
WEIGHTS = [weight("w", 5, 3, 3, 5), weight("b", 5)]


def test_a_conv_has_its_weights_from_initializers():
    made = report(model([CONV], ["x"], ["y"], WEIGHTS))
    assert made.totals.params == 5 * 3 * 3 * 5 + 5
    assert made.totals.macs == 5 * 7 * 11 * 3 * 15
    assert str(made.outputs[0].shape) == "1x5x7x11"


def test_initializers_may_be_inputs_too_and_weights_may_be_fed():
    fed = [value("w", (5, 3, 3, 5)), value("b", (5,))]
    assert found(model([CONV], ["x", *fed], ["y"], WEIGHTS)) == [("conv", 230)]
    assert found(model([CONV], ["x", *fed], ["y"])) == [("conv", 230)]


@pytest.mark.parametrize(("word", "size"), [("SAME_UPPER", "1x5x4x6"), ("SAME_LOWER", "1x5x4x6"), ("VALID", "1x5x3x4")])
def test_padding_words_are_resolved_by_the_size(word, size):
    conv = node("Conv", ["x", "w"], ["y"], auto_pad=word, strides=[2, 2])
    assert sizes(model([conv], ["x"], ["y"], WEIGHTS)) == [size]


def test_valid_of_a_transposed_convolution_is_no_padding():
    up = node("ConvTranspose", ["x", "w"], ["y"], auto_pad="VALID", strides=[4, 4])
    # (7 - 1) * 4 + 2 = 26: Keras would fill up to 28
    assert sizes(model([up], ["x"], ["y"], [weight("w", 3, 5, 2, 2)])) == ["1x5x26x42"]


def test_a_ceil_pool_drops_a_window_that_starts_in_the_padding():
    pool = node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], strides=[2, 2], pads=[0, 0, 1, 1], ceil_mode=1)
    x = value("x", (1, 3, 6, 7))
    assert sizes(model([pool], [x], ["y"])) == ["1x3x3x4"]


def test_a_shape_that_is_computed_is_folded_and_follows_the_batch():
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "zero"], ["n"], axis=0),
        node("Concat", ["n", "rest"], ["to"], axis=0),
        node("Reshape", ["x", "to"], ["y"]),
    ]
    raw = model(nodes, ["x"], ["y"], [ints("zero", 0), ints("rest", -1)])
    assert found(raw) == [("flatten", 0)]
    assert sizes(raw, batch=5) == ["5x231"]


def test_weights_behind_views_and_quantisation_are_weights():
    scale = [weight("s"), helper.make_tensor("z", TensorProto.UINT8, [], [0])]
    stored = helper.make_tensor("q", TensorProto.UINT8, [231, 5], bytes(231 * 5), raw=True)
    nodes = [
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        node("Transpose", ["d"], ["t"], perm=[1, 0]),
        node("Flatten", ["x"], ["f"]),
        node("Gemm", ["f", "t"], ["y"], transB=1),
    ]
    assert found(model(nodes, ["x"], ["y"], [*scale, stored])) == [("flatten", 0), ("linear", 1155)]


def test_weights_that_are_filled_when_the_model_loads_are_weights():
    nodes = [node("ConstantOfShape", ["to"], ["w"]), node("Conv", ["x", "w"], ["y"])]
    assert found(model(nodes, ["x"], ["y"], [ints("to", 5, 3, 3, 3)])) == [("conv", 135)]


def test_a_learned_offset_is_a_parameter_and_a_lone_number_is_none():
    nodes = [node("Add", ["x", "w"], ["a"]), node("Mul", ["a", "half"], ["y"])]
    half = helper.make_tensor("half", TensorProto.FLOAT, [], [0.5])
    made = found(model(nodes, ["x"], ["y"], [weight("w", 3, 1, 1), half]))
    assert made == [("parameter", 3), ("add", 0), ("foreign", 0), ("mul", 0)]


def test_a_learned_array_does_not_keep_the_input_alive():
    """It stands on the tensor that its user reads, so the peak is that of the layers alone."""
    nodes = [
        node("MaxPool", ["x"], ["a"], kernel_shape=[2, 2], strides=[2, 2]),
        node("Conv", ["a", "k"], ["b"]),
        node("Mul", ["b", "w"], ["y"]),
    ]
    made = report(model(nodes, ["x"], ["y"], [weight("k", 11, 3, 1, 1), weight("w", 11, 1, 1)]))
    (row,) = [layer for layer in made.layers if layer.kind == "parameter"]
    conv = made.layers[1]
    assert row.inputs == (conv.name,)
    assert conv.name in made.totals.peak_tensors
    assert "x" not in made.totals.peak_tensors


def test_shared_weights_are_counted_once():
    nodes = [node("Conv", ["x", "w"], ["a"], name="one"), node("Conv", ["a", "w"], ["y"], name="two")]
    made = report(model(nodes, ["x"], ["y"], [weight("w", 3, 3, 1, 1)]))
    assert made.totals.params == 9
    assert made.layers[1].shared_with == "one"


def test_an_embedding_counts_its_table():
    index = value("i", (2, 7), TensorProto.INT64)
    made = model([node("Gather", ["w", "i"], ["y"])], [index], ["y"], [weight("w", 11, 5)])
    assert found(made) == [("embedding", 55)]
    assert sizes(made) == ["2x7x5"]


def test_statistics_are_buffers():
    norm = node("BatchNormalization", ["x", *"abcd"], ["y"])
    made = report(model([norm], ["x"], ["y"], [weight(name, 3) for name in "abcd"]))
    assert (made.totals.params, made.totals.buffers) == (6, 6)


def test_old_softmax_runs_over_all_axes_from_its_own():
    soft = node("Softmax", ["x"], ["y"], axis=1)
    assert found(model([soft], ["x"], ["y"], opset=11)) == [("foreign", 0)]
    assert found(model([soft], ["x"], ["y"], opset=13)) == [("softmax", 0)]
    assert found(model([soft], [value("x", (2, 7, 1, 1))], ["y"], opset=11)) == [("softmax", 0)]


def test_a_mean_over_space_is_a_global_pool():
    nodes = [node("ReduceMean", ["x", "axes"], ["y"], keepdims=0)]
    raw = model(nodes, ["x"], ["y"], [ints("axes", -1, -2)])
    assert found(raw) == [("global_avg_pool", 0)]
    assert sizes(raw) == ["1x3"]


def test_time_first_recurrence_has_the_products_of_our_own():
    x = value("x", (7, 2, 5))
    lstm = node("LSTM", ["x", "w", "r", "b"], ["y"], hidden_size=3)
    made = report(model([lstm], [x], ["y"], [weight("w", 1, 12, 5), weight("r", 1, 12, 3), weight("b", 1, 24)]))
    assert made.totals.params == 12 * 5 + 12 * 3 + 24
    assert made.totals.macs == 2 * 7 * 12 * (5 + 3)


def test_a_function_is_inlined_under_its_callers_name():
    body = [node("Relu", ["a"], ["t"]), node("Conv", ["t", "k"], ["r"], name="c")]
    block = helper.make_function("own", "block", ["a", "k"], ["r"], body, [helper.make_opsetid("", 20)])
    nodes = [node("block", [a, "w"], [b], name=b, domain="own") for a, b in (("x", "one"), ("one", "two"))]
    made = report(model(nodes, ["x"], ["two"], [weight("w", 3, 3, 1, 1)], functions=[block]))
    assert [layer.name for layer in made.layers] == ["one/t", "one/c", "two/t", "two/c"]
    assert made.totals.params == 9


def test_an_attribute_of_the_call_reaches_the_function():
    inner = node("Flatten", ["a"], ["r"])
    inner.attribute.add(name="axis", ref_attr_name="from", type=2)
    flat = helper.make_function("own", "flat", ["a"], ["r"], [inner], [helper.make_opsetid("", 20)], ["from"])
    call = node("flat", ["x"], ["y"], domain="own", **{"from": 2})
    assert sizes(model([call], ["x"], ["y"], functions=[flat])) == ["3x77"]


@pytest.mark.parametrize(("taken", "params"), [(True, 0), (False, 15)])
def test_a_constant_condition_decides_a_branch(taken, params):
    yes = helper.make_graph([node("Relu", ["x"], ["o"])], "yes", [], [value("o", None)])
    no = helper.make_graph([node("Conv", ["x", "w"], ["o"])], "no", [], [value("o", None)], [weight("w", 5, 3, 1, 1)])
    branch = node("If", ["c"], ["y"], then_branch=yes, else_branch=no)
    said = helper.make_tensor("c", TensorProto.BOOL, [], [taken])
    assert report(model([branch], ["x"], ["y"], [said])).totals.params == params
    open_ = report(model([branch], ["x", value("c", [], TensorProto.BOOL)], ["y"]))
    assert (open_.totals.macs, open_.status.params) == (0, "partial")
    assert str(open_.outputs[0].shape) == "?"


def test_nodes_may_stand_in_any_order():
    nodes = [node("Relu", ["a"], ["y"]), node("Tanh", ["x"], ["a"])]
    assert [kind for kind, _ in found(model(nodes, ["x"], ["y"]))] == ["tanh", "relu"]


def test_a_size_that_is_not_stated_is_asked_for_by_name():
    raw = model([node("Relu", ["x"], ["y"])], [value("x", ("N", 3, "height", None))], ["y"])
    (problem,) = refused(raw)
    assert problem.code == "CNN-E802"
    assert "2 (height), 3 of input x" in problem.message
    assert problem.fix == "--input 3xSIZExSIZE"
    assert sizes(raw, inputs={"": (3, 7, 11)}, batch=5) == ["5x3x7x11"]
    assert refused(raw, inputs={"": (3, 7)})[0].code == "CNN-E405"
    assert refused(raw, inputs={"z": (3, 7, 11)})[0].code == "CNN-E301"


def test_a_name_stands_for_one_size_everywhere():
    nodes = [node("Add", ["x", "z"], ["y"])]
    raw = model(nodes, [value("x", ("N", 3, "h", 11)), value("z", ("N", 1, "h", 1))], ["y"])
    assert sizes(raw, inputs={"x": (3, 7, 11)}, batch=2) == ["2x3x7x11"]


def test_an_unknown_operator_is_a_row_and_the_rest_goes_on():
    nodes = [node("Foo", ["x", "w"], ["z"], domain="my"), node("Relu", ["z"], ["y"])]
    raw = model(nodes, ["x"], ["y"], [weight("w", 5, 7)], value_info=[value("z", (1, 3, 7, 11))])
    made = report(raw)
    assert [(layer.kind, layer.params, layer.macs) for layer in made.layers] == [("foreign", 35, None), ("relu", 0, 0)]
    assert made.status.macs == "partial"
    (problem,) = network(raw, strict=True)[1]
    assert problem.code == "CNN-E801"
    assert "my:Foo" in problem.message


def test_what_the_file_states_is_void_for_another_size():
    nodes = [node("Foo", ["x"], ["y"], domain="my")]
    raw = model(nodes, ["x"], [value("y", (1, 3, 7, 11))])
    assert sizes(raw) == ["1x3x7x11"]
    assert sizes(raw, batch=5) == ["?"]


@pytest.mark.parametrize(
    ("nodes", "code", "words"),
    [
        ([node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"])], "CNN-E106", "cycle"),
        ([node("Relu", ["gone"], ["b"])], "CNN-E106", "nothing gives gone"),
        ([node("Relu", ["x"], ["b"]), node("Tanh", ["x"], ["b"])], "CNN-E106", "two things are called b"),
        ([node("Flatten", ["x"], ["b"], axis=9)], "CNN-E406", "axis 9"),
        ([node("Conv", ["x", "w"], ["b"], name="\x1b[2J")], "CNN-E402", "3 channels"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(nodes, code, words):
    (problem,) = refused(model(nodes, ["x"], ["b"], [weight("w", 1, 4, 1, 1)]))
    assert problem.code == code
    assert words in problem.message
    assert "\x1b" not in str(problem)


def test_functions_that_never_end_or_unfold_without_bounds_are_refused():
    opset = [helper.make_opsetid("own", 1)]
    self_ = helper.make_function("own", "f", ["a"], ["b"], [node("f", ["a"], ["b"], domain="own")], opset)
    call = [node("f", ["x"], ["y"], domain="own")]
    assert refused(model(call, ["x"], ["y"], functions=[self_]))[0].code == "CNN-E502"
    twice = [
        helper.make_function(
            "own",
            "f" * at,
            ["a"],
            ["b"],
            [node("f" * (at + 1), ["a"], ["t"], domain="own"), node("f" * (at + 1), ["t"], ["b"], domain="own")],
            opset,
        )
        for at in range(1, 40)
    ]
    last = helper.make_function(
        "own", "f" * 40, ["a"], ["b"], [node("Relu", ["a"], ["b"])], [helper.make_opsetid("", 20)]
    )
    assert refused(model(call, ["x"], ["y"], functions=[*twice, last]))[0].code == "CNN-E501"
