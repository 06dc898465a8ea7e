"""Recurrent layers and attention."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import Any

from cnnshape.errors import LayerError, quoted
from cnnshape.readers.keras.activations import word_of
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.moves import permuted, projected, reshaped
from cnnshape.readers.keras.tensor import Tensor, same

KINDS = {"SimpleRNN": "rnn", "LSTM": "lstm", "GRU": "gru", "CuDNNLSTM": "lstm", "CuDNNGRU": "gru"}


def recurrent(c: Call) -> Tensor:
    """SimpleRNN, LSTM, GRU: all steps, or the last alone."""
    return _run(c, KINDS[c.kind], both=False)


def cell(c: Call) -> Tensor:
    """RNN around a cell of ours."""
    inner = c.config.get("cell")
    kind = str(inner.get("class_name", "")).removesuffix("Cell") if isinstance(inner, Mapping) else ""
    if kind not in KINDS or not isinstance(inner, Mapping) or not isinstance(inner.get("config"), Mapping):
        raise Unknown
    c.config = {**inner["config"], **{k: v for k, v in c.config.items() if k.startswith("return_")}}
    return _run(c, KINDS[kind], both=False)


def bidirectional(c: Call) -> Tensor:
    """Bidirectional around a recurrent layer, whose two halves are joined or merged."""
    inner = c.config.get("layer")
    kind = str(inner.get("class_name", "")) if isinstance(inner, Mapping) else ""
    if kind not in KINDS or not isinstance(inner, Mapping) or not isinstance(inner.get("config"), Mapping):
        raise Unknown
    mode = c.config.get("merge_mode", "concat")
    c.config = inner["config"]
    return _run(c, KINDS[kind], both=True, mode=mode)


def _run(c: Call, kind: str, both: bool, mode: Any = "concat") -> Tensor:
    """The layer, and what of its output is kept."""
    if c.flag("return_state", default=False) or c.steps:
        raise Unknown
    rank = c.x.rank or len(c.shape())
    if rank != 3:
        raise LayerError("CNN-E404", f"{c.kind} needs steps of features, but gets {rank} axes")
    x, units = c.want(c.x, same(3)), c.whole("units")
    bias = c.flag("use_bias", default=True)
    fields: dict[str, Any] = {"hidden_size": units, "bias": bias, "bidirectional": both}
    # The two biases of a GRU that resets the state behind its product are torch's; elsewhere Keras has one.
    apart = kind == "gru" and c.flag("reset_after", default=c.kind.startswith("CuDNN"))
    fields["recurrent_bias"] = apart
    word = word_of(c.get("activation", "tanh"))
    if kind == "rnn" and word in ("tanh", "relu"):
        fields["nonlinearity"] = word
    y = c.node(kind, fields, [x], same(3))
    every = c.flag("return_sequences", default=False)
    if not every:
        y = c.node("slice", {"dim": 1, "start": -1}, [y], same(3), "last")
        y = c.node("squeeze", {"dim": 1}, [y], same(2), "step")
    if both and mode != "concat":
        halves = c.nodes("split", {"sections": 2, "dim": -1}, [y], [y.order, y.order], "halves")
        kinds = {"sum": "add", "mul": "mul", "ave": "mean"}
        if mode not in kinds:
            raise wrong(f"merge_mode is {quoted(mode)}, which gives two tensors")
        y = c.node(kinds[mode], {}, halves, y.order, "merged")
    return y


def _role(c: Call, name: str, at: int) -> Tensor | None:
    """A tensor by its name or its place."""
    found = c.kwargs.get(name, c.args[at] if at < len(c.args) else None)
    return found if isinstance(found, Tensor) else None


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


def additive(c: Call) -> Tensor:
    """AdditiveAttention: a learned weight for every feature of the sum of query and key."""
    if len(c.tensors) < 2:
        raise wrong("AdditiveAttention needs a query and a value")
    a, d = c.shape(c.tensors[0]), c.shape(c.tensors[1])
    pairs = prod(a[:-1]) * d[-2]
    learned = a[-1] if c.flag("use_scale", default=True) else 0
    return c.foreign([*a[:-1], d[-1]], learned, pairs * (a[-1] + d[-1]))[0]
