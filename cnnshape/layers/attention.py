"""Products of two tensors: matrix multiplication and attention."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Whole as WholeAxis
from cnnshape.layers.base import Carry, Count, Layer, same_batch
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class Matmul(Layer, frozen=True):
    """Multiply matrices: the last two dimensions; those before are broadcast.

    Shape:   (N, *, n, k), (N, *, k, m) -> (N, *, n, m); with transpose_b the second is (N, *, m, k)
    Ops:     mac = numel' * in_features
    Errors:  CNN-E403 if the inner sizes differ
    Source:  torch.matmul; ONNX MatMul

    >>> Matmul().out(Shape(2, 3, 7, 11), Shape(2, 3, 11, 5))
    Shape(2, 3, 7, 5)
    """

    kind: ClassVar[str] = "matmul"
    shorthand: ClassVar[str] = "from"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    saves: ClassVar[Any] = "input"

    transpose_b: bool = False

    def out(self, a: Shape, b: Shape) -> Shape:
        """(N, *, n, m)."""
        if len(a) < 3 or len(b) < 3:
            raise LayerError(
                "CNN-E404",
                f"matmul needs matrices behind the batch, but gets {a} and {b}",
                advice="unsqueeze the vectors; a learned matrix on features is a linear layer",
            )
        same_batch(self.kind, a, b)
        inner, width = (b[-1], b[-2]) if self.transpose_b else (b[-2], b[-1])
        if inner != a[-1]:
            raise LayerError(
                "CNN-E403",
                f"matmul needs equal inner sizes, but {a[-1]} of {a} meets {inner} of {b}",
                fixes=({"transpose_b": not self.transpose_b},),
            )
        rank = max(len(a), len(b)) - 2
        left, right = (1,) * (rank + 2 - len(a)) + a[:-2], (1,) * (rank + 2 - len(b)) + b[:-2]
        if any(m != n and 1 not in (m, n) for m, n in zip(left, right, strict=True)):
            raise LayerError("CNN-E403", f"matmul cannot broadcast {a} and {b}")
        return Shape(*[max(m, n) for m, n in zip(left, right, strict=True)], a[-2], width)

    def carries(self, a: Shape, b: Shape) -> tuple[Carry, ...]:
        """Dimensions before the matrices stay. A row mixes all of `b`, so where `b` comes from the image it sees all."""
        more, rows = max(0, len(b) - len(a)), len(a) - 2
        return tuple(Carry(d, d + more, WholeAxis(a[d]) if d == rows else None) for d in range(1, len(a) - 1))

    def ops(self, y: Shape, a: Shape, b: Shape) -> Ops:  # noqa: ARG002
        """Each output is a dot product over the inner size."""
        return Ops(mac=y.numel * a[-1])


class ScaledDotProductAttention(Layer, frozen=True):
    """softmax(q k^T / sqrt(d)) v.

    Shape:   (N, *, L, d), (N, *, S, d), (N, *, S, e) -> (N, *, L, e)
    Ops:     mac = scores * in_features + numel' * keys
             add = 2 * scores - rows
             mul = scores
             div = scores
             cmp = scores - rows
             exp = scores
    Errors:  CNN-E403 if the sizes of q, k and v do not fit
    Source:  Vaswani et al. 2017; torch.nn.functional.scaled_dot_product_attention

    >>> q, kv = Shape(2, 3, 7, 5), Shape(2, 3, 11, 5)
    >>> ScaledDotProductAttention().out(q, kv, kv)
    Shape(2, 3, 7, 5)
    """

    kind: ClassVar[str] = "scaled_dot_product_attention"
    shorthand: ClassVar[str] = "from"
    arity: ClassVar[tuple[int, int | None]] = (3, 3)
    saves: ClassVar[Any] = "input"

    def out(self, q: Shape, k: Shape, v: Shape) -> Shape:
        """(N, *, L, e)."""
        if len(q) < 3 or q[-1] != k[-1] or k[:-1] != v[:-1] or q[:-2] != k[:-2]:
            raise LayerError("CNN-E403", f"attention cannot use q {q}, k {k}, v {v}")
        return Shape(*q[:-1], v[-1])

    def carries(self, q: Shape, k: Shape, v: Shape) -> tuple[Carry, ...]:  # noqa: ARG002
        """Every query sees all positions."""
        last = len(q) - 2
        return tuple(Carry(d, d, WholeAxis(q[d]) if d == last else None) for d in range(1, len(q) - 1))

    def inside(self, q: Shape, k: Shape, v: Shape) -> int:  # noqa: ARG002
        """The softmax of the scores."""
        return q.numel // max(1, q[-1]) * k[-2]  # a foreign tensor may be empty

    def terms(self, y: Shape, q: Shape, k: Shape, v: Shape) -> dict[str, int]:  # noqa: ARG002
        """rows: queries in all; keys: S; scores: queries times keys."""
        rows = q.numel // max(1, q[-1])
        return {"rows": rows, "keys": k[-2], "scores": rows * k[-2]}

    def ops(self, y: Shape, q: Shape, k: Shape, v: Shape) -> Ops:
        """Two products and a softmax."""
        t = self.terms(y, q, k, v)
        scores = t["scores"]
        return Ops(
            mac=scores * q[-1] + y.numel * k[-2],
            add=2 * scores - t["rows"],
            mul=scores,
            div=scores,
            cmp=scores - t["rows"],
            exp=scores,
        )


class MultiHeadAttention(Layer, frozen=True):
    """Project queries, keys and values, attend in `num_heads` heads, project again. Batch first.

    One input attends to itself; three are query, key and value.

    Shape:   (N, L, E) -> (N, L, E); (N, L, E), (N, S, K), (N, S, V) -> (N, L, E)
    Weights: in_proj_weight (3 * E, E), or q_proj_weight (E, E), k_proj_weight (E, K), v_proj_weight (E, V);
             in_proj_bias (3 * E,); out_proj_weight (E, E); out_proj_bias (E,)
    Ops:     mac = N * (2 * L * E * E + S * K * E + S * V * E) + 2 * N * L * S * E
             add = 2 * scores - N * heads * L + (2 * N * E * L + 2 * N * E * S if bias else 0)
             mul = scores
             div = scores
             cmp = scores - N * heads * L
             exp = scores
    Errors:  CNN-E402 if num_heads does not divide E
    Source:  Vaswani et al. 2017; torch.nn.MultiheadAttention (batch_first)

    >>> MultiHeadAttention(num_heads=2).params(Shape(2, 7, 6))
    168
    """

    kind: ClassVar[str] = "multi_head_attention"
    shorthand: ClassVar[str] = "num_heads"
    arity: ClassVar[tuple[int, int | None]] = (1, 3)
    saves: ClassVar[Any] = "input"

    num_heads: Count
    bias: bool = True

    def parts(self, xs: tuple[Shape, ...]) -> tuple[Shape, Shape, Shape]:
        """Query, key, value."""
        q = xs[0]
        k = xs[1] if len(xs) > 1 else q
        v = xs[2] if len(xs) > 2 else k
        return q, k, v

    def out(self, *xs: Shape) -> Shape:
        """The query's own shape."""
        q, k, v = self.parts(xs)
        if len(q) != 3 or len(k) != 3 or len(v) != 3:
            raise LayerError(
                "CNN-E404",
                f"attention needs inputs of L x E, but gets {Shape(*q[1:])}",
                advice="flatten the space and permute the channels last",
            )
        if k[:2] != v[:2] or q[0] != k[0]:
            raise LayerError("CNN-E403", f"attention cannot use q {q}, k {k}, v {v}")
        if q[2] % self.num_heads:
            raise LayerError(
                "CNN-E402",
                f"num_heads={self.num_heads} does not divide embed_dim={q[2]}",
                f"{q[2]} = {q[2] // self.num_heads} * {self.num_heads} + {q[2] % self.num_heads}",
            )
        return q

    def carries(self, *xs: Shape) -> tuple[Carry, ...]:
        """Every query sees all positions."""
        return (Carry(1, 1, WholeAxis(xs[0][1])),)

    def weights(self, *xs: Shape) -> dict[str, Shape]:
        """Torch's names; one joint projection when query, key and value have one size."""
        q, k, v = self.parts(xs)
        e = q[2]
        found = (
            {"in_proj_weight": Shape(3 * e, e)}
            if k[2] == v[2] == e
            else {"q_proj_weight": Shape(e, e), "k_proj_weight": Shape(e, k[2]), "v_proj_weight": Shape(e, v[2])}
        )
        if self.bias:
            found["in_proj_bias"] = Shape(3 * e)
        found["out_proj_weight"] = Shape(e, e)
        if self.bias:
            found["out_proj_bias"] = Shape(e)
        return found

    def inside(self, *xs: Shape) -> int:
        """The three projections, the softmax of the scores, and what the last projection reads."""
        q, k, _ = self.parts(xs)
        return 2 * q[0] * (q[1] + k[1]) * q[2] + q[0] * self.num_heads * q[1] * k[1]

    def terms(self, y: Shape, *xs: Shape) -> dict[str, int]:  # noqa: ARG002
        """L queries, S keys, E, K, V their sizes; scores: heads * N * L * S."""
        q, k, v = self.parts(xs)
        sizes = {"L": q[1], "S": k[1], "E": q[2], "K": k[2], "V": v[2], "heads": self.num_heads}
        return {**sizes, "scores": q[0] * self.num_heads * q[1] * k[1]}

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """Four projections, two products, a softmax."""
        t = self.terms(y, *xs)
        n, length, keys, e, scores = xs[0][0], t["L"], t["S"], t["E"], t["scores"]
        rows = n * self.num_heads * length
        macs = n * (2 * length * e * e + keys * t["K"] * e + keys * t["V"] * e) + 2 * n * length * keys * e
        biases = n * e * (2 * length + 2 * keys) if self.bias else 0
        return Ops(mac=macs, add=2 * scores - rows + biases, mul=scores, div=scores, cmp=scores - rows, exp=scores)
