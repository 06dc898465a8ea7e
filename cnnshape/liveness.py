"""Which buffers are alive while each layer runs: peak memory, and what training keeps.

A buffer is a tensor that has memory of its own. Views and identities alias their input's buffer and keep it alive.
A buffer is born when its layer runs and dies after its last use; the network's outputs live to the end.
"""

from __future__ import annotations

from cnnshape.network import Network, Node
from cnnshape.shape import Shape


class Buffers:
    """Follows the memory of one walk."""

    def __init__(self, network: Network, item: int) -> None:
        """Inputs are buffers from the start; `item` is the bytes of one element."""
        self.network, self.item = network, item
        self.root = list(range(len(network.inputs)))
        """The value whose memory each value uses."""
        self.bytes: dict[int, int] = {}
        self.saved: set[int] = set()
        self.masks = 0
        self.input_bytes = 0

    def visit(self, number: int, node: Node, outs: tuple[Shape, ...], shapes: list[Shape | None]) -> None:  # noqa: ARG002
        """Give the node's outputs their memory."""
        layer = node.layer
        if not self.bytes:
            for value in range(len(self.network.inputs)):
                self.bytes[value] = (shapes[value] or Shape(0)).numel * self.item
            self.input_bytes = sum(self.bytes.values())
        root = self.root
        while len(root) < node.outputs[0]:  # values of layers that failed
            root.append(len(root))
        if layer is not None and layer.view:
            root.extend([root[node.inputs[0]]] * len(outs))
        else:
            for value, shape in zip(node.outputs, outs, strict=True):
                root.append(value)
                self.bytes[value] = shape.numel * self.item
        if layer is None:
            return
        if layer.saves in ("input", "both"):
            self.saved.update([root[i] for i in node.inputs])
        if layer.saves in ("output", "both"):
            self.saved.update([root[i] for i in node.outputs])
        if layer.mask_bytes:
            self.masks += layer.mask_bytes * sum(shape.numel for shape in outs)

    def saved_bytes(self) -> int:
        """Bytes that the backward pass needs of the forward pass, each buffer once, masks and indices besides."""
        return sum(self.bytes.get(value, 0) for value in self.saved) + self.masks

    def peak(self) -> tuple[int, int | None, list[int]]:
        """The most bytes alive while one layer runs, that layer's number, and the buffers alive there."""
        nodes, root = self.network.nodes, self.root
        last: dict[int, int] = {}
        for number, node in enumerate(nodes):
            for value in node.inputs:
                last[root[value]] = number
            for value in node.outputs:
                last.setdefault(root[value], number)
        for value in self.network.outputs:
            last[root[value]] = len(nodes)
        dying: dict[int, list[int]] = {}
        for value, number in last.items():
            dying.setdefault(number, []).append(value)
        size = self.bytes
        alive = sum(size.get(value, 0) for value in range(len(self.network.inputs)) if value in last)
        best, at = alive, None
        for number, node in enumerate(nodes):
            for value in node.outputs:
                if root[value] == value:
                    alive += size.get(value, 0)
            if alive > best or at is None:
                best, at = alive, number
            for value in dying.get(number, ()):
                alive -= size.get(value, 0)
        if at is None:
            return best, None, []
        born = {value: number for number, node in enumerate(nodes[: at + 1]) for value in node.outputs}
        born.update(dict.fromkeys(range(len(self.network.inputs)), -1))
        return best, at, [v for v, number in born.items() if root[v] == v and last.get(v, -1) >= at >= number]
