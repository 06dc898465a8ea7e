"""Activations that mix or have weights: PReLU, GLU and the softmax family."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Whole as WholeAxis
from cnnshape.layers.base import Carry, Count, Index, Layer, dimension
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class PRelu(Layer, frozen=True):
    """x where positive, a learned slope times x elsewhere; one slope, or one per channel (`per_channel`).

    Shape:   (N, C, *) -> (N, C, *)
    Weights: weight (slopes,)
    Ops:     mul = numel
             cmp = numel
    Errors:  CNN-E405 if num_parameters is neither 1 nor C
    Source:  He et al. 2015; torch.nn.PReLU; Caffe PReLU (one per channel)

    >>> PRelu().params(Shape(2, 3, 7, 11)), PRelu(per_channel=True).params(Shape(2, 3, 7, 11))
    (1, 3)
    """

    kind: ClassVar[str] = "prelu"
    shorthand: ClassVar[str] = "num_parameters"
    saves: ClassVar[Any] = "input"

    num_parameters: Count = 1
    per_channel: bool = False

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        if self.per_channel and len(x) < 2:
            raise LayerError("CNN-E404", f"prelu needs channels, but gets {x}", fixes=({"per_channel": False},))
        channels = x[1] if len(x) > 1 else 1
        if not self.per_channel and self.num_parameters not in (1, channels):
            raise LayerError(
                "CNN-E405",
                f"num_parameters={self.num_parameters} is neither 1 nor the {channels} channels of {x}",
                fixes=({"num_parameters": channels},),
            )
        return x

    def weights(self, x: Shape) -> dict[str, Shape]:
        """The slopes."""
        return {"weight": Shape(x[1] if self.per_channel else self.num_parameters)}

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """slopes: how many are learned."""
        return {"slopes": x[1] if self.per_channel else self.num_parameters}

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """A comparison and a multiplication per element."""
        return Ops(mul=x.numel, cmp=x.numel)


class Glu(Layer, frozen=True):
    """Cut a dimension in two halves, a and b: a * sigmoid(b).

    Shape:   (N, C, *) -> (N, C / 2, *)
    Ops:     add = numel'
             mul = numel'
             div = numel'
             exp = numel'
    Errors:  CNN-E405 if the dimension is odd
    Source:  Dauphin et al. 2017; torch.nn.GLU (whose default dim is -1)

    >>> Glu().out(Shape(2, 6, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "glu"
    shorthand: ClassVar[str] = "dim"
    saves: ClassVar[Any] = "input"

    dim: Index = 1

    def out(self, x: Shape) -> Shape:
        """Half as much along dim."""
        axis = dimension(self.dim, x, "glu")
        if x[axis] % 2:
            raise LayerError("CNN-E405", f"glu halves dimension {self.dim}, but {x[axis]} of {x} is odd")
        return Shape(*x[:axis], x[axis] // 2, *x[axis + 1 :])

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """The halved dimension is seen from two places: as a whole."""
        own = dimension(self.dim, x, "glu")
        return tuple(Carry(d, d, WholeAxis(x[d] // 2) if d == own else None) for d in range(1, len(x)))

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """A sigmoid and a multiplication per output."""
        return Ops(add=y.numel, mul=y.numel, div=y.numel, exp=y.numel)


class _Softmax(Layer, frozen=True):
    """Normalised exponentials over one dimension."""

    shorthand: ClassVar[str] = "dim"
    saves: ClassVar[Any] = "output"

    dim: Index = 1

    def out(self, x: Shape) -> Shape:
        """The input's own shape."""
        dimension(self.dim, x, self.kind)
        return x

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """The normalised dimension is seen as a whole."""
        own = dimension(self.dim, x, self.kind)
        return tuple(Carry(d, d, WholeAxis(x[d]) if d == own else None) for d in range(1, len(x)))

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:  # noqa: ARG002
        """groups: how many sums are taken."""
        return {"groups": x.numel // max(1, x[dimension(self.dim, x, self.kind)])}  # a foreign tensor may be empty

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Maximum, shift, exponentials, sum, division."""
        n, groups = x.numel, self.terms(y, x)["groups"]
        return Ops(add=2 * n - groups, div=n, cmp=n - groups, exp=n)


class Softmax(_Softmax, frozen=True):
    """exp(x - max) / sum.

    Shape:   (N, *) -> (N, *)
    Ops:     add = 2 * numel - groups
             div = numel
             cmp = numel - groups
             exp = numel
    Errors:  CNN-E406 if the input has no such dimension
    Source:  torch.nn.Softmax; ONNX Softmax

    >>> Softmax().out(Shape(2, 11))
    Shape(2, 11)
    """

    kind: ClassVar[str] = "softmax"


class Softmin(_Softmax, frozen=True):
    """Softmax of -x.

    Shape:   (N, *) -> (N, *)
    Ops:     add = 2 * numel - groups
             div = numel
             cmp = numel - groups
             exp = numel
    Errors:  CNN-E406 if the input has no such dimension
    Source:  torch.nn.Softmin

    >>> Softmin().out(Shape(2, 11))
    Shape(2, 11)
    """

    kind: ClassVar[str] = "softmin"


class LogSoftmax(_Softmax, frozen=True):
    """x - max - log(sum of exp(x - max)).

    Shape:   (N, *) -> (N, *)
    Ops:     add = 3 * numel - groups
             cmp = numel - groups
             exp = numel
             log = groups
    Errors:  CNN-E406 if the input has no such dimension
    Source:  torch.nn.LogSoftmax; ONNX LogSoftmax

    >>> LogSoftmax().out(Shape(2, 11))
    Shape(2, 11)
    """

    kind: ClassVar[str] = "log_softmax"

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Maximum, shift, exponentials, sum, logarithm, shift."""
        n, groups = x.numel, self.terms(y, x)["groups"]
        return Ops(add=3 * n - groups, cmp=n - groups, exp=n, log=groups)
