"""Follows every axis of the network's input through the layers: where it lies in each tensor, and what it sees.

Fields are measured on one coordinate system: that of the first input, and of other inputs of its size. A tensor that
depends on none of these (a learned array, an input of another size) has no field and adds nothing to a join.
"""

from __future__ import annotations

from typing import Any

from cnnshape.facts import Facts
from cnnshape.geometry.field import Field
from cnnshape.geometry.reach import Limits, Reach, behind, of_still, together
from cnnshape.geometry.receptive import fold, join, whole
from cnnshape.geometry.resample import Whole
from cnnshape.layers.base import Carry
from cnnshape.network import Network, Node
from cnnshape.report import ReceptiveField
from cnnshape.shape import Shape

#: Where one axis of the network's input is found in a tensor: (dimension or None once it ended, its field, its reach).
Axis = tuple[int | None, Field | None, Reach]


class Seen:
    """The axes of one tensor, and the fields as the report shows them. Tensors that see alike share one of these."""

    __slots__ = ("axes", "in_channels", "shown")

    def __init__(self, axes: tuple[Axis, ...]) -> None:
        """Show the fields once, for every tensor that shares them."""
        self.axes = axes
        self.in_channels = False
        sizes: list[int | None] = []
        jumps: list[int | float | None] = []
        starts: list[int | None] = []
        for dim, field, _ in axes:
            if dim == 1:
                self.in_channels = True
            if field is None:
                sizes.append(None)
                jumps.append(None)
                starts.append(None)
            else:
                jump = field.jump
                sizes.append(field.size)
                jumps.append(jump if jump.__class__ is int else float(jump))
                starts.append(field.start)
        self.shown = ReceptiveField(tuple(sizes), tuple(jumps), tuple(starts)) if axes else None


class Trace:
    """What every value sees, by its number."""

    def __init__(self, network: Network) -> None:
        """The inputs see themselves."""
        self.sizes = [t.shape[1:] for t in network.inputs]
        image = Field()
        self.seen: list[Seen | None] = [
            Seen(tuple([(dim, image, Limits(0, n - 1)) for dim, n in enumerate(sizes, start=2)]))
            if sizes == self.sizes[0]
            else None
            for t, sizes in zip(network.inputs, self.sizes, strict=True)
        ]
        # What a layer made of one of its inputs, by the identities of both. These are kept beside the answer: an
        # identity must not be given again.
        self.after: dict[tuple[int, int, int], tuple[Seen, Facts, Seen]] = {}

    @property
    def axes(self) -> list[tuple[Axis, ...] | None]:
        """Where the axes of the network's input are found in every value."""
        return [None if seen is None else seen.axes for seen in self.seen]

    def visit(self, found: Facts, node: Node, xs: tuple[Shape, ...]) -> ReceptiveField | None:
        """Note where each axis of the network's input is found in the outputs; what they see, as the report shows it."""
        values, inputs = self.seen, node.inputs
        if found.apart is not None:
            before = values[inputs[0]]
            values.extend([self.behind(before, found, xs, k, ways) for k, ways in enumerate(found.apart)])
            first = values[-len(found.apart)]
            return None if first is None else first.shown
        if len(inputs) == 1:
            one = values[inputs[0]]
            if found.moves:
                one = self.behind(one, found, xs, 0, found.carries)
        else:
            used = inputs[:1] if node.layer is not None and node.layer.first_only else inputs
            one = self.meet(
                [self.behind(values[i], found, xs, k, found.carries) for k, i in enumerate(used)], found, xs
            )
        if len(node.outputs) == 1:
            values.append(one)
        else:
            values.extend([one] * len(node.outputs))
        return None if one is None else one.shown

    def unread(self, node: Node) -> None:
        """Note that the outputs of a node depend on no input, or are not known."""
        self.seen.extend([None] * len(node.outputs))

    def lost(self, node: Node) -> None:
        """Note that what the outputs see cannot be followed: a shape is not known."""
        nowhere = Seen(tuple([(None, None, Limits(0, n - 1)) for n in self.sizes[0]])) if self.sizes else None
        self.seen.extend([nowhere] * len(node.outputs))

    def behind(
        self, one: Seen | None, found: Facts, xs: tuple[Shape, ...], number: int, carries: dict[int, Carry] | None
    ) -> Seen | None:
        """What a layer that moves or mixes axes makes of one of its inputs, or in one of its outputs."""
        if one is None or (carries is None and not (one.in_channels and found.moves)):
            return one
        key = (id(one), id(found), number)
        known = self.after.get(key)
        if known is None:
            x = xs[0] if len(xs) == 1 else xs[number]  # several outputs read the same input
            if carries is None:
                carries = {dim: Carry(dim, dim, Whole(x[1]) if dim == 1 else None) for dim in range(1, len(x))}
            after = self.carry(one.axes, carries, x, len(xs[0]) - len(x), gapless=found.gapless)
            known = self.after[key] = (one, found, one if after == one.axes else Seen(after))
        return known[2]

    def carry(
        self, before: tuple[Axis, ...], ways: dict[int, Carry], x: Shape, more: int, *, gapless: bool
    ) -> tuple[Axis, ...]:
        """Fold one layer's axis maps onto the fields that reach it; the first input has `more` dimensions in front."""
        if more:
            ways = {dim - more: carry for dim, carry in ways.items()}
        after: list[Axis] = []
        last: Any = None  # equal axes share one field, and are folded once
        for axis in before:
            dim, field, reach = axis
            if dim is None or field is None:
                after.append(axis)
                continue
            found = ways.get(dim)
            if found is None:
                ended = whole(field, reach)
                after.append((None, ended, of_still(ended)))
            elif found.way is None:
                after.append((found.to, field, reach))
            else:
                way, n = found.way, x[dim]
                step = (field, way, n, reach)
                if step != last:
                    last, folded = step, fold(*step)
                    reached = reach
                    if not (gapless and reach.__class__ is Limits and not reach.front and not reach.back):
                        reached = reach if folded is None else behind(reach, field, way, n, folded)
                after.append((found.to, folded, reached))
        return tuple(after)

    def meet(self, inputs: list[Seen | None], found: Facts, xs: tuple[Shape, ...]) -> Seen | None:
        """The hull of the fields of several inputs."""
        first, out = inputs[0], found.outs[0]
        named = found.carries is not None  # the layer has named the output's dimension
        plain = not named and xs.count(out) == len(xs)  # nothing moves and nothing is stretched
        if inputs.count(first) == len(inputs) and (named or plain):
            return first
        met = [(one.axes, x) for one, x in zip(inputs, xs, strict=False) if one is not None]
        if not met:
            return None  # none of them sees an input that is followed
        result: list[Axis] = []
        last: Any = None
        for axis in range(len(self.sizes[0])):
            fields: list[Any] = []
            reaches: list[Reach] = []
            dims: list[int] = []
            for axes, x in met:
                dim, field, reach = axes[axis]
                if dim is not None:
                    if not plain:
                        if not named:
                            dim += len(out) - len(x)  # broadcasting aligns dimensions from the right
                        if field is not None and x[dim - len(out)] == 1 != out[dim]:
                            field = whole(field, reach)  # stretched: every position sees what the only one saw
                            reach = of_still(field)
                    dims.append(dim)
                fields.append(field)
                reaches.append(reach)
            dim = dims[0] if dims else None
            if None in fields or dims.count(dims[0] if dims else 0) != len(dims):
                result.append((dim, None, reaches[0]))
            else:
                ends = (fields, 1 if dim is None else out[dim], reaches)
                if ends != last:
                    last, joined = ends, join(*ends)
                    reach = reaches[0] if joined is None else together(reaches, fields, ends[1], joined)
                result.append((dim, joined, reach))
        return Seen(tuple(result))
