"""Convolution and transposed convolution."""

from __future__ import annotations

from math import gcd, prod
from typing import Any, ClassVar

from cnnshape.errors import LayerError
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window
from cnnshape.layers.base import (
    Count,
    Extra,
    KernelSize,
    Layer,
    Padding,
    Stride,
    divisor,
    per_axis,
    sides,
    sliding_windows,
    spatial_rank,
)
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class Conv(Layer, frozen=True):
    """Slide `out_channels` filters over the spatial axes.

    Shape:   (N, C, H, W) -> (N, out_channels, H', W')
             H' = (H + before + after - dilation*(kernel-1) - 1) // stride + 1
    Weights: weight (out_channels, C // groups, kh, kw); bias (out_channels,)
    Ops:     mac = N * out_channels * H' * W' * (C // groups) * kh * kw
             add = N * out_channels * H' * W' if bias else 0
    Errors:  CNN-E401 if the window is larger than the padded input
             CNN-E402 if groups divides not both C and out_channels
    Source:  ONNX Conv; torch.nn.Conv2d; Dumoulin & Visin 2016

    >>> Conv(out_channels=10, kernel_size=5, padding=2).params(Shape(1, 3, 32, 32))
    760
    """

    kind: ClassVar[str] = "conv"
    shorthand: ClassVar[str] = "out_channels"
    saves: ClassVar[Any] = "input"

    out_channels: Count
    kernel_size: KernelSize = 3
    stride: Stride = 1
    padding: Padding = 0
    dilation: Stride = 1
    groups: Count = 1
    bias: bool = True

    def windows(self, x: Shape) -> tuple[Window, ...]:
        """One window per spatial axis."""
        return sliding_windows(self, x, self.kernel_size)

    def out(self, x: Shape) -> Shape:
        """(N, out_channels, H', W')."""
        windows = self.windows(x)
        _check_groups(self, x)
        return Shape(x[0], self.out_channels, *[w.out_size(n) for w, n in zip(windows, x[2:], strict=True)])

    def weights(self, x: Shape) -> dict[str, Shape]:
        """`weight` in OIHW order and perhaps `bias`."""
        kernel = per_axis(self.kernel_size, len(x) - 2, "kernel_size")
        weight = Shape(self.out_channels, x[1] // self.groups, *kernel)
        return {"weight": weight, "bias": Shape(self.out_channels)} if self.bias else {"weight": weight}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Each output is a dot product over C // groups channels of the window, plus perhaps a bias."""
        kernel = per_axis(self.kernel_size, len(x) - 2, "kernel_size")
        outputs = y.numel
        return Ops(mac=outputs * (x[1] // self.groups) * prod(kernel), add=outputs if self.bias else 0)


class ConvTranspose(Layer, frozen=True):
    """Lay `out_channels` filters down once per input position and sum where they overlap.

    Shape:   (N, C, H, W) -> (N, out_channels, H', W')
             H' = (H - 1) * stride + dilation*(kernel-1) + 1 - before - after + output_padding
    Weights: weight (C, out_channels // groups, kh, kw); bias (out_channels,)
    Ops:     mac = N * C * H * W * (out_channels // groups) * kh * kw
             add = N * out_channels * H' * W' if bias else 0
    Errors:  CNN-E402 if groups divides not both C and out_channels
             CNN-E406 if output_padding is not smaller than stride or dilation, or nothing is left
    Source:  ONNX ConvTranspose; torch.nn.ConvTranspose2d; Dumoulin & Visin 2016, chapter 4

    >>> ConvTranspose(out_channels=4, kernel_size=2, stride=2).out(Shape(1, 8, 7, 11))
    Shape(1, 4, 14, 22)
    """

    kind: ClassVar[str] = "conv_transpose"
    shorthand: ClassVar[str] = "out_channels"
    saves: ClassVar[Any] = "input"

    out_channels: Count
    kernel_size: KernelSize = 3
    stride: Stride = 1
    padding: Padding = 0
    output_padding: Extra = 0
    dilation: Stride = 1
    groups: Count = 1
    bias: bool = True

    def windows(self, x: Shape) -> tuple[Transposed, ...]:
        """One transposed window per spatial axis; `same` makes the output n * stride (Keras, ONNX)."""
        rank = spatial_rank(x, self.kind)
        kernels = per_axis(self.kernel_size, rank, "kernel_size")
        strides = per_axis(self.stride, rank, "stride")
        dilations = per_axis(self.dilation, rank, "dilation")
        paddings = per_axis(self.padding, rank, "padding")
        extras = per_axis(self.output_padding, rank, "output_padding")
        windows = []
        for axis in range(rank):
            pad, extra = sides(paddings[axis]), extras[axis]
            extent = dilations[axis] * (kernels[axis] - 1) + 1
            if extra >= max(strides[axis], dilations[axis]):
                raise LayerError(
                    "CNN-E406",
                    f"output_padding {extra} must be smaller than stride {strides[axis]} or dilation {dilations[axis]}",
                    fixes=({"output_padding": strides[axis] - 1},),
                )
            if isinstance(pad, str):
                pad, extra = _transposed_by_word(pad, extent, strides[axis], extra)
            way = Transposed(kernels[axis], strides[axis], dilations[axis], pad[0], pad[1], extra)
            if way.out_size(x[axis + 2]) < 1:
                raise LayerError(
                    "CNN-E406",
                    f"padding {pad[0]} + {pad[1]} cuts all of the {(x[axis + 2] - 1) * strides[axis] + extent} outputs",
                    f"input {x}",
                    fixes=({"padding": 0},),
                )
            windows.append(way)
        return tuple(windows)

    def out(self, x: Shape) -> Shape:
        """(N, out_channels, H', W')."""
        windows = self.windows(x)
        _check_groups(self, x)
        return Shape(x[0], self.out_channels, *[w.out_size(n) for w, n in zip(windows, x[2:], strict=True)])

    def weights(self, x: Shape) -> dict[str, Shape]:
        """`weight` in torch's (in, out // groups, kh, kw) order and perhaps `bias`."""
        kernel = per_axis(self.kernel_size, len(x) - 2, "kernel_size")
        weight = Shape(x[1], self.out_channels // self.groups, *kernel)
        return {"weight": weight, "bias": Shape(self.out_channels)} if self.bias else {"weight": weight}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Each input is multiplied once by each tap of out_channels // groups filters: counted at input positions."""
        kernel = per_axis(self.kernel_size, len(x) - 2, "kernel_size")
        macs = x.numel * (self.out_channels // self.groups) * prod(kernel)
        return Ops(mac=macs, add=y.numel if self.bias else 0)


def _transposed_by_word(word: str, extent: int, stride: int, extra: int) -> tuple[tuple[int, int], int]:
    """What the padding words mean for a transposed axis: ((before, after), extra).

    Source: ONNX ConvTranspose auto_pad (output = n * stride); keras compute_conv_transpose_output_length
    """
    if word in ("same", "same_upper", "same_lower"):
        total = extent - stride + extra
        if total < 0:  # a kernel shorter than the stride: the missing positions are added behind
            return (0, 0), extra - total
        half = total // 2
        return ((total - half, half) if word == "same_lower" else (half, total - half)), extra
    if word == "valid":  # Keras fills up to a whole stride: (n - 1) * stride + max(extent, stride)
        return (0, 0), extra + max(0, stride - extent)
    if word == "causal":
        return (0, max(0, extent - stride)), extra
    return (extent - 1, extent - 1), extra


def _check_groups(layer: Any, x: Shape) -> None:
    """Raise CNN-E402 unless groups divides both channel counts."""
    groups, wanted = layer.groups, layer.out_channels
    if x[1] % groups == 0 and wanted % groups == 0:
        return
    facts = [
        f"groups={groups} does not divide {name}={value}: {value} = {value // groups} * {groups} + {value % groups}"
        for name, value in (("in_channels", x[1]), ("out_channels", wanted))
        if value % groups
    ]
    near = divisor(gcd(x[1], wanted), groups)
    raise LayerError("CNN-E402", facts[0], *facts[1:], f"input {x}", fixes=({"groups": near},), field="groups")
