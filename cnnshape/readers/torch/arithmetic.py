"""Two tensors into one."""

from __future__ import annotations

from typing import Any

from cnnshape.readers.torch import batch
from cnnshape.readers.torch.op import Builder, Made, Op
from cnnshape.readers.torch.program import Ref, refs
from cnnshape.readers.torch.weights import Const


def broadcast(kind: str, *, turned: bool = False) -> Builder:
    """Elementwise arithmetic; numbers and arrays that nobody learns become constants, parameters learned arrays."""

    def build(op: Op) -> Made | None:
        if op.arg("rounding_mode") is not None or op.arg("alpha", 1) != 1:
            return None
        sides = [op.call.args.get("self"), op.call.args.get("other")]
        batch.settle(op.names, sides)
        rank = max([len(op.names.shape(side) or ()) for side in sides if isinstance(side, Ref)], default=0)
        if rank < 2:
            return None
        if any(_moves_batch(op, side, rank) for side in sides):
            return None
        values = [_operand(op, side, rank) for side in sides]
        return Made(op.kind(kind), tuple(reversed(values)) if turned else tuple(values), macs=0)

    return build


def _moves_batch(op: Op, side: Any, rank: int) -> bool:
    """Whether a value of fewer dimensions would lay its first one, which counts as the batch, beside another."""
    if not isinstance(side, Ref) or not isinstance(op.names.get(side), int):
        return False
    shape = op.names.shape(side) or ()
    return not shape or (len(shape) < rank and shape[0] != 1)


def _operand(op: Op, side: Any, rank: int) -> int:
    """One side as a value."""
    if isinstance(side, Ref):
        return op.names.value(side, rank)
    if not isinstance(op.names.number(side), (int, float)):
        raise TypeError("an operand is neither a tensor nor a number")
    op.names.env.setdefault("#number", Const((1,), "constant"))
    return op.names.value(Ref("#number"))


def concat(op: Op) -> Made | None:
    """Tensors side by side along a dimension that is not the first."""
    batch.settle(op.names, refs(op.call.args.get("tensors")))
    parts = [ref for ref in refs(op.call.args.get("tensors")) if 0 not in (op.names.shape(ref) or (1,))]
    if not parts:
        return None
    rank = len(op.names.shape(parts[0]) or ())
    dim = op.arg("dim", 0) % rank if rank else 0
    inputs = tuple([op.names.value(ref) for ref in parts])
    return Made(op.kind("concat", dim=dim), inputs, macs=0) if dim else Made(inputs=inputs, macs=0)
