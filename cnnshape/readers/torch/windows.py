"""Convolution, pooling, resampling."""

from __future__ import annotations

from math import prod
from typing import Any

from cnnshape.readers.torch.op import Builder, Made, Op, one


def conv(op: Op) -> Made | None:
    """A convolution; `convolution` says in a flag whether it is transposed."""
    if op.arg("transposed", default=False):
        return conv_transpose(op)
    weight = op.shape("weight")
    if len(op.shape("input", "self")) != len(weight):
        return _alone(op, transposed=False)
    padding = op.arg("padding", 0)
    layer = op.kind(
        "conv",
        out_channels=weight[0],
        kernel_size=one(weight[2:]),
        stride=op.sizes("stride", 1),
        padding=padding if isinstance(padding, str) else one(padding),
        dilation=op.sizes("dilation", 1),
        groups=op.arg("groups", 1),
        bias=op.ref("bias") is not None,
    )
    return Made(layer, _inputs(op), op.weights("weight", "bias"))


def _inputs(op: Op) -> Any:
    """The image alone, or with whatever computed its filters."""
    return (op.x("input", "self"),)


def conv_transpose(op: Op) -> Made | None:
    """A transposed convolution."""
    weight, groups = op.shape("weight"), op.arg("groups", 1)
    if len(op.shape("input", "self")) != len(weight):
        return _alone(op, transposed=True)
    layer = op.kind(
        "conv_transpose",
        out_channels=weight[1] * groups,
        kernel_size=one(weight[2:]),
        stride=op.sizes("stride", 1),
        padding=op.sizes("padding", 0),
        output_padding=op.sizes("output_padding", 0),
        dilation=op.sizes("dilation", 1),
        groups=groups,
        bias=op.ref("bias") is not None,
    )
    return Made(layer, _inputs(op), op.weights("weight", "bias"))


def _alone(op: Op, *, transposed: bool) -> Made:
    """A convolution of one image without a batch, which torch allows and no kind here does: its cost, where it is told.

    Every number of the output, or of the input of a transposed one, meets one filter: all that belongs to a channel.
    """
    x, weight, y = op.shape("input", "self"), op.shape("weight"), op.stated()
    channels = weight[0] if transposed else weight[1] * op.arg("groups", 1)
    if len(x) + 1 != len(weight) or y is None or x[0] != channels:
        return Made()
    return Made(macs=prod(x if transposed else y) * prod(weight[1:]))


def _unbatched(op: Op) -> bool:
    """Whether an image without a batch comes in, which torch allows; no kind here does."""
    rank = next((int(char) for char in op.name if char.isdigit()), 0)
    return len(op.shape()) != rank + 2


def max_pool(op: Op) -> Made | None:
    """A maximum under a window."""
    if _unbatched(op):
        return None
    return op.plain(
        "max_pool",
        kernel_size=op.sizes("kernel_size"),
        stride=op.sizes("stride"),
        padding=op.sizes("padding", 0),
        dilation=op.sizes("dilation", 1),
        ceil_mode=op.arg("ceil_mode", default=False),
    )


def avg_pool(op: Op) -> Made | None:
    """An average under a window."""
    if _unbatched(op):
        return None
    return op.plain(
        "avg_pool",
        kernel_size=op.sizes("kernel_size"),
        stride=op.sizes("stride"),
        padding=op.sizes("padding", 0),
        ceil_mode=op.arg("ceil_mode", default=False),
        count_include_pad=op.arg("count_include_pad", default=True),
    )


def adaptive(kind: str) -> Builder:
    """A pool to a wanted size; the global one for a size of 1."""

    def build(op: Op) -> Made | None:
        if _unbatched(op):
            return None
        size = op.sizes("output_size")
        if size == 1:
            return op.plain(f"global_{kind}_pool")
        return op.plain(f"adaptive_{kind}_pool", output_size=size)

    return build


def reduced(kind: str) -> Builder:
    """A mean or maximum: global pooling where it is over every spatial axis and nothing else."""

    def build(op: Op) -> Made | None:
        x, dims = op.shape(), op.arg("dim")
        dims = [dims] if isinstance(dims, int) else dims or []
        if 3 <= len(x) <= 5 and sorted({d % len(x) for d in dims}) == list(range(2, len(x))):
            return op.plain(kind, keepdim=op.arg("keepdim", default=False))
        return None

    return build


def upsample(mode: str) -> Builder:
    """An interpolation: by factors where the program has some, else to a size."""

    def build(op: Op) -> Made | None:
        aligned = bool(op.arg("align_corners", default=False))
        factors, size = op.arg("scale_factors"), op.arg("output_size")
        if factors and not size:
            factors = [int(f) if float(f).is_integer() else float(f) for f in factors]
            return op.plain("upsample", scale_factor=one(factors), mode=mode, align_corners=aligned)
        return op.plain("upsample", size=one(size), mode=mode, align_corners=aligned)

    return build
