"""What a builder is given, and what it gives."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnshape.errors import quoted
from cnnshape.readers.onnx.call import wrong
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.value import Size, Value


class Made(NamedTuple):
    """A layer, or only what is known of the cost where no kind says what the operator does."""

    layer: Any
    inputs: tuple[int, ...] = (0,)
    """Which of the operator's inputs flow into the layer."""
    weights: tuple[int, ...] = ()
    """Which of them are its weights."""
    outputs: int = 1
    macs: int | None = None
    """For a foreign row, should the layer be none or not fit."""


class Scope:
    """One operator with what is known of its inputs and outputs."""

    __slots__ = ("attributes", "op", "opset", "outs", "values")

    def __init__(self, op: Op, values: list[Value | None], outs: list[Size | None]) -> None:
        """`values` are the inputs, None for one that is left out; `outs` the whole shapes of the outputs."""
        self.op, self.values, self.outs = op, values, outs
        self.attributes, self.opset = op.attributes, op.opset

    def plain(self) -> bool:
        """Whether every shape is known that a builder may ask for."""
        return (
            bool(self.outs) and self.outs[0] is not None and None not in [v.shape for v in self.values if v is not None]
        )

    def has(self, at: int) -> bool:
        """Whether the operator has this input."""
        return at < len(self.values) and self.values[at] is not None

    def value(self, at: int) -> Value:
        """An input that the operator cannot do without. Errors: LayerError CNN-E803 where it is left out."""
        found = self.values[at] if at < len(self.values) else None
        if found is None:
            raise wrong(f"input {at} is left out, and it cannot do without")
        return found

    def x(self, at: int = 0) -> Size:
        """The shape of an input."""
        return self.value(at).shape or ()

    @property
    def y(self) -> Size:
        """The shape of the first output."""
        return self.outs[0] or ()

    def fixed(self, *ats: int) -> bool:
        """Whether these inputs are weights or constants, or left out."""
        return all(not self.has(at) or self.value(at).fixed for at in ats)

    def flows(self, *ats: int) -> bool:
        """Whether these inputs come from the network's own."""
        return all(self.has(at) and not self.value(at).fixed for at in ats)

    def const(self, at: int) -> Const | None:
        """The numbers of an input, where they are known and few."""
        return self.value(at).const if self.has(at) and self.value(at).fixed else None

    def number(self, at: int) -> float | None:
        """The one number of an input."""
        found = self.const(at)
        if found is None or len(found.values) != 1 or found.kind not in ("int", "float"):
            return None
        return float(found.values[0])

    def ints(self, at: int) -> tuple[int, ...] | None:
        """The whole numbers of an input."""
        found = self.const(at)
        return found.values if found is not None and found.kind == "int" else None

    def axes(self) -> tuple[int, ...] | None:
        """The axes of Squeeze and Unsqueeze, from where `Call.axes_of` took them: an attribute before opset 13."""
        stated: tuple[int, ...] | None = self.attributes.get("axes") if 0 < self.opset < 13 else self.ints(1)
        return stated

    def get(self, name: str, default: Any) -> Any:
        """An attribute of its default's type. Errors: LayerError CNN-E803 for one of another type."""
        found = self.attributes.get(name, default)
        if default is not None and not _alike(found, default):
            raise wrong(f"{name} is {quoted(found)}, which is of another type")
        return found

    def sizes(self, name: str, rank: int, default: int) -> tuple[int, ...]:
        """One number per axis from an attribute; `infer` has held it to its type."""
        found: tuple[int, ...] = tuple(self.attributes.get(name) or (default,) * rank)
        return found


def _alike(found: Any, default: Any) -> bool:
    """Whether a value can stand for another: a whole number for a fraction, and a list item by item."""
    if isinstance(default, tuple):
        return isinstance(found, tuple) and all(_alike(item, default[0]) for item in found)
    return isinstance(found, (int, float) if isinstance(default, float) else type(default))
