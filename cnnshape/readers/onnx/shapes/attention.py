"""Attention and what goes with it."""

from __future__ import annotations

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import Call, Size, Sizes, misfit, text, wrong


def heads(call: Call, at: int, count: int) -> Size:
    """(N, heads, length, size) of an input that may hold its heads side by side."""
    x = call.x(at)
    if len(x) == 4:
        return x
    if len(x) != 3:
        raise LayerError("CNN-E404", f"input {at} has {len(x)} dimensions ({text(x)}), not 3 or 4")
    if count < 1 or x[2] % count:
        raise misfit(f"{count} heads do not divide the {x[2]} of {text(x)}")
    return (x[0], count, x[1], x[2] // count)


def attention(call: Call) -> Sizes:
    """Attention: the output, the caches, and the products of queries with keys."""
    queries, keys = call.count("q_num_heads", 0), call.count("kv_num_heads", 0)
    q, k, v = heads(call, 0, queries), heads(call, 1, keys), heads(call, 2, keys)
    past = call.x(4)[2] if call.has(4) else 0
    whole = (k[2] + past) if not past or len(call.x(4)) == 4 else 0
    y = (*q[:3], v[3]) if len(call.x()) == 4 else (q[0], q[2], q[1] * v[3])
    return [y, (*k[:2], whole, k[3]), (*v[:2], whole, v[3]), (*q[:3], whole)]


def flex_attention(call: Call) -> Sizes:
    """Queries by the values' size."""
    return [(*call.x(0, 4)[:3], call.x(2, 4)[3])]


def linear_attention(call: Call) -> Sizes:
    """LinearAttention: the output and the state."""
    queries, keys = call.count("q_num_heads"), call.count("kv_num_heads")
    x, k, v = call.x(0, 3), call.x(1, 3), call.x(2, 3)
    if queries < 1 or keys < 1 or k[2] % keys or v[2] % keys:
        raise wrong(f"{queries} and {keys} heads do not divide {text(k)} and {text(v)}")
    size = v[2] // keys
    return [(*x[:2], queries * size), (x[0], keys, k[2] // keys, size)]
