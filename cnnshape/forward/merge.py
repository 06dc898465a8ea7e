"""Several arrays into one: concatenation and elementwise arithmetic with broadcasting."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import BLOCK, Array, Kit


def concat(layer: Any, _kit: Kit, *xs: Array) -> Array:
    """Side by side along one dimension."""
    return np.concatenate(xs, axis=layer.dim)


def _folded(kit: Kit, xs: tuple[Array, ...], operation: str, *, mean: bool = False) -> Array:
    """The first two combined, then the result with each of the others, block by block; sizes of 1 are stretched."""
    shape = xs[0].shape
    if all(x.shape == shape and x.flags.c_contiguous for x in xs):  # any block will do
        y = kit.empty(*shape)
        first, *others = [x.reshape(-1) for x in xs]
        out, axis = y.reshape(-1), 0
    else:
        y = out = kit.empty(*np.broadcast_shapes(*[x.shape for x in xs]))
        first, *others = [np.broadcast_to(x, y.shape) for x in xs]
        axis = next((d for d, n in enumerate(out.shape) if n > 1), 0)

    def body(own: Kit, begin: int, end: int) -> None:
        part = (slice(None),) * axis + (slice(begin, end),)
        combine, block = getattr(own, operation), out[part]
        combine(first[part], others[0][part], out=block)
        for other in others[1:]:
            combine(block, other[part], out=block)
        if mean:
            own.div(block, len(xs), out=block)

    with np.errstate(all="ignore"):
        kit.parts(out.shape[axis], max(1, BLOCK * out.shape[axis] // out.size), body)
    return y


def add(_layer: Any, kit: Kit, *xs: Array) -> Array:
    """The sum."""
    return _folded(kit, xs, "add")


def sub(_layer: Any, kit: Kit, *xs: Array) -> Array:
    """The first less all others."""
    return _folded(kit, xs, "sub")


def mul(_layer: Any, kit: Kit, *xs: Array) -> Array:
    """The product."""
    return _folded(kit, xs, "mul")


def div(_layer: Any, kit: Kit, *xs: Array) -> Array:
    """The first divided by all others."""
    return _folded(kit, xs, "div")


def maximum(_layer: Any, kit: Kit, *xs: Array) -> Array:
    """The largest."""
    return _folded(kit, xs, "maximum")


def minimum(_layer: Any, kit: Kit, *xs: Array) -> Array:
    """The smallest."""
    return _folded(kit, xs, "minimum")


def mean(_layer: Any, kit: Kit, *xs: Array) -> Array:
    """The sum, divided by the number of inputs."""
    return _folded(kit, xs, "add", mean=True)


KERNELS: dict[str, Any] = {
    "concat": concat,
    "add": add,
    "sub": sub,
    "mul": mul,
    "div": div,
    "maximum": maximum,
    "minimum": minimum,
    "mean": mean,
}
