"""Elementary functions, one value in, one value out."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.layers.base import Elementwise, Layer
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class Abs(Elementwise, frozen=True):
    """|x|: a sign change.

    Shape:   (N, *) -> (N, *)
    Ops:     none
    Source:  ONNX Abs

    >>> from cnnshape.shape import Shape
    >>> Abs().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "abs"
    cost: ClassVar[Ops] = Ops()


class Exp(Elementwise, frozen=True):
    """e to the x.

    Shape:   (N, *) -> (N, *)
    Ops:     exp = numel
    Source:  ONNX Exp

    >>> from cnnshape.shape import Shape
    >>> Exp().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "exp"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(exp=1)


class Log(Elementwise, frozen=True):
    """The natural logarithm.

    Shape:   (N, *) -> (N, *)
    Ops:     log = numel
    Source:  ONNX Log

    >>> from cnnshape.shape import Shape
    >>> Log().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "log"
    cost: ClassVar[Ops] = Ops(log=1)


class Sqrt(Elementwise, frozen=True):
    """The square root.

    Shape:   (N, *) -> (N, *)
    Ops:     sqrt = numel
    Source:  ONNX Sqrt; Caffe Power

    >>> from cnnshape.shape import Shape
    >>> Sqrt().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "sqrt"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(sqrt=1)


class Square(Elementwise, frozen=True):
    """x * x.

    Shape:   (N, *) -> (N, *)
    Ops:     mul = numel
    Source:  torch.square; Caffe Power

    >>> from cnnshape.shape import Shape
    >>> Square().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "square"
    cost: ClassVar[Ops] = Ops(mul=1)


class Power(Elementwise, frozen=True):
    """x to a fixed exponent.

    Shape:   (N, *) -> (N, *)
    Ops:     pow = numel
    Source:  ONNX Pow; Caffe Power

    >>> from cnnshape.shape import Shape
    >>> Power().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "power"
    shorthand: ClassVar[str] = "exponent"
    cost: ClassVar[Ops] = Ops(pow=1)

    exponent: float = 2.0


class Clip(Elementwise, frozen=True):
    """x held between low and high.

    Shape:   (N, *) -> (N, *)
    Ops:     cmp = 2 * numel
    Source:  ONNX Clip

    >>> from cnnshape.shape import Shape
    >>> Clip().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "clip"
    cost: ClassVar[Ops] = Ops(cmp=2)

    low: float = 0.0
    high: float = 6.0


class Affine(Layer, frozen=True):
    """x times a fixed number, plus another; nothing is learned.

    Shape:   (N, *) -> (N, *)
    Ops:     mul = numel if scale != 1 and scale != -1 else 0
             add = numel if shift else 0
    Source:  Keras Rescaling; Caffe Power

    >>> from cnnshape.shape import Shape
    >>> Affine(scale=0.5, shift=-1.0).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "affine"
    shorthand: ClassVar[str] = "scale"

    scale: float = 1.0
    shift: float = 0.0

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """A multiplication and an addition, where they do anything; a sign change is free."""
        return Ops(mul=x.numel if self.scale not in (1, -1) else 0, add=x.numel if self.shift else 0)
