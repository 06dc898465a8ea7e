"""What every tensor sees of one axis of the network's input, found by changing the input and looking what moves.

One trial changes one whole row of the input. Layer by layer, real kernels run on thin copies (`thin.py`): every place
that a trial has moved so far gets another value than in the run that changes nothing, and what comes out different has
moved too. Values are put in afresh before each layer, so that saturation cannot hide a movement and rounding cannot
invent one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import Array
from cnnshape.forward.thin import MOVING, POINTWISE, SHUFFLING, SLIDING, SPANNING, slim, strip
from cnnshape.forward.trials import RUN, Seen, Trials, Unknown
from cnnshape.network import Network, Node

#: What is known of a value: what it sees, why that is unknown, or None: it sees nothing of this input.
Value = Seen | str | None


class Probe(Trials):
    """Trials along one axis of one input; `shapes` are the shapes of all values, when they are known."""

    def __init__(
        self,
        network: Network,
        axis: int,
        size: int,
        shapes: list[tuple[int, ...]],
        *,
        real: bool,
        done: dict[Any, tuple[Any, Array]] | None = None,
    ) -> None:
        """`size` is the axis' size in the trials; `real` when that is the network's own.

        `done` holds what trials along another axis showed: where thin copies and inputs are the same, so is the answer.
        """
        super().__init__(size)
        self.network, self.axis, self.shapes, self.real = network, axis, shapes, real
        self.done = {} if done is None else done
        first = network.inputs[0].shape
        self.known: dict[Any, tuple[Any, list[Value]]] = {}
        """What was found for a layer on the same objects; they are kept, so that an identity is not given again."""
        self.values: list[Value] = [
            Seen(2 + axis, np.eye(size, dtype=bool))
            if tensor.shape[1:] == first[1:] and len(first) > axis + 1
            else None
            for tensor in network.inputs
        ]

    def run(self) -> list[Value]:
        """What every value of the network sees, by number."""
        for node in self.network.nodes:
            inputs = [self.values[i] for i in node.inputs]
            unknown = [value for value in inputs if isinstance(value, str)]
            if unknown:
                found: list[Value] = [unknown[0]] * len(node.outputs)
            elif all(value is None for value in inputs) or node.layer is None or node.layer.kind == "parameter":
                found = [None] * len(node.outputs)
            else:
                found = self.remembered(node, inputs)
            self.values.extend(found)
        return self.values

    def remembered(self, node: Node, inputs: list[Any]) -> list[Value]:
        """The answer of an equal layer on the same inputs, or a new one; why there is none where trials fail."""
        seen = [value if value is None else (value.dim, id(value.moved)) for value in inputs]
        key = (node.layer, *seen, *[self.shapes[i] for i in node.inputs])
        if key not in self.known:
            try:
                found = self.layer(node, inputs)
            except (Unknown, ValueError, IndexError, TypeError) as why:
                found = [f"{node.name}: {why}"[:200]] * len(node.outputs)
            self.known[key] = (inputs, found)
        return self.known[key][1]

    def layer(self, node: Node, inputs: list[Any]) -> list[Value]:
        """One layer, by the way in which its kind can be tried."""
        layer: Any = node.layer
        kind = layer.kind
        first = next(value for value in inputs if value is not None)
        if kind in MOVING and first.dim is not None:
            return self.moving(node, first)
        if kind in SHUFFLING and first.dim is not None and first.dim > 1:
            return [self.shuffling(layer, first)]
        if kind in SLIDING and first.dim is not None and first.dim > 1:
            return [self.sliding(node, inputs, first)]
        if kind in SLIDING or kind in SHUFFLING or kind in MOVING or (first.dim is None and len(inputs) == 1):
            # The axis has ended, or runs along the channels: every output sees all of it.
            return [first.ended()] * len(node.outputs)
        return self.whole(node, inputs)

    def sliding(self, node: Node, inputs: list[Any], first: Seen) -> Seen:
        """Trials as rows of one image, the axis as its columns."""
        layer: Any = node.layer
        dim = first.dim or 0
        rank = len(self.shapes[node.inputs[0]]) - 2
        reference = None
        if len(inputs) > 1:
            other = inputs[1]
            reference = other.moved.shape[1] if other is not None and other.dim == dim else None
            if reference is None:
                reference = self.shapes[node.inputs[1]][dim]
        sized = any(getattr(layer, name, None) not in (None, 1) for name in ("output_size", "size"))
        if not self.real and (sized or getattr(layer, "align_corners", False)):
            raise Unknown("its windows depend on the input's size")
        n = first.moved.shape[1]
        sample = strip(layer, dim - 2, rank, 2, reference)
        key = (layer.kind, repr(sorted(vars(sample).items())), id(first.moved))
        if key not in self.done:
            step = max(1, RUN // n)
            parts = []
            for top in range(0, self.size, step):
                rows = slice(top, min(self.size, top + step))
                image = self.trials((n,), first, 1, rows, 0)[None, None]
                y = self.call(layer.kind, strip(layer, dim - 2, rank, image.shape[2], reference), image)
                parts.append(self.differs(y[0, 0], 1))
            self.done[key] = (first, self.same(first, dim, np.concatenate(parts)).moved)
        return Seen(dim, self.done[key][1])

    def shuffling(self, layer: Any, first: Seen) -> Seen:
        """One axis with as many channels as one axis' block holds."""
        block = getattr(layer, "upscale_factor", None) or getattr(layer, "downscale_factor", None)
        block = block or getattr(layer, "block_size", None) or layer.groups
        n = first.moved.shape[1]
        shape = (block * 2, n)
        return self.same(first, first.dim, self.moved(layer, layer.kind, [shape], [Seen(2, first.moved)], 2))

    def moving(self, node: Node, first: Seen) -> list[Value]:
        """Send the places themselves through the layer, and see where they are."""
        dim, n = first.dim or 0, first.moved.shape[1]
        shape = self.shapes[node.inputs[0]]
        if node.layer is not None and node.layer.kind not in ("reshape", "split", "slice"):
            shape = tuple(min(size, 2) for size in shape)  # no field of theirs speaks of a size
        sizes = [1, *[n if d == dim else size for d, size in enumerate(shape) if d]]
        labels = np.arange(n, dtype=np.float64).reshape([n if d == dim else 1 for d in range(len(shape))])
        found = self.call(node.layer.kind, node.layer, np.broadcast_to(labels, sizes))  # type: ignore[union-attr]
        outs = found if isinstance(found, tuple) else (found,)
        if not all(out.size for out in outs):
            raise Unknown("it leaves nothing of an axis of another size")
        if not self.real and node.layer is not None and node.layer.kind in ("slice", "split"):
            self.cut_alike(node, node.layer, dim, n, outs)
        return [self.placed(first, out.astype(int)) for out in outs]

    def cut_alike(self, node: Node, layer: Any, dim: int, n: int, outs: tuple[Array, ...]) -> None:
        """Refuse an axis of `n` positions on which a part is not longer by as much as the whole is."""
        before = self.shapes[node.inputs[0]]
        step = layer.step if layer.kind == "slice" and layer.dim % len(before) == dim else 1
        for number, out in zip(node.outputs, outs, strict=True):
            if (out.shape[dim] - self.shapes[number][dim]) * step != n - before[dim]:
                raise Unknown("it cuts elsewhere on an axis of another size")

    def placed(self, first: Seen, labels: Array) -> Seen:
        """The dimension along which the places lie, or the end of the axis."""
        for dim in range(1, labels.ndim):
            line = labels[tuple(slice(None) if d == dim else slice(0, 1) for d in range(labels.ndim))]
            size = labels.shape[dim]
            if np.unique(line).size == size and (labels == line).all() and (size > 1 or dim == first.dim):
                return self.same(first, dim, first.moved[:, line.reshape(-1)])
        return Seen(None, first.moved[:, np.unique(labels)]).ended()

    def whole(self, node: Node, inputs: list[Any]) -> list[Value]:
        """The layer as it is, on small arrays of the same rank; sizes of 1 stay, for broadcasting."""
        layer: Any = node.layer
        kind = layer.kind
        shapes, dims = [], []
        for number, value in zip(node.inputs, inputs, strict=True):
            real = self.shapes[number]
            dim = None if value is None else value.dim
            small = [1] * len(real) if kind in POINTWISE else self.small(layer, real)
            if dim is not None:
                small[dim] = value.moved.shape[1]
            shapes.append(tuple(small[1:]))
            dims.append(None if dim is None else dim - len(real))
        behind = {dim for dim in dims if dim is not None}
        if len(behind) > 1:
            raise Unknown("its inputs carry the axis in different places")
        out = self.out_dim(node, behind.pop() if behind else None)
        if kind in SPANNING:
            spread = [Seen(2, value.moved) for value in inputs]
            moved = shown(self.moved(slim(layer), kind, [(4, v.moved.shape[1]) for v in inputs], spread, 2), inputs)
            if out is None or not getattr(layer, "keepdim", True):
                return [Seen(None, moved).ended()]
            return [Seen(out, moved)]
        sources = [value.moved for value in inputs if value is not None]
        key = (layer, *[None if value is None else id(value.moved) for value in inputs], *dims, *shapes)
        if key not in self.done:
            if out is not None and self.in_place(layer, shapes, inputs, out):
                moved = sources[0] if len(sources) == 1 else np.logical_or.reduce(sources)
            else:
                moved = shown(self.moved(slim(layer), kind, shapes, inputs, out), inputs)
            moved = next((mask for mask in sources if np.array_equal(mask, moved)), moved)
            self.done[key] = (inputs, moved)
        moved = self.done[key][1]
        first = next(value for value in inputs if value is not None)
        if out is None or (kind == "concat" and out == layer.dim % len(self.shapes[node.outputs[0]])):
            # Laid side by side, two copies of an axis are none: what is made of them counts as one place.
            return [Seen(None, moved).ended()] * len(node.outputs)
        return [self.same(first, out, moved)] * len(node.outputs)

    def in_place(self, layer: Any, shapes: list[tuple[int, ...]], inputs: list[Any], out: int) -> bool:
        """Whether each position of the axis moves itself and no other, tried on a few: a layer treats all alike."""
        sizes = {value.moved.shape[1] for value in inputs if value is not None}
        if len(sizes) != 1 or any(value is not None and value.dim is None for value in inputs):
            return False
        few = np.eye(5, dtype=bool)
        short = [
            tuple(5 if value is not None and d + 1 == value.dim else size for d, size in enumerate(shape))
            for shape, value in zip(shapes, inputs, strict=True)
        ]
        for turn, value in enumerate(inputs):
            if value is not None:
                alone = [Seen(value.dim, few) if k == turn else None for k in range(len(inputs))]
                if not np.array_equal(self.moved(slim(layer), layer.kind, short, alone, out, size=5), few):
                    return False
        return True

    def small(self, layer: Any, shape: tuple[int, ...]) -> list[int]:
        """Sizes of 1, but 4 where the layer mixes the values along a dimension and there are several."""
        dim = getattr(layer, "dim", None)
        mixed = {1, len(shape) - 1, len(shape) - 2} if dim is None else set(dim if isinstance(dim, tuple) else (dim,))
        mixed = {d % len(shape) for d in mixed}
        return [4 if d in mixed and size > 1 else 1 for d, size in enumerate(shape)]

    def out_dim(self, node: Node, behind: int | None) -> int | None:
        """The output's dimension for a dimension counted from the end of an input; None where it is mixed away."""
        layer: Any = node.layer
        if behind is None:
            return None
        rank = len(self.shapes[node.outputs[0]])
        if layer.kind == "embedding":
            return rank - 1 + behind
        if layer.kind in ("linear", "bilinear", "rnn", "lstm", "gru", "multi_head_attention") and behind == -1:
            return None
        if layer.kind in ("matmul", "scaled_dot_product_attention") and behind == -1:
            return None
        return rank + behind

    def same(self, first: Seen, dim: int | None, moved: Array) -> Seen:
        """The old array where nothing changed: equal ones are one object."""
        if moved.shape == first.moved.shape and np.array_equal(moved, first.moved):
            return Seen(dim, first.moved)
        return Seen(dim, moved)


def shown(moved: Array, inputs: list[Any]) -> Array:
    """What trials moved, unless that is nothing because a norm or a softmax over one position is always the same."""
    if not moved.any() and any(value is not None and value.moved.shape[1] == 1 for value in inputs):
        raise Unknown("over one position it shows nothing")
    return moved
