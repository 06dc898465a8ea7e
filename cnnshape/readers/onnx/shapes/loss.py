"""Losses and training steps."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Sizes, misfit, text


def loss(call: Call) -> Sizes:
    """One number, or one per target; then the logarithms like the scores."""
    x, target = call.x(), call.x(1)
    if len(x) < 2 or target != (x[0], *x[2:]):
        raise misfit(f"targets {text(target)} do not fit scores {text(x)}")
    return [target if call.word("reduction", "mean") == "none" else (), x]


def trained(call: Call) -> Sizes:
    """Adagrad, Adam, Momentum: R, T, then X, G and states; out come X and states."""
    many = len(call.op.inputs) - 2
    groups = {"Adagrad": 3, "Adam": 4, "Momentum": 3}[call.op.type]
    each = many // groups
    kept = [at for at in range(2, len(call.op.inputs)) if not 2 + each <= at < 2 + 2 * each]  # all but the gradients
    return [call.x(at) for at in kept]
