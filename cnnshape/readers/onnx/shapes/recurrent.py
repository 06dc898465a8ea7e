"""RNN, GRU, LSTM: every step, the last step, the last cell."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Sizes, misfit, text, wrong

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def recurrent(call: Call) -> Sizes:
    """(length, directions, N, hidden) and (directions, N, hidden), or batch first with layout=1."""
    x, r = call.x(0, 3), call.shapes[2] if call.has(2) else None
    hidden = call.attributes.get("hidden_size")
    hidden = call.count("hidden_size") if hidden is not None else call.x(2, 3)[2]
    ways = {"forward": 1, "reverse": 1, "bidirectional": 2}.get(call.word("direction", "forward"))
    if ways is None or hidden < 1:
        raise wrong("direction or hidden_size are wrong")
    if r is not None and r != (ways, GATES.get(call.op.type, 0) * hidden, hidden):
        raise misfit(f"R is {text(r)}, hidden_size={hidden} in {ways} directions wants another")
    first = bool(call.count("layout", 0))
    n, length = (x[0], x[1]) if first else (x[1], x[0])
    steps = (n, length, ways, hidden) if first else (length, ways, n, hidden)
    last = (n, ways, hidden) if first else (ways, n, hidden)
    return [steps, last, last]
