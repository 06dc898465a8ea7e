"""Recurrent layers: their output is a row, their last states are rows of their own when somebody reads them."""

from __future__ import annotations

from cnnshape.layers import BY_NAME
from cnnshape.readers.torch.op import Builder, Made, Op
from cnnshape.readers.torch.program import refs
from cnnshape.readers.torch.weights import Weight
from cnnshape.shape import Shape


def recurrent(kind: str) -> Builder:
    """A whole stack of layers and directions in one call, batch first or not."""

    def build(op: Op) -> Made | None:
        found = [op.names.get(ref) for ref in refs(op.call.args.get("params"))]
        weights = [what for what in found if isinstance(what, Weight)]
        if not weights or len(weights) != len(found):
            return Made()
        fields = {"nonlinearity": "relu"} if op.name == "rnn_relu" else {}
        layer = op.kind(
            kind,
            hidden_size=weights[1].shape[1],
            num_layers=op.arg("num_layers", 1),
            bias=op.arg("has_biases", default=True),
            bidirectional=op.arg("bidirectional", default=False),
            **fields,
        )
        x = op.shape("input", "data")
        macs = BY_NAME[kind].ops(layer, Shape(*x), x).mac if len(x) == 3 else None  # type: ignore[union-attr]
        if op.arg("batch_first", default=False) and len(x) == 3:
            return Made(layer, (op.x("input"),), weights, macs)
        states = tuple([op.stated(n) for n in range(len(op.call.outputs))])
        return Made(None, (op.x("input", "data"),), weights, macs, states)

    return build
