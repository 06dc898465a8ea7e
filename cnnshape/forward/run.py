"""Runs a network: layer by layer, on real arrays, freeing what nobody needs any more.

The executor knows the graph and nothing of shapes: what a layer gets is what came out of the layers before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np

from cnnshape.forward import kernel
from cnnshape.forward.blas import one_thread
from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.weights import Weights
from cnnshape.network import Network, Node


class Ran(NamedTuple):
    """What one layer did."""

    node: Node
    shapes: tuple[tuple[int, ...], ...]
    """Of the arrays that came out."""
    used: dict[str, tuple[int, ...]]
    """Shapes of the learned arrays that it used."""
    kept: dict[str, tuple[int, ...]]
    """Shapes of the buffers that it used."""
    tally: dict[str, int]
    way: str
    """Another algorithm that made some of what the tally counts; empty where all of that was performed."""
    performed: dict[str, int]
    """What that algorithm performed in place of it."""
    new: int
    """Bytes of its outputs that are memory of their own, not a view of an input's."""
    alive: int
    """Bytes of all activations alive when it had just run."""


class Stuck(Exception):  # noqa: N818 - tells why a layer cannot be run; verify turns it into a finding
    """A layer that nothing here can run: its node, and why."""

    def __init__(self, node: Node, why: str) -> None:
        """Keep both."""
        super().__init__(f"{node.name}: {why}")
        self.node, self.why = node, why


def feed(network: Network, weights: Weights, batch: int) -> list[Array]:
    """Random inputs in the order of the network's inputs."""
    return [weights.between("", f"input {t.name}", (batch, *t.shape), -1.0, 1.0) for t in network.inputs]


def execute(
    network: Network,
    inputs: list[Array],
    weights: Weights,
    *,
    mode: str = "fast",
    only: frozenset[int] | None = None,
    told: Callable[[Node], None] | None = None,
    free: bool = True,
) -> tuple[dict[int, Array], list[Ran]]:
    """The network's outputs by value number, and what every layer did.

    `only` are the numbers of the nodes to run (with all that they need); `told` hears of each node before it runs.
    Without `free` every array is kept and is in the answer.
    Errors: Stuck where a layer has no kernel
    """
    values: dict[int, Array] = dict(enumerate(inputs))
    unused, dying = _deaths(network, only, len(values))
    for value in unused:
        del values[value]
    memory = Memory(values.values())
    ran: list[Ran] = []
    with np.errstate(all="ignore"), one_thread():  # random numbers may overflow: what is counted stays the same
        for number, node in enumerate(network.nodes):
            if only is not None and number not in only:
                continue
            if told is not None:
                told(node)
            outs, kit = run_node(node, [values[i] for i in node.inputs], weights, mode)
            values.update(zip(node.outputs, outs, strict=True))
            ran.append(
                Ran(
                    node,
                    tuple([out.shape for out in outs]),
                    {name: array.shape for name, array in kit.used.items()},
                    {name: array.shape for name, array in kit.kept.items()},
                    dict(kit.tally),
                    kit.way,
                    kit.performed,
                    sum([memory.add(out) for out in outs]),
                    memory.alive,
                )
            )
            del outs, kit
            if free:
                for value in dying.get(number, ()):
                    memory.drop(values.pop(value))
    return values, ran


def run_node(node: Node, inputs: list[Array], weights: Weights, mode: str = "fast") -> tuple[tuple[Array, ...], Kit]:
    """One layer on its inputs, and the kit that it used."""
    layer: Any = node.layer
    run = kernel(layer.kind, mode)
    if run is None:
        raise Stuck(node, f"{layer.kind} is a black box")
    kit = Kit(weights, node.share or node.name)
    found = run(layer, kit, *inputs)
    return (found if isinstance(found, tuple) else (found,)), kit


def needed(network: Network, wanted: Iterable[int]) -> frozenset[int]:
    """The numbers of the wanted nodes and of all nodes before them that they depend on."""
    maker = {value: number for number, node in enumerate(network.nodes) for value in node.outputs}
    found: set[int] = set()
    todo = list(wanted)
    while todo:
        number = todo.pop()
        if number in found:
            continue
        found.add(number)
        todo.extend(maker[value] for value in network.nodes[number].inputs if value in maker)
    return frozenset(found)


def _deaths(network: Network, only: frozenset[int] | None, inputs: int) -> tuple[list[int], dict[int, list[int]]]:
    """The inputs that nothing uses, and by a node's number the values that nothing uses after it."""
    last: dict[int, int] = {}
    for number, node in enumerate(network.nodes):
        if only is None or number in only:
            last.update(dict.fromkeys(node.outputs, number))  # where nothing uses them
            last.update(dict.fromkeys(node.inputs, number))
    last.update(dict.fromkeys(network.outputs, len(network.nodes)))
    dying: dict[int, list[int]] = {}
    for value, number in last.items():
        dying.setdefault(number, []).append(value)
    return [value for value in range(inputs) if value not in last], dying


class Memory:
    """The memory behind the arrays that are alive; what several share counts once."""

    def __init__(self, arrays: Iterable[Array] = ()) -> None:
        """`alive` is the sum, in bytes."""
        self.alive = 0
        self.users: dict[int, int] = {}
        for array in arrays:
            self.add(array)

    def add(self, array: Array) -> int:
        """Bytes that this array brings: none when it is a view of something alive."""
        owner = _owner(array)
        users = self.users.get(id(owner), 0)
        self.users[id(owner)] = users + 1
        if users:
            return 0
        self.alive += owner.nbytes
        return owner.nbytes

    def drop(self, array: Array) -> None:
        """One user less; the memory goes with the last."""
        owner = _owner(array)
        self.users[id(owner)] -= 1
        if not self.users[id(owner)]:
            del self.users[id(owner)]
            self.alive -= owner.nbytes


def _owner(array: Array) -> Array:
    """The array whose memory it is."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
