"""What works element by element: activations, gates, merges, identities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnshape.writers.onnx.graph import Scope


def plain(op: str) -> Callable[[Any, Scope], str]:
    """An operator that means what the kind means, without attributes."""

    def build(layer: Any, s: Scope) -> str:  # noqa: ARG001
        return s.op(op, s.inputs[0])

    return build


def _clipped(s: Scope, low: float, high: float) -> str:
    return s.op("Clip", s.inputs[0], s.number(low), s.number(high))


def relu6(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Clip."""
    return _clipped(s, 0.0, 6.0)


def hardtanh(layer: Any, s: Scope) -> str:
    """Clip."""
    return _clipped(s, layer.min_val, layer.max_val)


def clip(layer: Any, s: Scope) -> str:
    """Clip."""
    return _clipped(s, layer.low, layer.high)


def affine(layer: Any, s: Scope) -> str:
    """Mul, Add, or what of them does anything."""
    y = s.inputs[0]
    if layer.scale != 1:
        y = s.op("Mul", y, s.number(layer.scale))
    if layer.shift:
        return s.op("Add", y, s.number(layer.shift))
    return y if layer.scale != 1 else s.op("Identity", y)


def leaky_relu(layer: Any, s: Scope) -> str:
    """LeakyRelu."""
    return s.op("LeakyRelu", s.inputs[0], alpha=layer.negative_slope)


def rrelu(layer: Any, s: Scope) -> str:
    """LeakyRelu with the middle of the range."""
    return s.op("LeakyRelu", s.inputs[0], alpha=(layer.lower + layer.upper) / 2)


def softshrink(layer: Any, s: Scope) -> str:
    """Shrink that moves."""
    return s.op("Shrink", s.inputs[0], lambd=layer.lambd, bias=layer.lambd)


def hardshrink(layer: Any, s: Scope) -> str:
    """Shrink that does not move."""
    return s.op("Shrink", s.inputs[0], lambd=layer.lambd, bias=0.0)


def hardsigmoid(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """HardSigmoid with torch's slope of 1/6."""
    return s.op("HardSigmoid", s.inputs[0], alpha=1 / 6, beta=0.5)


def threshold(layer: Any, s: Scope) -> str:
    """Where: ThresholdedRelu knows no other value than 0."""
    above = s.op("Greater", s.inputs[0], s.number(layer.threshold))
    return s.op("Where", above, s.inputs[0], s.number(layer.value))


def elu(layer: Any, s: Scope) -> str:
    """Elu."""
    return s.op("Elu", s.inputs[0], alpha=layer.alpha)


def celu(layer: Any, s: Scope) -> str:
    """Celu, which ONNX has in single precision only."""
    if s.graph.dtype == "float32":
        return s.op("Celu", s.inputs[0], alpha=layer.alpha)
    alpha = s.number(layer.alpha)
    return s.op("Mul", s.op("Elu", s.op("Div", s.inputs[0], alpha)), alpha)


def gelu(layer: Any, s: Scope) -> str:
    """Gelu."""
    return s.op("Gelu", s.inputs[0], approximate=layer.approximate)


def silu(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Sigmoid and Mul."""
    return s.op("Mul", s.inputs[0], s.op("Sigmoid", s.inputs[0]))


def softplus(layer: Any, s: Scope) -> str:
    """Softplus of beta * x, divided by it; x itself above the threshold."""
    x = s.inputs[0]
    scaled = x if layer.beta == 1 else s.op("Mul", x, s.number(layer.beta))
    y = s.op("Softplus", scaled)
    y = y if layer.beta == 1 else s.op("Div", y, s.number(layer.beta))
    return s.op("Where", s.op("Greater", scaled, s.number(layer.threshold)), x, y)


def tanhshrink(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Tanh and Sub."""
    return s.op("Sub", s.inputs[0], s.op("Tanh", s.inputs[0]))


def log_sigmoid(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """-softplus(-x)."""
    return s.op("Neg", s.op("Softplus", s.op("Neg", s.inputs[0])))


def prelu(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """PRelu; ONNX aligns the slopes from the right, so they get the rank of what lies behind the channels."""
    slopes = s.shape("weight")[0]
    return s.op("PRelu", s.inputs[0], s.weight("weight", slopes, *[1] * max(0, len(s.x) - 2)))


def glu(layer: Any, s: Scope) -> str:
    """Two halves, and the sigmoid of one."""
    half = s.y[layer.dim]
    a, b = s.ops("Split", 2, s.inputs[0], s.ints(half, half), axis=layer.dim)
    return s.op("Mul", a, s.op("Sigmoid", b))


def softmax(layer: Any, s: Scope) -> str:
    """Softmax."""
    return s.op("Softmax", s.inputs[0], axis=layer.dim)


def softmin(layer: Any, s: Scope) -> str:
    """Softmax of -x."""
    return s.op("Softmax", s.op("Neg", s.inputs[0]), axis=layer.dim)


def log_softmax(layer: Any, s: Scope) -> str:
    """LogSoftmax."""
    return s.op("LogSoftmax", s.inputs[0], axis=layer.dim)


def square(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """The product of x and x."""
    return s.op("Mul", s.inputs[0], s.inputs[0])


def power(layer: Any, s: Scope) -> str:
    """Pow."""
    return s.op("Pow", s.inputs[0], s.number(layer.exponent))


def dropout(layer: Any, s: Scope) -> str:
    """Dropout, an identity unless somebody trains."""
    ratio = s.graph.constant((layer.p,), (), s.graph.onnx.TensorProto.FLOAT)
    return s.op("Dropout", s.inputs[0], ratio)


def concat(layer: Any, s: Scope) -> str:
    """Concat."""
    return s.op("Concat", *s.inputs, axis=layer.dim)


def merged(two: str, many: str = "") -> Callable[[Any, Scope], str]:
    """An operator of two inputs, again and again; `many` is one that takes any number of them."""

    def build(layer: Any, s: Scope) -> str:  # noqa: ARG001
        if many and len(s.inputs) > 2:
            return s.op(many, *s.inputs)
        return s.chain(two, *s.inputs)

    return build


def parameter(layer: Any, s: Scope) -> str:
    """The array itself with a batch in front, stretched when it is asked for."""
    array = s.weight("weight", 1, *layer.sizes())
    return s.op("Expand", array, s.ints(*s.y)) if layer.batch else s.op("Identity", array)


def opaque(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Nobody knows what it computes."""
    raise s.refuse("it is a black box")
