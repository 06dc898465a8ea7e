"""Whole numbers that a graph computes from sizes."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnshape.readers.torch.names import Names
    from cnnshape.readers.torch.program import Call

_NUMBERS: dict[str, Callable[..., int]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "neg": operator.neg,
    "sym_max": max,
    "sym_min": min,
    "max": max,
    "min": min,
}


def whole_numbers(names: Names, call: Call) -> bool:
    """Read a call that makes a whole number; whether it was one."""
    if call.target.startswith("sym_size"):
        shape, dim = names.shape(call.args["self"]), names.number(call.args.get("dim"))
        if shape is not None and isinstance(dim, int) and -len(shape) <= dim < len(shape):
            names.ints[call.outputs[0]] = shape[dim]
        return True
    if not call.target.startswith(("_operator.", "math.", "torch.sym_")):
        return False
    rule = _NUMBERS.get(call.target.rsplit(".", 1)[-1])
    values = [names.number(value) for value in call.args.values()]
    if rule is not None and call.outputs and all(isinstance(value, int) and abs(value) < 2**63 for value in values):
        try:
            names.ints[call.outputs[0]] = rule(*values)
        except (ZeroDivisionError, TypeError):
            return True
    return True
