"""Laws that hold for whole layers, each named for what it holds."""

# ruff: noqa: ARG005 - a table of lambdas, all with one signature

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from itertools import count

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from samples import SAMPLES

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.api import analyze_data
from cnnshape.errors import LayerError
from cnnshape.facts import facts
from cnnshape.ops import OP_NAMES
from cnnshape.shape import Shape

IMAGES = [Shape(2, 6, 13), Shape(2, 6, 7, 11), Shape(2, 6, 5, 7, 11)]
images = st.sampled_from(IMAGES)
small = st.integers(1, 4)


def every_sample(but=lambda layer, xs: False):
    """All samples but those that a law does not speak of."""
    chosen = [(layer, xs) for layer, xs in SAMPLES if not but(layer, xs)]
    ids = [f"{layer.kind}-{i}" for i, (layer, _) in enumerate(chosen)]
    return pytest.mark.parametrize(("layer", "xs"), chosen, ids=ids)


def ops_of(layer, *xs):
    ops = layer.ops(layer.out(*xs), *xs)
    return {name: getattr(ops, name) for name in OP_NAMES}


# sizes


@pytest.mark.parametrize("kind", [L.Conv, L.ConvTranspose], ids=lambda kind: kind.kind)
@given(images, st.integers(1, 9))
def test_one_by_one_with_stride_one_keeps_the_size(kind, x, out) -> None:
    assert kind(out, kernel_size=1).out(x) == (x[0], out, *x[2:])


@given(images, small, small, st.integers(1, 3), st.sampled_from(["same", "same_upper", "same_lower"]))
def test_same_gives_an_output_for_every_stride_begun(x, k, s, d, word) -> None:
    begun = tuple(len(range(0, n, s)) for n in x[2:])
    assert L.Conv(5, kernel_size=k, stride=s, dilation=d, padding=word).out(x)[2:] == begun
    for kind in (L.MaxPool, L.AvgPool, L.LpPool):
        pool = kind(k, stride=s, dilation=d, padding=word)
        with suppress(LayerError):  # dilated so far that a window sees padding alone
            assert pool.out(x)[2:] == begun


@given(images, small, small, small)
def test_a_dilated_kernel_is_a_dense_one_of_its_extent_with_fewer_weights(x, k, s, d) -> None:
    extent = len(range((k - 1) * d + 1))
    dilated, dense = L.Conv(5, kernel_size=k, stride=s, dilation=d), L.Conv(5, kernel_size=extent, stride=s)
    assume(all(n >= extent for n in x[2:]))
    assert dilated.out(x) == dense.out(x)
    taps = k ** (len(x) - 2)
    assert ops_of(dilated, x)["mac"] * extent ** (len(x) - 2) == ops_of(dense, x)["mac"] * taps


@given(st.sampled_from(SAMPLES), st.integers(2, 4), st.integers(1, 5))
def test_output_grows_with_input(sample, axis, more) -> None:
    layer, xs = sample
    assume(len(xs) == 1 and len(xs[0]) > axis and layer.kind not in ("reshape", "permute"))
    larger = Shape(*[n + more * (d == axis) for d, n in enumerate(xs[0])])
    try:
        y, z = layer.outs(*xs)[0], layer.outs(larger)[0]
    except LayerError:
        return  # a divisor that no longer divides
    assert len(y) == len(z)
    assert all(a <= b for a, b in zip(y, z, strict=True))


@given(images, small, small, st.integers(0, 2), st.integers(1, 2))
def test_transposed_convolution_inverts_the_size_of_a_convolution(x, k, s, p, d) -> None:
    assume(all(n + 2 * p >= d * (k - 1) + 1 for n in x[2:]))
    y = L.Conv(5, kernel_size=k, stride=s, padding=p, dilation=d).out(x)
    found = []
    for n, m in zip(x[2:], y[2:], strict=True):
        # Several sizes give the same output; output_padding says which one it was, and it is less than the stride.
        for extra in count():
            assert extra < max(s, d)
            back = L.ConvTranspose(6, kernel_size=k, stride=s, padding=p, dilation=d, output_padding=extra)
            try:
                size = back.out(Shape(1, 5, m))[2]
            except LayerError:
                continue  # nothing is left without output_padding
            if size == n:
                found.append(extra)
                break
    back = L.ConvTranspose(6, kernel_size=k, stride=s, padding=p, dilation=d, output_padding=tuple(found))
    assert back.out(y) == x


@given(images, small, st.integers(0, 2), st.integers(0, 2))
def test_padding_by_a_layer_is_padding_by_a_convolution(x, k, before, after) -> None:
    pads = ((before, after),) * (len(x) - 2)
    padded = L.Padding(pads).out(x)
    assert L.Conv(5, kernel_size=k).out(padded) == L.Conv(5, kernel_size=k, padding=pads).out(x)
    assert L.Crop(cropping=pads).out(padded) == x


@given(images, st.integers(1, 3))
def test_pixel_unshuffle_undoes_pixel_shuffle(x, r) -> None:
    x = Shape(x[0], 5 * r ** (len(x) - 2), *x[2:])
    for up, down in ((L.PixelShuffle, L.PixelUnshuffle), (L.DepthToSpace, L.SpaceToDepth)):
        assert down(r).out(up(r).out(x)) == x


@given(images, st.data())
def test_reshape_keeps_the_number_of_elements(x, data) -> None:
    sizes = list(data.draw(st.permutations(x[1:])))
    if data.draw(st.booleans()):
        sizes[:2] = [sizes[0] * sizes[1]]
    open_at = data.draw(st.integers(0, len(sizes) - 1))
    wanted = (*sizes[:open_at], -1, *sizes[open_at + 1 :])
    for layer in (L.Reshape(tuple(sizes)), L.Reshape(wanted), L.Flatten(), L.Flatten(start_dim=2, end_dim=-1)):
        assert layer.out(x).numel == x.numel
        assert layer.out(x)[0] == x[0]
    assert L.Reshape(tuple(x[1:])).out(L.Flatten().out(x)) == x


@given(images, st.data())
def test_a_permutation_and_its_inverse_are_the_identity(x, data) -> None:
    order = (0, *data.draw(st.permutations(range(1, len(x)))))
    inverse = tuple(order.index(d) for d in range(len(x)))
    assert L.Permute(inverse).out(L.Permute(order).out(x)) == x


@given(images, st.data())
def test_squeeze_undoes_unsqueeze(x, data) -> None:
    dim = data.draw(st.integers(1, len(x)))
    assert L.Squeeze(dim).out(L.Unsqueeze(dim).out(x)) == x
    assert L.Squeeze(dim - len(x) - 1).out(L.Unsqueeze(dim - len(x) - 1).out(x)) == x


@given(images, st.data())
def test_a_split_and_a_concatenation_are_the_identity(x, data) -> None:
    dim = data.draw(st.integers(1, len(x) - 1))
    first = data.draw(st.integers(1, x[dim] - 1)) if x[dim] > 1 else 1
    sizes = (first, x[dim] - first) if x[dim] > first else (first,)
    assert L.Concat(dim).out(*L.Split(sizes=sizes, dim=dim).outs(x)) == x


@given(images, st.lists(st.integers(1, 9), min_size=3, max_size=3))
def test_concatenation_is_associative(x, channels) -> None:
    a, b, c = (Shape(x[0], n, *x[2:]) for n in channels)
    join = L.Concat().out
    assert join(join(a, b), c) == join(a, join(b, c)) == join(a, b, c)
    assert join(a, b, c)[1] == sum(channels)


@given(images, st.data())
def test_broadcasting_does_not_ask_for_an_order(x, data) -> None:
    y = Shape(x[0], *[data.draw(st.sampled_from([1, n])) for n in x[1:]])
    for kind in (L.Add, L.Mul, L.Maximum, L.Minimum, L.Mean):
        assert kind().out(x, y) == kind().out(y, x) == x
        assert ops_of(kind(), x, y) == ops_of(kind(), y, x)


@given(images, st.integers(1, 3))
def test_upsampling_and_a_mean_of_what_was_repeated_keep_the_size(x, r) -> None:
    assert L.AvgPool(r).out(L.Upsample(r).out(x)) == x


# work and weights


def knows_no_batch(layer, xs) -> bool:
    """An array of its own, the user's own number, or statistics that the whole batch shares."""
    return layer.kind in ("parameter", "opaque", "foreign") or (
        layer.kind == "batch_norm" and not layer.track_running_stats
    )


@every_sample(knows_no_batch)
def test_operations_are_linear_in_the_batch(layer, xs) -> None:
    one = ops_of(layer, *[Shape(1, *x[1:]) for x in xs])
    for batch in (2, 7):
        many = ops_of(layer, *[Shape(batch, *x[1:]) for x in xs])
        assert many == {name: batch * value for name, value in one.items()}


@every_sample()
def test_weights_do_not_know_the_batch(layer, xs) -> None:
    found = [
        (layer.weights(*shapes), layer.buffers(*shapes))
        for shapes in (xs, [Shape(1, *x[1:]) for x in xs], [Shape(7, *x[1:]) for x in xs])
    ]
    assert found[0] == found[1] == found[2]


#: Kinds whose weights lie along a dimension that is spatial in an image.
ALONG_SPACE = ("layer_norm", "rms_norm", "l2_norm", "linear", "bilinear", "rnn", "lstm", "gru", "multi_head_attention")


@every_sample(lambda layer, xs: len(xs) > 1 or layer.kind in ALONG_SPACE)
def test_weights_do_not_know_the_spatial_size(layer, xs) -> None:
    larger = Shape(*xs[0][:2], *[2 * n for n in xs[0][2:]])
    assert layer.weights(*xs) == layer.weights(larger)


@given(images, small, st.sampled_from([1, 2, 3, 6]), st.booleans())
def test_groups_divide_the_work_and_the_weights(x, k, groups, bias) -> None:
    assume(all(n >= k for n in x[2:]))
    for kind in (L.Conv, L.ConvTranspose):
        whole, cut = kind(6, kernel_size=k, bias=bias), kind(6, kernel_size=k, bias=bias, groups=groups)
        assert ops_of(whole, x)["mac"] == groups * ops_of(cut, x)["mac"]
        assert whole.weights(x)["weight"].numel == groups * cut.weights(x)["weight"].numel
        assert ops_of(whole, x)["add"] == ops_of(cut, x)["add"]
        assert whole.out(x) == cut.out(x)


@given(images, st.sampled_from([1, 3, 5]), st.integers(1, 20))
def test_a_separable_convolution_costs_one_over_out_plus_one_over_kernel(x, k, out) -> None:
    """Howard et al. 2017 (MobileNet), 3.1: 1/N + 1/D_K^2."""
    depthwise, pointwise = L.Conv(x[1], kernel_size=k, padding="same", groups=x[1]), L.Conv(out, kernel_size=1)
    full = L.Conv(out, kernel_size=k, padding="same")
    cost = ops_of(depthwise, x)["mac"] + ops_of(pointwise, depthwise.out(x))["mac"]
    assert Fraction(cost, ops_of(full, x)["mac"]) == Fraction(1, out) + Fraction(1, k ** (len(x) - 2))


@given(st.integers(1, 2), st.sampled_from([1, 3, 7]))
def test_stacked_three_by_three_see_like_one_larger_kernel_for_less(more, channels) -> None:
    """Simonyan & Zisserman 2015 (VGG), 2.3: two see 5x5, three 7x7; 27 C^2 weights instead of 49 C^2."""
    times, large = more + 1, 2 * more + 3
    conv = {"out_channels": channels, "bias": False}
    stack, one = (
        analyze_data({"input": [channels, 23, 29], "layers": layers})
        for layers in ([{"conv": {**conv, "kernel_size": 3}}] * times, [{"conv": {**conv, "kernel_size": large}}])
    )
    assert stack.totals.receptive_field == one.totals.receptive_field
    assert stack.outputs[0].shape == one.outputs[0].shape
    assert stack.totals.params == times * 9 * channels**2
    assert one.totals.params == large**2 * channels**2


@given(images, st.integers(1, 9))
def test_a_one_by_one_convolution_is_a_linear_layer_on_channels_last(x, out) -> None:
    last = (0, *range(2, len(x)), 1)
    turned = L.Permute(last).out(x)
    conv, linear = L.Conv(out, kernel_size=1), L.Linear(out)
    assert ops_of(conv, x) == ops_of(linear, turned)
    assert conv.params(x) == linear.params(turned)


@given(images)
def test_global_pooling_is_adaptive_pooling_to_one(x) -> None:
    for whole, cut in ((L.GlobalAvgPool(), L.AdaptiveAvgPool(1)), (L.GlobalMaxPool(), L.AdaptiveMaxPool(1))):
        assert whole.out(x) == cut.out(x)
        assert ops_of(whole, x) == ops_of(cut, x)


@given(images)
def test_instance_norm_is_group_norm_with_a_group_for_each_channel(x) -> None:
    assert ops_of(L.InstanceNorm(affine=True), x) == ops_of(L.GroupNorm(x[1]), x)


@every_sample(lambda layer, xs: not layer.view)
def test_a_view_keeps_its_elements_or_takes_some(layer, xs) -> None:
    assert sum(y.numel for y in layer.outs(*xs)) <= xs[0].numel
    assert not any(ops_of(layer, *xs).values())
    assert not layer.weights(*xs)


@every_sample()
def test_facts_do_not_depend_on_when_they_are_asked(layer, xs) -> None:
    first, again = facts(layer, xs), facts(layer, xs)
    for name in first.__struct_fields__:
        assert getattr(first, name) == getattr(again, name)
    assert first.params == (None if first.weights is None else sum(w.numel for w in first.weights.values()))
