"""Layers that Hypothesis draws: every dialect of padding and size, on sequences, images and volumes."""

from __future__ import annotations

from hypothesis import assume
from hypothesis import strategies as st

from cnnshape import layers as L  # noqa: N812
from cnnshape.errors import LayerError
from cnnshape.shape import Shape

WORDS = ("same", "same_upper", "same_lower", "valid", "full", "causal")
FACTORS = (1, 2, 3, 1.5, 0.5, 2.5, 0.7, 1.3)


def each(rank, one):
    """One value for all axes, or one per axis."""
    return one | st.tuples(*[one] * rank)


def paddings(rank):
    number = st.integers(0, 2)
    return st.sampled_from(WORDS) | each(rank, number) | st.tuples(*[st.tuples(number, number)] * rank)


def pools(rank):
    fields = {
        "kernel_size": each(rank, st.integers(1, 4)),
        "stride": st.none() | each(rank, st.integers(1, 3)),
        "padding": paddings(rank),
        "dilation": st.sampled_from((1, 1, 2)),
        "ceil_mode": st.sampled_from((False, True, "caffe", "onnx")),
    }
    return (
        st.builds(L.MaxPool, **fields)
        | st.builds(L.AvgPool, **fields, count_include_pad=st.booleans())
        | st.builds(L.LpPool, **fields, norm_type=st.sampled_from((1.0, 2.0, 3.0, 2.5)))
    )


def convolutions(rank, channels):
    fields = {
        "out_channels": st.sampled_from((channels, 2 * channels)),
        "kernel_size": each(rank, st.integers(1, 4)),
        "stride": each(rank, st.integers(1, 3)),
        "padding": paddings(rank),
        "dilation": st.sampled_from((1, 1, 2)),
        "groups": st.sampled_from((1, 2, channels)),
        "bias": st.booleans(),
    }
    return st.builds(L.Conv, **fields) | st.builds(
        L.ConvTranspose, **fields, output_padding=each(rank, st.integers(0, 1))
    )


def resizes(rank):
    size = each(rank, st.integers(1, 13))
    modes = st.sampled_from(("nearest", "linear", "bicubic", "area"))
    factor = st.sampled_from(FACTORS)
    return (
        st.builds(L.AdaptiveAvgPool, size)
        | st.builds(L.AdaptiveMaxPool, size)
        | st.builds(L.Upsample, size=size, mode=modes, align_corners=st.booleans())
        | st.builds(L.Upsample, scale_factor=each(rank, factor), mode=modes, align_corners=st.booleans())
    )


def borders(rank):
    number = st.integers(0, 2)
    modes = st.sampled_from(("constant", "zeros", "reflect", "replicate", "circular"))
    pads = number | st.tuples(*[st.tuples(number, number)] * rank)
    return st.builds(L.Padding, padding=pads, mode=modes)


@st.composite
def layers_on_images(draw):
    """(layer, the shape of its input), such that the layer takes it."""
    rank, channels = draw(st.integers(1, 3)), draw(st.sampled_from((4, 6)))
    layer = draw(pools(rank) | convolutions(rank, channels) | resizes(rank) | borders(rank))
    x = Shape(draw(st.integers(1, 2)), channels, *[draw(st.integers(1, 11)) for _ in range(rank)])
    try:
        layer.outs(x)
    except LayerError:
        assume(False)
    return layer, x
