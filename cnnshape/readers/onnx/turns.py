"""How many turns a `Loop` takes, where numbers that are known decide it: its condition is computed, turn by turn."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cnnshape.readers.onnx.frame import Frame
from cnnshape.readers.onnx.loops import copies
from cnnshape.readers.onnx.op import Const
from cnnshape.readers.onnx.proto import Body
from cnnshape.readers.onnx.value import Value

#: More nodes than this are not computed to know how often one loop turns.
MAX_STEPS = 20_000
#: Computes the nodes of a body in a frame of known numbers; false where that does not work.
Compute = Callable[[Body, Frame], bool]


class Part(NamedTuple):
    """The nodes of a body that its condition depends on, and the carried values among them: (input, output, number)."""

    body: Body
    carried: list[tuple[str, str, int]]


def turns(found: Body, values: list[Value | None], frame: Frame, compute: Compute) -> int | None:
    """How many turns; None where it is not known."""
    most = _number(values[0]) if values and values[0] is not None else None
    goes = _number(values[1]) if len(values) > 1 and values[1] is not None else 1
    if goes is None or (most is None and values and values[0] is not None) or not found.outputs:
        return None
    if not goes or len(found.inputs) != len(values) or len(found.outputs) < len(values) - 1:
        return 0 if not goes else None
    end = found.outputs[0].name
    if copies(found).get(end, end) == found.inputs[1].name:
        return most
    part = _part(found)
    state = {name: values[at] for name, _, at in part.carried}
    for turn in range(MAX_STEPS // max(1, len(part.body.nodes))):
        if not goes or turn == most:
            return turn
        around = frame.inner()
        around.values.update({name: value for name, value in state.items() if value is not None})
        around.values[found.inputs[0].name] = _known("int", turn)
        around.values[found.inputs[1].name] = _known("bool", 1)
        if not compute(part.body, around):
            return None
        goes = _number(around.find(end))
        if goes is None:
            return None
        state = {name: around.find(after) for name, after, _ in part.carried}
    return None


def _number(value: Value | None) -> int | None:
    """The one whole number, or truth, that a value is."""
    const = value.const if value is not None and value.fixed else None
    known = const is not None and len(const.values) == 1 and const.kind in ("int", "bool")
    return int(const.values[0]) if const is not None and known else None


def _known(kind: str, value: int) -> Value:
    found = Value(())
    found.const = Const((), kind, (bool(value) if kind == "bool" else value,))
    return found


def _part(found: Body) -> Part:
    """What the condition depends on, through the turns."""
    makers = {name: op for op in found.nodes for name in op.outputs if name}
    carried = {
        info.name: (info.name, end.name, at)
        for at, (info, end) in enumerate(zip(found.inputs[2:], found.outputs[1:], strict=False), start=2)
    }
    needed: dict[str, None] = {}
    waiting = [found.outputs[0].name]
    while waiting:
        name = waiting.pop()
        if name in needed:
            continue
        needed[name] = None
        if name in carried:
            waiting.append(carried[name][1])
        elif name in makers:
            waiting.extend(makers[name].inputs)
    body = Body(found.name)
    body.tensors, body.sparse, body.opsets = found.tensors, found.sparse, found.opsets
    body.nodes = [op for op in found.nodes if any(name in needed for name in op.outputs)]
    return Part(body, [carried[name] for name in needed if name in carried])
