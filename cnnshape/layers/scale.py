"""Scaling across channels: local response norm, L2 norm, a learned scale."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Whole as WholeAxis
from cnnshape.layers.base import Carry, Index, Layer
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class LocalResponseNorm(Layer, frozen=True):
    """Divide by a power of the sum of squares over `size` neighbouring channels.

    y = x / (k + alpha/size * sum)^beta

    Shape:   (N, C, *) -> (N, C, *)
    Ops:     add = numel // C * (neighbours - C) + numel
             mul = 2 * numel
             div = numel
             pow = numel
    Errors:  CNN-E404 if the input has no channels
    Source:  Krizhevsky et al. 2012; torch.nn.LocalResponseNorm; ONNX LRN

    >>> LocalResponseNorm(size=5).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "local_response_norm"
    mixes_channels: ClassVar[bool] = True
    shorthand: ClassVar[str] = "size"
    saves: ClassVar[Any] = "both"

    size: Annotated[int, Meta(ge=1, le=65536)] = 5
    alpha: float = 1e-4
    beta: float = 0.75
    k: float = 1.0

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        if len(x) < 2:
            raise LayerError("CNN-E404", f"local_response_norm needs channels, but gets {x}")
        return x

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """neighbours: (channel, neighbour) pairs that exist; at the borders there are fewer."""
        below, above = self.size // 2, (self.size - 1) // 2
        total = x[1]
        for reach in (below, above):
            # Channel c has min(reach, c) neighbours on this side; the first `reach` channels have fewer.
            short = min(reach, x[1])
            total += x[1] * reach - (short * reach - short * (short - 1) // 2)
        return {"neighbours": total}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Squares once, a sum per element, scale and offset, a power and a division."""
        n = x.numel
        return Ops(add=n // max(1, x[1]) * (self.terms(y, x)["neighbours"] - x[1]) + n, mul=2 * n, div=n, pow=n)


class L2Norm(Layer, frozen=True):
    """Divide by the Euclidean length over one dimension (at least 1e-12), perhaps with a learned scale per position of it.

    Shape:   (N, *) -> (N, *)
    Weights: weight (width,)
    Ops:     add = numel - groups
             mul = numel + (numel if scale else 0)
             div = numel
             cmp = groups
             sqrt = groups
    Errors:  CNN-E406 if the input has no such dimension
    Source:  torch.nn.functional.normalize; Liu et al. 2016 (SSD); Caffe Normalize

    >>> L2Norm(scale=True).params(Shape(2, 3, 7, 11))
    3
    """

    kind: ClassVar[str] = "l2_norm"
    shorthand: ClassVar[str] = "dim"
    saves: ClassVar[Any] = "input"

    dim: Index = 1
    scale: bool = False

    def axis(self, x: Shape) -> int:
        """The dimension, counted from 0."""
        axis = self.dim + len(x) if self.dim < 0 else self.dim
        if not 1 <= axis < len(x):
            raise LayerError("CNN-E406", f"l2_norm has no dimension {self.dim} in {x}", fixes=({"dim": 1},))
        return axis

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        self.axis(x)
        return x

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """A normalised spatial axis is seen as a whole."""
        own = self.axis(x)
        return tuple(Carry(d, d, WholeAxis(x[d]) if d == own else None) for d in range(1, len(x)))

    def weights(self, x: Shape) -> dict[str, Shape]:
        """The learned scale."""
        return {"weight": Shape(x[self.axis(x)])} if self.scale else {}

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """width: the size of dim; groups: how many lengths are taken."""
        width = x[self.axis(x)]
        return {"width": width, "groups": x.numel // max(1, width)}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Squares, a sum, a root and a comparison per group, a division per element."""
        groups = self.terms(y, x)["groups"]
        squares = x.numel * (2 if self.scale else 1)
        return Ops(add=x.numel - groups, mul=squares, div=x.numel, cmp=groups, sqrt=groups)


class Scale(Layer, frozen=True):
    """Multiply every channel by a learned number, perhaps add another.

    Shape:   (N, C, *) -> (N, C, *)
    Weights: weight (width,); bias (width,)
    Ops:     add = numel if bias else 0
             mul = numel
    Errors:  CNN-E406 if the input has no such dimension
    Source:  Caffe Scale

    >>> Scale(bias=True).params(Shape(2, 3, 7, 11))
    6
    """

    kind: ClassVar[str] = "scale"
    saves: ClassVar[Any] = "input"

    dim: Index = 1
    bias: bool = False

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        axis = self.dim + len(x) if self.dim < 0 else self.dim
        if not 1 <= axis < len(x):
            raise LayerError("CNN-E406", f"scale has no dimension {self.dim} in {x}", fixes=({"dim": 1},))
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """`weight` and perhaps `bias` along dim."""
        weight = Shape(x[self.dim])
        return {"weight": weight, "bias": weight} if self.bias else {"weight": weight}

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """width: the size of dim."""
        return {"width": x[self.dim]}

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """One multiplication, perhaps one addition, per element."""
        return Ops(add=x.numel if self.bias else 0, mul=x.numel)


class Standardize(Layer, frozen=True):
    """Subtract a mean and divide by a deviation that were taken from the data before, for each position of `dim`.

    They are `stored` with the model, or numbers of its code. Keras keeps a `count` of the data beside them.

    Shape:   (N, *) -> (N, *)
    Buffers: mean of the sizes of dim and variance likewise if stored; count () if count
    Ops:     add = numel
             div = numel
    Errors:  CNN-E406 if the input has no such dimension
    Source:  Keras Normalization

    >>> Standardize().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "standardize"
    shorthand: ClassVar[str] = "dim"

    dim: Index | tuple[Index, ...] = 1
    stored: bool = True
    count: bool = False

    def dims(self, x: Shape) -> tuple[int, ...]:
        """The dimensions that have numbers of their own, counted from 0."""
        wanted = self.dim if isinstance(self.dim, tuple) else (self.dim,)
        found = sorted({d + len(x) if d < 0 else d for d in wanted})
        if any(not 1 <= d < len(x) for d in found):
            raise LayerError("CNN-E406", f"standardize has no dimension {self.dim} in {x}", fixes=({"dim": 1},))
        return tuple(found)

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        self.dims(x)
        return x

    def buffers(self, x: Shape) -> dict[str, Shape]:
        """What was taken from the data."""
        sizes = Shape(*[x[d] for d in self.dims(x)])
        found = {"mean": sizes, "variance": sizes} if self.stored else {}
        return {**found, "count": Shape()} if self.count else found

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """A subtraction and a division per element; the deviation is known before."""
        return Ops(add=x.numel, div=x.numel)
