"""Linear maps over the last dimension, bilinear maps, embeddings."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.forward.kit import Array, Kit

#: Up to so many rows, the matrix times the rows is faster than the rows times the matrix.
FEW = 128


def linear(layer: Any, kit: Kit, x: Array) -> Array:
    """One product of all rows with the matrix, then the bias."""
    weight = kit.weight("weight", layer.out_features, x.shape[-1])
    return projected(kit, x, weight, kit.weight("bias", layer.out_features) if layer.bias else None)


def projected(kit: Kit, x: Array, weight: Array, bias: Array | None) -> Array:
    """The last dimension multiplied by a matrix (out, in), and a bias added."""
    features = len(weight)
    rows = x.reshape(-1, x.shape[-1])
    y = kit.empty(*x.shape[:-1], features)
    flat = y.reshape(-1, features)
    if 1 < len(rows) <= FEW:
        flat[...] = kit.matmul(weight, rows.T).T
    else:
        kit.matmul(rows, weight.T, out=flat)
    if bias is not None:
        kit.add(flat, bias, out=flat)
    return y


def bilinear(layer: Any, kit: Kit, a: Array, b: Array) -> Array:
    """The first input is contracted for every output feature and second feature, then the second input."""
    features, first, second = layer.out_features, a.shape[-1], b.shape[-1]
    weight = kit.weight("weight", features, first, second)
    matrix = weight.transpose(1, 0, 2).reshape(first, features * second)
    part = kit.matmul(a.reshape(-1, first), matrix).reshape(-1, features, second)
    y = kit.empty(*a.shape[:-1], features)
    kit.matmul(part, b.reshape(-1, second, 1), out=y.reshape(-1, features, 1))
    if layer.bias:
        kit.add(y, kit.weight("bias", features), out=y)
    return y


def embedding(layer: Any, kit: Kit, x: Array) -> Array:
    """A row of the table for every index; a fraction x stands for the index floor(|x| * num_embeddings)."""
    many = layer.num_embeddings
    index = x if x.dtype.kind in "iu" else np.floor(np.abs(x) * many).astype(np.intp)
    table = kit.weight("weight", many, layer.embedding_dim)
    y: Array = np.take(table, index % many, axis=0)
    return y


KERNELS: dict[str, Any] = {"linear": linear, "bilinear": bilinear, "embedding": embedding}
