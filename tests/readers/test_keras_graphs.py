"""Graphs of layers: layouts, sharing, models in models, both notations; wiring that is broken."""

import itertools

import numpy as np
import pytest
from keras_files import call2, call3, functional, layer, problems, report, sequential, source, tensor

from cnnshape.readers.keras.tensor import channels, held, regrouped, same, seen


def row(found, name):
    return next(r for r in found.layers if r.name == name)


def conv(name, filters=5, **more):
    return layer("Conv2D", name, filters=filters, kernel_size=[3, 3], padding="same", **more)


# the layout


def test_a_reshape_that_moves_nothing_gives_the_elements_of_one_that_goes_through_keras_order():
    checked = 0
    for old in itertools.product((1, 2, 3, 4), repeat=3):
        total = old[0] * old[1] * old[2]
        for new in itertools.product((1, 2, 3, 4, 6, 8, 12), repeat=3):
            if new[0] * new[1] * new[2] != total:
                continue
            for space in itertools.permutations((1, 2, 3)):
                order = (0, *space)
                keras = np.arange(2 * total).reshape(2, *old)
                result = regrouped((2, *old), (2, *new), order)
                if result is None:
                    continue
                ours = keras.transpose([order.index(d) for d in range(4)])
                moved = ours.reshape(held((2, *new), result))
                assert (moved.transpose(result) == keras.reshape(2, *new)).all(), (old, new, order)
                checked += 1
    assert checked > 1000


@pytest.mark.parametrize("rank", [2, 3, 4, 5])
def test_seen_and_held_are_inverse(rank):
    shape = (2, 3, 5, 7, 11)[:rank]
    for order in (channels(rank), same(rank)):
        assert seen(held(shape, order), order) == shape


def test_no_layer_of_channels_last_moves_data():
    found = report(
        sequential(
            source(13, 17, 6), conv("a"), layer("BatchNormalization", "b", axis=[3]), layer("LayerNormalization", "c"),
            layer("Dense", "d", units=7), layer("Softmax", "e", axis=-1), layer("Reshape", "f", target_shape=[221, 7]),
            layer("Permute", "g", dims=[2, 1]), layer("Flatten", "h"), layer("Dense", "i", units=3),
        )
    )  # fmt: skip
    assert [r.name for r in found.layers] == list("abcdefghi")
    assert row(found, "d").output_shapes == ((1, 7, 13, 17),)
    assert row(found, "d").params == 5 * 7 + 7
    assert found.outputs[0].shape == (1, 3)


def test_data_moves_once_where_a_reshape_cuts_across_the_channels():
    found = report(
        sequential(
            source(13, 17, 6), conv("a"), layer("Reshape", "b", target_shape=[13, 85]), layer("Dense", "c", units=3)
        )
    )
    assert [r.name for r in found.layers] == ["a", "b_layout", "b", "c"]
    assert found.outputs[0].shape == (1, 13, 3)


def test_channels_first_is_read_as_it_is_written():
    found = report(
        sequential(source(6, 13, 17), conv("a", data_format="channels_first"), layer("BatchNormalization", "b", axis=1))
    )
    assert found.inputs[0].shape == (1, 6, 13, 17)
    assert [r.name for r in found.layers] == ["a", "b"]
    assert row(found, "b").params == 10


def test_a_batch_norm_over_another_axis_has_its_size():
    found = report(sequential(source(13, 17, 6), conv("a"), layer("BatchNormalization", "b", axis=1)))
    assert row(found, "b").params == 26
    assert row(found, "b_layout").kind == "permute"


# the graph


def merge3(name, *refs):
    return call3(layer("Add", name, trainable=True, dtype="float32"), [[tensor(*ref) for ref in refs]])


def test_a_layer_that_is_called_twice_is_counted_once():
    shared = call3(conv("s"), [tensor("x")], [tensor("y")])
    found = report(
        functional([call3(source(13, 17, 6)), call3(source(7, 11, 6, name="y")), shared], ["x", "y"],
                   [["s", 0, 0], ["s", 1, 0]])
    )  # fmt: skip
    assert found.totals.params == 5 * 6 * 9 + 5
    assert [tuple(t.shape) for t in found.outputs] == [(1, 5, 13, 17), (1, 5, 7, 11)]
    assert found.layers[1].shared_with == "s"


@pytest.mark.parametrize("shift", [0, 1])
def test_a_model_inside_a_model_may_count_its_calls_from_0_or_1(shift):
    inner = functional([call2(source(13, 17, 6, name="i")), call2(conv("c"), [["i", 0, 0, {}]])], ["i"], [["c", 0, 0]])
    inner["config"]["name"] = "block"
    found = report(
        functional(
            [call2(source(13, 17, 6)), call2(inner, [["x", 0, 0, {}]]), call2(conv("d", 4), [["block", shift, 0, {}]])],
            ["x"], [["d", 0, 0]],
        )
    )  # fmt: skip
    assert [r.path for r in found.layers] == [("block", "c"), ("d",)]
    assert found.totals.params == 5 * 6 * 9 + 5 + 4 * 5 * 9 + 4


def test_a_model_that_is_called_twice_shares_all_of_its_weights():
    inner = sequential(source(13, 17, 6, name="i"), conv("c", 6), layer("BatchNormalization", "n"))
    inner["config"]["name"] = "block"
    found = report(
        functional([call3(source(13, 17, 6)), call3(inner, [tensor("x")], [tensor("block")])], ["x"], [["block", 1, 0]])
    )
    assert found.totals.params == 6 * 6 * 9 + 6 + 12
    assert [r.shared_with for r in found.layers] == [None, None, "c", "n"]


def test_layers_may_stand_before_those_that_they_read():
    found = report(
        functional(
            [call3(conv("b"), [tensor("a")]), call3(conv("a", 7), [tensor("x")]), call3(source(13, 17, 6))],
            ["x"],
            ["b", 0, 0],
        )
    )
    assert [r.name for r in found.layers] == ["a", "b"]


def test_what_is_not_trainable_is_counted_and_not_trained():
    frozen = sequential(source(13, 17, 6), conv("a"), conv("b", 3, trainable=False))
    found = report(frozen)
    assert found.totals.params - found.totals.trainable_params == 3 * 5 * 9 + 3
    frozen["config"]["trainable"] = False
    assert report(frozen).totals.trainable_params == 0


def test_a_merge_of_other_ranks_puts_its_ones_behind_the_batch():
    pool = call3(layer("GlobalAveragePooling2D", "p"), [tensor("x")])
    scale = call3(layer("Multiply", "m", trainable=True), [[tensor("x"), tensor("p")]])
    found = report(functional([call3(source(13, 17, 6)), pool, scale], ["x"], ["m", 0, 0]))
    assert found.outputs[0].shape == (1, 6, 13, 17)


def test_operations_of_keras_3_are_layers_of_ours():
    ops = "keras.src.ops.numpy"
    scale = call3({"class_name": "Multiply", "config": {"name": "k"}}, [tensor("x"), 0.5], module=ops)
    add = call3({"class_name": "Add", "config": {"name": "a"}}, [3.0, tensor("k")], module=ops)
    mean = call3(
        {"class_name": "Mean", "config": {"name": "m", "axis": [1, 2], "keepdims": False}}, [tensor("a")], module=ops
    )
    found = report(functional([call3(source(13, 17, 6)), scale, add, mean], ["x"], ["m", 0, 0]))
    assert [r.kind for r in found.layers] == ["affine", "affine", "global_avg_pool"]
    assert found.outputs[0].shape == (1, 6)


def test_operations_of_keras_2_are_layers_of_ours():
    def function(name, word):
        return {"class_name": "TFOpLambda", "config": {"name": name, "function": word}}

    item = {"class_name": "SlicingOpLambda", "config": {"name": "s", "function": "__operators__.getitem"}}
    rest, cut = {"start": None, "stop": None, "step": None}, {"start": 1, "stop": None, "step": 2}
    found = report(
        functional(
            [
                call2(source(13, 17, 6)),
                {**call2(function("h", "math.truediv")), "inbound_nodes": [["x", 0, 0, {"y": 2.0, "name": None}]]},
                {
                    **call2(function("r", "math.truediv")),
                    "inbound_nodes": [["_CONSTANT_VALUE", -1, 1.0, {"y": ["h", 0, 0], "name": None}]],
                },
                {**call2(item), "inbound_nodes": [["r", 0, 0, {"slice_spec": [rest, cut]}]]},
                {
                    **call2(function("c", "concat")),
                    "inbound_nodes": [[["s", 0, 0, {"axis": -1}], ["s", 0, 0, {"axis": -1}]]],
                },
            ],
            ["x"],
            [["c", 0, 0]],
        )
    )
    assert [r.kind for r in found.layers] == ["affine", "power", "slice", "concat"]
    assert found.outputs[0].shape == (1, 12, 6, 17)


# what is not known


def test_a_lambda_is_never_run_and_never_shown_as_nothing():
    code = layer("Lambda", "l", function={"class_name": "__lambda__", "config": {"code": "4wEAAAA="}})
    found = report(sequential(source(13, 17, 6), conv("a"), code, layer("Flatten", "f")))
    lost = row(found, "l")
    assert (lost.kind, lost.params, lost.macs, lost.output_shapes[0].known) == ("foreign", None, None, False)
    assert found.status.params == "partial"
    assert row(found, "f").activation_bytes is None
    assert [p.code for p in problems(sequential(source(13, 17, 6), code), strict=True)] == ["CNN-E801"]


def test_behind_a_class_of_the_users_the_shape_goes_on_where_the_file_states_it():
    own = {**layer("Mine", "m", units=3), "module": "package", "registered_name": "package>Conv2D"}
    after = call3(conv("b"), [tensor("m", shape=[None, 7, 11, 8])])
    graph = functional([call3(source(13, 17, 6)), call3(own, [tensor("x")]), after], ["x"], ["b", 0, 0])
    found = report(graph)
    assert found.outputs[0].shape == (1, 5, 7, 11)
    assert row(found, "b").params == 5 * 8 * 9 + 5
    assert report(graph, batch=3).outputs[0].shape[0] == 3


def test_an_input_of_any_size_is_asked_for_by_name_in_our_order_and_taken_in_both():
    net = sequential(source(None, None, 6), conv("a"))
    (problem,) = problems(net)
    assert (problem.code, problem.fix) == ("CNN-E802", "--input 6x224x224")
    for shape in ((6, 13, 17), (13, 17, 6)):
        assert report(net, inputs={"": shape}).inputs[0].shape == (1, 6, 13, 17)
    assert [p.code for p in problems(net, inputs={"nobody": (6, 13, 17), "": (6, 13, 17)})] == ["CNN-E701"]


def test_the_batch_of_the_file_is_kept_until_the_user_says_another():
    net = sequential(source(13, 17, 6, batch=3), conv("a"))
    assert report(net).batch == 3
    assert report(net, batch=5).outputs[0].shape[0] == 5


def test_a_stated_shape_behind_what_is_not_known_has_its_channels_second():
    code = layer("Lambda", "l")
    after = {**layer("LeakyReLU", "r"), "build_config": {"input_shape": [None, 7, 11, 8]}}
    found = report(sequential(source(13, 17, 6), code, after, conv("c")))
    assert [r.name for r in found.layers] == ["l", "r", "c"]
    assert row(found, "l").output_shapes == ((1, 8, 7, 11),)
    assert row(found, "c").params == 5 * 8 * 9 + 5
