"""Linear maps over the last dimension, bilinear maps, embeddings."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.errors import LayerError
from cnnshape.layers.base import Carry, Count, Layer
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class Linear(Layer, frozen=True):
    """Multiply the last dimension by a matrix.

    Shape:   (N, *, in_features) -> (N, *, out_features)
    Weights: weight (out_features, in_features); bias (out_features,)
    Ops:     mac = numel' * in_features
             add = numel' if bias else 0
    Errors:  CNN-E405 if in_features is given and the input has another size
    Source:  ONNX Gemm; torch.nn.Linear; Keras Dense

    >>> Linear(out_features=10).params(Shape(2, 7))
    80
    """

    kind: ClassVar[str] = "linear"
    shorthand: ClassVar[str] = "out_features"
    saves: ClassVar[Any] = "input"

    out_features: Count
    in_features: Count | None = None
    bias: bool = True

    def out(self, x: Shape) -> Shape:
        """(N, *, out_features)."""
        if len(x) < 2:
            raise LayerError("CNN-E404", f"linear needs features, but gets {x}")
        if self.in_features not in (None, x[-1]):
            raise LayerError(
                "CNN-E405",
                f"in_features={self.in_features}, but the input {x} ends in {x[-1]}",
                f"{' * '.join(map(str, x[1:]))} = {x.numel // x[0]} features when flattened",
                fixes=({"in_features": x[-1]},),
                advice="put a flatten before it" if x.numel // x[0] == self.in_features else "",
            )
        return Shape(*x[:-1], self.out_features)

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Every dimension but the last stays; the last is mixed."""
        return tuple(Carry(axis, axis) for axis in range(1, len(x) - 1))

    def weights(self, x: Shape) -> dict[str, Shape]:
        """`weight` (out, in) and perhaps `bias`."""
        weight = Shape(self.out_features, x[-1])
        return {"weight": weight, "bias": Shape(self.out_features)} if self.bias else {"weight": weight}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """Each output is a dot product over in_features."""
        return Ops(mac=y.numel * x[-1], add=y.numel if self.bias else 0)


class Bilinear(Layer, frozen=True):
    """x1 A x2 + b for every output feature.

    Shape:   (N, *, in1), (N, *, in2) -> (N, *, out_features)
    Weights: weight (out_features, in_features, in2); bias (out_features,)
    Ops:     mac = numel' * in_features * in2 + numel' * in2
             add = numel' if bias else 0
    Errors:  CNN-E403 if the inputs differ before the last dimension
    Source:  torch.nn.Bilinear

    >>> Bilinear(out_features=5).params(Shape(2, 7), Shape(2, 11))
    390
    """

    kind: ClassVar[str] = "bilinear"
    shorthand: ClassVar[str] = "out_features"
    arity: ClassVar[tuple[int, int | None]] = (2, 2)
    saves: ClassVar[Any] = "input"

    out_features: Count
    bias: bool = True

    def out(self, a: Shape, b: Shape) -> Shape:
        """(N, *, out_features)."""
        if len(a) < 2 or a[:-1] != b[:-1]:
            raise LayerError("CNN-E403", f"bilinear needs inputs that differ in the last size alone: {a} and {b}")
        return Shape(*a[:-1], self.out_features)

    def carries(self, a: Shape, b: Shape) -> tuple[Carry, ...]:  # noqa: ARG002
        """Every dimension but the last stays; the last is mixed."""
        return tuple(Carry(axis, axis) for axis in range(1, len(a) - 1))

    def weights(self, a: Shape, b: Shape) -> dict[str, Shape]:
        """`weight` (out, in1, in2) and perhaps `bias`."""
        weight = Shape(self.out_features, a[-1], b[-1])
        return {"weight": weight, "bias": Shape(self.out_features)} if self.bias else {"weight": weight}

    def terms(self, y: Shape, a: Shape, b: Shape) -> dict[str, int]:  # noqa: ARG002
        """in2: the features of the second input."""
        return {"in2": b[-1]}

    def ops(self, y: Shape, a: Shape, b: Shape) -> Ops:
        """in1 products for each of in2 sums, then a dot product over in2."""
        return Ops(mac=y.numel * b[-1] * (a[-1] + 1), add=y.numel if self.bias else 0)


class Embedding(Layer, frozen=True):
    """Look up a learned vector for every index.

    Shape:   (N, *) -> (N, *, embedding_dim)
    Weights: weight (num_embeddings, embedding_dim)
    Ops:     none
    Source:  torch.nn.Embedding; Keras Embedding; ONNX Gather

    >>> Embedding(num_embeddings=100, embedding_dim=7).out(Shape(2, 11))
    Shape(2, 11, 7)
    """

    kind: ClassVar[str] = "embedding"
    saves: ClassVar[Any] = "input"

    num_embeddings: Count
    embedding_dim: Count

    def out(self, x: Shape) -> Shape:
        """A vector in place of every index."""
        return Shape(*x, self.embedding_dim)

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Every position keeps its place."""
        return tuple(Carry(axis, axis) for axis in range(1, len(x)))

    def weights(self, x: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """The table."""
        return {"weight": Shape(self.num_embeddings, self.embedding_dim)}
