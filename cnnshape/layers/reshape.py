"""New shapes for the same elements: flatten, reshape, permute, squeeze, unsqueeze."""

from __future__ import annotations

from itertools import accumulate
from math import prod
from operator import mul
from typing import ClassVar

from cnnshape.errors import LayerError
from cnnshape.geometry.strides import regrouped
from cnnshape.layers.base import Carry, Index, Layer, dimension
from cnnshape.shape import Shape


class _View(Layer, frozen=True):
    """The input's own memory under another shape."""

    view: ClassVar[bool] = True

    def strides(self, strides: tuple[int, ...], x: Shape) -> tuple[int, ...] | None:
        """As they are where the new dimensions can step over the old ones."""
        return regrouped(x, strides, self.out(x))


class Flatten(_View, frozen=True):
    """Join neighbouring dimensions into one.

    Shape:   (N, C, H, W) -> (N, C * H * W), or start_dim .. end_dim only
    Ops:     none
    Errors:  CNN-E406 if the input has no such dimensions
    Source:  torch.nn.Flatten; ONNX Flatten

    >>> Flatten().out(Shape(2, 3, 7, 11))
    Shape(2, 231)
    """

    kind: ClassVar[str] = "flatten"
    shorthand: ClassVar[str] = "start_dim"

    start_dim: Index = 1
    end_dim: Index = -1

    def out(self, x: Shape) -> Shape:
        """The dimensions from start_dim to end_dim, multiplied."""
        if len(x) == 1:
            return x
        fixes = ({"start_dim": 1}, {"end_dim": -1}, {"start_dim": 1, "end_dim": -1})
        first, last = (dimension(d, x, "flatten", fixes=fixes) for d in (self.start_dim, self.end_dim))
        if first > last:
            message = f"flatten from dimension {self.start_dim} to {self.end_dim} of {x} is empty"
            raise LayerError("CNN-E406", message, fixes=fixes)
        return Shape(*x[:first], prod(x[first : last + 1]), *x[last + 1 :])

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """An axis survives where its neighbours have size 1."""
        return whole_axes(x, self.out(x))


class Reshape(_View, frozen=True):
    """Read the elements of each example in another shape; one size may be -1.

    Shape:   (N, *) -> (N, *shape)
    Ops:     none
    Errors:  CNN-E403 if the shape holds another number of elements
    Source:  torch.reshape; torch.nn.Unflatten; ONNX Reshape; Keras Reshape

    >>> Reshape(shape=(7, -1)).out(Shape(2, 3, 7, 11))
    Shape(2, 7, 33)
    """

    kind: ClassVar[str] = "reshape"
    shorthand: ClassVar[str] = "shape"

    shape: Index | tuple[Index, ...]

    def out(self, x: Shape) -> Shape:
        """(N, *shape)."""
        sizes = self.shape if isinstance(self.shape, tuple) else (self.shape,)
        have = prod(x[1:])
        if sum(size == -1 for size in sizes) > 1 or any(size < -1 or size == 0 for size in sizes):
            raise LayerError("CNN-E203", f"a shape has positive sizes and at most one -1, not {list(sizes)}")
        known = prod(size for size in sizes if size != -1)
        if -1 in sizes and have % known == 0:
            return Shape(x[0], *[have // known if size == -1 else size for size in sizes])
        if known != have:
            text = " * ".join(map(str, sizes))
            raise LayerError(
                "CNN-E403",
                f"{Shape(*x[1:])} cannot be read as {'x'.join(map(str, sizes))}",
                f"{' * '.join(map(str, x[1:]))} = {have} elements, {text.replace(' * -1', '').replace('-1 * ', '')} = {known}",
                fixes=({"shape": (*sizes[:-1], -1)},),
            )
        return Shape(x[0], *sizes)

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """An axis survives where as many elements lie before it and behind it as before."""
        return whole_axes(x, self.out(x))


def whole_axes(x: Shape, y: Shape) -> tuple[Carry, ...]:
    """The axes that a reshape leaves whole: same size, same number of elements before it."""
    if 0 in x or 0 in y:
        return ()
    before_x = [1, *accumulate(x, mul)]
    starts = {
        (before, size): to
        for to, (before, size) in enumerate(zip([1, *accumulate(y, mul)], y, strict=False))
        if size > 1
    }
    carries = []
    for axis in range(1, len(x)):
        to = starts.get((before_x[axis], x[axis]))
        if to is not None and to > 0:
            carries.append(Carry(axis, to))
        elif len(x) == len(y) and x[axis] == y[axis] == 1 and before_x[axis] == prod(y[:axis]):
            carries.append(Carry(axis, axis))
    return tuple(carries)


class Permute(_View, frozen=True):
    """Reorder the dimensions; the batch stays first.

    Shape:   (N, C, H, W) -> (N, H, W, C) for dims [0, 2, 3, 1]
    Ops:     none
    Errors:  CNN-E406 if dims is no reordering of the input's dimensions that keeps the batch first
    Source:  torch.permute; ONNX Transpose; Keras Permute

    >>> Permute(dims=(0, 2, 3, 1)).out(Shape(2, 3, 7, 11))
    Shape(2, 7, 11, 3)
    """

    kind: ClassVar[str] = "permute"
    shorthand: ClassVar[str] = "dims"

    dims: tuple[Index, ...]

    def order(self, x: Shape) -> tuple[int, ...]:
        """The dimensions, counted from 0."""
        dims = tuple(d + len(x) if d < 0 else d for d in self.dims)
        if sorted(dims) != list(range(len(x))) or dims[0] != 0:
            usual = (0, *range(2, len(x)), 1)
            raise LayerError(
                "CNN-E406",
                f"dims {list(self.dims)} is no order of the {len(x)} dimensions of {x} with the batch first",
                fixes=({"dims": usual},) if len(x) > 2 else (),
            )
        return dims

    def out(self, x: Shape) -> Shape:
        """The sizes in their new order."""
        return Shape(*[x[d] for d in self.order(x)])

    def strides(self, strides: tuple[int, ...], x: Shape) -> tuple[int, ...]:
        """Every dimension takes its own along."""
        return tuple([strides[d] for d in self.order(x)])

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Every axis moves."""
        return tuple(Carry(axis, to) for to, axis in enumerate(self.order(x)) if to)


class Squeeze(_View, frozen=True):
    """Drop dimensions of size 1: the given ones, or all.

    Shape:   (N, C, 1, 1) -> (N, C)
    Ops:     none
    Errors:  CNN-E406 if a given dimension is not 1
    Source:  torch.squeeze; ONNX Squeeze

    >>> Squeeze().out(Shape(2, 3, 1, 11))
    Shape(2, 3, 11)
    """

    kind: ClassVar[str] = "squeeze"
    shorthand: ClassVar[str] = "dim"

    dim: Index | tuple[Index, ...] | None = None

    def gone(self, x: Shape) -> set[int]:
        """The dropped dimensions."""
        if self.dim is None:
            return {d for d in range(1, len(x)) if x[d] == 1}
        found = {dimension(d, x, "squeeze") for d in (self.dim if isinstance(self.dim, tuple) else (self.dim,))}
        for d in found:
            if x[d] != 1:
                raise LayerError("CNN-E406", f"dimension {d} of {x} has size {x[d]}, not 1", fixes=({"dim": None},))
        return found

    def out(self, x: Shape) -> Shape:
        """What is left."""
        gone = self.gone(x)
        return Shape(*[n for d, n in enumerate(x) if d not in gone])

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Every other axis moves up."""
        gone = self.gone(x)
        left = [d for d in range(len(x)) if d not in gone]
        return tuple(Carry(axis, to) for to, axis in enumerate(left) if to)


class Unsqueeze(_View, frozen=True):
    """Insert a dimension of size 1.

    Shape:   (N, C, L) -> (N, C, 1, L) for dim 2
    Ops:     none
    Errors:  CNN-E406 if dim is no place behind the batch
    Source:  torch.unsqueeze; ONNX Unsqueeze

    >>> Unsqueeze(dim=2).out(Shape(2, 3, 11))
    Shape(2, 3, 1, 11)
    """

    kind: ClassVar[str] = "unsqueeze"
    shorthand: ClassVar[str] = "dim"

    dim: Index

    def out(self, x: Shape) -> Shape:
        """One dimension more."""
        at = self.at(x)
        return Shape(*x[:at], 1, *x[at:])

    def at(self, x: Shape) -> int:
        """Where the new dimension goes."""
        at = self.dim + len(x) + 1 if self.dim < 0 else self.dim
        if not 1 <= at <= len(x):
            message = f"unsqueeze cannot put a dimension at {self.dim} of {x}" + (" (the batch)" if at == 0 else "")
            raise LayerError("CNN-E406", message, fixes=({"dim": 1}, {"dim": -1}))
        return at

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """Axes behind the new one move down."""
        at = self.at(x)
        return tuple(Carry(axis, axis + (axis >= at)) for axis in range(1, len(x)))
