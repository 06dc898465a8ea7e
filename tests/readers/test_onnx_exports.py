"""What exporters write: constants that hold the batch, branches that nothing decides, channels last."""

import pytest
from onnx import TensorProto, helper
from onnx_files import ints, model, node, report, sizes, value, weight

from cnnshape.errors import ModelError
from cnnshape.readers.onnx.follow import SIZES


def reshaped(x, target, batch):
    """The output's shape of a Reshape to constant sizes, in a file whose batch is x's first size."""
    raw = model([node("Reshape", ["x", "to"], ["y"])], [value("x", x)], ["y"], [ints("to", *target)])
    return sizes(raw, batch=batch)[0]


@pytest.mark.parametrize(
    ("x", "target", "wanted"),
    [
        ((1, 3, 7, 11), (1, -1), "5x231"),
        ((1, 3, 7, 11), (1, 231), "5x231"),
        ((2, 3, 7, 11), (2, 21, -1), "5x21x11"),
        ((1, 3, 7, 11), (1, 3, 77), "5x3x77"),
        ((1, 3, 7, 11), (3, 7, 11), "15x7x11"),
        ((1, 3, 7, 11), (-1, 11), "105x11"),
        ((1, 3, 7, 11), (0, 33, 7), "5x33x7"),
    ],
)
def test_a_constant_target_follows_the_batch(x, target, wanted):
    assert reshaped(x, target, 5) == wanted


def test_the_batch_of_the_file_changes_nothing():
    assert reshaped((1, 3, 7, 11), (1, 7, 33), 1) == reshaped((1, 3, 7, 11), (1, 7, 33), None) == "1x7x33"


def test_time_first_keeps_its_time():
    nodes = [
        node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),  # 7 steps first
        node("Reshape", ["t", "flat"], ["f"]),
        node("Reshape", ["f", "back"], ["b"]),
        node("Reshape", ["b", "heads"], ["h"]),
    ]
    consts = [ints("flat", 7, 12), ints("back", 7, 1, 12), ints("heads", 7, 1, 3, 4)]
    raw = model(nodes, [value("x", (1, 7, 12))], ["f", "b", "h"], consts)
    assert sizes(raw, batch=5) == ["35x12", "7x5x12", "7x5x3x4"]


def test_a_target_that_does_not_fit_is_an_error_for_any_batch():
    for batch in (1, 5):
        with pytest.raises(ModelError, match="221"):
            reshaped((1, 3, 7, 11), (1, 13, 17), batch)


@pytest.mark.parametrize("kind", sorted(set(SIZES) - {"Reshape"}))
def test_other_constant_sizes_follow_the_batch(kind):
    inputs = ["x", "to"] if kind == "Expand" else ["x", "", "", "to"]
    x, to = (1, 3, 1, 11), (1, 3, 13, 11)
    raw = model([node(kind, inputs, ["y"])], [value("x", x)], ["y"], [ints("to", *to)])
    assert sizes(raw, batch=5) == ["5x3x13x11"]


def test_a_learned_token_is_one_for_every_example():
    joined = [node("Concat", ["token", "x"], ["y"], axis=1)]
    raw = model(joined, [value("x", (1, 7, 11))], ["y"], [weight("token", 1, 1, 11)])
    made = report(raw, batch=5)
    assert [str(out.shape) for out in made.outputs] == ["5x8x11"]
    assert (made.totals.params, made.status.params) == (11, "complete")


def branch(nodes, weights=()):
    return helper.make_graph(nodes, "b", [], [value("o", None)], list(weights))


def undecided(yes, no, **options):
    both = node("If", ["c"], ["i"], name="i", then_branch=yes, else_branch=no)
    nodes = [both, node("Relu", ["i"], ["y"])]
    return report(model(nodes, ["x", value("c", [], TensorProto.BOOL)], ["y"]), **options)


RELU, HALF = branch([node("Relu", ["x"], ["o"])]), branch([node("MaxPool", ["x"], ["o"], kernel_shape=[2, 2])])
MISFIT = branch([node("Squeeze", ["x", "one"], ["o"])], [ints("one", 1)])


def test_branches_that_agree_give_their_shape():
    made = undecided(RELU, branch([node("Tanh", ["x"], ["t"]), node("Abs", ["t"], ["o"])]), batch=5)
    assert str(made.outputs[0].shape) == "5x3x7x11"
    # the condition, the If itself, and what follows: nothing of the branches
    assert [layer.kind for layer in made.layers] == ["foreign", "foreign", "relu"]
    assert (made.totals.macs, made.status.macs, made.status.params) == (0, "complete", "complete")


@pytest.mark.parametrize("other", [HALF, MISFIT])
def test_branches_that_differ_or_do_not_fit_give_none(other):
    for pair in ((RELU, other), (other, RELU)):
        assert str(undecided(*pair).outputs[0].shape) == "?"


def test_branches_that_multiply_leave_the_cost_open():
    conv = branch([node("Conv", ["x", "w"], ["o"])], [weight("w", 3, 3, 1, 1)])
    made = undecided(RELU, conv)
    assert str(made.outputs[0].shape) == "1x3x7x11"
    assert (made.status.macs, made.status.params) == ("partial", "partial")


def test_branches_inside_branches_are_tried_too():
    inner = branch([node("If", ["c"], ["o"], then_branch=RELU, else_branch=RELU)])
    assert str(undecided(inner, RELU).outputs[0].shape) == "1x3x7x11"
    assert (
        str(undecided(branch([node("If", ["c"], ["o"], then_branch=RELU, else_branch=HALF)]), RELU).outputs[0].shape)
        == "?"
    )


def test_a_branch_that_is_broken_is_an_error():
    with pytest.raises(ModelError, match="nothing gives gone"):
        undecided(RELU, branch([node("Relu", ["gone"], ["o"])]))


def test_branches_that_unfold_without_bounds_are_refused():
    opset = [helper.make_opsetid("own", 1), helper.make_opsetid("", 20)]

    def twice(at):
        call = [node(f"f{at + 1}", ["a"], ["o"], domain="own")]
        return helper.make_function(
            "own",
            f"f{at}",
            ["a", "c"],
            ["b"],
            [node("If", ["c"], ["b"], then_branch=branch(call), else_branch=branch(call))],
            opset,
        )

    # each function tries the next one twice: 2 ** 40 nodes
    functions = []
    for at in range(25):
        made = twice(at)
        for inner in made.node[0].attribute:
            inner.g.node[0].input.append("c")
        functions.append(made)
    last = helper.make_function("own", "f25", ["a", "c"], ["b"], [node("Relu", ["a"], ["b"])], opset)
    raw = model(
        [node("f0", ["x", "c"], ["y"], domain="own")],
        ["x", value("c", [], TensorProto.BOOL)],
        ["y"],
        functions=[*functions, last],
    )
    with pytest.raises(ModelError) as caught:
        report(raw)
    assert caught.value.problems[0].code == "CNN-E501"


def test_channels_last_between_transposes_are_kinds_throughout():
    nodes = [
        node("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]),
        node("Conv", ["a", "w"], ["b"], auto_pad="SAME_UPPER", strides=[2, 2]),
        node("Transpose", ["b"], ["c"], perm=[0, 2, 3, 1]),
        node("Add", ["c", "bias"], ["d"]),
        node("Transpose", ["d"], ["e"], perm=[0, 3, 1, 2]),
        node("ReduceMean", ["e", "axes"], ["f"], keepdims=0),
        node("MatMul", ["f", "v"], ["y"]),
    ]
    weights = [weight("w", 5, 3, 3, 3), weight("bias", 5), ints("axes", 2, 3), weight("v", 5, 13)]
    made = report(model(nodes, [value("x", ("N", 7, 11, 3))], ["y"], weights))
    kinds = [layer.kind for layer in made.layers]
    assert kinds == ["permute", "conv", "permute", "parameter", "add", "permute", "global_avg_pool", "linear"]
    assert made.totals.params == 135 + 5 + 65
    assert made.totals.macs == 5 * 4 * 6 * 27 + 5 * 13


def test_a_weight_that_reaches_a_sum_on_many_ways_is_counted_once():
    nodes = [node("Neg", ["w"], ["c0"])]
    for at in range(40):  # doubling each time would be 2 ** 40 of it
        nodes += [node("Exp", [f"c{at}"], [f"e{at}"]), node("Mul", [f"c{at}", f"e{at}"], [f"c{at + 1}"])]
    nodes.append(node("Add", ["x", "c40"], ["y"]))
    made = report(model(nodes, ["x"], ["y"], [weight("w", 7, 11)]))
    assert (made.totals.params, made.status.params) == (77, "complete")


def test_a_mask_computed_of_a_filled_array_is_no_weight():
    nodes = [
        node("ConstantOfShape", ["to"], ["zeros"]),
        node("Sub", ["zeros", "half"], ["moved"]),
        node("Add", ["x", "moved"], ["y"]),
    ]
    half = helper.make_tensor("half", TensorProto.FLOAT, [], [0.5])
    assert report(model(nodes, ["x"], ["y"], [ints("to", 7, 11), half])).totals.params == 0


def test_an_operator_that_tf2onnx_leaves_behind_keeps_the_shape():
    assert sizes(model([node("Erfc", ["x"], ["y"])], ["x"], ["y"])) == ["1x3x7x11"]
