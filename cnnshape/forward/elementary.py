"""Elementary functions, block by block. Outside of a function's domain NaN comes out, as from every other engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit


def _quiet(kit: Kit, x: Array, body: Any) -> Array:
    """Without a warning for every logarithm of a negative number."""
    return kit.each(x, np.errstate(all="ignore")(body))


def abs_(_layer: Any, kit: Kit, x: Array) -> Array:
    """|x|: a sign change, which is not counted."""
    return kit.each(x, lambda _, a, y: np.abs(a, out=y))


def exp(_layer: Any, kit: Kit, x: Array) -> Array:
    """E to the x."""
    return _quiet(kit, x, lambda own, a, y: own.exp(a, out=y))


def log(_layer: Any, kit: Kit, x: Array) -> Array:
    """The natural logarithm."""
    return _quiet(kit, x, lambda own, a, y: own.log(a, out=y))


def sqrt(_layer: Any, kit: Kit, x: Array) -> Array:
    """The square root."""
    return _quiet(kit, x, lambda own, a, y: own.sqrt(a, out=y))


def square(_layer: Any, kit: Kit, x: Array) -> Array:
    """The input times itself."""
    return _quiet(kit, x, lambda own, a, y: own.mul(a, a, out=y))


def power(layer: Any, kit: Kit, x: Array) -> Array:
    """The input to a fixed exponent."""
    return _quiet(kit, x, lambda own, a, y: own.pow(a, layer.exponent, out=y))


def clip(layer: Any, kit: Kit, x: Array) -> Array:
    """min(max(x, low), high)."""

    def body(own: Kit, a: Array, y: Array) -> None:
        own.held(a, layer.low, layer.high, out=y)

    return kit.each(x, body)


def affine(layer: Any, kit: Kit, x: Array) -> Array:
    """The input times a number, plus another; a factor of 1 is no work, and of -1 a sign change."""

    def body(own: Kit, a: Array, y: Array) -> None:
        if layer.scale == 1:
            np.copyto(y, a)
        elif layer.scale == -1:
            np.negative(a, out=y)
        else:
            own.mul(a, layer.scale, out=y)
        if layer.shift:
            own.add(y, layer.shift, out=y)

    return kit.each(x, body)


KERNELS: dict[str, Any] = {
    "abs": abs_,
    "exp": exp,
    "log": log,
    "sqrt": sqrt,
    "square": square,
    "power": power,
    "clip": clip,
    "affine": affine,
}
