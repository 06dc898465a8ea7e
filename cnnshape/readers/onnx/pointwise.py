"""What works element by element: activations, merges of several tensors, softmax."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from cnnshape.layers import BY_NAME
from cnnshape.readers.onnx.scope import Made, Scope


def plain(kind: str) -> Callable[[Scope], Made | None]:
    """A kind without fields."""

    def build(s: Scope) -> Made | None:  # noqa: ARG001
        return Made(BY_NAME[kind]())

    return build


def with_alpha(kind: str, field: str, default: float) -> Callable[[Scope], Made | None]:
    """A kind whose one number is ONNX's alpha."""

    def build(s: Scope) -> Made | None:
        return Made(BY_NAME[kind](**{field: float(s.get("alpha", default))}))

    return build


def clip(s: Scope) -> Made | None:
    """Clip: bounds are attributes before opset 11, inputs since; 0 to 6 is ReLU6, 0 to no bound is ReLU."""
    if s.opset and s.opset < 11:
        low, high = s.get("min", float("-inf")), s.get("max", float("inf"))
    else:
        bounds = [s.number(at) if s.has(at) else edge for at, edge in ((1, float("-inf")), (2, float("inf")))]
        if None in bounds:
            return None
        low, high = bounds
    if low == 0 and high == 6:
        return Made(BY_NAME["relu6"]())
    if low == 0 and high > 3e38:
        return Made(BY_NAME["relu"]())
    return Made(BY_NAME["clip"](low=float(low), high=float(high)))


def gelu(s: Scope) -> Made | None:
    """Gelu."""
    return Made(BY_NAME["gelu"](approximate="tanh" if s.get("approximate", "none") == "tanh" else "none"))


def thresholded(s: Scope) -> Made | None:
    """ThresholdedRelu."""
    return Made(BY_NAME["threshold"](threshold=float(s.get("alpha", 1.0))))


def shrink(s: Scope) -> Made | None:
    """Shrink: hard where nothing moves, soft where all moves by lambd."""
    lambd, bias = float(s.get("lambd", 0.5)), float(s.get("bias", 0.0))
    kind = "hardshrink" if bias == 0 else "softshrink" if bias == lambd else ""
    return Made(BY_NAME[kind](lambd=lambd)) if kind else None


def swish(s: Scope) -> Made | None:
    """Swish of opset 24: x * sigmoid(alpha * x)."""
    return Made(BY_NAME["silu"]()) if s.get("alpha", 1.0) == 1.0 else None


def prelu(s: Scope) -> Made | None:
    """PRelu: one slope, or one per channel."""
    slope, x = s.x(1), s.x()
    count = prod(slope)
    per_channel = (
        len(x) > 1 and count == x[1] and slope in ((x[1],), (x[1], *[1] * (len(x) - 2)), (1, x[1], *[1] * (len(x) - 2)))
    )
    if not s.flows(0) or not s.fixed(1) or not (count == 1 or per_channel):
        return None
    return Made(BY_NAME["prelu"](num_parameters=count), (0,), (1,))


def power(s: Scope) -> Made | None:
    """Pow with a fixed exponent."""
    exponent = s.number(1)
    if exponent is None or not s.flows(0):
        return None
    return Made(BY_NAME["square"]() if exponent == 2 else BY_NAME["power"](exponent=exponent))


def merged(kind: str) -> Callable[[Scope], Made | None]:
    """Arithmetic of several tensors with broadcasting; what is fixed becomes a learned array or a constant."""

    def build(s: Scope) -> Made | None:
        if len(s.values) == 1:
            return Made(BY_NAME["identity"]())
        if kind == "mul" and len(s.values) == 2 and s.values[0] is s.values[1]:
            return Made(BY_NAME["square"]())
        return Made(BY_NAME[kind](), tuple(range(len(s.values))))

    return build


def softmax(kind: str) -> Callable[[Scope], Made | None]:
    """Softmax over one axis; before opset 13 over all axes from `axis` on, which is one where only one is larger than 1."""

    def build(s: Scope) -> Made | None:
        x = s.x()
        old = bool(s.opset) and s.opset < 13
        axis = s.get("axis", 1 if old else -1)
        axis = axis + len(x) if axis < 0 else axis
        if not 0 <= axis < len(x):
            return None
        if old:
            wide = [at for at in range(axis, len(x)) if x[at] > 1]
            if len(wide) > 1:
                return None
            axis = wide[0] if wide else min(axis, len(x) - 1)
        return Made(BY_NAME[kind](dim=axis)) if axis > 0 else None

    return build


def mean_variance(s: Scope) -> Made | None:
    """MeanVarianceNormalization over batch and space is a batch norm without statistics, over space an instance norm."""
    axes = {axis % len(s.x()) for axis in s.get("axes", (0, 2, 3))} if s.x() else set()
    space = set(range(2, len(s.x())))
    if axes == space and space:
        return Made(BY_NAME["instance_norm"]())
    if axes == {0, *space} and space:
        fields: Any = {"affine": False, "track_running_stats": False}
        return Made(BY_NAME["batch_norm"](**fields))
    return None
