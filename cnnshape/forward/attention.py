"""Products of two arrays: matrix multiplication and attention."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit
from cnnshape.forward.linear import projected
from cnnshape.forward.slabs import slabs, softmax


def matmul(layer: Any, kit: Kit, a: Array, b: Array) -> Array:
    """The last two dimensions; those before are broadcast."""
    return kit.matmul(a, np.swapaxes(b, -1, -2) if layer.transpose_b else b)


def _attend(kit: Kit, q: Array, k: Array, v: Array) -> Array:
    """softmax(q k^T / sqrt(d)) v."""
    scores = kit.matmul(q, np.swapaxes(k, -1, -2))
    scale = q.shape[-1] ** -0.5

    def body(own: Kit, a: Array, y: Array, _rows: range) -> None:
        softmax(own, own.mul(a, scale, out=y), y)

    return kit.matmul(slabs(kit, scores, scores.ndim - 1, scores.ndim, body), v)


def scaled_dot_product_attention(_layer: Any, kit: Kit, q: Array, k: Array, v: Array) -> Array:
    """softmax(q k^T / sqrt(d)) v."""
    return _attend(kit, q, k, v)


def multi_head_attention(layer: Any, kit: Kit, *xs: Array) -> Array:
    """Project, attend in every head, project again."""
    query = xs[0]
    key = xs[1] if len(xs) > 1 else query
    value = xs[2] if len(xs) > 2 else key
    size, heads = query.shape[-1], layer.num_heads
    inputs = (query, key, value)
    if all(x.shape[-1] == size for x in inputs):
        matrices = list(kit.weight("in_proj_weight", 3 * size, size).reshape(3, size, size))
    else:
        named = zip(("q_proj_weight", "k_proj_weight", "v_proj_weight"), inputs, strict=True)
        matrices = [kit.weight(name, size, x.shape[-1]) for name, x in named]
    biases = kit.weight("in_proj_bias", 3 * size).reshape(3, size) if layer.bias else (None,) * 3
    parts = []
    for x, matrix, bias in zip(inputs, matrices, biases, strict=True):
        flat = projected(kit, x, matrix, bias)
        parts.append(flat.reshape(*x.shape[:2], heads, size // heads).swapaxes(1, 2))
    mixed = _attend(kit, *parts).swapaxes(1, 2).reshape(query.shape)
    out_bias = kit.weight("out_proj_bias", size) if layer.bias else None
    return projected(kit, mixed, kit.weight("out_proj_weight", size, size), out_bias)


KERNELS: dict[str, Any] = {
    "matmul": matmul,
    "scaled_dot_product_attention": scaled_dot_product_attention,
    "multi_head_attention": multi_head_attention,
}
