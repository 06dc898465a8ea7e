"""What a call becomes by the table."""

from __future__ import annotations

from cnnshape.readers.torch.free import FREE_OPS
from cnnshape.readers.torch.op import FREE, Made, Op, Unknown
from cnnshape.readers.torch.table import OPS, PRODUCTS

#: What reading arguments raises that no version of torch writes.
WRONG = (TypeError, ValueError, KeyError, IndexError, AttributeError, ArithmeticError)


def built(op: Op) -> Made:
    """What a call becomes by the table; a foreign row where the table has nothing for it."""
    builder = OPS.get(op.name)
    if builder is None:
        known = op.name in FREE_OPS and "." in op.target and op.target.count(".") == 1
        return FREE if known else Made(unknown=True)
    try:
        return builder(op) or FREE
    except Unknown:
        return Made(macs=None if op.name in PRODUCTS else 0)
    except WRONG as error:
        label, why = op.names.label(op.call)[0], str(error).split("\n", maxsplit=1)[0][:120]
        op.names.graph.wrong("CNN-E803", f"the arguments of {op.target[:80]} are wrong: {why}", layer=label[:200])
        return Made()
