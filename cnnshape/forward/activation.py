"""Smooth activations, block by block. Where an exponential overflows, the formula's limit is what comes out."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit

#: Source: Klambauer et al. 2017, as written in torch.nn.SELU
_SELU_ALPHA, _SELU_SCALE = 1.6732632423543772, 1.0507009873554805


def elu(layer: Any, kit: Kit, x: Array) -> Array:
    """The input x where positive, alpha * (exp(x) - 1) elsewhere."""

    @np.errstate(over="ignore", invalid="ignore")
    def body(own: Kit, a: Array, y: Array) -> None:
        own.exp(a, out=y)
        own.sub(y, 1.0, out=y)
        own.mul(y, layer.alpha, out=y)
        own.select(a > 0, a, y, y)

    return kit.each(x, body, heavy=True)


def celu(layer: Any, kit: Kit, x: Array) -> Array:
    """The input x where positive, alpha * (exp(x / alpha) - 1) elsewhere."""

    @np.errstate(over="ignore", invalid="ignore")
    def body(own: Kit, a: Array, y: Array) -> None:
        own.div(a, layer.alpha, out=y)
        own.exp(y, out=y)
        own.sub(y, 1.0, out=y)
        own.mul(y, layer.alpha, out=y)
        own.select(a > 0, a, y, y)

    return kit.each(x, body, heavy=True)


def selu(_layer: Any, kit: Kit, x: Array) -> Array:
    """The scale times (x where positive, alpha * (exp(x) - 1) elsewhere)."""

    @np.errstate(over="ignore")
    def body(own: Kit, a: Array, y: Array) -> None:
        own.exp(a, out=y)
        own.sub(y, 1.0, out=y)
        own.mul(y, _SELU_ALPHA, out=y)
        own.select(a > 0, a, y, y)
        own.mul(y, _SELU_SCALE, out=y)

    return kit.each(x, body, heavy=True)


def gelu(layer: Any, kit: Kit, x: Array) -> Array:
    """x/2 * (1 + erf(x / sqrt(2))), or x/2 * (1 + tanh(c * (x + d * x * x * x)))."""

    def body(own: Kit, a: Array, y: Array) -> None:
        if layer.approximate == "none":
            own.mul(a, sqrt(0.5), out=y)
            own.erf(y, out=y)
        else:
            own.mul(a, 0.044715, out=y)
            own.mul(y, a, out=y)
            own.mul(y, a, out=y)
            own.add(y, a, out=y)
            own.mul(y, sqrt(2 / pi), out=y)
            own.tanh(y, out=y)
        own.add(y, 1.0, out=y)
        own.mul(y, a, out=y)
        own.mul(y, 0.5, out=y)

    return kit.each(x, body, heavy=True)


def _below(own: Kit, a: Array, y: Array) -> None:
    """1 + exp(-x)."""
    own.negative(a, out=y)
    own.exp(y, out=y)
    own.add(y, 1.0, out=y)


def silu(_layer: Any, kit: Kit, x: Array) -> Array:
    """The input divided by (1 + exp(-x))."""

    @np.errstate(over="ignore")
    def body(own: Kit, a: Array, y: Array) -> None:
        _below(own, a, y)
        own.div(a, y, out=y)

    return kit.each(x, body, heavy=True)


def mish(_layer: Any, kit: Kit, x: Array) -> Array:
    """The input times tanh(log(1 + exp(input)))."""

    @np.errstate(over="ignore")
    def body(own: Kit, a: Array, y: Array) -> None:
        own.exp(a, out=y)
        own.add(y, 1.0, out=y)
        own.log(y, out=y)
        own.tanh(y, out=y)
        own.mul(y, a, out=y)

    return kit.each(x, body, heavy=True)


def softplus(layer: Any, kit: Kit, x: Array) -> Array:
    """log(1 + exp(beta * x)) / beta, x itself where beta * x is above the threshold."""

    @np.errstate(over="ignore")
    def body(own: Kit, a: Array, y: Array) -> None:
        own.mul(a, layer.beta, out=y)
        above = y > layer.threshold
        own.exp(y, out=y)
        own.add(y, 1.0, out=y)
        own.log(y, out=y)
        own.div(y, layer.beta, out=y)
        own.select(above, a, y, y)

    return kit.each(x, body, heavy=True)


def softsign(_layer: Any, kit: Kit, x: Array) -> Array:
    """The input divided by (1 + |x|)."""

    def body(own: Kit, a: Array, y: Array) -> None:
        np.abs(a, out=y)
        own.add(y, 1.0, out=y)
        own.div(a, y, out=y)

    return kit.each(x, body, heavy=True)


def tanhshrink(_layer: Any, kit: Kit, x: Array) -> Array:
    """The input less tanh(x)."""

    def body(own: Kit, a: Array, y: Array) -> None:
        own.tanh(a, out=y)
        own.sub(a, y, out=y)

    return kit.each(x, body, heavy=True)


@np.errstate(over="ignore")
def logistic(own: Kit, a: Array, y: Array) -> None:
    """1 / (1 + exp(-x))."""
    _below(own, a, y)
    own.div(1.0, y, out=y)


def sigmoid(_layer: Any, kit: Kit, x: Array) -> Array:
    """1 / (1 + exp(-x))."""
    return kit.each(x, logistic, heavy=True)


def log_sigmoid(_layer: Any, kit: Kit, x: Array) -> Array:
    """min(x, 0) - log(1 + exp(-|x|)), which never overflows."""

    def body(own: Kit, a: Array, y: Array) -> None:
        _below(own, np.abs(a), y)
        own.log(y, out=y)
        own.sub(own.minimum(a, 0.0), y, out=y)

    return kit.each(x, body, heavy=True)


def tanh(_layer: Any, kit: Kit, x: Array) -> Array:
    """The hyperbolic tangent."""
    return kit.each(x, lambda own, a, y: own.tanh(a, out=y), heavy=True)


KERNELS: dict[str, Any] = {
    "elu": elu,
    "celu": celu,
    "selu": selu,
    "gelu": gelu,
    "silu": silu,
    "mish": mish,
    "softplus": softplus,
    "softsign": softsign,
    "tanhshrink": tanhshrink,
    "sigmoid": sigmoid,
    "log_sigmoid": log_sigmoid,
    "tanh": tanh,
}
