"""Recurrent layers: the inputs of all steps in one product, then step by step. The state begins with zeros."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from cnnshape.forward.activation import logistic
from cnnshape.forward.kit import Array, Kit

#: (kit, what the input brings, what the state brings, the states) -> the new states; the first is the output.
Step = Callable[[Kit, Array, Array, list[Array]], list[Array]]


def _run(layer: Any, kit: Kit, x: Array, gates: int, states: int, step: Step) -> Array:
    """Every layer and direction; a layer above reads both directions of the one below."""
    hidden = layer.hidden_size
    suffixes = ("", "_reverse") if layer.bidirectional else ("",)
    for number in range(layer.num_layers):
        y = kit.empty(*x.shape[:2], len(suffixes) * hidden)
        for direction, suffix in enumerate(suffixes):
            ends = f"_l{number}{suffix}"
            outside = kit.weight(f"weight_ih{ends}", gates * hidden, x.shape[2])
            inside = kit.weight(f"weight_hh{ends}", gates * hidden, hidden)
            brought = kit.matmul(x, outside.T)
            if layer.bias:
                kit.add(brought, kit.weight(f"bias_ih{ends}", gates * hidden), out=brought)
            bias = kit.weight(f"bias_hh{ends}", gates * hidden) if layer.bias and layer.recurrent_bias else None
            now = [np.zeros((len(x), hidden), kit.dtype) for _ in range(states)]
            for t in range(x.shape[1])[:: -1 if suffix else 1]:
                kept = kit.matmul(now[0], inside.T)
                if bias is not None:
                    kit.add(kept, bias, out=kept)
                now = step(kit, brought[:, t], kept, now)
                y[:, t, direction * hidden : (direction + 1) * hidden] = now[0]
        x = y
    return x


def _sigmoid(kit: Kit, x: Array) -> Array:
    logistic(kit, x, x)
    return x


def rnn(layer: Any, kit: Kit, x: Array) -> Array:
    """The state is tanh(W x + b + U h + c), or relu of it."""

    def step(own: Kit, brought: Array, kept: Array, _now: list[Array]) -> list[Array]:
        total = own.add(brought, kept, out=kept)
        return [own.tanh(total) if layer.nonlinearity == "tanh" else own.maximum(total, 0.0)]

    return _run(layer, kit, x, 1, 1, step)


def lstm(layer: Any, kit: Kit, x: Array) -> Array:
    """Gates in torch's order, i, f, g, o: c = f * c + i * g; h = o * tanh(c)."""

    def step(own: Kit, brought: Array, kept: Array, now: list[Array]) -> list[Array]:
        i, f, g, o = np.split(own.add(brought, kept, out=kept), 4, axis=1)
        cell = own.add(own.mul(_sigmoid(own, f), now[1]), own.mul(_sigmoid(own, i), own.tanh(g)))
        return [own.mul(_sigmoid(own, o), own.tanh(cell)), cell]

    return _run(layer, kit, x, 4, 2, step)


def gru(layer: Any, kit: Kit, x: Array) -> Array:
    """Gates in torch's order, r, z, n: n = tanh(W x + b + r * (U h + c)); h = (1 - z) * n + z * h."""
    hidden = layer.hidden_size

    def step(own: Kit, brought: Array, kept: Array, now: list[Array]) -> list[Array]:
        both = _sigmoid(own, own.add(brought[:, : 2 * hidden], kept[:, : 2 * hidden]))
        r, z = both[:, :hidden], both[:, hidden:]
        n = own.tanh(own.add(brought[:, 2 * hidden :], own.mul(r, kept[:, 2 * hidden :])))
        return [own.add(own.mul(own.sub(1.0, z), n), own.mul(z, now[0]))]

    return _run(layer, kit, x, 3, 1, step)


KERNELS: dict[str, Any] = {"rnn": rnn, "lstm": lstm, "gru": gru}
