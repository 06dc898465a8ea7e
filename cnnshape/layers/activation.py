"""Smooth activations: one value in, one value out, without weights."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from cnnshape.layers.base import Elementwise, scaled
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class Elu(Elementwise, frozen=True):
    """x where positive, alpha * (exp(x) - 1) elsewhere.

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             mul = numel
             cmp = numel
             exp = numel
    Source:  torch.nn.ELU; ONNX Elu

    >>> Elu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "elu"
    shorthand: ClassVar[str] = "alpha"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(add=1, mul=1, cmp=1, exp=1)

    alpha: float = 1.0


class Celu(Elementwise, frozen=True):
    """max(x, 0) + min(0, alpha * (exp(x / alpha) - 1)).

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             mul = numel
             div = numel
             cmp = numel
             exp = numel
    Source:  torch.nn.CELU; ONNX Celu

    >>> Celu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "celu"
    shorthand: ClassVar[str] = "alpha"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(add=1, mul=1, div=1, cmp=1, exp=1)

    alpha: float = 1.0


class Selu(Elementwise, frozen=True):
    """scale * (max(x, 0) + min(0, alpha * (exp(x) - 1))).

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             mul = 2 * numel
             cmp = numel
             exp = numel
    Source:  torch.nn.SELU; ONNX Selu

    >>> Selu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "selu"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(add=1, mul=2, cmp=1, exp=1)


class Gelu(Elementwise, frozen=True):
    """x * Phi(x): x/2 * (1 + erf(x / sqrt(2))).

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel if approximate == 'none' else 2 * numel
             mul = 3 * numel if approximate == 'none' else 6 * numel
             tanh = 0 if approximate == 'none' else numel
             erf = numel if approximate == 'none' else 0
    Source:  torch.nn.GELU; ONNX Gelu

    >>> Gelu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "gelu"
    shorthand: ClassVar[str] = "approximate"
    cost: ClassVar[Ops] = Ops(add=1, mul=3, erf=1)

    approximate: Literal["none", "tanh"] = "none"

    def ops(self, y: Shape, x: Shape) -> Ops:  # noqa: ARG002
        """The error function, or its approximation by x/2 * (1 + tanh(c * (x + d * x * x * x)))."""
        return scaled(self.cost if self.approximate == "none" else Ops(add=2, mul=6, tanh=1), x.numel)


class Silu(Elementwise, frozen=True):
    """x * sigmoid(x), also called swish.

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             div = numel
             exp = numel
    Source:  torch.nn.SiLU; Keras swish

    >>> Silu().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "silu"
    cost: ClassVar[Ops] = Ops(add=1, div=1, exp=1)


class Mish(Elementwise, frozen=True):
    """x * tanh(log(1 + exp(x))).

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             mul = numel
             exp = numel
             log = numel
             tanh = numel
    Source:  torch.nn.Mish; ONNX Mish

    >>> Mish().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "mish"
    cost: ClassVar[Ops] = Ops(add=1, mul=1, exp=1, log=1, tanh=1)


class Softplus(Elementwise, frozen=True):
    """log(1 + exp(beta * x)) / beta, x itself above the threshold.

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             mul = numel
             div = numel
             cmp = numel
             exp = numel
             log = numel
    Source:  torch.nn.Softplus; ONNX Softplus

    >>> Softplus().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "softplus"
    cost: ClassVar[Ops] = Ops(add=1, mul=1, div=1, cmp=1, exp=1, log=1)

    beta: float = 1.0
    threshold: float = 20.0


class Softsign(Elementwise, frozen=True):
    """x / (1 + |x|).

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             div = numel
    Source:  torch.nn.Softsign; ONNX Softsign

    >>> Softsign().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "softsign"
    cost: ClassVar[Ops] = Ops(add=1, div=1)


class Tanhshrink(Elementwise, frozen=True):
    """x - tanh(x).

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             tanh = numel
    Source:  torch.nn.Tanhshrink

    >>> Tanhshrink().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "tanhshrink"
    cost: ClassVar[Ops] = Ops(add=1, tanh=1)


class Sigmoid(Elementwise, frozen=True):
    """1 / (1 + exp(-x)).

    Shape:   (N, *) -> (N, *)
    Ops:     add = numel
             div = numel
             exp = numel
    Source:  torch.nn.Sigmoid; ONNX Sigmoid

    >>> Sigmoid().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "sigmoid"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(add=1, div=1, exp=1)


class LogSigmoid(Elementwise, frozen=True):
    """log(1 / (1 + exp(-x))), as min(x, 0) - log(1 + exp(-|x|)), which never overflows.

    Shape:   (N, *) -> (N, *)
    Ops:     add = 2 * numel
             cmp = numel
             exp = numel
             log = numel
    Source:  torch.nn.LogSigmoid

    >>> LogSigmoid().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "log_sigmoid"
    cost: ClassVar[Ops] = Ops(add=2, cmp=1, exp=1, log=1)


class Tanh(Elementwise, frozen=True):
    """The hyperbolic tangent.

    Shape:   (N, *) -> (N, *)
    Ops:     tanh = numel
    Source:  torch.nn.Tanh; ONNX Tanh

    >>> Tanh().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "tanh"
    saves: ClassVar[Any] = "output"
    cost: ClassVar[Ops] = Ops(tanh=1)
