"""Runs a network in torch, layer by layer, with the weights of the forward pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from cnnshape.against.table import KINDS
from cnnshape.errors import ModelError, Place, Problem
from cnnshape.shape import Shape
from cnnshape.writers.arrays import array

if TYPE_CHECKING:
    from cnnshape.forward.weights import Weights
    from cnnshape.network import Network, Node


def outputs(network: Network, weights: Weights, inputs: dict[str, Any]) -> list[Any]:
    """Every output of the network; values that nobody reads any more are dropped."""
    values: dict[int, Any] = {n: torch.from_numpy(inputs[t.name]) for n, t in enumerate(network.inputs)}
    last: dict[int, int] = {}
    for number, node in enumerate(network.nodes):
        last.update(dict.fromkeys(node.inputs, number))
    last.update(dict.fromkeys(network.outputs, len(network.nodes)))
    for number, node in enumerate(network.nodes):
        found = layer_outputs(network, node, weights, [values[i] for i in node.inputs])
        values.update(zip(node.outputs, found, strict=True))
        for value in {*node.inputs, *node.outputs}:
            if last.get(value, -1) <= number:
                del values[value]
    return [values[value].numpy() for value in network.outputs]


def layer_outputs(network: Network, node: Node, weights: Weights, xs: list[Any]) -> tuple[Any, ...]:
    """What one layer gives."""
    layer: Any = node.layer
    run = KINDS.get(layer.kind)
    if run is None:
        place = Place(network.source, node.line, node.column, ".".join(node.path))
        raise ModelError([Problem("CNN-E704", f"{layer.kind} {node.name} is a black box: torch cannot run it", place)])
    shapes = [Shape(*x.shape) for x in xs]
    owner = node.share or node.name
    learned, buffers = layer.weights(*shapes) or {}, layer.buffers(*shapes)
    arrays = {
        name: torch.from_numpy(array(weights, owner, name, shape, kept=name in buffers))
        for name, shape in {**learned, **buffers}.items()
    }
    found = run(layer, arrays, *xs)
    return found if isinstance(found, tuple) else (found,)
