"""Branch by branch: an order of the layers in which what belongs together stands together.

Any order in which a layer comes after what it reads gives the same numbers for every layer. Files often go through
their branches side by side, and so no branch is a chain of neighbours. The canonical order goes backwards from each
merge and finishes one input before it begins the next.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from cnnshape.network import Network, Node


def branchwise(network: Network) -> Network | None:
    """The network in canonical order; None where the file's order is that already."""
    nodes = network.nodes
    order = _order(network)
    if order == list(range(len(nodes))):
        return None
    first = len(network.inputs)
    values = dict(zip(range(first), range(first), strict=True))
    moved: list[Node] = []
    for number in order:
        node = nodes[number]
        outs = tuple(range(len(values), len(values) + len(node.outputs)))
        values.update(zip(node.outputs, outs, strict=True))
        ins = tuple([values[value] for value in node.inputs])
        moved.append(msgspec.structs.replace(node, inputs=ins, outputs=outs))
    outputs = tuple([values[value] for value in network.outputs])
    return msgspec.structs.replace(network, nodes=moved, outputs=outputs)


def _order(network: Network) -> list[int]:
    """The numbers of the nodes, inputs before what reads them, a whole branch before the next."""
    nodes = network.nodes
    makers = {value: number for number, node in enumerate(nodes) for value in node.outputs}
    owners = {node.name: number for number, node in enumerate(nodes)} if any(node.share for node in nodes) else {}
    uses = Counter(value for node in nodes for value in node.inputs)
    depths = _depths(nodes, makers, uses)
    needed: list[list[int]] = []
    for node in nodes:
        ins = node.inputs
        if len(ins) == 2 and node.layer is not None and node.layer.kind == "add":
            ins = tuple(sorted(ins, key=lambda value: -depths.get(makers.get(value, -1), 0)))  # the body of a residual
        needs = [makers[value] for value in ins if value in makers]
        if node.share is not None and node.share in owners:
            needs.insert(0, owners[node.share])
        needed.append(needs)
    done = [False] * len(nodes)
    order: list[int] = []
    for sink, node in enumerate(nodes):
        if any(uses[value] for value in node.outputs):
            continue
        stack = [(sink, 0)]
        while stack:
            number, at = stack.pop()
            if done[number]:
                continue
            if at == len(needed[number]):
                done[number] = True
                order.append(number)
                continue
            stack.append((number, at + 1))
            if not done[needed[number][at]]:
                stack.append((needed[number][at], 0))
    return order


def _depths(nodes: list[Node], makers: dict[int, int], uses: Counter[int]) -> dict[int, int]:
    """How many layers stand between each layer and the nearest value above that is read more than once."""
    depths: dict[int, int] = {}
    for number, node in enumerate(nodes):
        before = [depths[makers[value]] for value in node.inputs if value in makers and uses[value] == 1]
        depths[number] = 1 + max(before, default=0)
    return depths
