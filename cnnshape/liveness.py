"""Which buffers are alive while each layer runs: peak memory, and what training keeps.

A buffer is a tensor that has memory of its own. Views and identities alias their input's buffer and keep it alive.
A buffer is born when its layer runs and dies after its last use; the network's outputs live to the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cnnshape.network import Network


class Memory(msgspec.Struct, frozen=True):
    """What one pass over a network holds."""

    inputs: int
    """Elements of the network's inputs."""
    peak: int
    """The most elements alive at once, while `at` runs."""
    at: int | None
    """The number of that node; None in a network without layers."""
    alive: list[int]
    """The values whose buffers are alive there."""
    saved: int
    """Elements that the backward pass needs of the forward pass, each buffer once."""
    mask_bytes: int
    """Masks and indices that the backward pass needs besides."""


def follow(network: Network, inputs: Sequence[int], elements: Sequence[Sequence[int]]) -> Memory:
    """Follow every buffer; `inputs` and `elements` are the sizes of the inputs and of each node's outputs."""
    nodes = network.nodes
    size = list(inputs)
    root = list(range(len(inputs)))  # the value whose memory each value uses
    last = [-1] * len(inputs)
    saved: set[int] = set()
    masks = 0
    for number, node in enumerate(nodes):
        layer, sizes = node.layer, elements[number]
        ins = node.inputs
        for value in ins:
            last[root[value]] = number
        if layer is not None and layer.view:
            alias = root[ins[0]]
            for _ in sizes:
                root.append(alias)
                size.append(0)
                last.append(-1)
        else:
            for count in sizes:
                root.append(len(root))
                size.append(count)
                last.append(number)
        if layer is None or (layer.saves == "nothing" and not layer.mask_bytes):
            continue
        if layer.saves in ("input", "both"):
            saved.update([root[value] for value in ins])
        if layer.saves in ("output", "both"):
            saved.update([root[value] for value in node.outputs])
        masks += layer.mask_bytes * sum(sizes)
    for value in network.outputs:
        last[root[value]] = len(nodes)
    dying: list[list[int]] = [[] for _ in range(len(nodes) + 1)]
    for value, number in enumerate(last):
        if number >= 0:
            dying[number].append(value)
    # An input that nothing uses is never there.
    alive = sum([count for count, number in zip(inputs, last, strict=False) if number >= 0])
    best, at = alive, None
    value = len(inputs)
    for number, sizes in enumerate(elements):
        for _ in sizes:
            alive += size[value]
            value += 1
        if alive > best or at is None:
            best, at = alive, number
        for gone in dying[number]:
            alive -= size[gone]
    held: list[int] = []
    if at is not None:
        born = nodes[at].outputs[-1]
        held = [v for v in range(born + 1) if root[v] == v and last[v] >= at]
    return Memory(sum(inputs), best, at, held, sum([size[v] for v in saved]), masks)
