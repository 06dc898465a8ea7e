"""One call as the builders of the table see it, and what they make of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.layers import BY_NAME
from cnnshape.layers.base import LIMIT, Layer
from cnnshape.readers.torch.program import Call, Ref
from cnnshape.readers.torch.weights import Weight
from cnnshape.shape import Shape

if TYPE_CHECKING:
    from cnnshape.readers.torch.names import Names


class Made(msgspec.Struct, gc=False):
    """A layer with its inputs, or a row of the foreign kind (`layer` None)."""

    layer: Layer | None = None
    inputs: Sequence[int] | None = None
    """None: every tensor of the call that is a value."""
    weights: list[Weight] = []
    macs: int | None = None
    shapes: tuple[tuple[int, ...] | None, ...] | None = None
    """Of a foreign row; None: what the program states."""
    every: bool = False
    """Whether the layer gives all outputs of the call, not the first alone."""
    same: bool = False
    """Whether nothing happens: the output is the first tensor."""
    unknown: bool = False
    """Whether this operator is not in the table."""
    waits: tuple[int, ...] | None = None
    """Of a foreign row whose first size is not known yet: the others (`batch`)."""


#: A call that computes no multiply-accumulates and is no kind here.
FREE = Made(macs=0)

Builder = Callable[["Op"], Made | None]


class Unknown(Exception):  # noqa: N818 - no error: a row without a shape follows
    """A shape is asked for that nobody states."""


class Op:
    """A call with its arguments by name."""

    def __init__(self, names: Names, call: Call) -> None:
        """Nothing is read yet."""
        self.names, self.target, self.name, self.call = names, call.target, call.op, call

    def arg(self, name: str, default: Any = None) -> Any:
        """An argument that is no tensor, symbolic sizes as numbers."""
        value = self.names.number(self.call.args.get(name))
        return default if value is None else value

    def sizes(self, name: str, default: Any = None) -> Any:
        """One number for all axes, where the list has one of a kind, else one per axis."""
        value = self.arg(name)
        if value is None or value == []:
            return default
        return one(value)

    def ref(self, *names: str) -> Ref | None:
        """The tensor of the first of these arguments that is given."""
        for name in names:
            found = self.call.args.get(name)
            if isinstance(found, Ref):
                return found
        return None

    def x(self, *names: str) -> int:
        """A tensor as a value; TypeError when it is absent."""
        ref = self.ref(*(names or ("input", "self")))
        if ref is None:
            raise TypeError("a tensor is absent")
        return self.names.value(ref)

    def shape(self, *names: str) -> Shape:
        """The whole shape of a tensor argument. Errors: TypeError when it is absent, Unknown when its shape is."""
        ref = self.ref(*(names or ("input", "self")))
        if ref is None:
            raise TypeError("a tensor is absent")
        found = self.names.shape(ref)
        if found is None or not found.known:
            raise Unknown
        return found

    def stated(self, number: int = 0) -> tuple[int, ...] | None:
        """The shape of an output as the program states it."""
        return self.names.stated(self.call.outputs[number])

    def weight(self, *names: str) -> Weight | None:
        """A tensor argument that is a parameter; None for any other."""
        ref = self.ref(*names)
        what = None if ref is None else self.names.get(ref)
        return what if isinstance(what, Weight) else None

    def weights(self, *names: str) -> list[Weight]:
        """Those of the arguments that are parameters."""
        return [weight for weight in map(self.weight, names) if weight is not None]

    def kind(self, kind: str, **fields: Any) -> Layer:
        """A layer, its fields held to their types."""
        return msgspec.convert(fields, BY_NAME[kind])

    def plain(self, kind: str, **fields: Any) -> Made:
        """A layer without weights of its own, on the first tensor."""
        return Made(self.kind(kind, **fields), (self.x(),))


def one(value: Any) -> Any:
    """A list of equal numbers as one of them."""
    if isinstance(value, (list, tuple)):
        return value[0] if len(set(value)) == 1 else tuple(value)
    return value


def within(value: Any) -> Any:
    """An index; None for torch's largest number, which means "to the end"."""
    return None if isinstance(value, int) and abs(value) > LIMIT else value
