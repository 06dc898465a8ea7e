"""Recurrent layers. ONNX wants time first, its own order of the gates, and both directions in one tensor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnnshape.writers.onnx.graph import Scope

if TYPE_CHECKING:
    from cnnshape.forward.weights import Weights

#: Where each gate of ONNX stands in torch: LSTM i o f c in i f g o; GRU z r h in r z n.
LSTM_GATES, GRU_GATES = (0, 3, 1, 2), (1, 0, 2)


def rnn(layer: Any, s: Scope) -> str:
    """RNN."""
    word = "Tanh" if layer.nonlinearity == "tanh" else "Relu"
    return _stacked(layer, s, "RNN", (0,), activations=[word] * layer.directions)


def lstm(layer: Any, s: Scope) -> str:
    """LSTM."""
    return _stacked(layer, s, "LSTM", LSTM_GATES)


def gru(layer: Any, s: Scope) -> str:
    """GRU; torch resets the state after its product."""
    return _stacked(layer, s, "GRU", GRU_GATES, linear_before_reset=1)


def _stacked(layer: Any, s: Scope, op: str, gates: tuple[int, ...], **more: Any) -> str:
    """Layer upon layer; each reads what the one below gave at every step."""
    directions, hidden = layer.directions, layer.hidden_size
    x = s.op("Transpose", s.inputs[0], perm=[1, 0, 2])
    for number in range(layer.num_layers):
        names = [f"l{number}{suffix}" for suffix in ("", "_reverse")[:directions]]
        rows, width = s.shape(f"weight_ih_{names[0]}")
        inputs = [
            x,
            _packed(s, "weight_ih", names, gates, (directions, rows, width)),
            _packed(s, "weight_hh", names, gates, (directions, rows, hidden)),
        ]
        if layer.bias:
            inputs.append(_biases(s, names, gates, (directions, 2 * rows), both=layer.recurrent_bias))
        direction = "bidirectional" if directions == 2 else "forward"
        # Besides every step the operator gives the last state, which nobody reads here.
        y = s.op(op, *inputs, hidden_size=hidden, direction=direction, **more)
        x = s.op("Transpose", y, perm=[0, 2, 1, 3])
        x = s.op("Reshape", x, s.ints(0, 0, directions * hidden))
    return s.op("Transpose", x, perm=[1, 0, 2])


def _ordered(array: Any, gates: tuple[int, ...]) -> Any:
    """The rows of each gate, in ONNX's order."""
    blocks = array.reshape(len(gates), -1, *array.shape[1:])
    return blocks[list(gates)]


def _packed(s: Scope, name: str, layers: list[str], gates: tuple[int, ...], dims: tuple[int, ...]) -> str:
    """One direction behind the other."""

    def pieces(weights: Weights) -> Iterator[Any]:
        for layer in layers:
            yield _ordered(s.array(weights, f"{name}_{layer}"), gates)

    return s.promise(f"{name}_{layers[0]}", dims, pieces)


def _biases(s: Scope, layers: list[str], gates: tuple[int, ...], dims: tuple[int, ...], *, both: bool) -> str:
    """Those of the input, then those of the state (zeros, unless there are both), for each direction."""

    def pieces(weights: Weights) -> Iterator[Any]:
        for layer in layers:
            own = _ordered(s.array(weights, f"bias_ih_{layer}"), gates)
            yield own
            yield _ordered(s.array(weights, f"bias_hh_{layer}"), gates) if both else own * 0

    return s.promise(f"bias_{layers[0]}", dims, pieces)
