"""The torch reader where no kind of ours stands for a call: its row has the right cost all the same."""

import pytest
from torch_archives import archive, graph, reported, walked

from cnnshape.readers.torch.free import FREE_OPS
from cnnshape.readers.torch.table import OPS, PRODUCTS


def row_of(target, args, outs, tensors, parameters=None, **options):
    """The only row of a program of one call."""
    text = graph(tensors, parameters or {}, [(target, args, outs)], list(outs)[:1])
    (row,) = reported(archive(text), **options).layers
    return row


def sliding(x, channels, kernel, stride, groups=1):
    """The multiply-accumulates of an unpadded convolution of one image, filter by filter and place by place."""
    places = 1
    for n, k in zip(x[1:], kernel, strict=True):
        places *= len(range(0, n - k + 1, stride))
    each = x[0] // groups
    for k in kernel:
        each *= k
    return channels * places * each


@pytest.mark.parametrize("groups", [1, 3])
@pytest.mark.parametrize("x", [(6, 12), (6, 12, 10), (6, 12, 10, 9), (3, 3, 3)])
def test_a_convolution_of_one_image_without_a_batch(x, groups):
    """Three channels of 3 x 3 are the trap: read as a batch they give the same shape."""
    rank = len(x) - 1
    args = {"input": "x", "weight": "p_w", "bias": "p_b", "stride": [1] * rank, "groups": groups}
    pads = 1 if x == (3, 3, 3) else 0
    args["padding"] = [pads] * rank
    out = (9, *[n + 2 * pads - 2 for n in x[1:]])
    weights = {"p_w": (9, x[0] // groups, *[3] * rank), "p_b": (9,)}
    row = row_of(f"conv{rank}d.default", args, {"y": out}, {"x": x}, weights)
    padded = (x[0], *[n + 2 * pads for n in x[1:]])
    assert (row.kind, tuple(row.output_shapes[0])) == ("foreign", out)
    assert row.macs == sliding(padded, 9, [3] * rank, 1, groups)
    assert row.params == 9 * x[0] // groups * 3**rank + 9


def test_the_figures_of_convolutions_without_a_batch():
    """nn.Conv2d(6, 8, 3), nn.ConvTranspose2d(6, 4, 3, stride=2) and nn.Conv3d(6, 4, 3) by torch's own counter / 2."""
    for target, x, weight, out, macs in (
        ("conv2d", (6, 12, 10), (8, 6, 3, 3), (8, 10, 8), 34_560),
        ("conv_transpose2d", (6, 12, 10), (6, 4, 3, 3), (4, 25, 21), 25_920),
        ("conv3d", (6, 12, 10, 9), (4, 6, 3, 3, 3), (4, 10, 8, 7), 362_880),
    ):
        args = {"input": "x", "weight": "p_w", "stride": [2 if "transpose" in target else 1] * (len(x) - 1)}
        assert row_of(f"{target}.default", args, {"y": out}, {"x": x}, {"p_w": weight}).macs == macs


def test_a_convolution_without_a_batch_on_another_size_than_traced_has_no_known_cost():
    """What the command line calls the batch are its channels."""
    args, weight = {"input": "x", "weight": "p_w"}, {"p_w": (8, 6, 3, 3)}
    for options in ({"batch": 5}, {"inputs": {"": (14, 10)}}):
        assert row_of("conv2d.default", args, {"y": (8, 10, 8)}, {"x": (6, 12, 10)}, weight, **options).macs is None


@pytest.mark.parametrize(
    ("target", "args", "out"),
    [
        ("max_pool2d.default", {"kernel_size": [2, 2]}, (6, 6, 5)),
        ("avg_pool2d.default", {"kernel_size": [2, 2]}, (6, 6, 5)),
        ("adaptive_avg_pool2d.default", {"output_size": [1, 1]}, (6, 1, 1)),
        ("mean.dim", {"dim": [1, 2]}, (6,)),
        ("pixel_shuffle.default", {"upscale_factor": 1}, (6, 12, 10)),
    ],
)
def test_others_without_a_batch_are_foreign_rows_of_the_stated_shape(target, args, out):
    row = row_of(target, {"self": "x", **args}, {"y": out}, {"x": (6, 12, 10)})
    assert (row.kind, tuple(row.output_shapes[0]), row.macs) == ("foreign", out, 0)


def test_a_product_that_gives_another_shape_than_stated_has_no_known_cost():
    args, weight = {"input": "x", "weight": "p_w"}, {"p_w": (8, 6, 3, 3)}
    text = graph({"x": (2, 6, 12, 10)}, weight, [("conv2d.default", args, {"y": (2, 8, 9, 9)})], ["y"])
    assert reported(archive(text)).status.macs == "unavailable"


def projected(layers, first):
    """An LSTM of 4 units that projects its state to 2: its weights, layer by layer and direction by direction."""
    found = {}
    for layer in range(layers):
        for way in ("", "r")[: 1 if layers == 1 else 2]:
            width = 5 if layer == 0 else 4
            shapes = ((16, width), (16, 2), (16,), (16,), (2, 4))
            found.update({f"p_{layer}{way}{n}": shape for n, shape in enumerate(shapes)})
    args = {"input": "x", "hx": ["x"], "params": list(found), "has_biases": True, "num_layers": layers, "dropout": 0.0}
    args |= {"train": False, "bidirectional": layers > 1, "batch_first": first}
    x, width = ((2, 7, 5) if first else (7, 2, 5)), 2 if layers == 1 else 4
    outs = {"y": (*x[:2], width), "h": (layers * width // 2, 2, 2), "c": (layers * width // 2, 2, 4)}
    return row_of("lstm.input", args, outs, {"x": x}, found)


@pytest.mark.parametrize("first", [True, False])
def test_an_lstm_with_a_projection_costs_every_matrix_at_every_step(first):
    """The figures of nn.LSTM(5, 4, proj_size=2), alone and as two layers in both directions."""
    one, two = projected(1, first), projected(2, first)
    assert (one.kind, one.params, one.macs) == ("foreign", 152, 1_680)
    assert (two.kind, two.params, two.macs) == ("foreign", 576, 6_272)


@pytest.mark.parametrize(("target", "gates"), [("lstm_cell", 4), ("gru_cell", 3), ("rnn_tanh_cell", 1)])
def test_one_step_of_a_recurrent_layer(target, gates):
    args = {"input": "x", "hx": "x", "w_ih": "p_w_ih", "w_hh": "p_w_hh", "b_ih": None, "b_hh": None}
    weights = {"p_w_ih": (3 * gates, 5), "p_w_hh": (3 * gates, 3)}
    row = row_of(f"{target}.default", args, {"y": (2, 3)}, {"x": (2, 5)}, weights)
    assert (row.params, row.macs) == (3 * gates * 8, 2 * 3 * gates * 8)


@pytest.mark.parametrize(
    ("target", "args", "weights", "out", "macs"),
    [
        (
            "tensordot",
            {"self": "x", "other": "p_w", "dims_self": [1], "dims_other": [0]},
            (3, 5),
            (2, 7, 5),
            2 * 7 * 15,
        ),
        ("inner", {"self": "x", "other": "p_w"}, (5, 7), (2, 3, 5), 2 * 3 * 7 * 5),
        ("linalg_matmul", {"self": "x", "other": "p_w"}, (7, 5), (2, 3, 5), 2 * 3 * 7 * 5),
    ],
)
def test_products_by_other_names(target, args, weights, out, macs):
    row = row_of(f"{target}.default", args, {"y": out}, {"x": (2, 3, 7)}, {"p_w": weights})
    assert (row.params, row.macs) == (weights[0] * weights[1], macs)


@pytest.mark.parametrize(
    ("target", "args", "out", "kind"),
    [
        ("grid_sampler.default", {"input": "x", "grid": "x"}, (2, 3, 5, 6), "foreign"),
        ("cosine_similarity.default", {"x1": "x", "x2": "x"}, (2, 7, 11), "foreign"),
        ("logit.default", {"self": "x"}, (2, 3, 7, 11), "foreign"),
        ("mT.default", {"self": "x"}, (2, 3, 11, 7), "permute"),
        ("adjoint.default", {"self": "x"}, (2, 3, 11, 7), "permute"),
        ("multiply.Tensor", {"self": "x", "other": "x"}, (2, 3, 7, 11), "mul"),
        ("concatenate.default", {"tensors": ["x", "x"], "dim": 1}, (2, 6, 7, 11), "concat"),
        ("special_expit.default", {"self": "x"}, (2, 3, 7, 11), "sigmoid"),
        ("greater.Scalar", {"self": "x", "other": 0}, (2, 3, 7, 11), "foreign"),
    ],
)
def test_what_an_export_says_before_it_is_decomposed_is_known(target, args, out, kind):
    text = archive(graph({"x": (2, 3, 7, 11)}, {}, [(target, args, {"y": out})], ["y"]))
    assert not walked(text, strict=True)[1]
    (row,) = reported(text).layers
    assert (row.kind, tuple(row.output_shapes[0]), row.macs) == (kind, out, 0)


def test_what_multiplies_is_never_among_the_free():
    assert not PRODUCTS - set(OPS)
    assert not PRODUCTS & FREE_OPS
