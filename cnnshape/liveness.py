"""Which buffers are alive while each layer runs: peak memory, and what training keeps.

A buffer is a tensor that has memory of its own. Views and identities alias their input's buffer and keep it alive.
A buffer is born when its layer runs and dies after its last use; the network's outputs live to the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from cnnshape.facts import Facts
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
    """The values whose buffers are alive there; in a network without layers, the inputs that it gives out."""
    saved: int
    """Elements that the backward pass needs of the forward pass, each buffer once, and those inside of layers."""
    mask_bytes: int
    """Masks and indices that the backward pass needs besides."""


def follow(network: Network, inputs: Sequence[int], found: Sequence[Facts]) -> Memory:
    """Follow every buffer; `inputs` are the inputs' sizes, `found` what is known of each node."""
    nodes = network.nodes
    size = list(inputs)  # of the buffer that each value owns; 0 for a view
    root = list(range(len(inputs)))  # the value whose memory each value uses
    last = [-1] * len(inputs)
    saved: set[int] = set()
    masks = inside = 0
    learning = [False] * len(inputs)  # whether a gradient flows back to each value
    fixed: set[str] = set()  # the layers that are frozen
    for number, node in enumerate(nodes):
        layer, sizes, ins = node.layer, found[number].elements, node.inputs
        learns = False
        for value in ins:
            last[root[value]] = number
            learns = learns or learning[value]
        if node.frozen:
            fixed.add(node.name)
        elif not learns and node.share not in fixed:
            weights = found[number].weights
            learns = weights is None or bool(weights)  # where they are not known, they may be there
        if not found[number].view:
            for count in sizes:
                root.append(len(root))
                size.append(count)
                last.append(number)
                learning.append(learns)
        else:
            alias = root[ins[0]]
            for _ in sizes:
                root.append(alias)
                size.append(0)
                last.append(-1)
                learning.append(learns)
        if layer is None or not learns:  # no gradient comes here, or it ends before this layer
            continue
        inside += found[number].inside
        saves = layer.saves
        if saves != "nothing":
            if saves != "output":
                for value in ins:
                    saved.add(root[value])
            if saves != "input":
                for value in node.outputs:
                    saved.add(root[value])
        if layer.mask_bytes:
            masks += layer.mask_bytes * sum(sizes)
    for value in network.outputs:
        last[root[value]] = len(nodes)
    dying = [0] * (len(nodes) + 1)  # elements whose last use each node is
    for number, count in zip(last, size, strict=True):
        if number >= 0:
            dying[number] += count
    # An input that nothing uses is never there.
    alive = sum([count for count, number in zip(inputs, last, strict=False) if number >= 0])
    best, at = alive, None
    value = len(inputs)
    for number, one in enumerate(found):
        for _ in one.elements:
            alive += size[value]
            value += 1
        if alive > best or at is None:
            best, at = alive, number
        alive -= dying[number]
    born = len(inputs) - 1 if at is None else nodes[at].outputs[-1]  # without layers, what flows in is all there is
    held = [v for v in range(born + 1) if root[v] == v and last[v] >= (at or 0)]
    return Memory(sum(inputs), best, at, held, sum([size[v] for v in saved]) + inside, masks)
