"""Network -> Report: walk once in execution order, ask each layer for its facts, fold the receptive field.

Reads no file and prints nothing. Facts of equal layers on equal shapes are asked for once. Every independent error
is collected; what follows from a wrong layer stays unknown without errors of its own.
"""

from __future__ import annotations

import gc
from typing import Any

import msgspec

from cnnshape.errors import LayerError, ModelError, Place, Problem
from cnnshape.geometry.window import Window
from cnnshape.layers.base import Carry, Layer
from cnnshape.liveness import Buffers
from cnnshape.network import Network, Node, batched
from cnnshape.ops import OP_NAMES, Ops
from cnnshape.promises import promised, unkept
from cnnshape.report import (
    DTYPES,
    LayerReport,
    Model,
    Report,
    State,
    Status,
    Tensor,
    Totals,
    Training,
)
from cnnshape.shape import Shape
from cnnshape.trace import Trace

#: A tensor with more elements than this is an error, not a number.
MAX_ELEMENTS = 2**62

#: How many problems are collected before the walk ends.
MAX_PROBLEMS = 100


class Facts(msgspec.Struct, frozen=True, gc=False):
    """All that one layer says about one set of input shapes."""

    outs: tuple[Shape, ...]
    weights: dict[str, Shape] | None
    buffers: dict[str, Shape]
    params: int | None
    buffer_count: int
    ops: Ops | None
    carries: tuple[Carry, ...] | None
    dropped: tuple[int | None, ...] | None
    left_over: tuple[int, ...] | None


def calculate(network: Network, batch: int = 1, dtype: str = "float32") -> Report:
    """Every number of a network.

    Units:  bytes for memory, elements for params and buffers, operations for macs and ops
    Errors: ModelError with every independent problem (shapes that do not fit, shared weights that differ)
    Source: docs/numbers.md, quantity by quantity
    """
    # The walk makes many small objects and no cycles: collecting in between would only make long networks slow.
    collecting = gc.isenabled()
    gc.disable()
    try:
        walk = _Walk(network, batch, DTYPES[dtype])
        walk.run()
        report = walk.report(dtype)
        if promised(network):
            # A promise is written for one image in single precision, whatever is asked for now.
            plain = batch == 1 and dtype == "float32"
            report.failed = unkept(network, report) if plain else calculate(network).failed
        return report
    finally:
        if collecting:
            gc.enable()


def facts(layer: Layer, xs: tuple[Shape, ...]) -> Facts:
    """Ask a layer for everything; LayerError when it cannot take these inputs."""
    fewest, most = layer.arity
    if len(xs) < fewest or (most is not None and len(xs) > most):
        wanted = str(fewest) if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
        raise LayerError(
            "CNN-E303",
            f"{layer.kind} takes {wanted} input{'s' if wanted != '1' else ''}, but gets {len(xs)}",
            advice="merge them first, with add or concat" if most == 1 else "name them with from: [a, b]",
        )
    outs = layer.outs(*xs)
    for shape in outs:
        if shape.numel > MAX_ELEMENTS:
            raise LayerError("CNN-E501", f"the output {shape} has more than 2**62 elements")
    weights = layer.weights(*xs)
    buffers = layer.buffers(*xs)
    carries = layer.carries(*xs)
    dropped: tuple[int | None, ...] | None = None
    left_over: tuple[int, ...] | None = None
    if carries and carries[0].way.__class__ is Window:
        windows = [(carry.way, xs[0][carry.axis]) for carry in carries if carry.way.__class__ is Window]
        dropped = tuple(window.unread(n) for window, n in windows)
        left_over = tuple(window.left_over(n) for window, n in windows)
        dropped = dropped if any(n != 0 for n in dropped) else None
        left_over = left_over if any(left_over) else None
    return Facts(
        outs,
        weights,
        buffers,
        None if weights is None else sum(shape.numel for shape in weights.values()),
        sum(shape.numel for shape in buffers.values()),
        layer.ops(outs[0], *xs),
        carries,
        dropped,
        left_over,
    )


class _Walk:
    """One pass over the nodes; holds what is known of every value by its number."""

    def __init__(self, network: Network, batch: int, item: int) -> None:
        self.network, self.batch, self.item = network, batch, item
        self.names = network.value_names()
        self.shapes: list[Shape | None] = [batched(t.shape, batch) for t in network.inputs]
        self.trace = Trace(network)
        self.problems: list[Problem] = []
        self.rows: list[LayerReport] = []
        self.known: dict[Any, Facts] = {}
        self.owners: dict[str, tuple[Facts, Node]] = {}
        self.buffers = Buffers(network, item)

    def run(self) -> None:
        """Visit every node once."""
        shapes, known, axes = self.shapes, self.known, self.trace.axes
        for number, node in enumerate(self.network.nodes):
            xs = tuple([shapes[i] for i in node.inputs])
            if node.layer is None or None in xs:
                shapes.extend([None] * len(node.outputs))
                axes.extend([None] * len(node.outputs))
                continue
            key = (node.layer.kind, node.layer, xs)
            found = known.get(key)
            try:
                if found is None:
                    found = known[key] = facts(node.layer, xs)  # type: ignore[arg-type]
                if len(found.outs) != len(node.outputs):
                    raise LayerError("CNN-E303", f"{node.layer.kind} has {len(found.outs)} outputs here")
                row = self.row(node, found, xs)  # type: ignore[arg-type]
            except LayerError as error:
                self.problem(node, error, xs)  # type: ignore[arg-type]
                shapes.extend([None] * len(node.outputs))
                axes.extend([None] * len(node.outputs))
                continue
            shapes.extend(found.outs)
            self.buffers.visit(number, node, found.outs, shapes)
            self.rows.append(row)
        if self.problems or None in shapes:
            # A node without a layer has its problem on record already; nothing is reported beside it.
            raise ModelError(self.problems)

    def row(self, node: Node, found: Facts, xs: tuple[Shape, ...]) -> LayerReport:
        """What the report says of one layer; also folds its receptive field."""
        layer = node.layer
        assert layer is not None  # noqa: S101 - the caller has looked
        ends = self.trace.visit(layer, found.carries, node, found.outs[0], xs)
        params: int | None = found.params
        trainable = 0 if node.frozen else params
        buffers = found.buffer_count
        if node.share is not None:
            params, trainable, buffers = self.shared(node, found)
        elif found.weights or found.buffers:
            self.owners[node.name] = (found, node)
        macs = None if found.ops is None else found.ops.mac
        names = self.names
        return LayerReport(
            node.name,
            layer.kind,
            node.line,
            tuple([names[i] for i in node.inputs]),
            xs,
            found.outs,
            found.weights,
            found.buffers,
            params,
            trainable,
            buffers,
            macs,
            None if macs is None else 2 * macs,
            found.ops,
            0 if layer.view else sum([shape.numel for shape in found.outs]) * self.item,
            self.trace.show(ends),
            found.dropped,
            found.left_over,
            node.share,
            layer.view,
            node.frozen,
            node.path,
        )

    def shared(self, node: Node, found: Facts) -> tuple[int, int, int]:
        """Hold the weights of a second use against the first: they are counted there."""
        owner = self.owners.get(node.share or "")
        if owner is None:
            if found.weights or found.buffers:
                raise LayerError("CNN-E304", f"{node.share} could not be analysed, so it cannot be shared")
            return 0, 0, 0
        if owner[0].weights != found.weights or owner[0].buffers != found.buffers:
            first = owner[0].weights or {}
            notes = [
                f"{name}: {first.get(name, 'absent')} at {node.share}, {shape} here"
                for name, shape in (found.weights or {}).items()
                if first.get(name) != shape
            ]
            raise LayerError("CNN-E304", f"the weights of {node.share} do not fit this input", *notes)
        return 0, 0, 0

    def problem(self, node: Node, error: LayerError, xs: tuple[Shape, ...]) -> None:
        """Add the place to a bare fact, and try its fixes."""
        if len(self.problems) >= MAX_PROBLEMS:
            raise ModelError(self.problems)
        self.problems.append(
            Problem(
                error.code,
                error.message,
                Place(self.network.source, node.line, node.column, node.name),
                "",
                error.notes,
                tried_fix(node.layer, error, xs),
            )
        )

    def report(self, dtype: str) -> Report:
        """Add everything up."""
        network, rows = self.network, self.rows
        sums = [0] * len(OP_NAMES)
        counts: dict[int, tuple[Ops, int]] = {}
        for row in rows:
            if row.ops is not None:
                ops, times = counts.get(id(row.ops), (row.ops, 0))
                counts[id(row.ops)] = (ops, times + 1)
        for ops, times in counts.values():
            for index, count in enumerate(msgspec.structs.astuple(ops)):
                sums[index] += count * times
        ops_total = Ops(*sums)
        params = sum(row.params or 0 for row in rows)
        trainable = sum(row.trainable_params or 0 for row in rows)
        buffers = sum(row.buffers for row in rows)
        outputs = tuple(Tensor(self.names[i], self.shapes[i] or Shape()) for i in network.outputs)
        peak, at, alive = self.buffers.peak()
        last = self.trace.axes[network.outputs[0]] if network.outputs else None
        totals = Totals(
            layers=len(rows),
            params=params,
            trainable_params=trainable,
            buffers=buffers,
            macs=ops_total.mac,
            flops=2 * ops_total.mac,
            ops=ops_total,
            param_bytes=params * self.item,
            buffer_bytes=buffers * self.item,
            input_bytes=self.buffers.input_bytes,
            activation_bytes=sum(row.activation_bytes for row in rows),
            peak_activation_bytes=peak,
            peak_at=None if at is None else network.nodes[at].name,
            peak_tensors=tuple(self.names[i] for i in alive),
            training_bytes=self.training(params, trainable, buffers),
            receptive_field=self.trace.show(last),
        )
        status = Status(
            params=_state(rows, "params"),
            macs=_state(rows, "macs"),
            ops=_state(rows, "ops"),
            receptive_field=self.field_state(),
        )
        return Report(
            Model(network.name, network.source, network.format),
            self.batch,
            dtype,
            tuple(Tensor(t.name, batched(t.shape, self.batch)) for t in network.inputs),
            outputs,
            totals,
            status,
            rows,
        )

    def field_state(self) -> State:
        """Whether every layer that an input reaches has its receptive field known on every axis."""
        reached = set(range(len(self.network.inputs)))
        known = []
        for node, row in zip(self.network.nodes, self.rows, strict=True):
            if reached.isdisjoint(node.inputs):
                continue  # a learned array and what is made of it sees no input
            reached.update(node.outputs)
            known.append(row.receptive_field is not None and None not in row.receptive_field.size)
        return "complete" if known and all(known) else "partial" if any(known) else "unavailable"

    def training(self, params: int, trainable: int, buffers: int) -> Training:
        """What one step of training keeps; see docs/numbers.md."""
        item = self.item
        weights, gradients, extra = params * item, trainable * item, buffers * item
        saved = self.buffers.saved_bytes()
        optimizer = {"sgd": 0, "momentum": gradients, "adam": 2 * gradients}
        base = weights + gradients + extra + saved
        return Training(weights, gradients, extra, saved, optimizer, {k: base + v for k, v in optimizer.items()})


def tried_fix(layer: Layer | None, error: LayerError, xs: tuple[Shape, ...]) -> str:
    """The candidate fixes that really make the layer fit, as text; "" when there is none."""
    works = []
    for change in error.fixes:
        try:
            facts(msgspec.structs.replace(layer, **change), xs)  # type: ignore[type-var,arg-type]
        except (LayerError, TypeError):
            continue
        works.append(", ".join(f"{name}: {_written(value)}" for name, value in change.items()))
    if error.advice:
        works.append(error.advice)
    return ", or ".join(works)


def _written(value: Any) -> str:
    """A field's value as a spec writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _state(rows: list[LayerReport], what: str) -> State:
    """Whether every row knows its number."""
    unknown = sum(getattr(row, what) is None for row in rows)
    return "complete" if not unknown else "unavailable" if unknown == len(rows) else "partial"
