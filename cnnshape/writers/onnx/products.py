"""Matrix products: linear maps, embeddings, attention."""

from __future__ import annotations

from typing import Any

from cnnshape.writers.onnx.graph import Scope


def linear(layer: Any, s: Scope) -> str:
    """Gemm on rows of features; MatMul and Add on anything deeper."""
    bias = [s.weight("bias")] if layer.bias else []
    if len(s.x) == 2:
        return s.op("Gemm", s.inputs[0], s.weight("weight"), *bias, transB=1)
    y = s.op("MatMul", s.inputs[0], s.op("Transpose", s.weight("weight"), perm=[1, 0]))
    return s.op("Add", y, *bias) if bias else y


def bilinear(layer: Any, s: Scope) -> str:
    """Einsum over both inputs' features."""
    lead = "abcdefgh"[: len(s.x) - 1]
    y = s.op("Einsum", s.inputs[0], s.weight("weight"), s.inputs[1], equation=f"{lead}i,oij,{lead}j->{lead}o")
    return s.op("Add", y, s.weight("bias")) if layer.bias else y


def embedding(layer: Any, s: Scope) -> str:
    """Gather. Where the input is no list of indices, the same numbers become some as in the forward pass."""
    index = s.inputs[0]
    if index not in s.integers:
        count = s.number(float(layer.num_embeddings))
        scaled = s.op("Floor", s.op("Mul", s.op("Abs", index), count))
        index = s.op("Cast", s.op("Mod", scaled, count, fmod=1), to=s.graph.onnx.TensorProto.INT64)
    return s.op("Gather", s.weight("weight"), index, axis=0)


def _swapped(s: Scope, x: str, rank: int) -> str:
    """Rows and columns, swapped."""
    return s.op("Transpose", x, perm=[*range(rank - 2), rank - 1, rank - 2])


def matmul(layer: Any, s: Scope) -> str:
    """MatMul."""
    a, b = s.inputs
    return s.op("MatMul", a, _swapped(s, b, len(s.xs[1])) if layer.transpose_b else b)


def _attend(s: Scope, q: str, k: str, v: str, rank: int, width: int) -> str:
    """softmax(q k^T / sqrt(width)) v."""
    scores = s.op("MatMul", q, _swapped(s, k, rank))
    scores = s.op("Mul", scores, s.number(width**-0.5))
    return s.op("MatMul", s.op("Softmax", scores, axis=-1), v)


def scaled_dot_product_attention(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Two products and a softmax."""
    q, k, v = s.inputs
    return _attend(s, q, k, v, len(s.x), s.x[-1])


def _thirds(s: Scope, name: str, size: int) -> list[str]:
    """The parts of a joint array: for queries, keys and values."""
    return s.ops("Split", 3, s.weight(name), s.ints(size, size, size), axis=0)


def multi_head_attention(layer: Any, s: Scope) -> str:
    """Projections, heads as an axis of their own, attention, the heads joined, a projection."""
    names = (s.inputs[0], s.inputs[min(1, len(s.inputs) - 1)], s.inputs[-1])
    size, heads = s.x[2], layer.num_heads
    if "in_proj_weight" in (s.row.weights or {}):
        weights = _thirds(s, "in_proj_weight", size)
    else:
        weights = [s.weight(f"{part}_proj_weight") for part in "qkv"]
    biases = _thirds(s, "in_proj_bias", size) if layer.bias else []
    parts = []
    for place, (x, weight) in enumerate(zip(names, weights, strict=True)):
        y = s.op("MatMul", x, s.op("Transpose", weight, perm=[1, 0]))
        y = s.op("Add", y, biases[place]) if biases else y
        y = s.op("Reshape", y, s.ints(0, -1, heads, size // heads))
        parts.append(s.op("Transpose", y, perm=[0, 2, 1, 3]))
    q, k, v = parts
    y = s.op("Transpose", _attend(s, q, k, v, 4, size // heads), perm=[0, 2, 1, 3])
    y = s.op("Reshape", y, s.ints(0, -1, size))
    y = s.op("MatMul", y, s.op("Transpose", s.weight("out_proj_weight"), perm=[1, 0]))
    return s.op("Add", y, s.weight("out_proj_bias")) if layer.bias else y
