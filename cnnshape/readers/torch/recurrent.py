"""Recurrent layers: their output is a row, their last states are rows of their own when somebody reads them."""

from __future__ import annotations

from math import prod

from cnnshape.readers.torch.op import Builder, Made, Op
from cnnshape.readers.torch.program import refs
from cnnshape.readers.torch.weights import Weight
from cnnshape.shape import Shape

#: How many matrices stand above one another in each weight. Where the second one has another width than that, an LSTM
#: projects its state, which no kind here does.
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


def recurrent(kind: str) -> Builder:
    """A whole stack of layers and directions in one call, batch first or not."""

    def build(op: Op) -> Made | None:
        found = [op.names.get(ref) for ref in refs(op.call.args.get("params"))]
        weights = [what for what in found if isinstance(what, Weight)]
        if not weights or len(weights) != len(found):
            return Made()
        x = op.shape("input", "data")
        macs = _macs(x, weights)
        states = tuple([op.stated(n) for n in range(len(op.call.outputs))])
        rows, width = weights[1].shape
        if not op.arg("batch_first", default=False) or len(x) != 3 or rows != _GATES[kind] * width:
            return Made(None, (op.x("input", "data"),), weights, macs, states)
        fields = {"nonlinearity": "relu"} if op.name == "rnn_relu" else {}
        layer = op.kind(
            kind,
            hidden_size=width,
            num_layers=op.arg("num_layers", 1),
            bias=op.arg("has_biases", default=True),
            bidirectional=op.arg("bidirectional", default=False),
            **fields,
        )
        return Made(layer, (op.x("input"),), weights, macs)

    return build


def cell(op: Op) -> Made | None:
    """One step: both matrices once for every example."""
    x, matrices = op.shape("input"), [op.shape("w_ih"), op.shape("w_hh")]
    return Made(macs=prod(x[:-1]) * sum(map(prod, matrices)) if x[-1] == matrices[0][-1] else None)


def _macs(x: Shape, weights: list[Weight]) -> int | None:
    """Every matrix once for every step of every example; None where the features are not those of the first matrix."""
    if len(x) != 3 or x[2] != weights[0].shape[-1]:
        return None
    return x[0] * x[1] * sum([prod(weight.shape) for weight in weights if len(weight.shape) == 2])
