"""Normalisation with statistics: batch, instance, group, layer and RMS norm."""

from __future__ import annotations

from math import prod
from typing import Any, ClassVar

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Whole as WholeAxis
from cnnshape.layers.base import Carry, Count, Index, Layer, divisor
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class BatchNorm(Layer, frozen=True):
    """Normalise every channel by its running statistics; at inference one multiplication and one addition.

    Without running statistics the batch's own count, at inference too.

    Shape:   (N, C, *) -> (N, C, *)
    Weights: weight (C,) if scale; bias (C,) if bias; neither unless affine
    Buffers: running_mean (C,); running_var (C,)
    Ops:     add = numel if track_running_stats else 3 * numel - C + (numel if affine and bias else 0)
             mul = numel if track_running_stats else numel + (numel if affine and scale else 0)
             div = 0 if track_running_stats else numel + 2 * C
             sqrt = 0 if track_running_stats else C
    Errors:  CNN-E404 if the input has no channels
    Source:  Ioffe & Szegedy 2015; torch.nn.BatchNorm2d; ONNX BatchNormalization

    >>> BatchNorm().params(Shape(2, 3, 7, 11))
    6
    """

    kind: ClassVar[str] = "batch_norm"
    saves: ClassVar[Any] = "input"

    affine: bool = True
    track_running_stats: bool = True
    scale: bool = True
    bias: bool = True

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        return _channelled(x, self.kind)

    def carries(self, x: Shape) -> tuple[Carry, ...] | None:
        """Statistics of the batch depend on all positions."""
        if self.track_running_stats:
            return None
        return tuple(Carry(axis, axis, WholeAxis(x[axis])) for axis in range(2, len(x)))

    def weights(self, x: Shape) -> dict[str, Shape]:
        """`weight` and `bias` per channel, as far as they are learned."""
        learned = {"weight": self.affine and self.scale, "bias": self.affine and self.bias}
        return {name: Shape(x[1]) for name, there in learned.items() if there}

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """The running statistics per channel."""
        return {"running_mean": Shape(x[1]), "running_var": Shape(x[1])} if self.track_running_stats else {}

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """Scale and shift, folded per channel when the model is loaded; else statistics at run time."""
        if not self.track_running_stats:
            ops = _standardised(x.numel, x[1], 0)
            scale, bias = self.affine and self.scale, self.affine and self.bias
            return ops + Ops(add=x.numel if bias else 0, mul=x.numel if scale else 0)
        return Ops(add=x.numel, mul=x.numel)


def _channelled(x: Shape, kind: str) -> Shape:
    """The shape, if it has channels."""
    if len(x) < 2:
        raise LayerError("CNN-E404", f"{kind} needs channels, but gets {x}")
    return x


def _standardised(numel: int, groups: int, affine: int) -> Ops:
    """Mean, centring, variance with eps, root and division at run time, then `affine` multiplications and additions."""
    return Ops(
        add=3 * numel - groups + (numel if affine > 1 else 0),
        mul=numel + (numel if affine else 0),
        div=numel + 2 * groups,
        sqrt=groups,
    )


class InstanceNorm(Layer, frozen=True):
    """Normalise every channel of every example by its own mean and variance.

    Shape:   (N, C, H, W) -> (N, C, H, W)
    Weights: weight (C,); bias (C,)
    Ops:     add = 3 * numel - groups + (numel if affine else 0)
             mul = numel + (numel if affine else 0)
             div = numel + 2 * groups
             sqrt = groups
    Errors:  CNN-E404 if the input has no channels
    Source:  Ulyanov et al. 2016; torch.nn.InstanceNorm2d

    >>> InstanceNorm(affine=True).params(Shape(2, 3, 7, 11))
    6
    """

    kind: ClassVar[str] = "instance_norm"
    saves: ClassVar[Any] = "input"

    affine: bool = False

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        return _channelled(x, self.kind)

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Every output depends on all positions."""
        return tuple(Carry(axis, axis, WholeAxis(x[axis])) for axis in range(2, len(x)))

    def weights(self, x: Shape) -> dict[str, Shape]:
        """`weight` and `bias` per channel."""
        return {"weight": Shape(x[1]), "bias": Shape(x[1])} if self.affine else {}

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """groups: how many sets share statistics."""
        return {"groups": x[0] * x[1]}

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """Statistics at run time, one set per channel and example."""
        return _standardised(x.numel, x[0] * x[1], 2 if self.affine else 0)


class GroupNorm(Layer, frozen=True):
    """Normalise groups of channels of every example by their own mean and variance.

    Shape:   (N, C, H, W) -> (N, C, H, W)
    Weights: weight (C,); bias (C,)
    Ops:     add = 3 * numel - groups + (numel if affine else 0)
             mul = numel + (numel if affine else 0)
             div = numel + 2 * groups
             sqrt = groups
    Errors:  CNN-E402 if num_groups does not divide C
    Source:  Wu & He 2018; torch.nn.GroupNorm

    >>> GroupNorm(num_groups=3).params(Shape(2, 6, 7, 11))
    12
    """

    kind: ClassVar[str] = "group_norm"
    shorthand: ClassVar[str] = "num_groups"
    saves: ClassVar[Any] = "input"

    num_groups: Count
    affine: bool = True

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        _channelled(x, self.kind)
        if x[1] % self.num_groups:
            near = divisor(x[1], self.num_groups)
            raise LayerError(
                "CNN-E402",
                f"num_groups={self.num_groups} does not divide {x[1]} channels",
                f"{x[1]} = {x[1] // self.num_groups} * {self.num_groups} + {x[1] % self.num_groups}",
                fixes=({"num_groups": near},),
            )
        return x

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Every output depends on all positions."""
        return tuple(Carry(axis, axis, WholeAxis(x[axis])) for axis in range(2, len(x)))

    def weights(self, x: Shape) -> dict[str, Shape]:
        """`weight` and `bias` per channel."""
        return {"weight": Shape(x[1]), "bias": Shape(x[1])} if self.affine else {}

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """groups: how many sets share statistics."""
        return {"groups": x[0] * self.num_groups}

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """Statistics at run time, one set per group and example."""
        return _standardised(x.numel, x[0] * self.num_groups, 2 if self.affine else 0)


class _OverDims(Layer, frozen=True):
    """Normalisation over chosen dimensions."""

    shorthand: ClassVar[str] = "dim"
    saves: ClassVar[Any] = "input"

    dim: Index | tuple[Index, ...] = -1
    elementwise_affine: bool = True

    def dims(self, x: Shape) -> tuple[int, ...]:
        """The normalised dimensions, counted from 0."""
        wanted = self.dim if isinstance(self.dim, tuple) else (self.dim,)
        found = sorted({d + len(x) if d < 0 else d for d in wanted})
        if not found or found[0] < 1 or found[-1] >= len(x):
            raise LayerError(
                "CNN-E406",
                f"{self.kind} has no dimension {self.dim} to normalise in {x} (the batch is 0)",
                fixes=({"dim": 1}, {"dim": -1}),
            )
        return tuple(found)

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        self.dims(x)
        return x

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """A normalised spatial axis is seen as a whole."""
        dims = self.dims(x)
        return tuple(Carry(axis, axis, WholeAxis(x[axis]) if axis in dims else None) for axis in range(1, len(x)))

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """groups: how many sets share statistics; width: the sizes of the normalised dimensions, multiplied."""
        width = prod(x[d] for d in self.dims(x))
        return {"groups": x.numel // max(1, width), "width": width}  # a foreign tensor may be empty


class LayerNorm(_OverDims, frozen=True):
    """Normalise the chosen dimensions of every example by their own mean and variance.

    Shape:   (N, *) -> (N, *)
    Weights: weight of the sizes of dim; bias likewise
    Ops:     add = 3 * numel - groups + (numel if elementwise_affine and bias else 0)
             mul = numel + (numel if elementwise_affine else 0)
             div = numel + 2 * groups
             sqrt = groups
    Errors:  CNN-E406 if the input has no such dimension
    Source:  Ba, Kiros & Hinton 2016; torch.nn.LayerNorm; ONNX LayerNormalization

    >>> LayerNorm(dim=1).params(Shape(2, 3, 7, 11))
    6
    """

    kind: ClassVar[str] = "layer_norm"

    bias: bool = True

    def weights(self, x: Shape) -> dict[str, Shape]:
        """One number per normalised position."""
        sizes = Shape(*[x[d] for d in self.dims(x)])
        if not self.elementwise_affine:
            return {}
        return {"weight": sizes, "bias": sizes} if self.bias else {"weight": sizes}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Statistics at run time."""
        affine = (2 if self.bias else 1) if self.elementwise_affine else 0
        return _standardised(x.numel, self.terms(y, x)["groups"], affine)


class RmsNorm(_OverDims, frozen=True):
    """Divide the chosen dimensions of every example by their root mean square.

    Shape:   (N, *) -> (N, *)
    Weights: weight of the sizes of dim
    Ops:     add = numel
             mul = numel + (numel if elementwise_affine else 0)
             div = numel + groups
             sqrt = groups
    Errors:  CNN-E406 if the input has no such dimension
    Source:  Zhang & Sennrich 2019; torch.nn.RMSNorm

    >>> RmsNorm().params(Shape(2, 3, 7, 11))
    11
    """

    kind: ClassVar[str] = "rms_norm"

    def weights(self, x: Shape) -> dict[str, Shape]:
        """One number per normalised position."""
        return {"weight": Shape(*[x[d] for d in self.dims(x)])} if self.elementwise_affine else {}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Squares, their mean with eps added, a root and a division."""
        groups = self.terms(y, x)["groups"]
        affine = x.numel if self.elementwise_affine else 0
        return Ops(add=x.numel, mul=x.numel + affine, div=x.numel + groups, sqrt=groups)
