"""What is no computation of its own. A black box has no kernel: nothing is known of it."""

from __future__ import annotations

from typing import Any

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.sliding import per_axis


def identity(_layer: Any, _kit: Kit, x: Array) -> Array:
    """The input itself."""
    return x


def parameter(layer: Any, kit: Kit, x: Array) -> Array:
    """A copy of the learned array, one per example if it has a batch."""
    weight = kit.weight("weight", *per_axis(layer.shape, 1))
    y = kit.empty(len(x) if layer.batch else 1, *weight.shape)
    y[...] = weight
    return y


KERNELS: dict[str, Any] = {"identity": identity, "parameter": parameter}
