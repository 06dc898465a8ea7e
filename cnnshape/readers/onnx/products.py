"""Matrix products: linear maps, products of two tensors, attention, look-ups."""

from __future__ import annotations

from math import prod

from cnnshape.layers import BY_NAME
from cnnshape.readers.onnx.scope import Made, Scope
from cnnshape.readers.onnx.shapes.contrib import turned


def gemm(s: Scope) -> Made | None:
    """Gemm: a linear layer where the second factor is a weight and the third, if any, one number per feature."""
    a, b = s.x(0), s.x(1)
    if len(a) != 2 or len(b) != 2:
        return None
    inner = a[0] if s.get("transA", 0) else a[1]
    macs = prod(s.y) * inner
    plain = not s.get("transA", 0) and s.flows(0) and s.fixed(1, 2)
    biased = s.has(2)
    if biased and (prod(s.x(2)) != s.y[1] or not s.x(2) or s.x(2)[-1] != s.y[1]):
        plain = False
    if not plain:
        return Made(None, macs=macs)
    layer = BY_NAME["linear"](out_features=s.y[1], bias=biased)
    return Made(layer, (0,), (1, 2) if biased else (1,), macs=macs)


def matmul(s: Scope) -> Made | None:
    """MatMul: a linear layer where the second factor is one matrix that is a weight."""
    return _product(s, 0, 1)


def fused_matmul(s: Scope) -> Made | None:
    """FusedMatMul: a MatMul where nothing is transposed; a linear layer, too, where its matrix alone is."""
    left, right = [any(s.get(f"{word}{letter}", 0) for word in ("trans", "transBatch")) for letter in "AB"]
    if not left and not right:
        return _product(s, 0, 1)
    a, b = s.x(0), s.x(1)
    inner = turned(a, s.get("transA", 0), batch=bool(s.get("transBatchA", 0)))[-1] if a else 1
    macs = prod(s.y) * inner
    if not left and s.flows(0) and s.fixed(1) and s.value(1).learned and len(b) == 2 and len(a) > 1:
        return Made(BY_NAME["linear"](out_features=b[0], bias=False), (0,), (1,), macs=macs)
    return Made(None, macs=macs)


def qlinear_matmul(s: Scope) -> Made | None:
    """QLinearMatMul: a, its scale and zero point, then b."""
    return _product(s, 0, 3)


def _product(s: Scope, first: int, second: int) -> Made | None:
    a, b = s.x(first), s.x(second)
    if not a or not b:
        return None
    macs = prod(s.y) * a[-1]
    if s.flows(first) and s.fixed(second) and s.value(second).learned and len(b) == 2 and len(a) > 1:
        return Made(BY_NAME["linear"](out_features=b[1], bias=False), (first,), (second,), macs=macs)
    return Made(BY_NAME["matmul"](), (first, second), macs=macs)


def einsum(s: Scope) -> Made | None:
    """Einsum, two terms at a time from the left: every combination of their letters is one multiply-accumulate."""
    left, _, right = s.get("equation", "").replace(" ", "").partition("->")
    terms = left.split(",")
    if "." in left or not right or len(terms) != len(s.values):
        return Made(None)
    sizes: dict[str, int] = {}
    for at, term in enumerate(terms):
        sizes.update({letter: max(size, sizes.get(letter, 1)) for letter, size in zip(term, s.x(at), strict=False)})
    have, macs = set(terms[0]), 0
    for at, term in enumerate(terms[1:], start=2):
        have |= set(term)
        macs += prod([sizes[letter] for letter in have])
        have &= set(right).union(*terms[at:])  # the others are summed over
    return Made(None, macs=macs)


def gather(s: Scope) -> Made | None:
    """Gather: rows of a learned table are an embedding; one place along an axis is a cut."""
    if s.fixed(0) and s.flows(1) and s.get("axis", 0) == 0 and len(s.x(0)) == 2 and s.value(0).learned:
        rows, width = s.x(0)
        return Made(BY_NAME["embedding"](num_embeddings=rows, embedding_dim=width), (1,), (0,))
    return None


def attention(s: Scope) -> Made | None:
    """Attention of opset 23: q, k and v as (N, heads, L, d), or with the heads joined as (N, L, heads * d)."""
    q, k, v = s.x(0), s.x(1), s.x(2)
    heads = s.get("q_num_heads", 0)
    kv_heads = s.get("kv_num_heads", 0) or heads
    past = s.x(4)[2] if s.has(4) and len(s.x(4)) == 4 else 0  # keys of earlier steps go in front
    if len(q) == 3 and heads and kv_heads:
        rows, width, keys, out = q[0] * q[1] * heads, q[2] // heads, k[1] + past, v[2] // kv_heads
    elif len(q) == 4 and len(v) == 4:
        rows, width, keys, out = q[0] * q[1] * q[2], q[3], k[2] + past, v[3]
    else:
        return Made(None)
    macs = rows * keys * (width + out)
    plain = len(q) == 4 and not past and not any(s.has(at) for at in range(3, len(s.values)))
    if plain and not s.get("is_causal", 0) and s.flows(0, 1, 2):
        return Made(BY_NAME["scaled_dot_product_attention"](), (0, 1, 2), macs=macs)
    return Made(None, macs=macs)


#: How many matrices a step of each recurrent operator multiplies.
GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}


def recurrent(s: Scope) -> Made | None:
    """RNN, GRU, LSTM: time comes first here, so no kind says it; the products are as many as ours."""
    x, w, r = s.x(0), s.x(1), s.x(2)
    if len(x) != 3 or len(w) != 3 or len(r) != 3:
        return Made(None)
    return Made(None, weights=(1, 2, 3, 7), macs=x[0] * x[1] * (prod(w) + prod(r)))  # states are no weights


def deform_conv(s: Scope) -> Made | None:
    """DeformConv: as many products as a plain convolution."""
    return Made(None, macs=prod(s.y) * prod(s.x(1)[1:]))
