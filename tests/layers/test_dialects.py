"""Padding dialects of other frameworks, by their own formulas and by hand."""

from __future__ import annotations

from itertools import product

import pytest

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.shape import Shape


def line(layer, n):
    return layer.out(Shape(2, 3, n))[2]


def keras_conv(n, k, padding, s, d):
    """keras/src/ops/operation_utils.py compute_conv_output_shape, and keras 2 conv_utils.conv_output_length."""
    extent = k + (k - 1) * (d - 1)
    length = {"same": n, "causal": n, "valid": n - extent + 1, "full": n + extent - 1}[padding]
    return (length + s - 1) // s


def keras_transpose(n, k, padding, s, d):
    """keras 2 conv_utils.deconv_output_length without output_padding."""
    extent = k + (k - 1) * (d - 1)
    if padding == "valid":
        return n * s + max(extent - s, 0)
    if padding == "full":
        return n * s - (s + extent - 2)
    return n * s


@pytest.mark.parametrize("padding", ["same", "valid", "causal", "full"])
def test_convolutions_are_as_long_as_those_of_keras(padding) -> None:
    for n, k, s, d in product(range(1, 14), range(1, 6), range(1, 5), range(1, 4)):
        wanted = keras_conv(n, k, padding, s, d)
        layer = L.Conv(5, kernel_size=k, stride=s, dilation=d, padding=padding)
        if wanted < 1:
            with pytest.raises(LayerError):
                line(layer, n)
        else:
            assert line(layer, n) == wanted


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_transposed_convolutions_are_as_long_as_those_of_keras(padding) -> None:
    for n, k, s, d in product(range(1, 9), range(1, 6), range(1, 5), range(1, 3)):
        layer = L.ConvTranspose(5, kernel_size=k, stride=s, dilation=d, padding=padding)
        assert line(layer, n) == keras_transpose(n, k, padding, s, d)


@pytest.mark.parametrize(
    ("n", "k", "s", "padding", "out"),
    [(4, 3, 2, "valid", 9), (4, 3, 2, "same", 8), (5, 2, 3, "valid", 15), (7, 5, 1, "same", 7), (7, 5, 1, "valid", 11)],
)
def test_transposed_lengths_by_hand(n, k, s, padding, out) -> None:
    assert line(L.ConvTranspose(5, kernel_size=k, stride=s, padding=padding), n) == out


def test_padding_zero_pads_nothing_where_keras_valid_fills_a_stride() -> None:
    """torch and ONNX: (n - 1) * stride + extent, even where the kernel is shorter than the stride."""
    assert line(L.ConvTranspose(5, kernel_size=2, stride=3, padding=0), 5) == 4 * 3 + 2
    assert line(L.ConvTranspose(5, kernel_size=2, stride=3, padding="valid"), 5) == 5 * 3


def caffe_pool(n, k, s, p):
    """BVLC caffe src/caffe/layers/pooling_layer.cpp Reshape."""
    out = -(-(n + 2 * p - k) // s) + 1
    if p and (out - 1) * s >= n + p:
        out -= 1
    return out


def torch_pool(n, k, s, p):
    """aten/src/ATen/native/Pool.h pooling_output_shape_pad_lr with ceil_mode."""
    out = (n + 2 * p - (k - 1) - 1 + s - 1) // s + 1
    if (out - 1) * s >= n + p:
        out -= 1
    return out


@pytest.mark.parametrize("kind", [L.MaxPool, L.AvgPool, L.LpPool], ids=lambda kind: kind.kind)
def test_each_ceil_dialect_is_as_long_as_its_framework_makes_it(kind) -> None:
    both = set()
    for n, k, s, p in product(range(1, 14), range(1, 5), range(1, 5), range(3)):
        if p >= k or n + 2 * p < k:
            continue
        pool = {"kernel_size": k, "stride": s, "padding": p}
        for word in (True, "torch", "onnx"):
            assert line(kind(**pool, ceil_mode=word), n) == torch_pool(n, k, s, p)
        wanted = caffe_pool(n, k, s, p)
        if (wanted - 1) * s - p < n:
            assert line(kind(**pool, ceil_mode="caffe"), n) == wanted
        else:  # Caffe's last window lies behind the input: -FLT_MAX, or 0 / 0
            both.add((n, k, s, p))
            with pytest.raises(LayerError) as error:
                line(kind(**pool, ceil_mode="caffe"), n)
            assert error.value.code == "CNN-E406"
    assert both
    assert all(p == 0 and k < s for _, k, s, p in both)


@pytest.mark.parametrize(
    ("n", "k", "s", "p", "floor", "ceil"),
    [
        (112, 3, 2, 0, 55, 56),  # GoogLeNet pool1
        (56, 3, 2, 0, 27, 28),  # GoogLeNet pool2
        (55, 3, 2, 0, 27, 27),  # AlexNet pool1
        (28, 3, 1, 1, 28, 28),  # an inception's own pool
        (113, 3, 2, 0, 56, 56),
        (112, 3, 2, 1, 56, 57),  # ResNet's pool: torchvision floors, Caffe's without padding ceils
    ],
)
def test_the_dialect_is_the_users_choice(n, k, s, p, floor, ceil) -> None:
    pool = {"kernel_size": k, "stride": s, "padding": p}
    assert line(L.MaxPool(**pool), n) == floor
    for word in (True, "torch", "onnx", "caffe"):
        assert line(L.MaxPool(**pool, ceil_mode=word), n) == ceil
