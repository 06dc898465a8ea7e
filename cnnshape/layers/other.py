"""What is no computation of its own: identity, a learned array, a black box."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Meta

from cnnshape.layers.base import Carry, Count, Layer, Size, Whole
from cnnshape.ops import Ops
from cnnshape.shape import UNKNOWN, Shape


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
        return _stated(self.parameters)

    def ops(self, y: Shape, *xs: Shape) -> Ops | None:  # noqa: ARG002
        """The stated macs."""
        return None if self.macs is None else Ops(mac=self.macs)


class Foreign(Layer, frozen=True):
    """An operation of another tool's that is no kind here: its output shapes are stated whole, or are not known.

    Unlike opaque's, the shapes have their batch in front, so that they may be of any rank, and may be several. What is
    not stated stays unavailable, and so does whatever is made of an output without a shape. `operations` are those
    besides the macs: {} when there are none. A `pointwise` one reads at each place what stands there, and no more.
    With `batch` the shapes and numbers hold for that batch alone, and the network is analysed in no other.

    Shape:   (*) -> the stated shapes; [] is one number
    Weights: weight (parameters,)
    Ops:     mac = macs
    Source:  the file itself

    >>> Foreign(op="NonZero", shapes=((2, 5), (7,))).outs(Shape(2, 3, 7))
    (Shape(2, 5), Shape(7))
    """

    kind: ClassVar[str] = "foreign"
    shorthand: ClassVar[str] = "op"
    arity: ClassVar[tuple[int, int | None]] = (0, None)
    saves: ClassVar[Any] = "both"

    op: Annotated[str, Meta(min_length=1, max_length=200)]
    shapes: tuple[tuple[Whole, ...] | None, ...] = (None,)
    parameters: Whole | None = None
    macs: Whole | None = None
    operations: Ops | None = None
    pointwise: bool = False
    batch: Count | None = None

    def outs(self, *xs: Shape) -> tuple[Shape, ...]:  # noqa: ARG002
        """The stated shapes."""
        return tuple([UNKNOWN if shape is None else Shape(*shape) for shape in self.shapes])

    def carries(self, *xs: Shape) -> tuple[Carry, ...] | None:
        """What it reads is not known, so everything; a pointwise one reads what stands at its own place.

        Not where the stated shape has no such places: a file may state anything.
        """
        y = self.shapes[0] if self.shapes else None
        fits = y is None or all(
            len(x) <= len(y) and all(n in (1, m) for n, m in zip(x[::-1], y[::-1], strict=False)) for x in xs
        )
        return None if self.pointwise and fits else ()

    def weights(self, *xs: Shape) -> dict[str, Shape] | None:  # noqa: ARG002
        """One array of all stated parameters; None when they are not stated."""
        return _stated(self.parameters)

    def ops(self, y: Shape, *xs: Shape) -> Ops | None:  # noqa: ARG002
        """The stated macs and operations, where both are."""
        if self.macs is None or self.operations is None:
            return None
        return Ops(mac=self.macs) + self.operations

    def macs_alone(self) -> int | None:
        """The stated macs, whatever else is computed."""
        return self.macs


def _stated(parameters: int | None) -> dict[str, Shape] | None:
    """One array of so many parameters; none of none."""
    return None if parameters is None else {"weight": Shape(parameters)} if parameters else {}
