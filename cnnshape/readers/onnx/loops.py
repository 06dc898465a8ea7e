"""`Loop` and `Scan`: a body that runs a number of times is one row, with what one turn takes times the turns.

The body is walked once, on rows of its own. What it carries from turn to turn must keep its shape.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from typing import NamedTuple

from cnnshape.errors import LayerError
from cnnshape.facts import blind, counted, facts, unknown
from cnnshape.layers import BY_NAME
from cnnshape.ops import OP_NAMES, Ops
from cnnshape.readers.graph import Graph
from cnnshape.readers.onnx.frame import Frame
from cnnshape.readers.onnx.functions import within
from cnnshape.readers.onnx.op import Op
from cnnshape.readers.onnx.proto import Body, ValueInfo
from cnnshape.readers.onnx.rows import UNSEEN, Inside, Rows
from cnnshape.readers.onnx.value import Size, Value

#: Walks through a body with these rows and the values in a frame; false where something does not fit.
Run = Callable[[Body, Frame, Rows], bool]


class Repeated(NamedTuple):
    """What a loop gives, what it takes, and which values from around it its body reads."""

    outs: list[Size | None]
    inside: Inside
    taken: list[Value]


def loop(
    op: Op, found: Body, values: list[Value | None], frame: Frame, rows: Rows, run: Run, times: int | None
) -> Repeated | None:
    """`Loop`: a counter, a condition, what is carried; then what is collected, a turn at a time. None: as an unknown."""
    initial = values[2:]
    carried = found.outputs[1 : 1 + len(initial)]
    if len(found.inputs) != 2 + len(initial) or len(carried) != len(initial) or None in initial:
        return None
    turn = Turn(found, frame, rows, op)
    turn.flow(found.inputs[0].name, ())
    turn.flow(found.inputs[1].name, ())
    kept = [value for value in initial if value is not None]
    for info, end, value in zip(found.inputs[2:], carried, kept, strict=True):
        turn.carry(info.name, end.name, value)
    if not run(found, turn.frame, turn.rows) or not turn.steady(carried, kept):
        return None
    collected = [turn.shape(info) for info in found.outputs[1 + len(initial) :]]
    outs = [value.shape for value in kept]
    outs += [None if times is None or size is None else (times, *size) for size in collected]
    return turn.ended(outs, times)


def scan(op: Op, found: Body, values: list[Value | None], frame: Frame, rows: Rows, run: Run) -> Repeated | None:
    """`Scan` since opset 9: what is carried, then arrays that are taken apart along an axis. None: as an unknown."""
    count = op.attributes.get("num_scan_inputs")
    if op.opset < 9 or not isinstance(count, int) or not 0 < count <= len(values) or None in values:
        return None
    kept = [value for value in values if value is not None]
    states, arrays = kept[: len(kept) - count], kept[len(kept) - count :]
    axes = _axes(op, "scan_input_axes", [array.shape for array in arrays])
    if axes is None or len(found.inputs) != len(kept) or len(found.outputs) < len(states):
        return None
    lengths = {array.shape[axis] for array, axis in zip(arrays, axes, strict=True) if array.shape is not None}
    if len(lengths) != 1:
        return None
    (times,) = lengths
    turn = Turn(found, frame, rows, op)
    for info, end, value in zip(found.inputs, found.outputs, states, strict=False):
        turn.carry(info.name, end.name, value)
    for info, array, axis in zip(found.inputs[len(states) :], arrays, axes, strict=True):
        shape = array.shape or ()
        turn.flow(info.name, (*shape[:axis], *shape[axis + 1 :]))
    if not run(found, turn.frame, turn.rows) or not turn.steady(found.outputs[: len(states)], states):
        return None
    collected = [turn.shape(info) for info in found.outputs[len(states) :]]
    whole = [None if size is None else (times, *size) for size in collected]
    places = _axes(op, "scan_output_axes", whole)
    if places is None:
        return None
    outs = [value.shape for value in states]
    for size, at in zip(collected, places, strict=True):
        outs.append(None if size is None else (*size[:at], times, *size[at:]))
    return turn.ended(outs, times)


def _axes(op: Op, name: str, shapes: list[Size | None]) -> list[int] | None:
    """An axis for each of the shapes, from the front; the first where none is stated. None where one is wrong."""
    stated = op.attributes.get(name) or (0,) * len(shapes)
    if not isinstance(stated, tuple) or len(stated) != len(shapes):
        return None
    found = []
    for axis, shape in zip(stated, shapes, strict=True):
        rank = 1 if shape is None else len(shape)
        if not isinstance(axis, int) or not -rank <= axis < rank:
            return None
        found.append(axis % rank)
    return found


class Turn:
    """One walk through a body, on rows that are no part of the network; what it counts is counted for the network."""

    def __init__(self, found: Body, frame: Frame, rows: Rows, op: Op) -> None:
        """Every value from around that the body reads is put beside its own."""
        graph = rows.graph
        self.graph = Graph(graph.file, graph.form, graph.batch)
        self.rows, self.below = Rows(self.graph, strict=False), rows.ledger
        self.rows.ledger = rows.ledger.below()
        self.frame = frame.inner(op.name or op.type)
        self.same = copies(found)
        self.taken: list[Value] = []
        for name in closure(found):
            value = frame.find(name)
            if value is not None:
                self.put(name, value)
                self.taken.append(value)

    def put(self, name: str, value: Value) -> None:
        """A value from around, under a name of the body's: a weight stays one, any other flows in."""
        if value.fixed:
            self.frame.values[name] = copy(value)
            self.frame.values[name].number = -1
        else:
            self.flow(name, value.shape)

    def flow(self, name: str, shape: Size | None) -> None:
        """A value that is another one in every turn."""
        layer = BY_NAME["foreign"](op="Input", shapes=(shape,), parameters=0, macs=0, operations=Ops())
        (number,) = self.graph.node(name, layer, ())
        self.frame.values[name] = Value(shape, number=number)

    def carry(self, name: str, end: str, value: Value) -> None:
        """A value that goes from turn to turn; one that the body hands on as it is stays what it was."""
        if self.same.get(end, end) == name:
            self.put(name, value)
        else:
            self.flow(name, value.shape)

    def shape(self, info: ValueInfo) -> Size | None:
        """The shape of an output of the body."""
        value = self.frame.find(info.name)
        return None if value is None else value.shape

    def steady(self, ends: list[ValueInfo], values: list[Value]) -> bool:
        """Whether everything that is carried keeps its shape."""
        return all(self.shape(end) == value.shape for end, value in zip(ends, values, strict=True))

    def ended(self, outs: list[Size | None], times: int | None) -> Repeated:
        """All of it, counted."""
        self.below.join(self.rows.ledger)
        return Repeated(outs, within_turns(self.graph, times), self.taken)


def within_turns(graph: Graph, times: int | None) -> Inside:
    """The params of a body, and what all of its turns compute; None where that is not known."""
    parameters: int | None = 0
    macs: int | None = 0
    total: Ops | None = Ops()
    for node in graph.nodes:
        xs = tuple([shape for value in node.inputs if (shape := graph.shapes[value]) is not None])
        if node.layer is None or len(xs) < len(node.inputs):
            return UNSEEN
        try:
            row = unknown(len(node.outputs)) if blind(node.layer, xs) else facts(node.layer, xs)
        except LayerError:
            return UNSEEN
        brought, buffers = counted(node.counted or {}, row) if node.share is None else (0, 0)
        parameters = None if parameters is None or brought is None or buffers else parameters + brought
        macs = None if macs is None or row.macs is None else macs + row.macs
        total = None if total is None or row.ops is None else total + row.ops
    if times is None:
        return Inside(parameters, 0 if macs == 0 else None, None)
    operations = (
        None if total is None else Ops(**{name: times * getattr(total, name) for name in OP_NAMES if name != "mac"})
    )
    return Inside(parameters, None if macs is None else times * macs, operations)


def closure(found: Body) -> list[str]:
    """The names that a body, or a graph inside it, reads and does not make."""
    own = {info.name for info in found.inputs} | {tensor.name for tensor in found.tensors}
    own |= {name for op in found.nodes for name in op.outputs} | {name for name, *_ in found.sparse}
    read = [name for op in within(found.nodes, found.opsets) for name in op.inputs]
    return [name for name in dict.fromkeys([*read, *[info.name for info in found.outputs]]) if name and name not in own]


def copies(found: Body) -> dict[str, str]:
    """What is a copy of what, from the first name to the last."""
    source: dict[str, str] = {}
    for op in found.nodes:
        if op.type == "Identity" and not op.domain and len(op.inputs) == len(op.outputs) == 1:
            source[op.outputs[0]] = source.get(op.inputs[0], op.inputs[0])
    return source
