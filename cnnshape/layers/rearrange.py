"""Moving elements between channels and space."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any, ClassVar, Literal

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Resample
from cnnshape.geometry.window import Window
from cnnshape.layers.base import Layer, Taps, divisor, spatial_rank
from cnnshape.shape import Shape


class _ToSpace(Layer, frozen=True):
    """Channels become space."""

    def block(self) -> int:
        """How much larger every axis becomes."""
        raise NotImplementedError

    def out(self, x: Shape) -> Shape:
        """(N, C / r^rank, H * r, W * r)."""
        rank, r = spatial_rank(x, self.kind), self.block()
        if x[1] % r**rank:
            raise LayerError(
                "CNN-E405",
                f"{self.kind} needs channels that are a multiple of {r}^{rank} = {r**rank}, but gets {x[1]}",
                f"input {x}",
                f"{x[1]} = {x[1] // r**rank} * {r**rank} + {x[1] % r**rank}",
                advice=f"a conv of {max(1, x[1] // r**rank) * r**rank} channels before it",
                field=self.__struct_fields__[0],
            )
        return Shape(x[0], x[1] // r**rank, *[n * r for n in x[2:]])

    def windows(self, x: Shape) -> tuple[Any, ...]:
        """R neighbours see the same position."""
        r = self.block()
        return tuple(Resample(n, n * r, Fraction(1, r)) for n in x[2:])


class _ToDepth(Layer, frozen=True):
    """Space becomes channels."""

    def block(self) -> int:
        """How much smaller every axis becomes."""
        raise NotImplementedError

    def out(self, x: Shape) -> Shape:
        """(N, C * r^rank, H / r, W / r)."""
        rank, r = spatial_rank(x, self.kind), self.block()
        for n in x[2:]:
            if n % r:
                name = self.__struct_fields__[0]
                raise LayerError(
                    "CNN-E405",
                    f"{self.kind} by {r} does not divide {n} of {x}",
                    f"{n} = {n // r} * {r} + {n % r}",
                    fixes=({name: divisor(gcd(*x[2:]), r)},),
                )
        return Shape(x[0], x[1] * r**rank, *[n // r for n in x[2:]])

    def windows(self, x: Shape) -> tuple[Window, ...]:
        """Each output position sees a block."""
        return (Window(self.block(), self.block()),) * (len(x) - 2)


class PixelShuffle(_ToSpace, frozen=True):
    """Rearrange r^2 channels into r x r pixels.

    Shape:   (N, C, H, W) -> (N, C / r^2, H * r, W * r)
    Ops:     none
    Errors:  CNN-E405 if r^2 does not divide C
    Source:  Shi et al. 2016; torch.nn.PixelShuffle

    >>> PixelShuffle(upscale_factor=2).out(Shape(2, 12, 7, 11))
    Shape(2, 3, 14, 22)
    """

    kind: ClassVar[str] = "pixel_shuffle"
    shorthand: ClassVar[str] = "upscale_factor"

    upscale_factor: Taps

    def block(self) -> int:
        """The factor."""
        return self.upscale_factor


class DepthToSpace(_ToSpace, frozen=True):
    """Rearrange block_size^2 channels into blocks of pixels, in ONNX's order.

    Shape:   (N, C, H, W) -> (N, C / block_size^2, H * block_size, W * block_size)
    Ops:     none
    Errors:  CNN-E405 if block_size^2 does not divide C
    Source:  ONNX DepthToSpace

    >>> DepthToSpace(block_size=2).out(Shape(2, 12, 7, 11))
    Shape(2, 3, 14, 22)
    """

    kind: ClassVar[str] = "depth_to_space"
    shorthand: ClassVar[str] = "block_size"

    block_size: Taps
    mode: Literal["DCR", "CRD"] = "DCR"

    def block(self) -> int:
        """The factor."""
        return self.block_size


class PixelUnshuffle(_ToDepth, frozen=True):
    """Rearrange r x r pixels into r^2 channels.

    Shape:   (N, C, H, W) -> (N, C * r^2, H / r, W / r)
    Ops:     none
    Errors:  CNN-E405 if r does not divide H and W
    Source:  torch.nn.PixelUnshuffle

    >>> PixelUnshuffle(downscale_factor=2).out(Shape(2, 3, 14, 22))
    Shape(2, 12, 7, 11)
    """

    kind: ClassVar[str] = "pixel_unshuffle"
    shorthand: ClassVar[str] = "downscale_factor"

    downscale_factor: Taps

    def block(self) -> int:
        """The factor."""
        return self.downscale_factor


class SpaceToDepth(_ToDepth, frozen=True):
    """Rearrange blocks of pixels into channels, in ONNX's order.

    Shape:   (N, C, H, W) -> (N, C * block_size^2, H / block_size, W / block_size)
    Ops:     none
    Errors:  CNN-E405 if block_size does not divide H and W
    Source:  ONNX SpaceToDepth; Darknet reorg

    >>> SpaceToDepth(block_size=2).out(Shape(2, 3, 14, 22))
    Shape(2, 12, 7, 11)
    """

    kind: ClassVar[str] = "space_to_depth"
    shorthand: ClassVar[str] = "block_size"

    block_size: Taps

    def block(self) -> int:
        """The factor."""
        return self.block_size


class ChannelShuffle(Layer, frozen=True):
    """Interleave the channels of several groups.

    Shape:   (N, C, *) -> (N, C, *)
    Ops:     none
    Errors:  CNN-E402 if groups does not divide C
    Source:  Zhang et al. 2018 (ShuffleNet); torch.nn.ChannelShuffle

    >>> ChannelShuffle(groups=3).out(Shape(2, 6, 7, 11))
    Shape(2, 6, 7, 11)
    """

    kind: ClassVar[str] = "channel_shuffle"
    mixes_channels: ClassVar[bool] = True
    shorthand: ClassVar[str] = "groups"

    groups: Taps

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        if len(x) < 2:
            raise LayerError("CNN-E404", f"channel_shuffle needs channels, but gets {x}")
        if x[1] % self.groups:
            raise LayerError(
                "CNN-E402",
                f"groups={self.groups} does not divide the channels of {x}",
                f"{x[1]} = {x[1] // self.groups} * {self.groups} + {x[1] % self.groups}",
                fixes=({"groups": divisor(x[1], self.groups)},),
            )
        return x
