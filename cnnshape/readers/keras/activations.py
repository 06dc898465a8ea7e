"""Activations, by the words that a layer's `activation` takes and as layers of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnshape.errors import quoted
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.tensor import Tensor

#: Keras' word -> our kind and its fields. Softmax and the like are told their axis where they are built.
WORDS: dict[str, tuple[str, dict[str, Any]]] = {
    "relu": ("relu", {}),
    "relu6": ("relu6", {}),
    "leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
    "elu": ("elu", {}),
    "selu": ("selu", {}),
    "celu": ("celu", {}),
    "gelu": ("gelu", {}),
    "silu": ("silu", {}),
    "swish": ("silu", {}),
    "mish": ("mish", {}),
    "softplus": ("softplus", {}),
    "softsign": ("softsign", {}),
    "soft_shrink": ("softshrink", {}),
    "hard_shrink": ("hardshrink", {}),
    "tanh_shrink": ("tanhshrink", {}),
    "threshold": ("threshold", {}),
    "sigmoid": ("sigmoid", {}),
    "hard_sigmoid": ("hardsigmoid", {}),
    "hard_silu": ("hardswish", {}),
    "hard_swish": ("hardswish", {}),
    "hard_tanh": ("hardtanh", {}),
    "log_sigmoid": ("log_sigmoid", {}),
    "tanh": ("tanh", {}),
    "exponential": ("exp", {}),
    "softmax": ("softmax", {"dim": -1}),
    "log_softmax": ("log_softmax", {"dim": -1}),
    "glu": ("glu", {"dim": -1}),
}
#: Words that do nothing.
NOTHING = (None, "linear", "")


def word_of(value: Any) -> Any:
    """The word of an activation that is written as text or as an object; a layer's configuration stays one."""
    if isinstance(value, Mapping):
        kind, config = value.get("class_name"), value.get("config")
        if kind == "function" and isinstance(config, str):
            return config
        if isinstance(config, Mapping):
            return value
        return kind
    return value


def activated(c: Call, x: Tensor, value: Any) -> Tensor:
    """The tensor behind an activation, which gets a row of its own."""
    word = word_of(value)
    if isinstance(word, Mapping):
        kind = str(word.get("class_name"))
        inner = Call(
            c.graph, kind, f"{c.name}_{kind.lower()}", word["config"], [x], path=c.path, frozen=c.frozen, owners=None
        )
        if kind not in LAYERS:
            return inner.foreign(_shape(c, x))[0]
        found: Tensor = LAYERS[kind](inner)
        return found
    if word in NOTHING:
        return x
    if word not in WORDS:
        inner = Call(c.graph, str(word), f"{c.name}_{word}", {}, [x], path=c.path)
        return inner.foreign(_shape(c, x), 0)[0]
    return applied(c, x, word, word)


def _shape(c: Call, x: Tensor) -> tuple[int, ...] | None:
    try:
        return c.shape(x)
    except Unknown:
        return None


def applied(c: Call, x: Tensor, word: str, suffix: str = "", **fields: Any) -> Tensor:
    """One of WORDS as a node."""
    kind, defaults = WORDS[word]
    fields = {**defaults, **fields}
    if "dim" in fields:
        rank = x.rank or len(c.shape(x))
        axis = c.axis(fields["dim"], rank)
        fields["dim"] = x.order[axis] if x.order else axis
    return c.node(kind, fields, [x], x.order, suffix)


def activation(c: Call) -> Tensor:
    """Activation, whose word is its name."""
    word = word_of(c.config.get("activation"))
    if word in WORDS if isinstance(word, str) else False:
        return applied(c, c.x, word)
    if word in NOTHING:
        return c.node("identity", {}, [c.x], c.x.order)
    return activated(c, c.x, c.config.get("activation"))


def number(c: Call, *keys: str, default: float = 0.0) -> float:
    """The first of several names under which a number is written."""
    value = next((c.config[key] for key in keys if c.config.get(key) is not None), default)
    if isinstance(value, Mapping):  # a NumPy number, as Keras 3 writes it
        value = value.get("config", {}).get("value") if isinstance(value.get("config"), Mapping) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong(f"{keys[0]} is {quoted(value)}, not a number")
    return float(value)


def relu(c: Call) -> Tensor:
    """ReLU with a ceiling, a slope or a threshold."""
    slope, most = number(c, "negative_slope", "alpha"), c.config.get("max_value")
    if slope:
        return c.node("leaky_relu", {"negative_slope": slope}, [c.x], c.x.order)
    if most is not None:
        most = number(c, "max_value")
        kind, fields = ("relu6", {}) if most == 6 else ("clip", {"low": 0.0, "high": most})
        return c.node(kind, fields, [c.x], c.x.order)
    least = number(c, "threshold")
    return c.node("threshold", {"threshold": least}, [c.x], c.x.order) if least else applied(c, c.x, "relu")


def leaky_relu(c: Call) -> Tensor:
    """LeakyReLU."""
    slope = number(c, "negative_slope", "alpha", default=0.3)
    return c.node("leaky_relu", {"negative_slope": slope}, [c.x], c.x.order)


def elu(c: Call) -> Tensor:
    """ELU."""
    return applied(c, c.x, "elu", alpha=number(c, "alpha", default=1.0))


def thresholded(c: Call) -> Tensor:
    """ThresholdedReLU of Keras 2."""
    return applied(c, c.x, "threshold", threshold=number(c, "theta", default=1.0))


def softmax(c: Call) -> Tensor:
    """Softmax over one axis; over several at once it is no kind here."""
    axis = c.get("axis", -1)
    if isinstance(axis, list) and len(axis) != 1:
        return c.foreign(c.shape(), 0, 0)[0]
    return applied(c, c.x, "softmax", dim=axis[0] if isinstance(axis, list) else axis)


def prelu(c: Call) -> Tensor:
    """PReLU: a slope for every position that `shared_axes` does not share."""
    shape = c.shape()
    shared = {c.axis(axis, len(shape)) for axis in c.get("shared_axes", [])}
    own = [k for k in range(1, len(shape)) if k not in shared]
    if not own:
        return c.node("prelu", {}, [c.x], c.x.order)
    order = c.x.order or ()
    if len(own) == 1 and order[own[0]] == 1:
        return c.node("prelu", {"per_channel": True}, [c.x], order)
    slopes = 1
    for k in own:
        slopes *= shape[k]
    return c.foreign(shape, slopes, 0)[0]


LAYERS: dict[str, Any] = {
    "Activation": activation,
    "ReLU": relu,
    "LeakyReLU": leaky_relu,
    "ELU": elu,
    "PReLU": prelu,
    "Softmax": softmax,
    "ThresholdedReLU": thresholded,
}
