"""A network of one layer, for tests that need one."""

from __future__ import annotations

from typing import Any

from cnnshape.network import Input, Network, Node


def one_layer(layer: Any, xs: tuple[Any, ...]) -> Network:
    """The layer "it" on inputs "x0", "x1", ... of the given shapes (the batch is left out)."""
    inputs = [Input(f"x{n}", tuple(x[1:])) for n, x in enumerate(xs)]
    outputs = tuple(range(len(xs), len(xs) + len(layer.outs(*xs))))
    return Network("one", inputs, [Node("it", layer, tuple(range(len(xs))), outputs)], outputs)
