"""Piecewise linear activations, block by block."""

from __future__ import annotations

from typing import Any

from cnnshape.forward.kit import Array, Kit


def relu(_layer: Any, kit: Kit, x: Array) -> Array:
    """max(x, 0)."""
    return kit.each(x, lambda own, a, y: own.maximum(a, 0.0, out=y))


def held(kit: Kit, x: Array, low: float, high: float) -> Array:
    """min(max(x, low), high)."""
    return kit.each(x, lambda own, a, y: own.held(a, low, high, out=y))


def relu6(_layer: Any, kit: Kit, x: Array) -> Array:
    """min(max(x, 0), 6)."""
    return held(kit, x, 0.0, 6.0)


def hardtanh(layer: Any, kit: Kit, x: Array) -> Array:
    """min(max(x, min_val), max_val)."""
    return held(kit, x, layer.min_val, layer.max_val)


def _leaky(kit: Kit, x: Array, slope: float) -> Array:
    """The larger of x and slope * x; the smaller for a slope above 1."""

    def body(own: Kit, a: Array, y: Array) -> None:
        own.mul(a, slope, out=y)
        (own.maximum if slope <= 1 else own.minimum)(a, y, out=y)

    return kit.each(x, body)


def leaky_relu(layer: Any, kit: Kit, x: Array) -> Array:
    """The input x, or negative_slope * x below 0."""
    return _leaky(kit, x, layer.negative_slope)


def rrelu(layer: Any, kit: Kit, x: Array) -> Array:
    """A leaky ReLU with the middle slope."""
    return _leaky(kit, x, (layer.lower + layer.upper) / 2)


def softshrink(layer: Any, kit: Kit, x: Array) -> Array:
    """The input less min(max(x, -lambd), lambd)."""
    lambd = layer.lambd

    def body(own: Kit, a: Array, y: Array) -> None:
        own.held(a, -lambd, lambd, out=y)
        own.sub(a, y, out=y)

    return kit.each(x, body)


def hardshrink(layer: Any, kit: Kit, x: Array) -> Array:
    """The input above lambd and below -lambd, else 0."""
    lambd = layer.lambd

    def body(own: Kit, a: Array, y: Array) -> None:
        own.select(a > lambd, a, 0.0, y)
        own.select(a < -lambd, a, y, y)

    return kit.each(x, body)


def _six(own: Kit, a: Array, y: Array) -> None:
    """min(max(x + 3, 0), 6)."""
    own.add(a, 3.0, out=y)
    own.held(y, 0.0, 6.0, out=y)


def hardsigmoid(_layer: Any, kit: Kit, x: Array) -> Array:
    """min(max(x + 3, 0), 6) / 6."""

    def body(own: Kit, a: Array, y: Array) -> None:
        _six(own, a, y)
        own.div(y, 6.0, out=y)

    return kit.each(x, body)


def hardswish(_layer: Any, kit: Kit, x: Array) -> Array:
    """The input times min(max(x + 3, 0), 6) / 6."""

    def body(own: Kit, a: Array, y: Array) -> None:
        _six(own, a, y)
        own.mul(y, a, out=y)
        own.div(y, 6.0, out=y)

    return kit.each(x, body)


def threshold(layer: Any, kit: Kit, x: Array) -> Array:
    """The input x above the threshold, value elsewhere."""
    return kit.each(x, lambda own, a, y: own.select(a > layer.threshold, a, layer.value, y))


KERNELS: dict[str, Any] = {
    "relu": relu,
    "relu6": relu6,
    "leaky_relu": leaky_relu,
    "rrelu": rrelu,
    "softshrink": softshrink,
    "hardshrink": hardshrink,
    "hardtanh": hardtanh,
    "hardsigmoid": hardsigmoid,
    "hardswish": hardswish,
    "threshold": threshold,
}
