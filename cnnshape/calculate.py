"""Network -> Report: walk once in execution order, ask each layer for its facts, fold the receptive field.

Reads no file and prints nothing. Facts of equal layers on equal shapes are asked for once. Every independent error
is collected; what follows from a wrong layer stays unknown without errors of its own.
"""

from __future__ import annotations

import gc
from typing import Any

from cnnshape.errors import LayerError, ModelError, Place, Problem
from cnnshape.facts import Facts, blind, counted, facts, fixed_batch, in_spec, tried_fix, unknown
from cnnshape.liveness import follow
from cnnshape.network import Network, Node, batched
from cnnshape.promises import promised, unkept
from cnnshape.report import DTYPES, LayerReport, Model, Report, Tensor
from cnnshape.shape import UNKNOWN, Shape
from cnnshape.strides import Strides
from cnnshape.totals import status, totals
from cnnshape.trace import Trace

#: How many problems are collected before the walk ends.
MAX_PROBLEMS = 100


def calculate(network: Network, batch: int = 1, dtype: str = "float32") -> Report:
    """Every number of a network.

    Units:  bytes for memory, elements for params and buffers, operations for macs and ops
    Errors: ModelError with every independent problem (shapes that do not fit, shared weights that differ), or CNN-E406
            where a layer states its shapes for another batch
    Source: docs/numbers.md, quantity by quantity
    """
    hold_batch(network, batch)
    # The walk makes many small objects and no cycles: collecting in between would only make long networks slow.
    collecting = gc.isenabled()
    gc.disable()
    try:
        walk = _Walk(network, batch, DTYPES[dtype])
        walk.run()
        report = walk.report(dtype)
        if promised(network):
            # A promise is written for one image in single precision, whatever is asked for now; for the batch of the
            # file where that works in no other.
            plain = batch == network.batch and dtype == "float32"
            report.failed = unkept(network, report) if plain else calculate(network, network.batch).failed
        return report
    finally:
        if collecting:
            gc.enable()


def hold_batch(network: Network, batch: int) -> None:
    """ModelError where a layer states its shapes for another batch: numbers of two batches are no network's."""
    for node in network.nodes:
        if node.layer is None or node.layer.kind != "foreign":  # nearly all: asked here, since a call takes longer
            continue
        fixed = fixed_batch(node.layer)
        if fixed is not None and fixed != batch:
            message = f"the shapes of {node.name} are stated for a batch of {fixed}, and the batch is {batch}"
            place = Place(network.source, node.line, node.column, node.name)
            raise ModelError([Problem("CNN-E406", message, place, fix=f"--batch {fixed}", field="batch")])


class _Walk:
    """One pass over the nodes; holds what is known of every value by its number."""

    def __init__(self, network: Network, batch: int, item: int) -> None:
        self.network, self.batch, self.item = network, batch, item
        self.names = network.value_names()
        self.shapes: list[Shape | None] = [batched(t.shape, batch) for t in network.inputs]
        self.trace = Trace(network)
        self.strides = Strides()
        self.problems: list[Problem] = []
        self.rows: list[LayerReport] = []
        self.found: list[Facts] = []
        self.known: dict[tuple[Any, Any], Facts] = {}
        self.owners: dict[str, Facts] = {}

    def run(self) -> None:
        """Visit every node once."""
        shapes, known = self.shapes, self.known
        alone: list[Any] = [(shape,) for shape in shapes]  # each value as the only input of a layer
        for node in self.network.nodes:
            layer, inputs, outputs = node.layer, node.inputs, node.outputs
            xs: Any = alone[inputs[0]] if len(inputs) == 1 else tuple([shapes[i] for i in inputs])
            if layer is not None and None not in xs:
                try:
                    key = (layer, xs)
                    found = known.get(key)
                    if found is None:
                        found = known[key] = unknown(len(outputs)) if blind(layer, xs) else facts(layer, xs)
                    if found.view:
                        found = self.strides.settle(layer, found, node, xs)
                    outs = found.outs
                    if len(outs) != len(outputs):
                        raise LayerError("CNN-E303", f"{layer.kind} has {len(outs)} outputs here")
                    self.rows.append(self.row(node, layer, found, xs))
                    self.found.append(found)
                    if len(outs) == 1:
                        shapes.append(outs[0])
                        alone.append(outs)
                    else:
                        shapes.extend(outs)
                        alone.extend([(shape,) for shape in outs])
                    continue
                except LayerError as error:
                    self.problem(node, error, xs)
            shapes.extend([None] * len(outputs))
            alone.extend([(None,)] * len(outputs))
            self.trace.unread(node)
        if self.problems or None in shapes:
            # A node without a layer has its problem on record already; nothing is reported beside it.
            raise ModelError(self.problems)

    def row(self, node: Node, layer: Any, found: Facts, xs: tuple[Shape, ...]) -> LayerReport:
        """What the report says of one layer; also folds its receptive field."""
        params, buffers = (found.params, found.buffer_count) if node.counted is None else counted(node.counted, found)
        trainable = 0 if node.frozen else params
        if node.share is not None:
            params, trainable, buffers = self.shared(node.share, found)
        elif found.weights or found.buffers:
            self.owners[node.name] = found
        names, inputs = self.names, node.inputs
        field = None
        if not found.known or UNKNOWN in xs:
            self.trace.lost(node)
        elif layer.reads and xs:
            field = self.trace.visit(found, node, xs)
        else:
            self.trace.unread(node)
        return LayerReport(
            node.name,
            layer.kind,
            node.line,
            (names[inputs[0]],) if len(inputs) == 1 else tuple([names[i] for i in inputs]),
            xs,
            found.outs,
            found.weights,
            found.buffers,
            params,
            trainable,
            buffers,
            found.macs,
            found.flops,
            found.ops,
            found.kept * self.item if found.known else None,
            field,
            found.dropped,
            found.left_over,
            node.share,
            found.view,
            node.frozen,
            node.path,
        )

    def shared(self, owner: str, found: Facts) -> tuple[int, int, int]:
        """Hold the weights of a second use against the first: they are counted there."""
        first = self.owners.get(owner)
        if first is None:
            if found.weights or found.buffers:
                raise LayerError("CNN-E304", f"{owner} could not be analysed, so it cannot be shared")
        elif first.weights != found.weights or first.buffers != found.buffers:
            before = first.weights or {}
            notes = [
                f"{name}: {before.get(name, 'absent')} at {owner}, {shape} here"
                for name, shape in (found.weights or {}).items()
                if before.get(name) != shape
            ]
            advice = f"share it with an input like that of {owner}, or write a layer of its own"
            raise LayerError("CNN-E304", f"the weights of {owner} do not fit this input", *notes, advice=advice)
        return 0, 0, 0

    def problem(self, node: Node, error: LayerError, xs: tuple[Shape, ...]) -> None:
        """Add the place to a bare fact, and try its fixes."""
        if len(self.problems) >= MAX_PROBLEMS:
            raise ModelError(self.problems)
        dialect = self.network.dialect
        message, notes = error.message, self.named(error.notes, node, xs)
        if dialect is not None:
            fields = {error.field}.union(*error.fixes)
            message, notes = dialect.translated(message, fields), tuple([dialect.translated(n, fields) for n in notes])
        self.problems.append(
            Problem(
                error.code,
                message,
                Place(self.network.source, node.line, node.column, node.name),
                "",
                notes,
                tried_fix(node.layer, error, xs, in_spec if dialect is None else dialect.said),
                error.field,
            )
        )

    def named(self, notes: tuple[str, ...], node: Node, xs: tuple[Shape, ...]) -> tuple[str, ...]:
        """The notes, with the name of each input where they show its shape."""
        found = list(notes)
        for value, x in zip(node.inputs, xs, strict=True):
            if f"input {x}" in found:
                found[found.index(f"input {x}")] = f"{self.names[value]}: {x}"
        return tuple(found)

    def report(self, dtype: str) -> Report:
        """Add everything up."""
        network, names, rows = self.network, self.names, self.rows
        inputs = tuple(Tensor(t.name, batched(t.shape, self.batch)) for t in network.inputs)
        outputs = tuple(Tensor(names[i], self.shapes[i] or Shape()) for i in network.outputs)
        memory = follow(network, [t.shape.numel for t in inputs], self.found)
        seen = self.trace.seen[network.outputs[0]] if network.outputs else None
        return Report(
            Model(network.name, network.source, network.format),
            self.batch,
            dtype,
            inputs,
            outputs,
            totals(rows, self.found, memory, self.item, network, names, None if seen is None else seen.shown),
            status(network, rows),
            rows,
        )
