"""What shapes an operator gives: rules by family, looked up by name in `table.SHAPES`."""

from __future__ import annotations

from collections.abc import Sequence

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import MAX_INT, MAX_RANK, Call, Rule, Size, Sizes, UnknownError, lookup, wrong
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.shapes.table import SHAPES

_RULES: dict[tuple[str, str], Rule | None] = {}


def known(op: Op) -> bool:
    """Whether the operator has a rule, be it that its shape cannot be known."""
    return _rule(op) is not None


def infer(op: Op, shapes: Sequence[Size | None], consts: Sequence[Const | None]) -> Sizes:
    """The shapes of all outputs, whole; None where the shape is not known.

    Errors: LayerError where inputs and attributes contradict each other
    """
    many = len(op.outputs)
    rule = _rule(op)
    if rule is None:
        return [None] * many
    try:
        found = list(rule(Call(op, shapes, consts)))
    except UnknownError:
        return [None] * many
    except LayerError:
        raise
    except (TypeError, ValueError, IndexError, AttributeError, ArithmeticError) as error:  # fields of another type
        raise wrong(f"the fields cannot be read: {error}"[:200]) from None
    found = found[:many] + [None] * (many - len(found))
    for x in found:
        if x is not None and (len(x) > MAX_RANK or any(not 0 <= n < MAX_INT for n in x)):
            raise wrong(f"{'x'.join(map(str, x[:8]))[:80]} is no shape")
    return found


def _rule(op: Op) -> Rule | None:
    key = (op.domain, op.type)
    if key not in _RULES:
        _RULES[key] = lookup(SHAPES, op.domain, op.type, __name__)
    return _RULES[key]
