"""Shapes that follow from shapes: of views, of parameters that are only viewed, of foreign rows on other sizes."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.readers.torch.batch import ambiguous
from cnnshape.readers.torch.free import ELEMENTWISE, FREE_OPS
from cnnshape.readers.torch.program import Call, Sym, first, refs

if TYPE_CHECKING:
    from cnnshape.readers.torch.names import Names
    from cnnshape.readers.torch.op import Op

#: Operators that leave a parameter what it is, in another shape.
_VIEWS = frozenset(
    [
        "view",
        "reshape",
        "_unsafe_view",
        "flatten",
        "unflatten",
        "permute",
        "transpose",
        "t",
        "numpy_T",
        "squeeze",
        "unsqueeze",
        "expand",
        "movedim",
    ]
)
_CUTS = frozenset(["chunk", "split", "split_with_sizes", "tensor_split", "unbind"])


def lazily(names: Names, call: Call) -> bool:
    """Whether a call only looks at one parameter in another way; then no row is made of it."""
    weights = names.weights(call)
    if len(weights) != 1:
        return False
    weight = weights[0]
    shapes = [names.program.meta(name).shape for name in call.outputs]
    if call.op == "expand" and ambiguous(names, next(iter(call.args.get("size") or ()), None)):
        return False
    if call.op in _VIEWS and len(shapes) == 1 and shapes[0] is not None and prod(shapes[0]) == weight.numel:
        names.env[call.outputs[0]] = msgspec.structs.replace(weight, shape=shapes[0])
        return True
    if call.op in _CUTS and None not in shapes:
        pieces = names.ledger.cut(
            weight, (call.args.get("dim", 0), tuple(shapes)), [s for s in shapes if s is not None]
        )
        if pieces is not None:
            names.env.update(zip(call.outputs, pieces, strict=True))
            return True
    return False


def viewed(op: Op) -> tuple[int, ...] | None:
    """The shape of a view: as the program states it, or by the rule where the sizes are others."""
    stated = op.stated()
    if stated is not None:
        return stated
    x = op.shape()
    if op.name == "flatten":
        start, end = op.arg("start_dim", 0) % len(x), op.arg("end_dim", -1) % len(x)
        return (*x[:start], prod(x[start : end + 1]), *x[end + 1 :])
    if op.name.startswith("squeeze"):
        dims = op.arg("dim", [d for d, n in enumerate(x) if n == 1])
        gone = {d % len(x) for d in ([dims] if isinstance(dims, int) else dims)}
        return tuple([n for d, n in enumerate(x) if d not in gone or n != 1])
    sizes = op.arg("size", op.arg("shape", op.arg("sizes")))
    if op.name == "unflatten":
        dim = op.arg("dim") % len(x)
        sizes = [*x[:dim], *sizes, *x[dim + 1 :]]
    if sizes is None or None in sizes:
        return None
    if -1 in sizes and prod(size for size in sizes if size != -1):
        known = prod(size for size in sizes if size != -1)
        filled = tuple([prod(x) // known if size == -1 else size for size in sizes])
    else:
        filled = tuple(sizes)
    before = op.names.program.meta(first(op.call).name).shape
    return filled if prod(filled) == prod(x) and not _batched(filled, before, x) else scaled(op.names, op.call)


def _batched(y: tuple[int, ...], before: tuple[int, ...] | None, x: tuple[int, ...]) -> bool:
    """Whether a view that fits only fits because its -1 took up the batch that a written size should have."""
    return bool(before and y and before[0] == y[0] != x[0])


def scaled(names: Names, call: Call) -> tuple[int, ...] | None:
    """The shape of a view whose input has one dimension that is a multiple of what it was; None where that is not told.

    The elements before that dimension tell which one of the output it is.
    """
    tensor = first(call)
    before, now = names.program.meta(tensor.name).shape, names.shape(tensor)
    y = names.program.meta(call.outputs[0]).shape
    if before is None or now is None or y is None or len(before) != len(now):
        return None
    other = [d for d, (a, b) in enumerate(zip(before, now, strict=True)) if a != b]
    if not other:
        return y
    d = other[0]
    if len(other) > 1 or not before[d]:
        return None
    for to in range(len(y)):
        if prod(y[:to]) == prod(before[:d]) and y[to] * now[d] % before[d] == 0:
            return (*y[:to], y[to] * now[d] // before[d], *y[to + 1 :])
    return None


def shaped(names: Names, call: Call, name: str) -> tuple[int, ...] | None:
    """The shape of a foreign row's output where sizes are others: with the new batch in front, or not known."""
    y = names.program.meta(name).shape
    if y is None or (
        call.op not in FREE_OPS and call.op not in _VIEWS | _CUTS | {"softmax", "select", "slice", "mean"}
    ):
        return None
    changes: set[tuple[int, int]] = set()
    shapes = []
    for ref in (each for arg in call.args.values() for each in refs(arg)):
        before, now = names.program.meta(ref.name).shape, names.shape(ref)
        if before is None or now is None or len(before) != len(now):
            return None
        shapes.append(now)
        if now != before:
            if now[1:] != before[1:]:
                return shapes[0] if call.op in ELEMENTWISE and len(set(shapes)) == 1 else None
            changes.add((before[0], now[0]))
    if not changes:
        return None if _computed(call) else y
    if len(changes) == 1:
        before_0, now_0 = next(iter(changes))
        if y and y[0] == before_0:
            return (now_0, *y[1:])
    return None


def _computed(call: Call) -> bool:
    """Whether a call's shape may follow from a whole number that the graph computes."""
    every = [item for arg in call.args.values() for item in (arg if isinstance(arg, list) else [arg])]
    return any(isinstance(item, Sym) for item in every)


def ordered(op: Op, rank: int) -> list[int] | None:
    """The order of the dimensions after a permutation of any name."""
    if op.name == "permute":
        return [d % rank for d in op.arg("dims")]
    order = list(range(rank))
    if op.name in ("t", "numpy_T", "matrix_H"):
        return order[::-1]
    if op.name in ("mT", "mH", "adjoint"):
        return [*order[:-2], *order[:-3:-1]]
    if op.name in ("movedim", "moveaxis"):
        return None
    a, b = (op.arg(name, op.arg(other)) % rank for name, other in (("dim0", "axis0"), ("dim1", "axis1")))
    order[a], order[b] = order[b], order[a]
    return order


def parts(op: Op, size: int, count: int) -> list[int] | None:
    """The sizes of a dimension's parts."""
    value: Any = op.arg("split_sizes", op.arg("split_size"))
    if isinstance(value, list):
        return value
    if op.name in ("chunk", "tensor_split"):
        chunks = op.arg("chunks", op.arg("sections"))
        if not isinstance(chunks, int):
            return None
        if op.name == "tensor_split":
            return [size // chunks + (n < size % chunks) for n in range(chunks)]
        value = -(-size // chunks)
    found = [min(value, size - start) for start in range(0, size, value)]
    return found if len(found) == count else None
