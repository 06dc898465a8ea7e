"""Recurrent layers and attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod
from typing import Any, NamedTuple

from cnnshape.errors import LayerError, quoted
from cnnshape.readers.keras.activations import word_of
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.moves import permuted, projected, reshaped
from cnnshape.readers.keras.tensor import Built, Tensor, same

KINDS = {"SimpleRNN": "rnn", "LSTM": "lstm", "GRU": "gru", "CuDNNLSTM": "lstm", "CuDNNGRU": "gru"}


class Half(NamedTuple):
    """One recurrent layer, reading in one direction."""

    kind: str
    fields: dict[str, Any]
    every: bool
    """Whether all steps are kept, or the last alone."""
    states: bool
    """Whether the states behind the last step are outputs too."""
    frozen: bool


def recurrent(c: Call) -> Built:
    """SimpleRNN, LSTM, GRU, or RNN around a cell of theirs: all steps, or the last alone; its states where they are used."""
    half = _half(c, {"class_name": c.kind, "config": c.config})
    y = _run(c, half, _steps(c))
    found = [y]
    if half.states and c.width > 1:
        found.append(_last(c, y, "state_") if half.every else y)
    if half.states and c.width > 2 and half.kind == "lstm":  # our kind keeps it to itself: its work is in the row above
        shape = (c.shape()[0], half.fields["hidden_size"])
        fields = {"op": f"{c.kind} cell state"[:200], "shapes": (shape,), "parameters": 0, "macs": 0}
        found.append(c.node("foreign", fields, [y], same(2), "cell"))
    return found


def bidirectional(c: Call) -> Built:
    """Bidirectional around a recurrent layer, whose two halves are joined or merged.

    `backward_layer` may be a layer of its own; where it is the same but for its direction, one row reads both ways.
    """
    forward = _half(c, c.config.get("layer"))
    backward = _half(c, c.get("backward_layer", c.config.get("layer")))
    if forward.states or backward.states:
        raise Unknown("return_state")
    mode, x = c.config.get("merge_mode", "concat"), _steps(c)
    if forward == backward:
        y = _run(c, forward, x, both=True)
        if mode == "concat":
            return y
        halves = c.nodes("split", {"sections": 2, "dim": -1}, [y], [y.order, y.order], "halves")
    else:
        halves = [_run(c, forward, x, "forward"), _run(c, backward, x, "backward")]
    if mode is None:
        return halves
    kinds = {"concat": "concat", "sum": "add", "mul": "mul", "ave": "mean"}
    if mode not in kinds:
        raise wrong(f"merge_mode is {quoted(mode)}, not concat, sum, mul, ave or null")
    fields = {"dim": len(halves[0].order or ()) - 1} if mode == "concat" else {}
    return c.node(kinds[mode], fields, halves, halves[0].order, "merged")


def _half(c: Call, entry: Any) -> Half:
    """What an entry says, of a recurrent layer or of RNN around a cell. Raises Unknown for any other layer."""
    kind, config = _named(entry)
    frozen = config.get("trainable") is False
    if kind == "RNN":
        kind, inner = _named(config.get("cell"))
        kind = kind.removesuffix("Cell")
        frozen = frozen or inner.get("trainable") is False
        config = {**inner, **{key: value for key, value in config.items() if key.startswith("return_")}}
    if kind not in KINDS:
        raise Unknown
    own = Call(c.graph, kind, c.name, config)
    fields: dict[str, Any] = {"hidden_size": own.whole("units"), "bias": own.flag("use_bias", default=True)}
    # The two biases of a GRU that resets the state behind its product are torch's; elsewhere Keras has one.
    fields["recurrent_bias"] = KINDS[kind] == "gru" and own.flag("reset_after", default=kind.startswith("CuDNN"))
    word = word_of(own.get("activation", "tanh"))
    if KINDS[kind] == "rnn" and word in ("tanh", "relu"):
        fields["nonlinearity"] = word
    every, states = own.flag("return_sequences", default=False), own.flag("return_state", default=False)
    return Half(KINDS[kind], fields, every, states, frozen)


def _named(entry: Any) -> tuple[str, Mapping[str, Any]]:
    """The class and the configuration of a layer inside a layer."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("config"), Mapping):
        raise Unknown
    return str(entry.get("class_name", "")), entry["config"]


def _steps(c: Call) -> Tensor:
    """The input, as steps of features."""
    if c.steps:
        raise Unknown
    rank = c.x.rank or len(c.shape())
    if rank != 3:
        raise LayerError("CNN-E404", f"{c.kind} needs steps of features, but gets {rank} axes")
    return c.want(c.x, same(3))


def _run(c: Call, half: Half, x: Tensor, name: str = "", both: bool = False) -> Tensor:
    """The layer in one direction or in both, and what of its output is kept."""
    outer = c.frozen
    c.frozen = outer or half.frozen
    y = c.node(half.kind, {**half.fields, "bidirectional": both}, [x], same(3), name)
    c.frozen = outer
    return y if half.every else _last(c, y, f"{name}_" if name else "")


def _last(c: Call, y: Tensor, front: str = "") -> Tensor:
    """The last step of a sequence."""
    y = c.node("slice", {"dim": 1, "start": -1}, [y], same(3), f"{front}last")
    return c.node("squeeze", {"dim": 1}, [y], same(2), f"{front}step")


def output_alone(build: Callable[[Call], Tensor]) -> Callable[[Call], Tensor]:
    """An attention of which the output is read, and not the scores that it gives as a second one where they are used."""

    def built(c: Call) -> Tensor:
        if c.width == 2:
            raise Unknown("return_attention_scores")
        return build(c)

    return built


def _role(c: Call, name: str, at: int) -> Tensor | None:
    """A tensor by its name or its place."""
    found = c.kwargs.get(name, c.args[at] if at < len(c.args) else None)
    return found if isinstance(found, Tensor) else None


@output_alone
def multi_head(c: Call) -> Tensor:
    """MultiHeadAttention: three projections into heads, attention in each, one projection back."""
    q, v = _role(c, "query", 0), _role(c, "value", 1)
    k = _role(c, "key", 2) or v
    if q is None or v is None or k is None:
        raise wrong("MultiHeadAttention needs a query and a value")
    heads, width = c.whole("num_heads"), c.whole("key_dim")
    deep, bias = c.whole("value_dim", width), c.flag("use_bias", default=True)
    shape = c.shape(q)
    wanted = c.get("output_shape")
    axes = c.get("attention_axes", [1])
    plain = len(shape) == 3 and axes in (1, [1], [-2], -2) and not c.flag("use_gate", default=False)
    if not plain or c.get("sliding_window") or not (wanted is None or isinstance(wanted, (int, list))):
        raise Unknown
    wide: Any = wanted[0] if isinstance(wanted, list) and len(wanted) == 1 else wanted or shape[2]
    c.path, outer = (*c.path, c.name), c.name
    parts = []
    for name, tensor, size in (("query", q, width), ("key", k, width), ("value", v, deep)):
        flat = c.want(tensor, same(3))
        y = projected(c, flat, heads * size, bias, name)
        y = reshaped(c, y, [shape[0], c.shape(y)[1], heads, size], f"{name}_heads")
        parts.append(permuted(c, y, [0, 2, 1, 3], f"{name}_first"))
    y = c.node("scaled_dot_product_attention", {}, parts, same(4), "attention")
    y = permuted(c, y, [0, 2, 1, 3], "back")
    y = reshaped(c, y, [shape[0], shape[1], heads * deep], "joined")
    c.name = outer
    return projected(c, y, wide, bias, "output")


@output_alone
def grouped_query(c: Call) -> Tensor:
    """GroupQueryAttention: fewer heads of keys and values than of queries."""
    q, v = _role(c, "query", 0), _role(c, "value", 1)
    k = _role(c, "key", 2) or v
    if q is None or v is None or k is None:
        raise wrong("GroupQueryAttention needs a query and a value")
    a, b, d = c.shape(q), c.shape(k), c.shape(v)
    if len(a) != 3 or c.flag("use_gate", default=False):
        raise Unknown
    size, few, many = c.whole("head_dim"), c.whole("num_key_value_heads"), c.whole("num_query_heads")
    bias = c.flag("use_bias", default=True)
    inside = a[2] * many * size * 2 + (b[2] + d[2]) * few * size
    extra = (many * size + 2 * few * size + a[2]) if bias else 0
    macs = a[0] * (2 * a[1] * a[2] * many * size + b[1] * (b[2] + d[2]) * few * size + 2 * a[1] * b[1] * many * size)
    return c.foreign(a, inside + extra, macs)[0]


@output_alone
def attention(c: Call) -> Tensor:
    """Attention on [query, value] or [query, value, key]: products, a softmax, products."""
    if len(c.tensors) < 2:
        raise wrong("Attention needs a query and a value")
    q, v = c.tensors[:2]
    k = c.tensors[2] if len(c.tensors) > 2 else v
    a, b, d = c.shape(q), c.shape(k), c.shape(v)
    learned = c.flag("use_scale", default=False) + (c.get("score_mode", "dot") == "concat")
    if len(a) < 3 or len(a) != len(d):
        raise Unknown
    rank = len(a)
    if not learned and rank == len(b):
        return c.node("scaled_dot_product_attention", {}, [c.want(t, same(rank)) for t in (q, k, v)], same(rank))
    pairs = prod(a[:-1]) * b[-2]
    macs = pairs * d[-1] + (pairs * a[-1] if c.get("score_mode", "dot") == "dot" else 0)
    return c.foreign([*a[:-1], d[-1]], learned, macs)[0]


@output_alone
def additive(c: Call) -> Tensor:
    """AdditiveAttention: a learned weight for every feature of the sum of query and key."""
    if len(c.tensors) < 2:
        raise wrong("AdditiveAttention needs a query and a value")
    a, d = c.shape(c.tensors[0]), c.shape(c.tensors[1])
    pairs = prod(a[:-1]) * d[-2]
    learned = a[-1] if c.flag("use_scale", default=True) else 0
    return c.foreign([*a[:-1], d[-1]], learned, pairs * (a[-1] + d[-1]))[0]
