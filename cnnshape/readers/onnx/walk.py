"""A model's graph, node by node, into a network: constants are folded, functions and decided branches inlined."""

from __future__ import annotations

from copy import copy
from typing import Any

from cnnshape.errors import LayerError, ModelError, quoted
from cnnshape.readers import Options
from cnnshape.readers.graph import Graph
from cnnshape.readers.onnx import shapes
from cnnshape.readers.onnx.branches import Trial, agreed
from cnnshape.readers.onnx.fold import Spent, fold
from cnnshape.readers.onnx.follow import followed
from cnnshape.readers.onnx.frame import Frame, ordered
from cnnshape.readers.onnx.functions import MAX_DEPTH, NO_KEY, Key, called, within, without
from cnnshape.readers.onnx.known import OF_SHAPES, RANDOM, constant, light, settled
from cnnshape.readers.onnx.loops import loop, scan
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.proto import Body, Model, body, function
from cnnshape.readers.onnx.rows import EMPTY, UNSEEN, Rows
from cnnshape.readers.onnx.tensor import Tensor
from cnnshape.readers.onnx.turns import turns
from cnnshape.readers.onnx.value import Size, Value, of_tensor
from cnnshape.readers.onnx.wire import Span

#: Nodes of functions, each counted as often as it is called; and of loops, each as often as it is walked through.
MAX_INLINED = 200_000
#: What is wrong with the file itself, whichever branch it takes.
_BROKEN = frozenset({"CNN-E106", "CNN-E501", "CNN-E502"})


class Walk:
    """Where the walk stands."""

    def __init__(self, graph: Graph, model: Model, options: Options) -> None:
        """`graph` is what is built."""
        self.graph, self.model, self.options = graph, model, options
        self.rows = Rows(graph, options.strict)
        self.spent = Spent()
        self.functions: dict[Key, Body] = {}
        self.calls: list[Key] = []
        self.inlined = 0
        self.overridden = False
        self.batches: tuple[int, int] | None = None
        """The batch that the file states and the one asked for, where they differ."""

    def run(self, found: Body, frame: Frame) -> None:
        """Every node of a body whose inputs have values in the frame."""
        for tensor in found.tensors:
            if tensor.name not in frame.values:
                frame.values[tensor.name] = of_tensor(tensor, frame.home + tensor.name)
        for name, dims, stored in found.sparse:
            frame.values.setdefault(name, Value(dims, origin=frame.home + name, learned=stored))
        if not self.overridden:
            for info in (*found.stated, *found.outputs):
                if info.dims is not None and all(isinstance(size, int) for size in info.dims):
                    frame.stated[info.name] = info.dims  # type: ignore[assignment]
        nodes, fault = ordered(found, lambda name: frame.find(name) is not None)
        if fault:
            raise self.graph.stop("CNN-E106", quoted(fault, 200), layer=frame.prefix.rstrip("/"))
        for op in nodes:
            self.step(frame.given(op), frame)

    def step(self, op: Op, frame: Frame) -> None:
        """One node."""
        key = called(op)
        if key in self.model.functions:
            self.call(op, frame, key)
            return
        if op.type == "Constant" and not op.domain and constant(op, frame):
            return
        values = [frame.find(name) if name else None for name in op.inputs]
        if op.type == "If" and not op.domain and self.branch(op, values, frame):
            return
        if op.type in ("Loop", "Scan") and not op.domain and self.repeated(op, values, frame):
            return
        if self.batches is not None:
            values = followed(op, values, *self.batches)
        for name, at in op.attributes.items():
            if at.__class__ is Tensor:
                op.attributes[name] = at.const()
        sizes = [None if value is None else value.shape for value in values]
        try:
            outs, numbers = self.facts(op, values, sizes)
        except LayerError as error:
            name = frame.prefix + (op.name or op.outputs[0] if op.outputs else op.name)
            notes = (
                *error.notes,
                *[f"{n}: {'x'.join(map(str, s))}" for n, s in zip(op.inputs, sizes, strict=True) if s],
            )
            self.graph.wrong(error.code, f"{op.type}: {error.message}", 0, 0, name, "", *notes[:8])
            (number,) = self.graph.node(name, None, ())
            for out in op.outputs:
                frame.values[out] = Value(None, number=number)
            return
        for at, name in enumerate(op.outputs):
            if name and outs[at] is None and name in frame.stated:
                outs[at] = frame.stated[name]
        if settled(op, values, outs, numbers, frame):
            return
        self.rows.add(op, values, outs, frame)

    def facts(
        self, op: Op, values: list[Value | None], sizes: list[Size | None]
    ) -> tuple[list[Size | None], list[Const | None]]:
        """The shapes of the outputs, and their numbers where they follow from numbers. LayerError as of `infer`."""
        consts = [value.const if value is not None and value.fixed else None for value in values]
        outs = shapes.infer(op, sizes, consts)
        if op.type in OF_SHAPES or (
            op.type not in RANDOM
            and all(const is not None or value is None for const, value in zip(consts, values, strict=True))
            and not light(op, outs)
        ):
            return outs, fold(op, sizes, consts, self.spent)
        return outs, [None] * len(outs)

    def branch(self, op: Op, values: list[Value | None], frame: Frame) -> bool:
        """The branch that a constant condition takes, or what both have in common; False for one that is no graph."""
        condition = values[0].const if values and values[0] is not None and values[0].fixed else None
        if condition is None or len(condition.values) != 1:
            self.deeper(op)
            outs, empty = agreed(op, self.graph, lambda span, trial: self.tried(span, trial, frame))
            self.calls.pop()
            self.rows.add(op, values, frame.filled(op.outputs, outs), frame, EMPTY if empty else UNSEEN)
            return True
        span = op.attributes.get("then_branch" if condition.values[0] else "else_branch")
        if span.__class__ is not Span:
            return False
        self.deeper(op)
        inner = body(span, frame.opsets)
        label = op.name or "If"
        around = frame.inner(label)
        self.run(inner, around)
        for name, info in zip(op.outputs, inner.outputs, strict=False):
            found = around.find(info.name)
            if found is None:
                raise self.graph.stop("CNN-E106", f"nothing gives {quoted(info.name)}", layer=frame.prefix + label)
            frame.values[name] = found
        self.calls.pop()
        return True

    def tried(self, span: Span, trial: Trial, frame: Frame) -> list[Value | None] | None:
        """The outputs of a branch; None where something does not fit, which may be why it is not the one to be taken."""
        found = body(span, frame.opsets)
        around = frame.inner()
        return [around.find(info.name) for info in found.outputs] if self.walked(found, around, trial) else None

    def repeated(self, op: Op, values: list[Value | None], frame: Frame) -> bool:
        """A loop whose body can be counted; false for one that is an operator like others that are not known."""
        span = op.attributes.get("body")
        if span.__class__ is not Span:
            return False
        self.deeper(op)
        found = body(span, frame.opsets)
        if op.type == "Scan":
            made = scan(op, found, values, frame, self.rows, self.turn)
        else:
            trial = Trial(Graph(self.graph.file, self.graph.form, self.graph.batch))
            times = turns(found, values, frame, lambda part, around: self.turn(part, around, trial))
            made = loop(op, found, values, frame, self.rows, self.turn, times)
        self.calls.pop()
        if made is None or len(made.outs) < len(op.outputs):
            return False
        self.rows.add(op, values, frame.filled(op.outputs, made.outs), frame, made.inside, made.taken)
        return True

    def turn(self, found: Body, around: Frame, rows: Rows) -> bool:
        """Walk through a body with rows that are none of the network's; false where something does not fit."""
        self.spent.nodes += len(found.nodes) + 1
        if self.spent.nodes > MAX_INLINED:
            return False
        return self.walked(found, around, rows)

    def walked(self, found: Body, around: Frame, rows: Rows) -> bool:
        """The same, for a graph that is taken once."""
        inner = copy(self)
        inner.graph, inner.rows = rows.graph, rows
        depth = len(self.calls)
        try:
            inner.run(found, around)
        except ModelError as error:
            if any(problem.code in _BROKEN for problem in error.problems):
                raise
            del self.calls[depth:]
            return False
        finally:
            self.inlined = inner.inlined
        return not rows.graph.problems

    def deeper(self, op: Op, key: Key = NO_KEY) -> None:
        """Note that the walk goes into something."""
        if len(self.calls) >= MAX_DEPTH:
            raise self.graph.stop("CNN-E502", f"more than {MAX_DEPTH} graphs are nested", layer=op.name)
        if key != NO_KEY and key in self.calls:
            raise self.graph.stop("CNN-E502", f"the function {quoted(key[1])} calls itself", layer=op.name)
        self.calls.append(key)

    def function(self, key: Key) -> Body:
        """A function of the file's own, read once."""
        found = self.functions.get(key)
        if found is None:
            found = self.functions[key] = function(self.model.functions[key], self.model.opsets)
        return found

    def unfolded(self, key: Key, known: dict[Key, int], above: tuple[Key, ...]) -> int:
        """How many nodes a call becomes; where functions call one another in a circle, the walk refuses that itself."""
        if key not in known:
            if key in above or len(above) > MAX_DEPTH:
                return 0
            found = self.function(key)
            inner = [called(op) for op in within(found.nodes, found.opsets)]
            known[key] = len(inner) + sum(
                [self.unfolded(each, known, (*above, key)) for each in inner if each in self.model.functions]
            )
        return known[key]

    def call(self, op: Op, frame: Frame, key: Key) -> None:
        """A function of the file's own: its nodes in the place of the call."""
        self.deeper(op, key)
        found = self.function(key)
        if all(above == NO_KEY for above in self.calls[:-1]):  # those inside other functions are counted with these
            self.inlined += self.unfolded(key, {}, ())
        if self.inlined > MAX_INLINED:
            raise self.graph.stop("CNN-E501", f"functions unfold to more than {MAX_INLINED:,} nodes", layer=op.name)
        label = op.name or key[1]
        attributes: dict[str, Any] = {**found.defaults, **op.attributes}
        prefix, home = f"{frame.prefix}{label}/", f"{':'.join(key)}/"
        inner = Frame(found.opsets, None, prefix, (*frame.path, label), attributes, home)
        for info, name in zip(found.inputs, op.inputs, strict=False):
            value = frame.find(name) if name else None
            if value is not None:
                inner.values[info.name] = value
        self.run(without(found, inner), inner)
        for info, name in zip(found.outputs, op.outputs, strict=False):
            value = inner.find(info.name)
            if value is None:
                raise self.graph.stop("CNN-E106", f"nothing gives {quoted(info.name)}", layer=inner.prefix.rstrip("/"))
            if name:
                frame.values[name] = value
        self.calls.pop()
