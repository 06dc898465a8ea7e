"""Several tensors into one: concatenation and elementwise arithmetic with broadcasting."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Whole as WholeAxis
from cnnshape.layers.base import Carry, Index, Layer, dimension, same_batch
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class Concat(Layer, frozen=True):
    """Lay tensors side by side along one dimension.

    Shape:   (N, C1, H, W), (N, C2, H, W), ... -> (N, C1 + C2 + ..., H, W)
    Ops:     none
    Errors:  CNN-E403 if another dimension differs
    Source:  torch.cat; ONNX Concat; Keras Concatenate

    >>> Concat().out(Shape(2, 3, 7, 11), Shape(2, 5, 7, 11))
    Shape(2, 8, 7, 11)
    """

    kind: ClassVar[str] = "concat"
    mixes_channels: ClassVar[bool] = True
    shorthand: ClassVar[str] = "from"
    arity: ClassVar[tuple[int, int | None]] = (1, None)

    dim: Index = 1

    def out(self, *xs: Shape) -> Shape:
        """The sizes along dim, added."""
        first = xs[0]
        axis = dimension(self.dim, first, "concat")
        for x in xs[1:]:
            if len(x) != len(first):
                raise LayerError("CNN-E403", f"concat needs inputs of one rank, but gets {first} and {x}")
            for d, (a, b) in enumerate(zip(first, x, strict=True)):
                if d != axis and a != b:
                    raise LayerError(
                        "CNN-E403",
                        f"concat along dimension {self.dim} needs all others equal, but dimension {d} is {a} and {b}",
                        *[f"input {shape}" for shape in xs[:4]],
                        advice=_sizes_advice(first, axis),
                    )
        return Shape(*first[:axis], sum(x[axis] for x in xs), *first[axis + 1 :])

    def carries(self, *xs: Shape) -> tuple[Carry, ...] | None:
        """Concatenated channels move no axis; a concatenated spatial axis is seen as a whole."""
        axis = dimension(self.dim, xs[0], "concat")
        if axis == 1 and len(xs[0]) > 2:
            return None
        total = sum(x[axis] for x in xs)
        return tuple(Carry(d, d, WholeAxis(total) if d == axis else None) for d in range(1, len(xs[0])))


def _sizes_advice(a: Shape, axis: int) -> str:
    """What usually is meant when the spatial sizes differ."""
    if len(a) < 3 or axis != 1:
        return ""
    return "crop, pad or upsample one of them, or change a stride or padding above"


class _Broadcast(Layer, frozen=True):
    """Elementwise arithmetic; sizes of 1 and missing dimensions are stretched, from the right."""

    shorthand: ClassVar[str] = "from"
    arity: ClassVar[tuple[int, int | None]] = (2, None)
    saves: ClassVar[Any] = "nothing"

    def out(self, *xs: Shape) -> Shape:
        """The common shape."""
        if xs.count(xs[0]) == len(xs):
            return xs[0]
        same_batch(self.kind, *xs)
        rank = max(map(len, xs))
        padded = [(1,) * (rank - len(x)) + x for x in xs]
        sizes = []
        for d in range(rank):
            found = {x[d] for x in padded} - {1}
            if len(found) > 1:
                low, high = sorted(found)[:2]
                raise LayerError(
                    "CNN-E403",
                    f"{self.kind} needs equal shapes, or 1 to stretch, but dimension {d} is {low} and {high}",
                    *[f"input {x}" for x in xs[:4]],
                    advice=self.advice(d, rank),
                )
            sizes.append(found.pop() if found else 1)
        return Shape(*sizes)

    def advice(self, d: int, rank: int) -> str:
        """Where to look for the mistake."""
        if d == 1 and rank > 2:
            return "project one of them with a conv of kernel_size 1 to the other's channels"
        return "make the strides and paddings of both branches alike" if d > 1 else ""


def _each(xs: tuple[Shape, ...], y: Shape) -> int:
    """One operation less than there are inputs, per output."""
    return (len(xs) - 1) * y.numel


class Add(_Broadcast, frozen=True):
    """The sum of all inputs.

    Shape:   equal or broadcastable shapes -> their common shape
    Ops:     add = (inputs - 1) * numel'
    Errors:  CNN-E403 if a dimension differs and is not 1
    Source:  torch.add; ONNX Add and Sum; Caffe Eltwise

    >>> Add().out(Shape(2, 3, 7, 11), Shape(2, 3, 1, 1))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "add"

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """One addition less than inputs."""
        return Ops(add=_each(xs, y))


class Sub(_Broadcast, frozen=True):
    """The first input less all others.

    Shape:   equal or broadcastable shapes -> their common shape
    Ops:     add = (inputs - 1) * numel'
    Errors:  CNN-E403 if a dimension differs and is not 1
    Source:  torch.sub; ONNX Sub

    >>> Sub().out(Shape(2, 3, 7, 11), Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "sub"

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """One subtraction less than inputs."""
        return Ops(add=_each(xs, y))


class Mul(_Broadcast, frozen=True):
    """The product of all inputs.

    Shape:   equal or broadcastable shapes -> their common shape
    Ops:     mul = (inputs - 1) * numel'
    Errors:  CNN-E403 if a dimension differs and is not 1
    Source:  torch.mul; ONNX Mul; Hu et al. 2018 (squeeze-excite)

    >>> Mul().out(Shape(2, 3, 7, 11), Shape(2, 3, 1, 1))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "mul"
    saves: ClassVar[Any] = "input"

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """One multiplication less than inputs."""
        return Ops(mul=_each(xs, y))


class Div(_Broadcast, frozen=True):
    """The first input divided by all others.

    Shape:   equal or broadcastable shapes -> their common shape
    Ops:     div = (inputs - 1) * numel'
    Errors:  CNN-E403 if a dimension differs and is not 1
    Source:  torch.div; ONNX Div

    >>> Div().out(Shape(2, 3, 7, 11), Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "div"
    saves: ClassVar[Any] = "input"

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """One division less than inputs."""
        return Ops(div=_each(xs, y))


class Maximum(_Broadcast, frozen=True):
    """The largest of all inputs, element by element.

    Shape:   equal or broadcastable shapes -> their common shape
    Ops:     cmp = (inputs - 1) * numel'
    Errors:  CNN-E403 if a dimension differs and is not 1
    Source:  torch.maximum; ONNX Max; Keras Maximum

    >>> Maximum().out(Shape(2, 3, 7, 11), Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "maximum"
    saves: ClassVar[Any] = "input"

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """One comparison less than inputs."""
        return Ops(cmp=_each(xs, y))


class Minimum(_Broadcast, frozen=True):
    """The smallest of all inputs, element by element.

    Shape:   equal or broadcastable shapes -> their common shape
    Ops:     cmp = (inputs - 1) * numel'
    Errors:  CNN-E403 if a dimension differs and is not 1
    Source:  torch.minimum; ONNX Min; Keras Minimum

    >>> Minimum().out(Shape(2, 3, 7, 11), Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "minimum"
    saves: ClassVar[Any] = "input"

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """One comparison less than inputs."""
        return Ops(cmp=_each(xs, y))


class Mean(_Broadcast, frozen=True):
    """The average of all inputs, element by element.

    Shape:   equal or broadcastable shapes -> their common shape
    Ops:     add = (inputs - 1) * numel'
             div = numel'
    Errors:  CNN-E403 if a dimension differs and is not 1
    Source:  ONNX Mean; Keras Average

    >>> Mean().out(Shape(2, 3, 7, 11), Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "mean"

    def ops(self, y: Shape, *xs: Shape) -> Ops:
        """A sum and a division."""
        return Ops(add=_each(xs, y), div=y.numel)
