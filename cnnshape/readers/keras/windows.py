"""Convolutions, pools and what else slides or cuts along the axes of an image."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from cnnshape.errors import LayerError, quoted
from cnnshape.readers.keras.activations import activated
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.tensor import Tensor

Builder = Callable[[Call], Tensor]


def image(c: Call, rank: int) -> tuple[Tensor, tuple[int, ...], int]:
    """The input as N, C, *space with `rank` axes of space; its order, and how many of them TimeDistributed adds."""
    steps = c.steps
    axes = rank + steps + 2
    if rank + steps > 3:
        raise Unknown
    last = c.get("data_format", "channels_last") != "channels_first"
    found = c.x.rank or len(c.shape())
    if found != axes:
        raise LayerError("CNN-E404", f"{c.kind} needs {rank + 2} axes, but gets {found - steps}")
    channel = axes - 1 if last else 1 + steps
    space = [k for k in range(1, axes) if k != channel]
    order = [0] * axes
    order[channel] = 1
    for dim, k in enumerate(space, start=2):
        order[k] = dim
    return c.want(c.x, tuple(order)), tuple(order), steps


def _each(c: Call, key: str, rank: int, steps: int, default: Any = None) -> tuple[int, ...]:
    """One number for each axis of space, 1 for each of TimeDistributed's."""
    return (1,) * steps + c.each(key, rank, default)


def _word(c: Call) -> str:
    """Keras' word for the padding."""
    word = c.get("padding", "valid")
    if not isinstance(word, str) or word.lower() not in ("valid", "same", "causal"):
        raise wrong(f"padding is {quoted(word)}, not valid, same or causal")
    return word.lower()


def conv(rank: int) -> Builder:
    """Conv1D, Conv2D, Conv3D."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        fields = {
            "out_channels": c.whole("filters"),
            "kernel_size": _each(c, "kernel_size", rank, steps),
            "stride": _each(c, "strides", rank, steps, 1),
            "padding": _word(c),
            "dilation": _each(c, "dilation_rate", rank, steps, 1),
            "groups": c.whole("groups", 1),
            "bias": c.flag("use_bias", default=True),
        }
        return activated(c, c.node("conv", fields, [x], order), c.config.get("activation"))

    return build


def depthwise(rank: int) -> Builder:
    """DepthwiseConv1D, DepthwiseConv2D: as many groups as channels."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        return activated(
            c, _per_channel(c, x, order, rank, steps, c.flag("use_bias", default=True)), c.get("activation")
        )

    return build


def _per_channel(
    c: Call, x: Tensor, order: tuple[int, ...], rank: int, steps: int, bias: bool, suffix: str = ""
) -> Tensor:
    """`depth_multiplier` filters for each channel."""
    count = c.shape(x)[order.index(1)]
    fields = {
        "out_channels": count * c.whole("depth_multiplier", 1),
        "kernel_size": _each(c, "kernel_size", rank, steps),
        "stride": _each(c, "strides", rank, steps, 1),
        "padding": _word(c),
        "dilation": _each(c, "dilation_rate", rank, steps, 1),
        "groups": count,
        "bias": bias,
    }
    return c.node("conv", fields, [x], order, suffix)


def separable(rank: int) -> Builder:
    """SeparableConv1D, SeparableConv2D: one filter per channel, then all channels at each position."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        x = _per_channel(c, x, order, rank, steps, bias=False, suffix="depthwise")
        fields = {
            "out_channels": c.whole("filters"),
            "kernel_size": 1,
            "bias": c.flag("use_bias", default=True),
        }
        return activated(c, c.node("conv", fields, [x], order), c.get("activation"))

    return build


def transposed(rank: int) -> Builder:
    """Conv1DTranspose, Conv2DTranspose, Conv3DTranspose.

    Without `output_padding` the words mean what our kind knows of them; with it, `same` takes half the window off
    either side, and a position stays in the middle of an odd one.
    """

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        kernel = _each(c, "kernel_size", rank, steps)
        dilation = _each(c, "dilation_rate", rank, steps, 1)
        fields: dict[str, Any] = {
            "out_channels": c.whole("filters"),
            "kernel_size": kernel,
            "stride": _each(c, "strides", rank, steps, 1),
            "padding": _word(c),
            "dilation": dilation,
            "bias": c.flag("use_bias", default=True),
        }
        if c.get("output_padding") is not None:
            extents = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
            half = [e // 2 if fields["padding"] == "same" else 0 for e in extents]
            fields["padding"] = tuple(half) if rank + steps > 1 else half[0]
            fields["output_padding"] = (0,) * steps + c.each("output_padding", rank)
        return activated(c, c.node("conv_transpose", fields, [x], order), c.get("activation"))

    return build


def pool(kind: str, rank: int) -> Builder:
    """MaxPooling and AveragePooling; the average counts no padding."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        size = _each(c, "pool_size", rank, steps, 2)
        fields: dict[str, Any] = {
            "kernel_size": size,
            "stride": _each(c, "strides", rank, steps, list(size[steps:])),
            "padding": _word(c),
        }
        if kind == "avg_pool":
            fields["count_include_pad"] = False
        return c.node(kind, fields, [x], order)

    return build


def _borders(c: Call, key: str, rank: int, steps: int) -> tuple[tuple[int, int], ...]:
    """(before, after) of every axis: one number for all, one for each, or pairs."""
    value = c.get(key, 1)
    if rank == 1 and isinstance(value, list) and len(value) == 2 and all(isinstance(v, int) for v in value):
        value = [value]
    sides = value if isinstance(value, list) else [value] * rank
    pairs = [side if isinstance(side, list) else [side, side] for side in sides]
    if len(pairs) != rank or any(
        len(p) != 2 or any(not isinstance(v, int) or isinstance(v, bool) or v < 0 for v in p) for p in pairs
    ):
        raise wrong(f"{key} is {quoted(value)}, not a border for {rank} ax{'es' if rank > 1 else 'is'}")
    return ((0, 0),) * steps + tuple([(p[0], p[1]) for p in pairs])


def pad(rank: int) -> Builder:
    """ZeroPadding."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        return c.node("pad", {"padding": _borders(c, "padding", rank, steps)}, [x], order)

    return build


def crop(rank: int) -> Builder:
    """Cropping."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        return c.node("crop", {"cropping": _borders(c, "cropping", rank, steps)}, [x], order)

    return build


def enlarge(rank: int) -> Builder:
    """UpSampling."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        word = c.get("interpolation", "nearest")
        factors = _each(c, "size", rank, steps, 2)
        if word not in ("nearest", "bilinear", "bicubic", "area"):
            shape = c.shape(x)
            wide = [n * factors[order[k] - 2] if order[k] > 1 else n for k, n in enumerate(shape)]
            return c.foreign(wide, 0)[0]
        return c.node("upsample", {"scale_factor": factors, "mode": word}, [x], order)

    return build


def resize(c: Call) -> Tensor:
    """Resizing to a height and a width."""
    x, order, steps = image(c, 2)
    word = c.get("interpolation", "bilinear")
    size = (c.whole("height"), c.whole("width"))
    if steps or word not in ("nearest", "bilinear", "bicubic", "area") or c.get("crop_to_aspect_ratio"):
        shape = c.shape(x)
        return c.foreign([size[order[k] - 2 - steps] if order[k] > 1 + steps else n for k, n in enumerate(shape)], 0)[0]
    return c.node("upsample", {"size": size, "mode": word}, [x], order)


def center_crop(c: Call) -> Tensor:
    """CenterCrop and RandomCrop; where the image is smaller, it is enlarged to the size."""
    x, order, steps = image(c, 2)
    size = (c.whole("height"), c.whole("width"))
    shape = c.shape(x)
    if steps or any(shape[order.index(dim + 2)] < n for dim, n in enumerate(size)):
        return c.foreign([size[order[k] - 2 - steps] if order[k] > 1 + steps else n for k, n in enumerate(shape)], 0)[0]
    return c.node("crop", {"size": size}, [x], order)


def _slid(n: int, kernel: int, stride: int, word: str, dilation: int = 1) -> int:
    """How many windows Keras lays along an axis."""
    return -(-n // stride) if word == "same" else max(0, (n - dilation * (kernel - 1) - 1) // stride + 1)


def unshared(rank: int) -> Builder:
    """LocallyConnected1D, LocallyConnected2D of Keras 2: filters of their own at every position."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        shape, filters = c.shape(x), c.whole("filters")
        kernel, stride = c.each("kernel_size", rank), c.each("strides", rank, 1)
        out = [_slid(shape[order.index(dim + 2)], kernel[dim], stride[dim], _word(c)) for dim in range(rank)]
        inputs, places = prod(kernel) * shape[order.index(1)], prod(out)
        bias = places * filters if c.flag("use_bias", default=True) else 0
        whole = [shape[0] if d == 0 else filters if d == 1 else out[d - 2] for d in order]
        if steps:
            raise Unknown
        y = c.foreign(whole, places * filters * inputs + bias, shape[0] * places * filters * inputs, tensors=[x])[0]
        return activated(c, y, c.get("activation"))

    return build


def conv_lstm(rank: int) -> Builder:
    """ConvLSTM1D, ConvLSTM2D, ConvLSTM3D: four gates of two convolutions each, at every step."""

    def build(c: Call) -> Tensor:
        shape, filters = c.shape(), c.whole("filters")
        if len(shape) != rank + 3 or c.steps:
            raise Unknown
        last = c.get("data_format", "channels_last") != "channels_first"
        space, channels = (shape[2:-1], shape[-1]) if last else (shape[3:], shape[2])
        kernel, stride = c.each("kernel_size", rank), c.each("strides", rank, 1)
        dilation = c.each("dilation_rate", rank, 1)
        out = [_slid(*axis) for axis in zip(space, kernel, stride, [_word(c)] * rank, dilation, strict=True)]
        taps = prod(kernel) * (channels + filters)
        bias = 4 * filters if c.flag("use_bias", default=True) else 0
        whole = [shape[0], *([shape[1]] if c.flag("return_sequences", default=False) else [])]
        whole += [*out, filters] if last else [filters, *out]
        if c.flag("return_state", default=False):
            raise Unknown("return_state")
        return c.foreign(whole, 4 * filters * taps + bias, shape[0] * shape[1] * prod(out) * 4 * filters * taps)[0]

    return build
