"""Follows every axis of the network's input through the layers: where it lies in each tensor, and what it sees.

Fields are measured on one coordinate system: that of the first input, and of other inputs of its size. A tensor that
depends on none of these (a learned array, an input of another size) has no field and adds nothing to a join.
"""

from __future__ import annotations

from typing import Any

from cnnshape.facts import Facts
from cnnshape.geometry.receptive import Field, fold, join, whole
from cnnshape.layers.base import Carry
from cnnshape.network import Network, Node
from cnnshape.report import ReceptiveField
from cnnshape.shape import Shape

#: Where one axis of the network's input is found in a tensor: (dimension or None once it ended, its field).
Axis = tuple[int | None, Field | None]


class Trace:
    """The axes of every value, by its number."""

    def __init__(self, network: Network) -> None:
        """The inputs see themselves."""
        self.sizes = [t.shape[1:] for t in network.inputs]
        self.axes: list[tuple[Axis, ...] | None] = [
            tuple((dim, Field()) for dim in range(2, len(t.shape) + 1)) if sizes == self.sizes[0] else None
            for t, sizes in zip(network.inputs, self.sizes, strict=True)
        ]
        # Equal facts and equal axes are one object each, so that their identity says enough. The objects are kept
        # beside the answer: an identity must not be given again.
        self.folded: dict[tuple[int, int], tuple[Any, Any, tuple[Axis, ...]]] = {}
        self.shown: dict[int, tuple[Any, ReceptiveField]] = {}

    def visit(self, reads: bool, found: Facts, node: Node, xs: tuple[Shape, ...]) -> ReceptiveField | None:
        """Note where each axis of the network's input is found in the outputs; what they see, as the report shows it."""
        axes, inputs = self.axes, node.inputs
        ends: tuple[Axis, ...] | None = None
        if reads:
            ends = axes[inputs[0]] if len(inputs) == 1 else self.meet([axes[i] for i in inputs], found.outs[0], xs)
            if ends is not None and found.carries is not None:
                key = (id(ends), id(found))
                seen = self.folded.get(key)
                if seen is None:
                    seen = self.folded[key] = (ends, found, self.carry(ends, found.carries, xs[0]))
                ends = seen[2]
        if len(node.outputs) == 1:
            axes.append(ends)
        else:
            axes.extend([ends] * len(node.outputs))
        return self.show(ends)

    def carry(self, before: tuple[Axis, ...], carries: tuple[Carry, ...], x: Shape) -> tuple[Axis, ...]:
        """Fold one layer's axis maps onto the fields that reach it."""
        ways = {carry.axis: carry for carry in carries}
        after: list[Axis] = []
        for axis, (dim, field) in enumerate(before):
            size = self.sizes[0][axis]
            if dim is None or field is None:
                after.append((dim, field))
                continue
            found = ways.get(dim)
            if found is None:
                after.append((None, whole(field, x[dim], size)))
            elif found.way is None:
                after.append((found.to, field))
            else:
                after.append((found.to, fold(field, found.way, x[dim], size)))
        return tuple(after)

    def meet(self, inputs: list[tuple[Axis, ...] | None], out: Shape, xs: tuple[Shape, ...]) -> tuple[Axis, ...] | None:
        """The hull of the fields of several inputs."""
        first = inputs[0]
        if all(axes is first for axes in inputs):
            return first
        seen = [(axes, x) for axes, x in zip(inputs, xs, strict=True) if axes is not None]
        if not seen:
            return None
        result: list[Axis] = []
        for axis in range(len(seen[0][0])):
            ends = [axes[axis] for axes, _ in seen]
            # Broadcasting aligns dimensions from the right.
            dims = [dim + len(out) - len(x) for (dim, _), (_, x) in zip(ends, seen, strict=True) if dim is not None]
            fields = [field for _, field in ends]
            if None in fields or len(set(dims)) > 1:
                result.append((dims[0] if dims else None, None))
                continue
            dim = dims[0] if dims else None
            steps = out[dim] if dim is not None and dim < len(out) else 1
            result.append((dim, join(fields, steps, self.sizes[0][axis])))  # type: ignore[arg-type]
        return tuple(result)

    def show(self, axes: tuple[Axis, ...] | None) -> ReceptiveField | None:
        """The fields as the report shows them; those of one tensor are one object."""
        if not axes:
            return None
        found = self.shown.get(id(axes))
        if found is None:
            fields = [field for _, field in axes]
            found = self.shown[id(axes)] = (
                axes,
                ReceptiveField(
                    tuple([None if f is None else f.size for f in fields]),
                    tuple(
                        [None if f is None else f.jump if f.jump.__class__ is int else float(f.jump) for f in fields]
                    ),
                    tuple([None if f is None else f.start for f in fields]),
                ),
            )
        return found[1]
