"""Pooling to a wanted size: global and adaptive."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from cnnshape.geometry.resample import Adaptive
from cnnshape.geometry.resample import Whole as WholeAxis
from cnnshape.layers.base import Carry, Layer, Size, per_axis, spatial_rank
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class _Global(Layer, frozen=True):
    """One value per channel; `keepdim: false` drops the spatial axes."""

    keepdim: bool = True

    def out(self, x: Shape) -> Shape:
        """(N, C, 1, 1) or (N, C)."""
        rank = spatial_rank(x, self.kind)
        return Shape(x[0], x[1], *[1] * rank) if self.keepdim else Shape(x[0], x[1])

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Every axis is seen as a whole."""
        return tuple(Carry(axis, axis, WholeAxis()) for axis in range(2, len(x))) if self.keepdim else ()


class GlobalAvgPool(_Global, frozen=True):
    """Average every channel over all of its positions.

    Shape:   (N, C, H, W) -> (N, C, 1, 1), or (N, C) without keepdim
    Ops:     add = numel - N * C
             div = N * C
    Source:  ONNX GlobalAveragePool; Keras GlobalAveragePooling2D

    >>> GlobalAvgPool().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 1, 1)
    """

    kind: ClassVar[str] = "global_avg_pool"

    def ops(self, y: Shape, x: Shape) -> Ops:
        """A sum and a division for each channel."""
        return Ops(add=x.numel - y.numel, div=y.numel)


class GlobalMaxPool(_Global, frozen=True):
    """Keep the largest value of every channel.

    Shape:   (N, C, H, W) -> (N, C, 1, 1), or (N, C) without keepdim
    Ops:     cmp = numel - N * C
    Source:  ONNX GlobalMaxPool; Keras GlobalMaxPooling2D

    >>> GlobalMaxPool(keepdim=False).out(Shape(2, 3, 7, 11))
    Shape(2, 3)
    """

    kind: ClassVar[str] = "global_max_pool"
    saves: ClassVar[Any] = "input"
    mask_bytes: ClassVar[int] = 8

    def ops(self, y: Shape, x: Shape) -> Ops:
        """One comparison less than there are positions, for each channel."""
        return Ops(cmp=x.numel - y.numel)


class _Adaptive(Layer, frozen=True):
    """As many windows per axis as outputs are wanted, as equal as integers allow."""

    shorthand: ClassVar[str] = "output_size"

    output_size: Size

    def windows(self, x: Shape) -> tuple[Any, ...]:
        """One adaptive map per axis; a single output sees the whole axis."""
        sizes = per_axis(self.output_size, spatial_rank(x, self.kind), "output_size")
        return tuple(WholeAxis() if size == 1 else Adaptive(n, size) for n, size in zip(x[2:], sizes, strict=True))

    def out(self, x: Shape) -> Shape:
        """(N, C, *output_size)."""
        rank = spatial_rank(x, self.kind)
        return Shape(x[0], x[1], *per_axis(self.output_size, rank, "output_size"))

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:
        """taps: the sizes of all windows together."""
        return {"taps": prod(Adaptive(n, size).taps_total for n, size in zip(x[2:], y[2:], strict=True))}


class AdaptiveAvgPool(_Adaptive, frozen=True):
    """Average windows that are chosen to give the wanted size.

    Shape:   (N, C, H, W) -> (N, C, *output_size)
             window o covers floor(o*H/H') .. ceil((o+1)*H/H') - 1
    Ops:     add = N * C * (taps - H' * W')
             div = N * C * H' * W'
    Source:  torch.nn.AdaptiveAvgPool2d

    >>> AdaptiveAvgPool(output_size=6).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 6, 6)
    """

    kind: ClassVar[str] = "adaptive_avg_pool"

    def ops(self, y: Shape, x: Shape) -> Ops:
        """A sum and a division for each output."""
        return Ops(add=y[0] * y[1] * (self.terms(y, x)["taps"] - prod(y[2:])), div=y.numel)


class AdaptiveMaxPool(_Adaptive, frozen=True):
    """Keep the largest value of windows that are chosen to give the wanted size.

    Shape:   (N, C, H, W) -> (N, C, *output_size)
             window o covers floor(o*H/H') .. ceil((o+1)*H/H') - 1
    Ops:     cmp = N * C * (taps - H' * W')
    Source:  torch.nn.AdaptiveMaxPool2d

    >>> AdaptiveMaxPool(output_size=(3, 5)).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 3, 5)
    """

    kind: ClassVar[str] = "adaptive_max_pool"
    saves: ClassVar[Any] = "input"
    mask_bytes: ClassVar[int] = 8

    def ops(self, y: Shape, x: Shape) -> Ops:
        """One comparison less than there are taps, for each output."""
        return Ops(cmp=y[0] * y[1] * (self.terms(y, x)["taps"] - prod(y[2:])))
