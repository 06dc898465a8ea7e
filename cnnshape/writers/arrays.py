"""The arrays of a layer, for whoever computes with them besides the forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnshape.forward.weights import Weights


def array(weights: Weights, owner: str, name: str, shape: tuple[int, ...], *, kept: bool = False) -> Any:
    """What the forward pass made and `weights` remembers; else made now, so that the forward pass finds it.

    `kept` tells a buffer from a learned array.
    """
    if not kept:
        return weights.learned(owner, name, tuple(shape))
    low, high = (0.5, 1.5) if name.endswith("var") else (-0.5, 0.5)
    return weights.between(owner, name, tuple(shape), low, high)
