"""What slides a window: convolutions, plain, transposed and quantised, and pools."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from cnnshape.layers import BY_NAME
from cnnshape.readers.onnx.scope import Made, Scope

#: ONNX's words for padding; VALID of a transposed convolution is padding 0, unlike Keras's.
WORDS = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower"}


def _one(values: tuple[Any, ...]) -> Any:
    """One number where all are equal, as a person would write it; a pair alone would mean two axes."""
    return values[0] if isinstance(values[0], int) and values.count(values[0]) == len(values) else values


def padding(s: Scope, rank: int) -> Any:
    """Pairs, one number, or a word."""
    word = s.get("auto_pad", "NOTSET")
    if word in WORDS:
        return WORDS[word]
    pads = s.sizes("pads", 2 * rank, 0) if word == "NOTSET" else (0,) * 2 * rank
    pairs = tuple(
        [before if before == after else (before, after) for before, after in zip(pads, pads[rank:], strict=False)]
    )
    return _one(pairs[:rank])


def conv(s: Scope) -> Made | None:
    """Conv: weight and bias are inputs 1 and 2."""
    return _conv(s, weight=1, bias=2)


def conv_integer(s: Scope) -> Made | None:
    """ConvInteger: zero points may follow; there is no bias."""
    return _conv(s, weight=1, bias=-1)


def qlinear_conv(s: Scope) -> Made | None:
    """QLinearConv: x, its scale and zero point, the weight, its own, those of y, the bias."""
    return _conv(s, weight=3, bias=8)


def _conv(s: Scope, weight: int, bias: int) -> Made | None:
    x, w = s.x(), s.x(weight)
    rank = len(w) - 2
    macs = prod(s.y) * prod(w[1:])
    if not s.flows(0) or not s.fixed(weight) or not (bias < 0 or s.fixed(bias)) or len(x) != len(w):
        return Made(None, macs=macs)
    biased = bias >= 0 and s.has(bias)
    layer: Any = BY_NAME["conv"](
        out_channels=w[0],
        kernel_size=_one(w[2:]) if rank else 1,
        stride=_one(s.sizes("strides", rank, 1)) if rank else 1,
        padding=padding(s, rank) if rank else 0,
        dilation=_one(s.sizes("dilations", rank, 1)) if rank else 1,
        groups=s.get("group", 1),
        bias=biased,
    )
    return Made(layer, (0,), (weight, bias) if biased else (weight,), macs=macs)


def conv_transpose(s: Scope) -> Made | None:
    """ConvTranspose, its padding in numbers: auto_pad and output_shape follow from the output's size."""
    x, w = s.x(), s.x(1)
    rank, groups = len(w) - 2, s.get("group", 1)
    macs = prod(x) * prod(w[1:])
    if not s.flows(0) or not s.fixed(1, 2) or rank < 1:
        return Made(None, macs=macs)
    strides, dilations = s.sizes("strides", rank, 1), s.sizes("dilations", rank, 1)
    extra = s.sizes("output_padding", rank, 0)
    word = s.get("auto_pad", "NOTSET")
    pads: list[tuple[int, int]] = []
    for axis in range(rank):
        natural = (x[axis + 2] - 1) * strides[axis] + dilations[axis] * (w[axis + 2] - 1) + 1 + extra[axis]
        given = s.sizes("pads", 2 * rank, 0)
        if s.get("output_shape", None) or word in WORDS:
            total = natural - s.y[axis + 2]
            half = total // 2
            # ONNX: SAME_UPPER puts the odd position behind, all others in front.
            pads.append((half, total - half) if word == "SAME_UPPER" else (total - half, half))
        else:
            pads.append((0, 0) if word == "VALID" else (given[axis], given[axis + rank]))
    if min(map(min, pads)) < 0:
        # What is missing is added behind.
        extra = tuple([e - min(0, sum(pair)) for e, pair in zip(extra, pads, strict=True)])
        pads = [pair if min(pair) >= 0 else (0, 0) for pair in pads]
    pairs = tuple([pair[0] if pair[0] == pair[1] else pair for pair in pads])
    layer: Any = BY_NAME["conv_transpose"](
        out_channels=w[1] * groups,
        kernel_size=_one(w[2:]),
        stride=_one(strides),
        padding=_one(pairs),
        output_padding=_one(extra),
        dilation=_one(dilations),
        groups=groups,
        bias=s.has(2),
    )
    return Made(layer, (0,), (1, 2) if s.has(2) else (1,), macs=macs)


def pool(kind: str) -> Callable[[Scope], Made | None]:
    """MaxPool, AveragePool, LpPool."""

    def build(s: Scope) -> Made | None:
        rank = len(s.x()) - 2
        fields: dict[str, Any] = {
            "kernel_size": _one(s.sizes("kernel_shape", rank, 1)),
            "stride": _one(s.sizes("strides", rank, 1)),
            "padding": padding(s, rank),
            "dilation": _one(s.sizes("dilations", rank, 1)),
        }
        if s.get("ceil_mode", 0):
            fields["ceil_mode"] = "onnx"
        if kind == "avg_pool":
            fields["count_include_pad"] = bool(s.get("count_include_pad", 0))
        elif kind == "lp_pool":
            fields["norm_type"] = float(s.get("p", 2))
        return Made(BY_NAME[kind](**fields))

    return build


def global_pool(kind: str) -> Callable[[Scope], Made | None]:
    """One value per channel; on points without axes behind the channels there is nothing to pool."""

    def build(s: Scope) -> Made | None:
        return Made(BY_NAME[kind]()) if 3 <= len(s.x()) <= 5 else None

    return build


def reduced(kind: str) -> Callable[[Scope], Made | None]:
    """A mean or maximum over exactly the spatial axes is a global pool."""

    def build(s: Scope) -> Made | None:
        x = s.x()
        axes = s.ints(1) if s.has(1) else s.attributes.get("axes")
        if axes is None or not 3 <= len(x) <= 5 or {axis % len(x) for axis in axes} != set(range(2, len(x))):
            return None
        return Made(BY_NAME[kind](keepdim=bool(s.get("keepdims", 1))))

    return build
