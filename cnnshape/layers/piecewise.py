"""Piecewise linear activations: one value in, one value out, without weights."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.layers.base import Elementwise
from cnnshape.ops import Ops


class Relu(Elementwise, frozen=True):
    """max(x, 0).

    Shape:   (N, *) -> (N, *)
    Ops:     cmp = numel
    Source:  torch.nn.ReLU; ONNX Relu

    >>> from cnnshape.shape import Shape
    >>> Relu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "relu"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(cmp=1)


class Relu6(Elementwise, frozen=True):
    """min(max(x, 0), 6).

    Shape:   (N, *) -> (N, *)
    Ops:     cmp = 2 * numel
    Source:  torch.nn.ReLU6

    >>> from cnnshape.shape import Shape
    >>> Relu6().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "relu6"
    cost: ClassVar[Ops] = Ops(cmp=2)


class LeakyRelu(Elementwise, frozen=True):
    """x where positive, negative_slope * x elsewhere.

    Shape:   (N, *) -> (N, *)
    Ops:     mul = numel
             cmp = numel
    Source:  torch.nn.LeakyReLU; ONNX LeakyRelu

    >>> from cnnshape.shape import Shape
    >>> LeakyRelu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "leaky_relu"
    shorthand: ClassVar[str] = "negative_slope"
    cost: ClassVar[Ops] = Ops(mul=1, cmp=1)

    negative_slope: float = 0.01


class RRelu(Elementwise, frozen=True):
    """A leaky ReLU whose slope is drawn in training and is the middle of its range at inference.

    Shape:   (N, *) -> (N, *)
    Ops:     mul = numel
             cmp = numel
    Source:  torch.nn.RReLU

    >>> from cnnshape.shape import Shape
    >>> RRelu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "rrelu"
    cost: ClassVar[Ops] = Ops(mul=1, cmp=1)

    lower: float = 0.125
    upper: float = 0.3333333333333333


class Softshrink(Elementwise, frozen=True):
    """Move x towards 0 by lambd, and stop there.

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             cmp = 2 * numel
    Source:  torch.nn.Softshrink; ONNX Shrink

    >>> from cnnshape.shape import Shape
    >>> Softshrink().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "softshrink"
    shorthand: ClassVar[str] = "lambd"
    cost: ClassVar[Ops] = Ops(add=1, cmp=2)

    lambd: float = 0.5


class Hardshrink(Elementwise, frozen=True):
    """x outside of -lambd .. lambd, 0 inside.

    Shape:   (N, *) -> (N, *)
    Ops:     cmp = 2 * numel
    Source:  torch.nn.Hardshrink; ONNX Shrink

    >>> from cnnshape.shape import Shape
    >>> Hardshrink().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "hardshrink"
    shorthand: ClassVar[str] = "lambd"
    cost: ClassVar[Ops] = Ops(cmp=2)

    lambd: float = 0.5


class Hardtanh(Elementwise, frozen=True):
    """x held between min_val and max_val.

    Shape:   (N, *) -> (N, *)
    Ops:     cmp = 2 * numel
    Source:  torch.nn.Hardtanh; ONNX Clip

    >>> from cnnshape.shape import Shape
    >>> Hardtanh().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "hardtanh"
    cost: ClassVar[Ops] = Ops(cmp=2)

    min_val: float = -1.0
    max_val: float = 1.0


class Hardsigmoid(Elementwise, frozen=True):
    """min(max(x + 3, 0), 6) / 6.

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             div = numel
             cmp = 2 * numel
    Source:  torch.nn.Hardsigmoid; ONNX HardSigmoid

    >>> from cnnshape.shape import Shape
    >>> Hardsigmoid().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "hardsigmoid"
    cost: ClassVar[Ops] = Ops(add=1, div=1, cmp=2)


class Hardswish(Elementwise, frozen=True):
    """x * min(max(x + 3, 0), 6) / 6.

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             mul = numel
             div = numel
             cmp = 2 * numel
    Source:  torch.nn.Hardswish; ONNX HardSwish

    >>> from cnnshape.shape import Shape
    >>> Hardswish().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "hardswish"
    cost: ClassVar[Ops] = Ops(add=1, mul=1, div=1, cmp=2)


class Threshold(Elementwise, frozen=True):
    """x above the threshold, value elsewhere.

    Shape:   (N, *) -> (N, *)
    Ops:     cmp = numel
    Source:  torch.nn.Threshold; ONNX ThresholdedRelu

    >>> from cnnshape.shape import Shape
    >>> Threshold().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "threshold"
    shorthand: ClassVar[str] = "threshold"
    cost: ClassVar[Ops] = Ops(cmp=1)

    threshold: float = 0.0
    value: float = 0.0
