"""One operator asked for its facts: shapes, constants and attributes that are typed, or a plain error."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.op import Const, Op

Size = tuple[int, ...]
Sizes = list[Size | None]

#: More dimensions than this are refused.
MAX_RANK = 64
#: Sizes and folded integers stay below this.
MAX_INT = 2**63


class UnknownError(Exception):
    """What the answer depends on is not known; no fault of anybody's."""


def wrong(message: str) -> LayerError:
    """The error of fields that cannot be right."""
    return LayerError("CNN-E803", message)


def misfit(message: str, *notes: str) -> LayerError:
    """The error of shapes that do not fit together."""
    return LayerError("CNN-E403", message, *notes)


def text(x: Sequence[int]) -> str:
    """A shape as people write it."""
    return "x".join(map(str, x)) or "scalar"


def broadcast(*shapes: Size) -> Size:
    """The common shape of all, after NumPy's rule.

    >>> broadcast((5, 1, 7), (3, 1), ())
    (5, 3, 7)
    """
    found = shapes[0]
    for x in shapes[1:]:
        if x != found:
            rank = max(len(found), len(x))
            a, b = (1,) * (rank - len(found)) + found, (1,) * (rank - len(x)) + x
            if any(m != n and 1 not in (m, n) for m, n in zip(a, b, strict=True)):
                raise misfit(f"{text(found)} and {text(x)} do not broadcast")
            found = tuple([n if m == 1 else m for m, n in zip(a, b, strict=True)])
    return found


class Call:
    """An operator with what is known of its inputs; whoever asks for what is not known gets an UnknownError."""

    __slots__ = ("attributes", "consts", "op", "opset", "shapes")

    def __init__(self, op: Op, shapes: Sequence[Size | None], consts: Sequence[Const | None]) -> None:
        """Both lists are as long as the operator's inputs; an input that is left out is None in both."""
        self.op, self.shapes, self.consts = op, shapes, consts
        self.opset, self.attributes = op.opset, op.attributes

    def has(self, at: int) -> bool:
        """Whether the operator has this input."""
        return at < len(self.op.inputs) and self.op.inputs[at] != ""

    def wants(self, at: int) -> bool:
        """Whether somebody takes this output."""
        return at < len(self.op.outputs) and self.op.outputs[at] != ""

    def x(self, at: int = 0, rank: int | None = None) -> Size:
        """The shape of an input, of this rank where one is asked for."""
        if not self.has(at):
            raise wrong(f"input {at} is missing")
        found = self.shapes[at] if at < len(self.shapes) else None
        if found is None:
            raise UnknownError
        if rank is not None and len(found) != rank:
            raise LayerError("CNN-E404", f"input {at} has {len(found)} dimensions ({text(found)}), not {rank}")
        return found

    def xs(self) -> list[Size]:
        """The shapes of all inputs."""
        if not self.op.inputs:
            raise wrong("there is no input")
        return [self.x(at) for at in range(len(self.op.inputs)) if self.has(at)]

    def const(self, at: int) -> Const:
        """The values of an input."""
        if not self.has(at):
            raise wrong(f"input {at} is missing")
        found = self.consts[at] if at < len(self.consts) else None
        if found is None:
            raise UnknownError
        return found

    def ints(self, at: int) -> Size:
        """The whole numbers of an input."""
        found = self.const(at)
        if found.kind != "int":
            raise wrong(f"input {at} holds {found.kind} values, not integers")
        return found.values

    def target(self, at: int) -> Size:
        """The whole numbers of an input that are sizes or axes, so not more than a shape may have."""
        found = self.ints(at)
        if len(found) > MAX_RANK:
            raise wrong(f"input {at} holds {len(found)} values, more than {MAX_RANK} dimensions")
        return found

    def int_at(self, at: int) -> int:
        """The one whole number of an input."""
        found = self.ints(at)
        if len(found) != 1:
            raise wrong(f"input {at} holds {len(found)} values, not 1")
        return found[0]

    def count(self, name: str, default: int | None = None) -> int:
        """A whole number among the attributes."""
        found = self.attributes.get(name, default)
        if found is None:
            raise wrong(f"attribute {name} is missing")
        if not isinstance(found, int):
            raise wrong(f"attribute {name} is no integer")
        return found

    def sizes(self, name: str) -> Size | None:
        """Whole numbers among the attributes; None where there are none."""
        found: Any = self.attributes.get(name)
        if found is None:
            return None
        if not isinstance(found, tuple) or not all(isinstance(size, int) for size in found):
            raise wrong(f"attribute {name} is no list of integers")
        return found

    def floats(self, name: str) -> tuple[float, ...] | None:
        """Numbers among the attributes; None where there are none."""
        found: Any = self.attributes.get(name)
        if found is not None and (
            not isinstance(found, tuple) or not all(isinstance(size, int | float) for size in found)
        ):
            raise wrong(f"attribute {name} is no list of numbers")
        return found

    def word(self, name: str, default: str) -> str:
        """A word among the attributes."""
        found = self.attributes.get(name, default)
        if not isinstance(found, str):
            raise wrong(f"attribute {name} is no word")
        return found

    def axis(self, value: int, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= value < rank:
            raise LayerError("CNN-E406", f"axis {value} is none of {rank} dimensions")
        return value + rank if value < 0 else value

    def axes(self, values: Sequence[int], rank: int) -> Size:
        """Axes counted from the front, each once."""
        found = tuple([self.axis(value, rank) for value in values])
        if len(set(found)) != len(found):
            raise LayerError("CNN-E406", f"axes {list(values)} name an axis twice")
        return found

    def axes_of(self, at: int, since: int) -> Size | None:
        """Axes that were an attribute before opset `since` and are an input from there on; None where not stated."""
        if self.opset < since:
            return self.sizes("axes")
        return self.target(at) if self.has(at) else None


Rule = Callable[[Call], Sequence[Any]]


def lookup(table: dict[str, str], domain: str, kind: str, home: str) -> Rule | None:
    """The rule that a table names as "file.function"; its file is imported when first needed."""
    from importlib import import_module

    name = table.get(kind if domain in ("", "ai.onnx") else f"{domain}:{kind}")
    if name is None:
        return None
    module, function = name.split(".")
    found: Rule = getattr(import_module(f"{home}.{module}"), function)
    return found
