"""An `If` that nothing decides: what both of its branches have in common, found without a row for either."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from cnnshape.readers.graph import Graph
from cnnshape.readers.onnx import shapes
from cnnshape.readers.onnx.costs import PRODUCTS
from cnnshape.readers.onnx.frame import Frame
from cnnshape.readers.onnx.op import Op
from cnnshape.readers.onnx.rows import UNSEEN, Inside, Rows
from cnnshape.readers.onnx.value import Size, Value
from cnnshape.readers.onnx.wire import Span

#: Walks through a branch with rows that append nothing; what it gives, None where something in it does not fit.
Try = Callable[[Span, "Trial"], list[Value | None] | None]


class Trial(Rows):
    """What stands for the rows while a branch is only tried: nothing is appended to the network."""

    def __init__(self, graph: Graph) -> None:
        """Nothing has been seen yet; `graph` takes the problems."""
        super().__init__(graph, strict=False)
        self.empty = True
        """Whether no weight was read and nothing multiplied and accumulated."""

    def add(
        self,
        op: Op,
        values: list[Value | None],
        outs: list[Size | None],
        frame: Frame,
        inside: Inside = UNSEEN,
        taken: Sequence[Value] = (),
    ) -> None:
        """One operator; its outputs get their shapes."""
        learned = any(value is not None and value.learned for value in (*values, *taken))
        empty = inside.parameters == inside.macs == 0
        if learned or (op.type in PRODUCTS and not empty) or op.domain or not shapes.known(op):
            self.empty = False
        for name, shape in zip(op.outputs, outs, strict=False):
            if name:
                frame.values[name] = Value(shape, number=0)


def agreed(op: Op, graph: Graph, tried: Try) -> tuple[list[Size | None], bool]:
    """The shapes that the outputs have in both branches, None where they differ; whether both hold no weight and no MAC.

    Errors: ModelError for a branch that is broken
    """
    found: list[list[Size | None]] = []
    empty = True
    for word in ("then_branch", "else_branch"):
        span = op.attributes.get(word)
        if span.__class__ is not Span:
            return [None] * len(op.outputs), False
        trial = Trial(Graph(graph.file, graph.form, graph.batch))
        outs = tried(span, trial)
        if outs is None or len(outs) != len(op.outputs):
            return [None] * len(op.outputs), False
        found.append([None if value is None else value.shape for value in outs])
        empty = empty and trial.empty and not any(value is not None and value.learned for value in outs)
    return [a if a == b else None for a, b in zip(*found, strict=True)], empty
