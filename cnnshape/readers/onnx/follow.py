"""Constants that hold the file's batch where the user asks for another: exporters write `[1, -1]` and `[1, 49, 512]`."""

from __future__ import annotations

from math import prod

from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.value import Size, Value

#: Operators that take whole sizes, and as which input.
SIZES = {"Reshape": 1, "Expand": 1, "Resize": 3}


def followed(op: Op, values: list[Value | None], stated: int, batch: int) -> list[Value | None]:
    """The operands of a node where the file says `stated`, for `batch`; what follows from shapes has it already.

    Reshape, Expand and Resize to constant sizes, and Concat with a learned array laid out for the file's batch.
    """
    if op.type == "Concat" and not op.domain:
        return _joined(op, values, stated, batch)
    at = SIZES.get(op.type, 0) if not op.domain else 0
    if not 0 < at < len(values):
        return values
    x, sizes = values[0], values[at]
    if x is None or x.fixed or not x.shape or sizes is None or not sizes.fixed:
        return values
    const = sizes.const
    if const is None or const.kind != "int" or not const.values:
        return values
    target = const.values
    wanted = (
        _reshaped(x.shape, target, stated, batch) if op.type == "Reshape" else _first(x.shape, target, stated, batch)
    )
    if wanted == target:
        return values
    found = Value(const.shape)
    found.const = Const(const.shape, "int", wanted, const.dtype)
    return [*values[:at], found, *values[at + 1 :]]


def _first(x: Size, target: Size, stated: int, batch: int) -> Size:
    """The batch in front of sizes that begin with it."""
    return (batch, *target[1:]) if target[0] == stated and x[0] == batch and len(target) == len(x) else target


def _reshaped(x: Size, target: Size, stated: int, batch: int) -> Size:
    """The first size that the tensor does not have already grows with the batch, where that makes the elements fit.

    The one behind it instead where that one is the batch; never the last, which are features.

    >>> _reshaped((5, 7, 11), (1, -1), 1, 5)
    (5, -1)
    >>> _reshaped((320, 49, 96), (1, 8, 8, 49, 96), 1, 5)
    (5, 8, 8, 49, 96)
    >>> _reshaped((7, 5, 3, 4), (7, 12), 1, 5), _reshaped((35, 12), (7, 1, 12), 1, 5)
    ((35, 12), (7, 5, 12))
    """
    if min(target) < 1:
        return (batch, *target[1:]) if target[0] == stated and x[0] == batch and -1 in target else target
    if prod(x) * stated != prod(target) * batch:
        return target
    at = next((at for at, (have, size) in enumerate(zip(x, target, strict=False)) if have != size), len(target) - 1)
    if target[at] != stated and stated in target[at + 1 : at + 2]:
        at += 1
    elif at and at == len(target) - 1:
        at -= 1
    if target[at] * batch % stated:
        return target
    return (*target[:at], target[at] * batch // stated, *target[at + 1 :])


def _joined(op: Op, values: list[Value | None], stated: int, batch: int) -> list[Value | None]:
    """A class token that was laid out for the file's batch is one for every example."""
    if not op.attributes.get("axis") or not any(
        value is not None and not value.fixed and value.shape and value.shape[0] == batch for value in values
    ):
        return values
    return [_repeated(value, stated, batch) for value in values]


def _repeated(value: Value | None, stated: int, batch: int) -> Value | None:
    if value is None or not value.fixed or not value.shape or value.shape[0] != stated:
        return value
    found = Value((batch, *value.shape[1:]), origin=value.origin, learned=value.learned)
    found.roots = value.roots
    return found
