"""The torch reader on archives: what becomes which layer, whose parameters count where."""

import json

import pytest
from torch_archives import DATA, NET, archive, graph, reported, rows, size, walked

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError


def stored(name, **options):
    net, problems, walk = walked(archive((DATA / f"{name}.json").read_bytes()), **options)
    return net, problems, walk


@pytest.mark.parametrize("name", ["net", "net_core"])
def test_an_export_and_its_decomposition_count_what_the_module_has(name):
    net, problems, walk = stored(name)
    report = calculate(net, net.batch)
    assert not problems
    assert not walk.misfits
    # two blocks, an LSTM of 5 units on 3 features, an attention over 6 in 2 heads, a map of 3 to 5
    assert report.totals.params == 2 * 90 + 200 + 168 + 20
    # convs, three steps of the LSTM, attention over 3 positions of 6, the last map; for 2 examples
    assert report.totals.macs == 2 * (2 * 81 * 77 + 3 * 20 * 8 + 4 * 3 * 36 + 2 * 3 * 3 * 6 + 15)
    assert report.totals.buffers == 2 * 6
    assert [str(o.shape) for o in report.outputs] == ["2x5", "2x3x5", "2x3x6", "2x7x11", "2x3x4x11"]
    assert report.status.macs == "complete"


def test_attention_weights_that_are_read_are_rows_beside_their_layer():
    """The first attention's mean over the heads, the second's head by head and without what it attends to."""
    net, problems, walk = stored("attention_weights")
    report = calculate(net, net.batch)
    assert not problems
    assert not walk.misfits
    assert [row.kind for row in report.layers] == ["multi_head_attention"] * 2 + ["foreign"] * 2
    assert [str(o.shape) for o in report.outputs] == ["2x5x8", "2x5x5", "2x2x5x5"]
    # four maps of 8 to 8, and two products of every position with every other
    assert report.totals.macs == 2 * 2 * (4 * 5 * 64 + 2 * 5 * 5 * 8)
    assert (report.totals.params, report.status.macs) == (2 * 288, "complete")


def test_modules_give_the_names_and_the_paths():
    report = calculate(stored("net")[0], 2)
    conv = rows(report)["blocks.1.conv"]
    assert (conv.kind, conv.path) == ("conv", ("blocks", "1", "conv"))
    assert rows(report)["blocks.1.add"].path == ("blocks", "1", "add")
    assert rows(report)["attention"].kind == "multi_head_attention"
    assert rows(report)["lstm"].kind == "lstm"


def test_every_shape_is_the_one_that_the_file_states():
    for name in ("net", "net_core"):
        text = json.loads((DATA / f"{name}.json").read_text())["graph_module"]["graph"]["tensor_values"]
        net, _, walk = stored(name)
        report = calculate(net, net.batch)
        shapes = [t.shape for t in report.inputs] + [shape for row in report.layers for shape in row.output_shapes]
        held = {tensor: value for tensor, value in walk.env.items() if isinstance(value, int) and tensor in text}
        assert len(held) > 15
        for tensor, value in held.items():
            assert shapes[value] == tuple(n["as_int"] for n in text[tensor]["sizes"]), tensor


def test_another_batch_scales_everything_but_the_parameters():
    one, two = (calculate(stored("net", batch=n)[0], n) for n in (3, 6))
    assert one.totals.params == two.totals.params == 568
    assert 2 * one.totals.macs == two.totals.macs
    assert one.inputs[0].shape[0] == 3


def test_an_open_size_is_asked_for_by_the_name_of_its_input():
    _, problems, _ = stored("open")
    assert [p.code for p in problems] == ["CNN-E802"]
    assert "--input x=3x8x10" in problems[0].fix
    net, problems, _ = stored("open", inputs={"": (3, 12, 10)}, batch=5)
    assert not problems
    assert [str(o.shape) for o in calculate(net, 5).outputs] == ["5x80", "60x3x10"]


def test_a_layer_used_twice_counts_its_weights_once():
    report = reported(archive(NET))
    one, two = rows(report)["linear"], rows(report)["linear_2"]
    assert (one.params, two.params) == (132, 0)
    assert one.macs == two.macs == 2 * 5 * 7 * 11 * 11
    assert report.totals.params == 135 + 10 + 132


def test_older_archives_hold_the_same_graph_under_another_name():
    old = archive(NET, "serialized_exported_program.json", packed=True)
    assert reported(old).totals == reported(archive(NET)).totals


def test_parameters_that_no_layer_uses_are_a_row():
    text = graph({"x": (2, 3)}, {"p_head_weight": (7, 11)}, [("relu.default", {"self": "x"}, {"y": (2, 3)})], ["y"])
    row = rows(reported(archive(text)))["head"]
    assert (row.kind, row.params, row.macs) == ("foreign", 77, 0)


def test_two_names_of_one_array_are_one_array():
    parameters = {"p_a_weight": (11, 7), "p_b_weight": (11, 7)}
    calls = [("linear.default", {"input": "x", "weight": "p_b_weight"}, {"y": (2, 11)})]
    text = graph({"x": (2, 7)}, parameters, calls, ["y"])
    config = {"config": {"a.weight": {"path_name": "weight_0"}, "b.weight": {"path_name": "weight_0"}}}
    weights = {"net/data/weights/model_weights_config.json": json.dumps(config)}
    tied = archive(text, **weights, **{"net/data/weights/weight_0": "7"})
    assert reported(tied).totals.params == 77
    hollow = archive(text, **weights, **{"net/data/weights/weight_0": ""})
    assert reported(hollow).totals.params == 2 * 77, "on the meta device every array shares one empty file"


def test_an_array_of_two_layers_counts_in_the_first_and_both_keep_their_kind():
    parameters = {"p_a_weight": (11, 7), "p_a_bias": (11,), "p_b_bias": (11,)}
    calls = [
        ("linear.default", {"input": "x", "weight": "p_a_weight", "bias": "p_a_bias"}, {"y": (2, 11)}),
        ("linear.default", {"input": "x", "weight": "p_a_weight", "bias": "p_b_bias"}, {"z": (2, 11)}),
        ("embedding.default", {"weight": "p_a_weight", "indices": "i"}, {"e": (2, 3, 7)}),
    ]
    found = reported(archive(graph({"x": (2, 7), "i": (2, 3)}, parameters, calls, ["y", "z", "e"])))
    assert [(row.kind, row.params) for row in found.layers] == [("linear", 88), ("linear", 11), ("embedding", 0)]
    assert found.totals.params == 77 + 11 + 11


def one_call(target, args, out, inputs=None, parameters=None):
    inputs = inputs or {"x": (2, 3, 7, 11)}
    text = graph(inputs, parameters or {}, [(target, args, {"y": out})], ["y"])
    net, problems, walk = walked(archive(text))
    assert not problems
    assert not walk.misfits
    return [row for row in calculate(net, net.batch).layers if row.kind != "parameter"]


@pytest.mark.parametrize(
    ("target", "args", "out", "kind"),
    [
        ("max_pool2d.default", {"kernel_size": [3, 3], "stride": [2, 2], "ceil_mode": True}, (2, 3, 3, 5), "max_pool"),
        ("avg_pool2d.default", {"kernel_size": [2, 2]}, (2, 3, 3, 5), "avg_pool"),
        ("adaptive_avg_pool2d.default", {"output_size": [1, 1]}, (2, 3, 1, 1), "global_avg_pool"),
        ("adaptive_max_pool2d.default", {"output_size": [3, 5]}, (2, 3, 3, 5), "adaptive_max_pool"),
        ("mean.dim", {"dim": [2, 3]}, (2, 3), "global_avg_pool"),
        ("mean.dim", {"dim": [1]}, (2, 7, 11), "foreign"),
        ("hardtanh_.default", {"min_val": 0.0, "max_val": 6.0}, (2, 3, 7, 11), "relu6"),
        ("clamp.default", {"min": 0, "max": 6}, (2, 3, 7, 11), "clip"),
        ("clamp.default", {"min": 0}, (2, 3, 7, 11), "relu"),
        ("pow.Tensor_Scalar", {"exponent": 2}, (2, 3, 7, 11), "square"),
        ("softmax.int", {"dim": -1}, (2, 3, 7, 11), "softmax"),
        ("softmax.int", {"dim": 0}, (2, 3, 7, 11), "foreign"),
        ("flatten.using_ints", {"start_dim": 1}, (2, 231), "flatten"),
        ("view.default", {"size": [2, 7, 33]}, (2, 7, 33), "reshape"),
        ("view.default", {"size": [6, 77]}, (6, 77), "foreign"),
        ("permute.default", {"dims": [0, 2, 3, 1]}, (2, 7, 11, 3), "permute"),
        ("permute.default", {"dims": [1, 0, 2, 3]}, (3, 2, 7, 11), "foreign"),
        ("transpose.int", {"dim0": 1, "dim1": -1}, (2, 11, 7, 3), "permute"),
        ("unsqueeze.default", {"dim": -1}, (2, 3, 7, 11, 1), "unsqueeze"),
        ("slice.Tensor", {"dim": 2, "start": 1, "end": 2**63 - 1, "step": 2}, (2, 3, 3, 11), "slice"),
        ("select.int", {"dim": 1, "index": -1}, (2, 7, 11), "squeeze"),
        ("pad.default", {"pad": [1, 2, 0, 3]}, (2, 3, 10, 14), "pad"),
        ("reflection_pad2d.default", {"padding": [1, 1, 1, 1]}, (2, 3, 9, 13), "pad"),
        ("upsample_nearest2d.vec", {"scale_factors": {"as_floats": [2.0, 2.0]}}, (2, 3, 14, 22), "upsample"),
        ("upsample_bilinear2d.vec", {"output_size": [5, 6], "align_corners": True}, (2, 3, 5, 6), "upsample"),
        ("sin.default", {}, (2, 3, 7, 11), "foreign"),
        ("dropout.default", {"p": 0.1, "train": False}, (2, 3, 7, 11), "dropout"),
    ],
)
def test_an_operator_becomes_its_kind(target, args, out, kind):
    row = one_call(target, {"self": "x", **args}, out)[-1]
    assert (row.kind, tuple(row.output_shapes[0]), row.macs) == (kind, out, 0)


def test_what_changes_nothing_is_no_row():
    for target, args in (("clone.default", {}), ("contiguous.default", {}), ("view.default", {"size": [2, 3, 7, 11]})):
        assert one_call(target, {"self": "x", **args}, (2, 3, 7, 11)) == []


@pytest.mark.parametrize(
    ("target", "args", "inputs", "out", "macs"),
    [
        ("matmul.default", {"self": "a", "other": "b"}, {"a": (2, 3, 7, 5), "b": (2, 3, 5, 11)}, (2, 3, 7, 11), 2310),
        ("bmm.default", {"self": "a", "mat2": "b"}, {"a": (2, 7, 5), "b": (2, 5, 11)}, (2, 7, 11), 770),
        ("mm.default", {"self": "a", "mat2": "b"}, {"a": (2, 5), "b": (2, 7)}, (2, 7), 2 * 5 * 7),
        (
            "scaled_dot_product_attention.default",
            {"query": "a", "key": "b", "value": "b"},
            {"a": (2, 3, 7, 5), "b": (2, 3, 11, 5)},
            (2, 3, 7, 5),
            2 * (2 * 3 * 7 * 11 * 5),
        ),
    ],
)
def test_products_of_activations_cost_what_they_multiply(target, args, inputs, out, macs):
    assert one_call(target, args, out, inputs)[-1].macs == macs


def test_an_einsum_costs_every_combination_of_its_letters():
    args = {"equation": {"as_string": "bij,bkj->bik"}, "tensors": ["a", "b"]}
    assert one_call("einsum.default", args, (2, 7, 11), {"a": (2, 7, 5), "b": (2, 11, 5)})[-1].macs == 2 * 7 * 11 * 5


def test_a_transposed_convolution_is_told_by_its_flag():
    args = {"input": "x", "weight": "p_w", "bias": None, "stride": [2, 2], "padding": [1, 1], "dilation": [1, 1]}
    args |= {"transposed": True, "output_padding": [0, 0], "groups": 1}
    row = one_call("convolution.default", args, (2, 5, 13, 21), parameters={"p_w": (3, 5, 3, 3)})[0]
    assert (row.kind, row.params, row.macs) == ("conv_transpose", 135, 2 * 3 * 77 * 5 * 9)


def test_an_unknown_operator_is_a_row_with_the_stated_shape_and_strictly_an_error():
    text = graph({"x": (2, 3)}, {}, [("torch.ops.mine.odd.default", {"a": "x"}, {"y": (5, 7)})], ["y"])
    row = reported(archive(text)).layers[0]
    assert (row.kind, row.macs, tuple(row.output_shapes[0])) == ("foreign", None, (5, 7))
    assert [p.code for p in walked(archive(text), strict=True)[1]] == ["CNN-E801"]


def test_wrong_arguments_are_told_with_their_layer():
    text = graph({"x": (2, 3, 7, 11)}, {}, [("max_pool2d.default", {"self": "x"}, {"y": (2, 3, 3, 5)})], ["y"])
    (problem,) = walked(archive(text))[1]
    assert (problem.code, problem.place.layer) == ("CNN-E803", "max_pool2d")


def test_a_layer_that_gives_another_shape_than_stated_gives_way_to_the_stated_one():
    calls = [("avg_pool2d.default", {"self": "x", "kernel_size": [2, 2]}, {"y": (2, 3, 4, 5)})]
    net, _, walk = walked(archive(graph({"x": (2, 3, 7, 11)}, {}, calls, ["y"])))
    assert len(walk.misfits) == 1
    assert calculate(net, 2).outputs[0].shape == (2, 3, 4, 5)


def test_sizes_that_the_program_leaves_open_stand_by_what_they_were():
    assert size(("s0", 7))["as_expr"]["hint"] == {"as_int": 7}
    with pytest.raises(ModelError):
        walked(archive(graph({"x": (2, -3)}, {}, [("relu.default", {"self": "x"}, {"y": (2, 3)})], ["y"])))
