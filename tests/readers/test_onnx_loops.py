"""Loop and Scan: a body that turns is one row, its weights once and its work once for every turn."""

import time

import numpy as np
import pytest
from onnx import TensorProto, helper
from onnx_files import ints, model, node, report, value, weight

from cnnshape.errors import ModelError

BOOL, INT = TensorProto.BOOL, TensorProto.INT64
STEPS = value("x", (5, 2, 7))  # 5 steps of 2 examples with 7 features


open_ = helper.make_empty_tensor_value_info


def scalar(name, kind, number):
    return helper.make_tensor(name, kind, [], [number])


def graph(nodes, inputs, outputs, weights=()):
    inputs = [open_(each) if isinstance(each, str) else each for each in inputs]
    return helper.make_graph(nodes, "body", inputs, [open_(name) for name in outputs], list(weights))


def counting(nodes, carried, collected=(), weights=(), after="goes"):
    """A loop's body: the condition goes on as it is, unless another name is said."""
    inputs = [value("turn", (), INT), value("goes", (), BOOL), *[name for name, _ in carried]]
    more = [node("Identity", ["goes"], ["on"])] if after == "goes" else []
    end = "on" if after == "goes" else after
    return graph([*nodes, *more], inputs, [end, *[name for _, name in carried], *collected], weights)


#: h = tanh(x[turn] W + h R): 2 * 7 * 3 + 2 * 3 * 3 = 60 products a turn, 21 + 9 weights.
CELL = [
    node("Gather", ["x", "turn"], ["now"], axis=0),
    node("MatMul", ["now", "w"], ["a"]),
    node("MatMul", ["h", "r"], ["b"]),
    node("Add", ["a", "b"], ["c"]),
    node("Tanh", ["c"], ["after"]),
    node("Identity", ["after"], ["seen"]),
]
WEIGHTS = [weight("w", 7, 3), weight("r", 3, 3)]
BEGIN = node("ConstantOfShape", ["two"], ["h0"])
NUMBERS = [ints("two", 2, 3), scalar("five", INT, 5), scalar("zero", INT, 0)]


def recurrent(trips, outer=(), inputs=(STEPS,)):
    body = counting(CELL, [("h", "after")], ["seen"])
    nodes = [*outer, BEGIN, node("Loop", [trips, "", "h0"], ["last", "all"], body=body, name="loop")]
    return model(nodes, inputs, ["last", "all"], [*WEIGHTS, *NUMBERS])


def row(made):
    (found,) = [layer for layer in made.layers if layer.name in ("loop", "scan")]
    return found


def ran(raw):
    """The shapes that onnxruntime gives."""
    runtime = pytest.importorskip("onnxruntime")
    options = runtime.SessionOptions()
    options.log_severity_level = 4
    session = runtime.InferenceSession(raw, options, ["CPUExecutionProvider"])
    types = {"tensor(float)": np.float32, "tensor(int64)": np.int64, "tensor(bool)": np.bool_}
    fed = {each.name: np.ones(each.shape, types[each.type]) for each in session.get_inputs()}
    return [array.shape for array in session.run(None, fed)]


def held(raw):
    """The report, its outputs' shapes held against the engine."""
    made = report(raw)
    assert [tuple(tensor.shape) for tensor in made.outputs] == ran(raw)
    return made


def test_a_loop_with_a_constant_count_is_a_row_of_all_of_its_turns() -> None:
    made = held(recurrent("five"))
    loop = row(made)
    assert (loop.params, loop.macs) == (21 + 9, 5 * 60)
    assert (loop.ops.add, loop.ops.tanh) == (5 * 6, 5 * 6)
    assert [str(shape) for shape in loop.output_shapes] == ["2x3", "5x2x3"]
    assert "x" in loop.inputs  # the body reads it from around
    assert made.status.macs == made.status.params == "complete"


def test_a_count_that_follows_from_a_shape_is_known() -> None:
    outer = [
        node("Shape", ["x"], ["sizes"]),
        node("Gather", ["sizes", "zero"], ["steps"]),
    ]
    assert row(held(recurrent("steps", outer))).macs == 5 * 60


def test_an_unknown_count_leaves_work_and_collected_sizes_open_but_not_the_weights() -> None:
    found = report(recurrent("steps", inputs=[STEPS, value("steps", (), INT)]))
    loop = row(found)
    assert (loop.params, loop.macs) == (30, None)
    assert [str(shape) for shape in loop.output_shapes] == ["2x3", "?"]
    assert (found.status.params, found.status.macs) == ("complete", "partial")


@pytest.mark.parametrize(("bound", "most", "turns"), [(4, 9, 4), (4, 3, 3), (0, 9, 1)])
def test_a_condition_that_numbers_decide_is_computed(bound, most, turns) -> None:
    """Go on while the counter, which is carried, is below a bound: what tf2onnx writes for Keras' recurrent layers."""
    body = counting(
        [
            node("MatMul", ["h", "r"], ["after"]),
            node("Add", ["i", "one"], ["next"]),
            node("Less", ["next", "bound"], ["more"]),
            node("Identity", ["after"], ["seen"]),
        ],
        [("i", "next"), ("h", "after")],
        ["seen"],
        after="more",
    )
    nodes = [BEGIN, node("Loop", ["most", "true", "zero", "h0"], ["n", "last", "all"], body=body, name="loop")]
    numbers = [scalar("most", INT, most), scalar("bound", INT, bound), scalar("zero", INT, 0), scalar("one", INT, 1)]
    raw = model(
        nodes, [], ["last", "all"], [*numbers, scalar("true", BOOL, True), weight("r", 3, 3), ints("two", 2, 3)]
    )
    assert row(held(raw)).macs == turns * 18


def test_a_condition_of_the_data_is_not_known() -> None:
    nodes = [node("MatMul", ["h", "r"], ["after"]), node("ReduceMax", ["after"], ["most"], keepdims=0)]
    nodes.append(node("Less", ["most", "half"], ["more"]))
    body = counting(nodes, [("h", "after")], after="more")
    raw = model(
        [node("Loop", ["five", "", "x"], ["y"], body=body, name="loop")],
        [value("x", (2, 3))],
        ["y"],
        [weight("r", 3, 3), scalar("five", INT, 5), scalar("half", TensorProto.FLOAT, 0.5)],
    )
    loop = row(held(raw))
    assert (loop.params, loop.macs) == (9, None)


def test_weights_of_a_loop_and_of_a_layer_before_or_behind_it_are_one() -> None:
    body = counting([node("MatMul", ["h", "r"], ["after"])], [("h", "after")])
    loop = node("Loop", ["five", "", "a"], ["b"], body=body, name="loop")
    stored = [weight("r", 3, 3), scalar("five", INT, 5)]
    before = [node("MatMul", ["x", "r"], ["a"]), loop, node("MatMul", ["b", "r"], ["y"])]
    made = report(model(before, [value("x", (2, 3))], ["y"], stored))
    assert [layer.params for layer in made.layers] == [9, 0, 0]
    made = report(model([loop, before[2]], [value("a", (2, 3))], ["y"], stored))
    assert [layer.params for layer in made.layers] == [9, 0]


def test_a_weight_that_is_handed_on_is_one() -> None:
    nodes = [node("MatMul", ["h", "r"], ["after"]), node("Identity", ["r"], ["same"])]
    body = counting(nodes, [("h", "after"), ("r", "same")])
    raw = model(
        [node("Loop", ["five", "", "x", "stored"], ["y", "kept"], body=body, name="loop")],
        [value("x", (2, 3))],
        ["y"],
        [weight("stored", 3, 3), scalar("five", INT, 5)],
    )
    assert (row(held(raw)).params, row(report(raw)).macs) == (9, 5 * 18)


def test_what_grows_from_turn_to_turn_is_not_known() -> None:
    body = counting([node("Concat", ["h", "h"], ["after"], axis=0)], [("h", "after")])
    raw = model(
        [node("Loop", ["five", "", "x"], ["y"], body=body, name="loop")],
        [value("x", (2, 3))],
        ["y"],
        [scalar("five", INT, 5)],
    )
    made = report(raw)
    assert str(made.outputs[0].shape) == "?"
    assert made.status.macs == "unavailable"


def test_loops_inside_loops_multiply() -> None:
    inner = counting([node("MatMul", ["g", "r"], ["after"])], [("g", "after")])
    nodes = [node("Loop", ["three", "", "h"], ["end"], body=inner, name="inner")]
    body = helper.make_graph(
        [*nodes, node("Identity", ["goes0"], ["on0"])],
        "outer",
        [value("turn0", (), INT), value("goes0", (), BOOL), open_("h")],
        [open_("on0"), open_("end")],
    )
    raw = model(
        [node("Loop", ["five", "", "x"], ["y"], body=body, name="loop")],
        [value("x", (2, 3))],
        ["y"],
        [weight("r", 3, 3), scalar("five", INT, 5), scalar("three", INT, 3)],
    )
    assert (row(held(raw)).params, row(report(raw)).macs) == (9, 5 * 3 * 18)


def scanned(axes, shape, **more):
    """A running h = h R + x over an axis."""
    nodes = [
        node("MatMul", ["h", "r"], ["a"]),
        node("Add", ["a", "now"], ["after"]),
        node("Identity", ["after"], ["seen"]),
    ]
    body = graph(nodes, ["h", "now"], ["after", "seen"])
    made = node("Scan", ["h0", "x"], ["last", "all"], body=body, num_scan_inputs=1, name="scan", **axes)
    weights = [weight("r", 3, 3), ints("two", 2, 3)]
    return model([BEGIN, made], [value("x", shape)], ["last", "all"], weights, **more)


@pytest.mark.parametrize(
    ("axes", "shape", "whole"),
    [
        ({}, (5, 2, 3), "5x2x3"),
        ({"scan_input_axes": [1]}, (2, 5, 3), "5x2x3"),
        ({"scan_input_axes": [-2], "scan_output_axes": [-1]}, (2, 5, 3), "2x3x5"),
        ({"scan_input_directions": [1], "scan_output_axes": [1]}, (5, 2, 3), "2x5x3"),
    ],
)
def test_a_scan_turns_as_often_as_its_axis_is_long(axes, shape, whole) -> None:
    found = row(held(scanned(axes, shape)))
    assert (found.params, found.macs) == (9, 5 * 18)
    assert [str(each) for each in found.output_shapes] == ["2x3", whole]


def test_conditions_that_would_take_too_long_to_compute_are_not_known() -> None:
    """Each condition asks the loop inside it, 90 times: 90 ** 5 walks."""

    def inside(depth):
        nodes = [node("Add", [f"i{depth}", "one"], [f"n{depth}"])]
        if depth:
            body = inside(depth - 1)
            nodes.append(node("Loop", ["", "true", f"n{depth}"], [f"m{depth}"], body=body))
        last = f"m{depth}" if depth else "n0"
        nodes.append(node("Less", [last, "bound"], [f"c{depth}"]))
        inputs = [value(f"t{depth}", (), INT), value(f"g{depth}", (), BOOL), open_(f"i{depth}")]
        return helper.make_graph(nodes, "b", inputs, [open_(f"c{depth}"), open_(f"n{depth}")])

    numbers = [scalar("zero", INT, 0), scalar("one", INT, 1), scalar("bound", INT, 90), scalar("true", BOOL, True)]
    nodes = [node("Loop", ["", "true", "zero"], ["n"], body=inside(5), name="loop"), node("Relu", ["x"], ["y"])]
    started = time.process_time()
    report(model(nodes, ["x"], ["y", "n"], numbers))
    assert time.process_time() - started < 2


def test_a_body_that_is_broken_is_an_error() -> None:
    body = counting([node("Relu", ["gone"], ["after"])], [("h", "after")])
    raw = model(
        [node("Loop", ["five", "", "x"], ["y"], body=body)], [value("x", (2, 3))], ["y"], [scalar("five", INT, 5)]
    )
    with pytest.raises(ModelError, match="nothing gives gone"):
        report(raw)
