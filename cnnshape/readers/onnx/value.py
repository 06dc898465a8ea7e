"""What is known of a tensor while a graph is walked: its shape, perhaps its numbers, where it stands in the network."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnnshape.readers.onnx.op import Const
from cnnshape.readers.onnx.tensor import Tensor

#: Whole numbers that say sizes, axes and places are read up to this many; others, which may be weights, up to FEW.
MANY, FEW = 65536, 64
#: Element types that are sizes and places, not weights: INT64, and INT32 for a few.
_INT32, _INT64 = 6, 7
#: The element type of numbers that stand in an attribute.
FLOAT = 1

Size = tuple[int, ...]


class Root(NamedTuple):
    """An array that the file stores, or a piece that is split off one."""

    array: str
    many: int
    size: int
    """Of the whole array."""
    piece: str = ""


class Value:
    """One tensor. What is fixed is there before the network runs: a weight or a constant, or made of such alone."""

    __slots__ = (
        "_const",
        "behind",
        "filling",
        "fixed",
        "learned",
        "measured",
        "number",
        "origin",
        "roots",
        "shape",
        "tensor",
    )

    def __init__(
        self,
        shape: Size | None,
        *,
        number: int = -1,
        const: Const | None = None,
        tensor: Tensor | None = None,
        origin: str = "",
        learned: int = 0,
    ) -> None:
        """`number` is its place in the network, once it has one; `origin` the weight that it is, `learned` its size."""
        self.shape, self.number, self.tensor, self.origin = shape, number, tensor, origin
        self.fixed = number < 0
        self._const = const
        self.learned = learned
        """How many learned numbers it is made of."""
        self.roots: tuple[Root, ...] | None = None
        """Which weights these are; None: its own alone."""
        self.filling = False
        """Whether it is one number everywhere, written when the model is loaded: a weight only where it is one as it is."""
        self.measured = False
        """Whether the shape of what flows is in its numbers or its size: the file stores nothing of it."""
        self.behind = -1
        """The place of the value beside which it is made, for an output that few ask for: a mask, indices."""

    @property
    def const(self) -> Const | None:
        """The numbers, where they are few enough to decide a shape."""
        tensor = self.tensor
        if self._const is None and tensor is not None:
            limit = MANY if tensor.type == _INT64 else 1024 if tensor.type == _INT32 else FEW
            if prod(tensor.shape) <= limit:
                self.const = tensor.const()
        return self._const

    @const.setter
    def const(self, const: Const | None) -> None:
        self._const, self.tensor = const, None

    def made_of(self) -> tuple[Root, ...]:
        """The stored arrays in it, a lone number too; none for what is made of numbers that nobody learned."""
        if self.roots is not None:
            return self.roots
        count = self.learned or prod(self.shape or ())
        return (Root(self.origin, count, count),) if self.origin else ()

    def filled(self, number: float) -> bool:
        """Whether it is this number everywhere; false where that would have to be read from a large tensor."""
        const = self._const or (self.tensor.const() if self.tensor is not None else None)
        return const is not None and all(value == number for value in const.values)


#: Element types of learned arrays: floats of all kinds and the small integers of quantised ones.
WEIGHTS = frozenset({1, 2, 3, 4, 5, 10, 11, 14, 15, *range(16, 30)})


def of_tensor(tensor: Tensor, name: str) -> Value:
    """The value of an initializer. One number is a number of a formula; several are learned, unless they are indices."""
    found = stored(tensor.shape, tensor.type, name)
    found.tensor = tensor
    return found


def stored(shape: Size, kind: int, name: str) -> Value:
    """The value of numbers of this element type that stand in the file."""
    count = prod(shape)
    return Value(shape, origin=name, learned=count if kind in WEIGHTS and count > 1 else 0)


#: What gives a weight in another form, but the same numbers.
VIEWS = frozenset(
    {"Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Cast", "CastLike", "Dropout"}
    | {"DequantizeLinear", "QuantizeLinear"}
)


#: An array made of more weights than this counts as one of its own from there on.
MAX_ROOTS = 64


#: What cuts places out of an array, in a way that its name does not tell.
CUTS = frozenset({"Slice", "Gather", "GatherElements", "GatherND"})


def derived(shape: Size | None, parts: list[Value], how: str, at: int = 0, name: str = "") -> Value:
    """What is made of fixed values before the network runs: the output number `at` of an operator, called `name`."""
    learned = [part for part in parts if part.learned and (how in VIEWS or not part.filling)]
    if how in VIEWS and learned:
        found = Value(shape, origin=learned[0].origin, learned=learned[0].learned)
        found.roots, found.filling = learned[0].roots, learned[0].filling
        return found
    if how == "Split" and learned and len(whole := learned[0].made_of()) == 1:
        piece = f"{learned[0].origin}[{at}]"[:2000]
        found = Value(shape, origin=piece, learned=prod(shape or ()))
        found.roots = (whole[0]._replace(many=found.learned, piece=f"{piece} of {prod(shape or ())}"),)
        return found
    names = dict.fromkeys([part.origin for part in learned])
    mark = f"[{at}]" if how not in CUTS else f"[{name}]"
    origin = f"{how}({', '.join(names)}){mark}"[:2000] if names else ""
    roots = tuple(dict.fromkeys([root for part in learned for root in part.made_of()]))
    found = Value(shape, origin=origin, learned=sum([root.many for root in roots]))
    if len(roots) <= MAX_ROOTS:
        found.roots = roots
    return found


def beside(shape: Size | None, number: int, kind: str) -> Value:
    """An output that gets a row of its own only when somebody reads it."""
    found = Value(shape, number=number, origin=kind)
    found.number, found.behind = -1, number
    return found
