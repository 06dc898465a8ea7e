"""PReLU, GLU and the softmax family."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.activation import logistic
from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.slabs import channelled, one, slabs, softmax


def prelu(layer: Any, kit: Kit, x: Array) -> Array:
    """The input x where positive, slope * x elsewhere."""
    weight = kit.weight("weight", x.shape[1] if layer.per_channel else layer.num_parameters)

    def body(own: Kit, a: Array, y: Array, slopes: Array) -> None:
        own.mul(a, slopes, out=y)
        own.select(a > 0, a, y, y)

    axis = 1 if x.ndim > 1 else 0
    return channelled(kit, x, axis, [np.broadcast_to(weight, x.shape[axis])], body)


def glu(layer: Any, kit: Kit, x: Array) -> Array:
    """One half times the sigmoid of the other."""
    a, b = np.split(x, 2, axis=layer.dim)
    y = kit.each(b, logistic)
    axis = next((d for d, n in enumerate(y.shape) if n > 1), 0)

    def gate(own: Kit, first: int, last: int) -> None:
        part = (slice(None),) * axis + (slice(first, last),)
        own.mul(y[part], a[part], out=y[part])

    kit.parts(y.shape[axis], -(-y.shape[axis] // 8), gate)
    return y


def softmax_(layer: Any, kit: Kit, x: Array) -> Array:
    """exp(x - max) / sum."""
    axis = one(layer.dim, x)
    return slabs(kit, x, axis, axis + 1, lambda own, a, y, _: softmax(own, a, y))


def softmin(layer: Any, kit: Kit, x: Array) -> Array:
    """Softmax of -x."""
    axis = one(layer.dim, x)

    def body(own: Kit, a: Array, y: Array, _rows: range) -> None:
        own.negative(a, out=y)
        softmax(own, y, y)

    return slabs(kit, x, axis, axis + 1, body)


def log_softmax(layer: Any, kit: Kit, x: Array) -> Array:
    """The input less its maximum, less log(sum of exp(x - max))."""
    axis = one(layer.dim, x)

    def body(own: Kit, a: Array, y: Array, _rows: range) -> None:
        own.sub(a, own.largest(a, 1), out=y)
        own.sub(y, own.log(own.sum(own.exp(y), 1)), out=y)

    return slabs(kit, x, axis, axis + 1, body)


KERNELS: dict[str, Any] = {
    "prelu": prelu,
    "glu": glu,
    "softmax": softmax_,
    "softmin": softmin,
    "log_softmax": log_softmax,
}
