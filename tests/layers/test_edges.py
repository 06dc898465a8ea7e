"""Layers at the edges of what they take: counted by hand from their definitions, not by their formulas."""

from __future__ import annotations

from itertools import product

import msgspec
import numpy as np
import pytest

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.facts import facts
from cnnshape.layers import FAMILIES, base, resample
from cnnshape.layers.doc import formulas
from cnnshape.shape import Shape

X = Shape(2, 6, 7, 11)


def refused(layer, *xs):
    with pytest.raises(LayerError) as caught:
        facts(layer, xs)
    return caught.value


# what a field may hold


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [
        (base.Count, 1, 2147483647),  # a 32-bit number with a sign
        (base.Whole, 0, 2147483647),
        (base.Index, -2147483647, 2147483647),
        (base.Pad, 0, 2147483647),
        (base.Taps, 1, 65536),
        (base.Step, 1, 65536),
        (base.Rate, 0, 1),
        (resample.Factor, 1, 2147483647),
    ],
    ids=["count", "whole", "index", "pad", "taps", "step", "rate", "factor"],
)
def test_a_number_is_taken_up_to_its_limits_and_not_behind_them(kind, least, most) -> None:
    for value in (least, most):
        assert msgspec.convert(value, kind) == value
    for value in (least - 1, most + 1):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, kind)


def test_a_factor_may_be_a_fraction_up_to_65536() -> None:
    for value in (0.25, 65535.5, 65536.0):
        assert msgspec.convert(value, resample.Factor) == value
    for value in (0.0, -0.25, 65536.5):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(value, resample.Factor)


#: Kinds of more, or of other, than one input, by the definitions of their operators.
ARITY = {
    "bilinear": (2, 2),
    "matmul": (2, 2),
    "scaled_dot_product_attention": (3, 3),
    "multi_head_attention": (1, 3),
    "crop": (1, 2),
    "concat": (1, None),
    "opaque": (1, None),
    "foreign": (0, None),
    **dict.fromkeys(("add", "sub", "mul", "div", "maximum", "minimum", "mean"), (2, None)),
}


def test_kinds_take_as_many_inputs_as_their_operators() -> None:
    for kind in L.KINDS:
        assert kind.arity == ARITY.get(kind.kind, (1, 1)), kind


def test_what_is_kept_beside_an_output_is_as_large_as_torch_keeps_it() -> None:
    """An index of a pool is an int64, an element of a dropout's mask a bool."""
    index, mask = np.dtype(np.int64).itemsize, np.dtype(bool).itemsize
    wanted = dict.fromkeys(("max_pool", "global_max_pool", "adaptive_max_pool"), index)
    wanted |= dict.fromkeys(("dropout", "alpha_dropout"), mask)
    assert {kind.kind: kind.mask_bytes for kind in L.KINDS if kind.mask_bytes} == wanted


def test_a_kind_is_read_from_its_own_file_and_with_its_neighbours_alone() -> None:
    names = type(L.BY_NAME)()
    assert names["relu6"].kind == names["relu6"].__name__.lower() == "relu6"
    assert set(names.found) == set(FAMILIES["piecewise"])
    assert len(names) == len(list(names)) == sum(map(len, FAMILIES.values()))


@pytest.mark.parametrize("n", [1, 2, 7, 12, 97, 144, 360])
def test_a_divisor_is_the_largest_up_to_a_limit(n) -> None:
    for most in range(1, n + 2):
        assert base.divisor(n, most) == max(d for d in range(1, most + 1) if n % d == 0)


# products and attention


@pytest.mark.parametrize(("a", "b"), [(Shape(2, 7), Shape(2, 3, 7, 5)), (Shape(2, 3, 7, 5), Shape(2, 5))], ids=str)
def test_a_product_needs_two_matrices(a, b) -> None:
    assert refused(L.Matmul(), a, b).code == "CNN-E404"


def test_a_missing_dimension_of_a_product_is_one() -> None:
    assert L.Matmul().out(Shape(1, 7, 5), Shape(5, 3, 5, 11)) == (5, 3, 7, 11)
    assert L.Matmul().out(Shape(5, 3, 7, 5), Shape(1, 5, 11)) == (5, 3, 7, 11)


def test_the_rows_of_a_product_move_with_the_missing_dimensions() -> None:
    carries = L.Matmul().carries(Shape(1, 7, 5), Shape(5, 3, 5, 11))
    assert [(carry.axis, carry.to) for carry in carries] == [(1, 2)]


@pytest.mark.parametrize("lead", [(3,), (3, 2), (3, 2, 5)], ids=str)
@pytest.mark.parametrize("features", [1, 2, 5])
def test_attention_has_a_score_for_each_query_and_key(lead, features) -> None:
    q, k, v = Shape(*lead, 7, features), Shape(*lead, 11, features), Shape(*lead, 11, 13)
    layer = L.ScaledDotProductAttention()
    scores = sum(1 for _ in product(*map(range, lead), range(7), range(11)))
    macs = sum(1 for _ in product(*map(range, lead), range(7), range(11), range(features + 13)))
    y = layer.out(q, k, v)
    assert y == (*lead, 7, 13)
    assert layer.inside(q, k, v) == scores
    assert {name: value for name, _, _, value in formulas(layer, y, q, k, v)}["mac"] == macs
    assert (layer.ops(y, q, k, v).mac, layer.ops(y, q, k, v).exp) == (macs, scores)


def test_two_inputs_of_attention_are_a_query_and_what_is_key_and_value() -> None:
    layer, q, kv = L.MultiHeadAttention(2), Shape(3, 7, 6), Shape(3, 5, 11)
    assert layer.out(q, kv) == q
    assert layer.weights(q, kv) == layer.weights(q, kv, kv)
    assert layer.weights(q, kv)["k_proj_weight"] == layer.weights(q, kv)["v_proj_weight"] == (6, 11)
    assert layer.ops(q, q, kv) == layer.ops(q, q, kv, kv)


def test_attention_keeps_its_projections_its_scores_and_its_context() -> None:
    projections = 3 * (7 + 5 + 5) * 6
    scores, context = 3 * 2 * 7 * 5, 3 * 7 * 6
    assert L.MultiHeadAttention(2).inside(Shape(3, 7, 6), Shape(3, 5, 11), Shape(3, 5, 13)) == (
        projections + scores + context
    )


@pytest.mark.parametrize("at", range(3))
def test_attention_takes_sequences_alone(at) -> None:
    xs = [Shape(2, 7, 6)] * 3
    xs[at] = Shape(2, 7, 6, 1)
    assert refused(L.MultiHeadAttention(2), *xs).code == "CNN-E404"


def test_a_gru_keeps_three_gates_and_the_product_that_one_of_them_weighs() -> None:
    """Chung et al. 2014 by torch's formula: r, z, n, and W_hn h + b_hn; the last layer's state is its output."""
    one = 2 * 7 * 5
    for depth in (1, 3):
        assert L.Gru(5, num_layers=depth).inside(Shape(2, 7, 6)) == depth * 4 * one + (depth - 1) * one


# transposed convolutions by word


def test_an_odd_cut_of_same_is_where_onnx_puts_it() -> None:
    """ONNX ConvTranspose: SAME_UPPER cuts total / 2 in front, the rest behind; SAME_LOWER the other way round."""
    for word, cut in (("same", (2, 3)), ("same_upper", (2, 3)), ("same_lower", (3, 2))):
        (way,) = L.ConvTranspose(5, kernel_size=6, padding=word).windows(Shape(2, 3, 7))
        assert (way.before, way.after) == cut


@pytest.mark.parametrize(("k", "s", "n"), [(5, 2, 7), (3, 3, 5), (7, 1, 11)])
def test_a_causal_copy_shows_in_no_output_before_its_own(k, s, n) -> None:
    (way,) = L.ConvTranspose(5, kernel_size=k, stride=s, padding="causal").windows(Shape(2, 3, n))
    assert way.out_size(n) == n * s
    for o in range(n * s):
        assert max(way.reached(o)) == o // s


@pytest.mark.parametrize(("k", "s", "n"), [(2, 3, 5), (5, 2, 7), (3, 1, 11)])
def test_full_cuts_a_kernel_less_one_on_both_sides(k, s, n) -> None:
    """keras 2 conv_utils.deconv_output_length: n * s - (s + k - 2)."""
    assert L.ConvTranspose(5, kernel_size=k, stride=s, padding="full").out(Shape(2, 3, n))[2] == n * s - (s + k - 2)


def test_steps_and_looked_up_positions_keep_their_place() -> None:
    for layer in (L.Rnn(5), L.Lstm(5), L.Gru(5)):
        assert [(carry.axis, carry.to, carry.way.out_size(7)) for carry in layer.carries(Shape(2, 7, 6))] == [(1, 1, 7)]
    assert [(carry.axis, carry.to) for carry in L.Embedding(100, 7).carries(Shape(2, 11, 5))] == [(1, 1), (2, 2)]


# cuts and borders


def test_a_global_pool_keeps_each_axis_as_one_position() -> None:
    for kind in (L.GlobalAvgPool, L.GlobalMaxPool):
        assert [(carry.axis, carry.to, carry.way.out_size(7)) for carry in kind().carries(X)] == [(2, 2, 1), (3, 3, 1)]
        assert kind(keepdim=False).carries(X) == ()


def test_a_split_has_up_to_4096_parts() -> None:
    assert len(L.Split(sizes=(1,) * 4096).outs(Shape(2, 4096))) == 4096
    assert refused(L.Split(sizes=(1,) * 4097), Shape(2, 4097)).code == "CNN-E405"


@pytest.mark.parametrize(
    ("sizes", "fixed"),
    [((1, 2), (1, 5)), ((1, 2, 9), (1, 2, 3)), ((5, 9), (5, 1))],
    ids=["two", "three", "one is left"],
)
def test_the_last_part_takes_what_the_others_leave(sizes, fixed) -> None:
    assert refused(L.Split(sizes=sizes), X).fixes == ({"sizes": fixed},)


def test_a_reflected_border_is_shorter_than_its_axis_and_a_circular_one_no_longer() -> None:
    """torch: reflection padding less than the dimension; circular padding at most the dimension."""
    assert L.Padding(6, mode="reflect").out(Shape(2, 3, 7)) == (2, 3, 19)
    assert refused(L.Padding(7, mode="reflect"), Shape(2, 3, 7)).code == "CNN-E406"
    assert L.Padding(7, mode="circular").out(Shape(2, 3, 7)) == (2, 3, 21)
    assert refused(L.Padding(8, mode="circular"), Shape(2, 3, 7)).code == "CNN-E406"


def test_a_single_position_is_left_by_a_small_factor_and_none_by_a_smaller() -> None:
    assert L.Upsample(0.2).out(Shape(2, 3, 5)) == (2, 3, 1)
    assert refused(L.Upsample(0.1), Shape(2, 3, 5)).code == "CNN-E406"
    (way,) = L.Upsample(size=1, mode="linear", align_corners=True).windows(Shape(2, 3, 5))
    assert way.seen(0) == (0, 0)  # torch: the first corner
    (way,) = L.Upsample(size=2, mode="linear", align_corners=True).windows(Shape(2, 3, 5))
    assert (way.seen(0), way.seen(1)) == ((0, 0), (4, 4))


@pytest.mark.parametrize(("mode", "x", "neighbours"), [
    ("nearest", X, 1), ("linear", Shape(2, 3, 7), 2), ("bilinear", X, 4), ("trilinear", Shape(2, 3, 5, 7, 11), 8),
    ("cubic", X, 16), ("bicubic", X, 16),
])  # fmt: skip
def test_an_interpolation_mixes_its_neighbours(mode, x, neighbours) -> None:
    layer = L.Upsample(2, mode=mode)
    y = layer.out(x)
    ops = layer.ops(y, x)
    assert (ops.mul, ops.add) == (y.numel * neighbours * (neighbours > 1), y.numel * (neighbours - 1))


@pytest.mark.parametrize("x", [Shape(2, 3, 7, 22), Shape(2, 3, 14, 11)], ids=str)
def test_every_axis_must_fall_into_blocks(x) -> None:
    assert refused(L.PixelUnshuffle(2), x).code == refused(L.SpaceToDepth(2), x).code == "CNN-E405"


@pytest.mark.parametrize(("scale", "shift", "mul", "add"), [
    (1.0, 0.0, 0, 0), (-1.0, 0.0, 0, 0), (2.0, 0.0, 1, 0), (-2.0, 0.0, 1, 0), (1.0, 3.0, 0, 1), (2.0, 3.0, 1, 1),
])  # fmt: skip
def test_what_does_nothing_is_not_counted(scale, shift, mul, add) -> None:
    """A sign costs no multiplication, and nothing added no addition."""
    ops = L.Affine(scale, shift).ops(X, X)
    assert (ops.mul, ops.add) == (mul * X.numel, add * X.numel)


# features without space


FEATURES = Shape(2, 6)


def test_channels_need_no_space() -> None:
    for layer in (L.PRelu(per_channel=True), L.PRelu(num_parameters=6), L.ChannelShuffle(3), L.LocalResponseNorm()):
        assert layer.out(FEATURES) == FEATURES
    assert L.PRelu(per_channel=True).params(FEATURES) == 6
    assert L.PRelu().out(Shape(2)) == (2,)
    assert refused(L.PRelu(num_parameters=2), Shape(2)).code == "CNN-E405"


def test_a_dimension_is_counted_from_behind_when_it_is_negative() -> None:
    for layer in (L.Scale(dim=-2), L.L2Norm(dim=-2, scale=True)):
        assert layer.weights(X) == {"weight": (7,)}
    assert L.Scale(dim=-2).out(X) == L.Standardize(dim=-2).out(X) == X
    assert L.Scale(dim=-3).params(X) == 6
    assert L.Permute((0, -1, 1, 2)).out(X) == (2, 11, 6, 7)


def test_one_number_beside_the_channels_is_one_set_of_statistics() -> None:
    """Over a dimension of one position: a maximum of one asks nothing, a sum of one adds nothing."""
    x = Shape(2, 1, 7)
    ops = L.Softmax(dim=1).ops(x, x)
    assert (ops.exp, ops.div, ops.cmp) == (14, 14, 0)
    assert L.LocalResponseNorm(size=5).ops(x, x).add == 14  # k alone
    assert L.RmsNorm(dim=1).ops(x, x).sqrt == 14
    assert L.LayerNorm(dim=1).ops(x, x).sqrt == 14
    assert L.L2Norm(dim=1).ops(x, x).sqrt == 14


def test_what_is_not_stated_of_a_black_box_is_not_known() -> None:
    assert L.Foreign("Other").carries(X) == ()  # it may read everything
    assert L.Foreign("Other", pointwise=True).carries(X) is None  # axes stay
    assert L.Foreign("Other", macs=5).ops(X, X) is None
    assert facts(L.Foreign("Source", ((2, 5),)), ()).outs == ((2, 5),)


def test_a_shape_has_one_open_size_and_no_other_below_one() -> None:
    for shape in ((-2, 7), (0, 7), (-1, -1)):
        assert refused(L.Reshape(shape), X).code == "CNN-E203"


# what an error says


@pytest.mark.parametrize("layer", [L.Softmax(dim=0), L.Unsqueeze(0)], ids=lambda layer: layer.kind)
def test_the_batch_is_called_by_its_name(layer) -> None:
    assert "(the batch)" in refused(layer, X).message
    assert "(the batch)" not in refused(msgspec.structs.replace(layer, dim=9), X).message


def test_groups_that_do_not_divide_are_named_with_what_they_do_not_divide() -> None:
    error = refused(L.Conv(6, groups=4), Shape(2, 8, 7, 11))
    assert error.message == "groups=4 does not divide out_channels=6: 6 = 1 * 4 + 2"
    assert error.notes == ("input 2x8x7x11",)
    assert error.fixes == ({"groups": 2},)
    error = refused(L.Conv(8, groups=4), Shape(2, 6, 7, 11))
    assert error.message == "groups=4 does not divide in_channels=6: 6 = 1 * 4 + 2"


def test_groups_of_a_norm_are_mended_by_the_nearest_that_divide_the_channels() -> None:
    assert refused(L.GroupNorm(4), X).fixes == ({"num_groups": 3},)


def test_the_dimension_that_meets_a_batch_is_counted_from_the_left() -> None:
    assert "the batch of 2x7x6 would meet dimension 1 of 2x6x7x11" in refused(L.Add(), X, Shape(2, 7, 6)).message


def test_of_many_sizes_the_two_smallest_are_named() -> None:
    xs = [Shape(2, 3, n) for n in (11, 7, 5)]
    assert "dimension 2 is 5 and 7" in refused(L.Add(), *xs).message


def test_operands_stretch_from_the_right() -> None:
    assert L.Add().out(Shape(5, 3, 7, 11), Shape(1, 7, 1)) == (5, 3, 7, 11)
    assert L.Add().out(Shape(1, 7, 11), Shape(5, 3, 1, 1)) == (5, 3, 7, 11)


@pytest.mark.parametrize(
    ("a", "b", "advice"),
    [
        ((2, 3, 7, 11), (2, 5, 7, 11), "project"),
        ((2, 3, 7, 11), (2, 3, 5, 11), "strides"),
        ((2, 3, 7), (2, 3, 5), "strides"),
        ((2, 3, 7), (2, 5, 7), "project"),
        ((2, 3), (2, 5), ""),
        ((2, 3, 7), (3, 3, 7), ""),
    ],
)
def test_where_operands_differ_says_what_to_change(a, b, advice) -> None:
    found = refused(L.Add(), Shape(*a), Shape(*b)).advice
    assert found.startswith("project one" if advice == "project" else "make the strides" if advice else "")
    assert bool(found) == bool(advice)


def test_a_concatenation_is_mended_by_sizes_where_it_joins_channels_of_images() -> None:
    crop = "crop, pad"
    assert refused(L.Concat(), X, Shape(2, 6, 5, 11)).advice.startswith(crop)
    assert refused(L.Concat(), Shape(2, 6, 7), Shape(2, 6, 5)).advice.startswith(crop)
    assert refused(L.Concat(dim=2), X, Shape(2, 5, 7, 11)).advice == ""
    assert refused(L.Concat(), Shape(2, 6), Shape(3, 6)).advice == ""
