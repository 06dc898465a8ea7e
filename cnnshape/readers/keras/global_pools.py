"""Pools to one value for each channel, or to a size that is given."""

from __future__ import annotations

from typing import Any

from cnnshape.readers.keras.call import Call, Unknown
from cnnshape.readers.keras.tensor import Tensor, same
from cnnshape.readers.keras.windows import Builder, image


def pool_all(kind: str, rank: int) -> Builder:
    """GlobalAveragePooling, GlobalMaxPooling."""

    def build(c: Call) -> Tensor:
        x, order, steps = image(c, rank)
        keep = c.flag("keepdims", default=False)
        if steps:
            return _each_step(c, kind.removeprefix("global_"), x, order, keep)
        return c.node(kind, {"keepdim": keep}, [x], order if keep else same(2))

    return build


def _each_step(c: Call, kind: str, x: Tensor, order: tuple[int, ...], keep: bool) -> Tensor:
    """TimeDistributed around it: a window of 1 over time and of everything over the image."""
    shape = c.shape(x)
    space = [shape[order.index(dim)] for dim in range(3, len(shape))]
    fields: dict[str, Any] = {"kernel_size": (1, *space)}
    if kind == "avg_pool":
        fields["count_include_pad"] = False
    y = c.node(kind, fields, [x], order)
    return y if keep else c.node("flatten", {"start_dim": 2}, [y], (0, 2, 1), "flat")


def adaptive(kind: str, rank: int) -> Builder:
    """AdaptiveAveragePooling, AdaptiveMaxPooling."""

    def build(c: Call) -> Tensor:
        if c.steps:
            raise Unknown
        x, order, _ = image(c, rank)
        return c.node(kind, {"output_size": c.each("output_size", rank)}, [x], order)

    return build
