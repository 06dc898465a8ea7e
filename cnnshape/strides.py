"""Which views must be copies after all: a reshape of what a permutation or a slice left scattered in memory."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnshape.facts import Facts
from cnnshape.geometry.strides import is_run, run_of
from cnnshape.layers.base import Layer
from cnnshape.network import Node
from cnnshape.shape import Shape


class Strides:
    """The strides of every value whose elements do not lie one behind the other; all others do."""

    def __init__(self) -> None:
        """Inputs lie one behind the other."""
        self.scattered: dict[int, tuple[int, ...]] = {}
        self.copies: dict[int, tuple[Facts, Facts]] = {}

    def settle(self, layer: Any, found: Facts, node: Node, xs: tuple[Shape, ...]) -> Facts:
        """The facts of a view, with memory of its own where it cannot be one. Notes how its outputs lie."""
        if type(layer).strides is Layer.strides and node.inputs[0] not in self.scattered:
            return found
        strides = self.scattered.get(node.inputs[0]) or run_of(xs[0])
        seen = layer.strides(strides, *xs)
        if seen is None:
            key = id(found)
            if key not in self.copies:
                copy = msgspec.structs.replace(found, view=False, kept=sum(found.elements))
                self.copies[key] = (found, copy)
            return self.copies[key][1]
        for value, shape in zip(node.outputs, found.outs, strict=True):
            if not is_run(shape, seen):
                self.scattered[value] = seen
        return found
