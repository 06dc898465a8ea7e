"""What is no computation of its own: identity, a learned array, a black box."""

from __future__ import annotations

from typing import Any, ClassVar

from cnnshape.layers.base import Carry, Count, Layer, Size, Whole
from cnnshape.ops import Ops
from cnnshape.shape import Shape


class Identity(Layer, frozen=True):
    """The input itself.

    Shape:   (N, *) -> (N, *)
    Ops:     none
    Source:  torch.nn.Identity; ONNX Identity

    >>> Identity().out(Shape(2, 3, 7, 11))
    Shape(2, 3, 7, 11)
    """

    kind: ClassVar[str] = "identity"
    view: ClassVar[bool] = True


class Parameter(Layer, frozen=True):
    """A learned array: a class token, positions, a layer scale. Its input gives the batch alone.

    Shape:   (N, *) -> (N, *shape), or (1, *shape) unless `batch`
    Weights: weight of the given shape
    Ops:     none
    Source:  torch.nn.Parameter; Dosovitskiy et al. 2021

    >>> Parameter(shape=(3, 1, 1)).out(Shape(2, 3, 7, 11))
    Shape(1, 3, 1, 1)
    """

    kind: ClassVar[str] = "parameter"
    reads: ClassVar[bool] = False
    shorthand: ClassVar[str] = "shape"

    shape: Size
    batch: bool = False

    def sizes(self) -> tuple[int, ...]:
        """The array's own shape."""
        return self.shape if isinstance(self.shape, tuple) else (self.shape,)

    def out(self, x: Shape) -> Shape:
        """The array, with a batch in front."""
        return Shape(x[0] if self.batch else 1, *self.sizes())

    def weights(self, x: Shape) -> dict[str, Shape]:  # noqa: ARG002
        """The array."""
        return {"weight": Shape(*self.sizes())}


class Opaque(Layer, frozen=True):
    """A black box of the user's: its output shape is stated, and what is not stated stays unavailable.

    Shape:   (N, *) -> (N, *shape)
    Weights: weight (parameters,)
    Ops:     mac = macs
    Source:  the spec itself

    >>> Opaque(shape=(5, 7), parameters=11).params(Shape(2, 3, 7))
    11
    """

    kind: ClassVar[str] = "opaque"
    shorthand: ClassVar[str] = "shape"
    arity: ClassVar[tuple[int, int | None]] = (1, None)
    saves: ClassVar[Any] = "both"

    shape: tuple[Count, ...]
    parameters: Whole | None = None
    macs: Whole | None = None

    def out(self, *xs: Shape) -> Shape:
        """The stated shape."""
        return Shape(xs[0][0], *self.shape)

    def carries(self, *xs: Shape) -> tuple[Carry, ...]:  # noqa: ARG002
        """What it reads is not known, so everything."""
        return ()

    def weights(self, *xs: Shape) -> dict[str, Shape] | None:  # noqa: ARG002
        """One array of all stated parameters; None when they are not stated."""
        if self.parameters is None:
            return None
        return {"weight": Shape(self.parameters)} if self.parameters else {}

    def ops(self, y: Shape, *xs: Shape) -> Ops | None:  # noqa: ARG002
        """The stated macs."""
        return None if self.macs is None else Ops(mac=self.macs)
