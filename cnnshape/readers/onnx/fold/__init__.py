"""Small tensors computed while reading: what exporters write to compute a shape, in plain Python.

At most 65,536 elements come out of one operator, and integers stay within 64 bits; what is larger, or what C leaves
undefined, is not known. Float32 results are rounded to float32, so that a scale gives the size that the engine gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import Call, Rule, Size, UnknownError, lookup, wrong
from cnnshape.readers.onnx.fold.table import FOLDS
from cnnshape.readers.onnx.fold.values import small
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.shapes import infer

#: Elements that may be computed for one file; from then on, only tensors of FEW elements are.
BUDGET, FEW = 1_000_000, 64
#: Operators whose outputs may be much larger than their inputs.
GROWING = frozenset({"ConstantOfShape", "EyeLike", "Expand", "MatMul", "OneHot", "Pad", "Range", "Tile"})


class Spent:
    """How many elements have been computed for one file, and how many nodes of loops were walked through."""

    __slots__ = ("elements", "nodes")

    def __init__(self) -> None:
        """Nothing yet."""
        self.elements = self.nodes = 0


_RULES: dict[str, Rule | None] = {}


def fold(
    op: Op, shapes: Sequence[Size | None], consts: Sequence[Const | None], spent: Spent | None = None
) -> list[Const | None]:
    """The values of all outputs; None where they are not known. `spent` bounds the work over a whole file.

    Errors: LayerError where inputs and attributes contradict each other
    """
    many = len(op.outputs)
    if op.domain not in ("", "ai.onnx"):
        return [None] * many
    if op.type not in _RULES:
        _RULES[op.type] = lookup(FOLDS, "", op.type, __name__)
    rule = _RULES[op.type]
    if rule is None:
        return [None] * many
    if spent is not None and spent.elements > BUDGET and not _few(op, shapes, consts):
        return [None] * many
    try:
        held = [const if const is None or small(const.shape) else None for const in consts]
        found = list(rule(Call(op, shapes, held)))
    except UnknownError:
        return [None] * many
    except LayerError:
        raise
    except (TypeError, ValueError, IndexError, KeyError, AttributeError, ArithmeticError) as error:
        raise wrong(f"the fields cannot be read: {error}"[:200]) from None
    if spent is not None:
        parts = [*consts, *found]
        spent.elements += sum([len(const.values) for const in parts if const is not None])
    return found[:many] + [None] * (many - len(found))


def _few(op: Op, shapes: Sequence[Size | None], consts: Sequence[Const | None]) -> bool:
    if any(const is not None and len(const.values) > FEW for const in consts):
        return False
    return op.type not in GROWING or all(x is not None and prod(x) <= FEW for x in infer(op, shapes, consts))
