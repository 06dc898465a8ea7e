"""Networks in Caffe's text: inputs, phases, sharing, freezing, errors."""

import csv
from math import ceil
from pathlib import Path

import pytest
from caffe_nets import HEAD, LENET, layer, network, problems, report

DATA = Path(__file__).parents[1] / "data"


def rows(path):
    with (DATA / path).open() as text:
        return list(csv.DictReader(line for line in text if not line.startswith("#")))


def test_lenet_has_the_engines_totals():
    (wanted,) = (row for row in rows("caffe_totals.csv") if row["file"].endswith("mnist__lenet.prototxt"))
    found = report(LENET)
    assert found.totals.params == int(wanted["learnable_and_stat_blob_elements"])
    assert found.totals.macs == int(wanted["conv_fc_deconv_macs_whole_batch"])
    assert [str(tensor.shape) for tensor in found.outputs] == ["64x10"]


@pytest.mark.parametrize("row", rows("caffe_pooling.csv"), ids=lambda row: row["test"])
def test_pools_are_those_of_the_engines_own_tests(row):
    n, c, h, w = row["bottom"].split("x")
    words = row["params"].split()
    names = {"k": "kernel_size", "s": "stride", "p": "pad"}
    fields = "".join(f"{names[word[0]]}: {word[1:]} " for word in words if word[0] in names and word[1:].isdigit())
    fields += "global_pooling: true " if "global_pooling" in words else ""
    fields += "pool: AVE" if "(AVE)" in words else ""
    text = f'input: "data" input_dim: {n} input_dim: {c} input_dim: {h} input_dim: {w} '
    found = report(text + layer("Pooling", fields=f"pooling_param {{ {fields} }}"))
    assert str(found.layers[0].output_shapes[0]) == row["top"]


def pooled(n, kernel, stride, pads, axis, up):
    """PoolingLayer::Reshape, line by line."""
    size = (n + 2 * pads[axis] - kernel) / stride
    out = int(ceil(size) if up else size // 1) + 1
    if pads[0] or pads[1]:
        if (out - 1) * stride >= n + pads[axis]:
            out -= 1
        assert (out - 1) * stride < n + pads[axis]
    return out


def test_every_small_pool_has_the_engines_size():
    cases = [
        (n, kernel, stride, pads, up)
        for n in range(1, 8)
        for kernel in range(1, 5)
        for stride in range(1, 6)
        for pads in ((0, 0), (1, 1), (0, 1), (2, 0))
        for up in (True, False)
        if kernel <= n + 2 * min(pads) and max(pads) < kernel
    ]
    assert len(cases) > 500
    for n, kernel, stride, pads, up in cases:
        text = f'input: "data" input_dim: 2 input_dim: 3 input_dim: {n} input_dim: {n + 4} '
        fields = f"kernel_size: {kernel} stride: {stride} pad_h: {pads[0]} pad_w: {pads[1]}"
        fields += "" if up else " round_mode: FLOOR"
        shape = report(text + layer("Pooling", fields=f"pooling_param {{ {fields} }}")).layers[0].output_shapes[0]
        wanted = [pooled(m, kernel, stride, pads, axis, up) for axis, m in enumerate((n, n + 4))]
        assert list(shape[2:]) == wanted, (n, kernel, stride, pads, up)


def test_the_batch_is_the_files_own_until_the_user_states_one():
    assert network(LENET).batch == 64
    assert network(LENET, batch=3).batch == 3
    assert network(LENET, inputs={"data": (1, 32, 32)}).batch == 64
    assert report(LENET, batch=3).totals.macs * 64 == report(LENET).totals.macs * 3


PHASES = (
    """
layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TRAIN }
  transform_param { crop_size: 7 } data_param { batch_size: 5 } }
layer { name: "d" type: "Data" top: "data" top: "label" include { phase: TEST }
  transform_param { crop_size: 11 mean_value: 3 } data_param { batch_size: 13 } }
"""
    + layer("InnerProduct", fields="inner_product_param { num_output: 17 }", tops="ip")
    + layer("Accuracy", "ip label", "accuracy", "include { phase: TEST }")
    + layer("SoftmaxWithLoss", "ip label", "loss", "exclude { phase: TEST }")
)


def test_test_is_the_phase_unless_another_is_set():
    test, train = report(PHASES), report(PHASES, sets={"phase": "train"})
    assert [str(t.shape) for t in test.inputs] == ["13x1x11x11", "13"]
    assert [str(t.shape) for t in train.inputs] == ["5x3x7x7", "5"]
    assert [t.name for t in test.outputs] == ["accuracy"]
    assert [t.name for t in train.outputs] == ["loss"]
    assert report("state { phase: TRAIN }" + PHASES).batch == 5


def test_levels_and_stages_choose_layers():
    text = HEAD + layer("ReLU", tops="a", fields='include { stage: "x" not_stage: "y" }')
    text += layer("ReLU", tops="b", fields="include { min_level: 2 max_level: 3 }") + layer("ReLU", tops="c")
    assert [row.name for row in report(text).layers] == ["c"]
    assert [row.name for row in report(text, sets={"stage": "x"}).layers] == ["a", "c"]
    assert [row.name for row in report(text, sets={"stage": "x,y", "level": "3"}).layers] == ["b", "c"]
    assert [row.name for row in report(text, sets={"level": "4"}).layers] == ["c"]


def test_a_size_that_only_the_data_base_knows_is_asked_for():
    text = 'layer { name: "d" type: "Data" top: "data" data_param { batch_size: 5 } }\n'
    text += layer("InnerProduct", fields="inner_product_param { num_output: 17 }")
    ((code, line, column, message),) = problems(text)
    assert (code, line, column) == ("CNN-E802", 1, 32)
    assert "data" in message
    assert str(report(text, inputs={"data": (3, 7, 11)}).inputs[0].shape) == "5x3x7x11"


def test_a_blob_that_nothing_makes_can_be_fed():
    text = layer("ReLU", "image")
    assert [p[:3] for p in problems(text)] == [("CNN-E301", 1, 32)]
    assert str(report(text, inputs={"image": (3, 7)}).outputs[0].shape) == "1x3x7"
    assert problems(HEAD + layer("ReLU"), inputs={"date": (3,)})[0][0] == "CNN-E701"


def test_an_input_with_a_first_size_of_its_own_keeps_it():
    text = 'input: "data" input_shape { dim: 2 dim: 3 dim: 7 dim: 11 } input: "rois" input_shape { dim: 13 dim: 5 }'
    text += layer("ROIPooling", "data rois", fields="roi_pooling_param { pooled_h: 3 pooled_w: 5 }")
    assert str(report(text).outputs[0].shape) == "13x3x3x5"
    assert str(report(text, batch=4).outputs[0].shape) == "13x3x3x5"


def test_learned_arrays_behind_unknown_regions_are_counted():
    text = HEAD + layer("Python", "data", "rois")
    text += layer("ROIPooling", "data rois", "pool", "roi_pooling_param { pooled_h: 3 pooled_w: 5 }")
    text += layer("InnerProduct", "pool", "fc", "inner_product_param { num_output: 17 }") + layer("ReLU", "fc", "fc")
    text += layer("InnerProduct", "fc", "cls", "inner_product_param { num_output: 19 }")
    found = {row.name: row for row in report(text).layers}
    assert found["fc"].params == 17 * (3 * 3 * 5 + 1)
    assert found["cls"].params == 19 * (17 + 1)
    assert found["fc"].macs is None


def conv(name, bottom, params=""):
    fields = f"convolution_param {{ num_output: 5 kernel_size: 3 pad: 1 }} {params}"
    return layer("Convolution", bottom, name, fields)


def test_named_arrays_are_shared_and_counted_once():
    named = 'param { name: "w" } param { name: "b" }'
    found = report(HEAD + conv("a", "data", named) + conv("b", "data", named) + conv("c", "data"))
    assert [row.params for row in found.layers] == [140, 0, 140]
    assert found.layers[1].shared_with == "a"
    assert found.layers[1].macs == found.layers[0].macs


def test_where_one_array_of_two_is_shared_the_other_is_counted():
    text = HEAD + conv("a", "data", 'param { name: "w" }') + conv("b", "data", 'param { name: "w" }')
    found = report(text)
    assert [(row.kind, row.params) for row in found.layers] == [("conv", 140), ("conv", 5)]
    assert found.layers[1].macs == found.layers[0].macs


def test_a_transposed_inner_product_shares_the_matrix():
    text = HEAD + layer("InnerProduct", tops="a", fields='inner_product_param { num_output: 5 } param { name: "w" }')
    fields = 'inner_product_param { num_output: 231 transpose: true } param { name: "w" }'
    assert [row.params for row in report(text + layer("InnerProduct", "a", "b", fields)).layers] == [
        0,
        5 * 231 + 5,
        231,
    ]


def test_arrays_of_one_name_and_two_shapes_are_an_error():
    text = HEAD + conv("a", "data", 'param { name: "w" }') + conv("b", "a", 'param { name: "w" }')
    assert [(code, line) for code, line, _, _ in problems(text)] == [("CNN-E304", 3)]


def test_a_rate_of_zero_for_every_array_freezes_a_layer():
    half = report(HEAD + conv("a", "data", "param { lr_mult: 0 }"))
    whole = report(HEAD + conv("a", "data", "param { lr_mult: 0 } param { lr_mult: 0 }"))
    old = 'layers { name: "a" type: CONVOLUTION bottom: "data" top: "a" blobs_lr: 0 blobs_lr: 0 '
    old += "convolution_param { num_output: 5 kernel_size: 3 } }"
    assert [half.layers[0].frozen, whole.layers[0].frozen] == [False, True]
    assert whole.totals.trainable_params == 0
    assert report(HEAD + old).layers[0].frozen


def test_batch_norm_holds_no_params_but_buffers():
    found = report(
        HEAD + layer("BatchNorm", tops="data") + layer("Scale", tops="data", fields="scale_param { bias_term: true }")
    )
    assert [(row.params, row.buffers) for row in found.layers] == [(0, 6), (6, 0)]


def test_v1_and_v0_layers_are_those_of_today():
    v2 = HEAD + conv("c", "data") + layer("Pooling", "c", "p", "pooling_param { pool: AVE kernel_size: 2 stride: 2 }")
    v1 = (
        HEAD
        + """
layers { name: "c" type: CONVOLUTION bottom: "data" top: "c" convolution_param < num_output: 5; kernel_size: 3, pad: 1 > }
layers { name: "p" type: POOLING bottom: "c" top: "p" pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
"""
    )
    v0 = (
        HEAD
        + """
layers { layer { name: "c" type: "conv" num_output: 5 kernelsize: 3 pad: 1 } bottom: "data" top: "c" }
layers { layer { name: "p" type: "pool" pool: AVE kernelsize: 2 stride: 2 } bottom: "c" top: "p" }
"""
    )
    seen = [[(r.name, r.kind, r.output_shapes, r.params, r.macs) for r in report(text).layers] for text in (v2, v1, v0)]
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[0]) == 2


def test_an_unknown_type_is_an_unavailable_row_unless_all_is_to_be_known():
    text = HEAD + layer("Frobnicate", tops="a") + layer("ReLU", "a", "b")
    found = report(text)
    assert [row.params for row in found.layers] == [None, 0]
    assert [str(row.output_shapes[0]) for row in found.layers] == ["?", "?"]
    assert [p[:3] for p in problems(text, strict=True)] == [("CNN-E801", 2, 19)]


def test_all_errors_come_in_one_run():
    text = HEAD + layer("Convolution", tops="a", fields="convolution_param { num_output: 5 kernal_size: 3 }")
    text += layer("Pooling", tops="b", fields="pooling_param { kernel_size: 2 pool: MIN }")
    text += layer("ReLU", "nowhere", "c") + layer("ReLU", "c", "d")
    text += layer("InnerProduct", tops="e", fields="inner_product_param { num_output: many }")
    text += layer("Eltwise", "data", "f") + layer("ReLU", tops="g", fields="relu_parm { negative_slope: 1 }")
    text += layer("Convolution", tops="h", fields="convolution_param { num_output: 5 kernel_size: 8 }")
    found = problems(text)
    expected = {("CNN-E803", 2), ("CNN-E803", 3), ("CNN-E301", 4), ("CNN-E803", 6), ("CNN-E303", 7), ("CNN-E803", 8)}
    assert {(code, line) for code, line, _, _ in found} == expected


def test_a_slip_of_the_pen_is_an_error_and_a_forks_field_is_not():
    slip = HEAD + layer("ReLU", fields="relu_param { negativ_slope: 1 }")
    fork = HEAD + layer("ReLU", fields="relu_param { frobnication: 1 } proposed_param { a: 1 }")
    assert "negativ_slope" in problems(slip)[0][3]
    assert problems(fork) == []
    assert len(problems(fork, strict=True)) == 1


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "CNN-E106"),
        (HEAD, "CNN-E106"),
        ("layer { }", "CNN-E803"),
        ("layer { type: 3 }", "CNN-E803"),
        ("layer: 5", "CNN-E803"),
        (HEAD + layer("ReLU", "data", "a b"), "CNN-E303"),
        (HEAD + layer("ReLU", "data data", "a"), "CNN-E303"),
        (HEAD + layer("ReLU", tops="a") + layer("TanH", tops="a"), "CNN-E302"),
        ('input: "a" input: "a" input_dim: 1 ' + layer("ReLU", "a"), "CNN-E302"),
        (HEAD + layer("Slice", tops="a b"), "CNN-E405"),
        (HEAD + layer("Slice", tops="a b", fields="slice_param { slice_point: 3 }"), "CNN-E803"),
        (HEAD + layer("Reshape", fields="reshape_param { shape { dim: 5 } }"), "CNN-E403"),
        (HEAD + layer("Flatten", fields="flatten_param { axis: 4 }"), "CNN-E803"),
        (HEAD + layer("Eltwise", "data y2", "z").replace("y2", "data") + layer("Permute", fields="permute_param { order: 0 order: 0 }"), "CNN-E803"),
        (HEAD + layer("Pooling", fields="pooling_param { kernel_size: 2 pad: 2 }"), "CNN-E803"),
        (HEAD + layer("LRN", fields="lrn_param { local_size: 4 }"), "CNN-E803"),
        ('input: "data" input_dim: 1 input_dim: 0 ' + layer("ReLU"), "CNN-E803"),
        ('input: "data"' + layer("ReLU"), "CNN-E802"),
        (HEAD + layer("ReLU", fields="include { phase: VALIDATE }"), "CNN-E803"),
    ],
)  # fmt: skip
def test_what_caffe_refuses_is_refused(text, code):
    assert [problem[0] for problem in problems(text)] == [code]


def test_settings_that_do_not_exist_are_refused():
    assert [p[0] for p in problems(LENET, sets={"fase": "TEST"})] == ["CNN-E206"]
    assert [p[0] for p in problems(LENET, sets={"phase": "VALIDATE"})] == ["CNN-E203"]
