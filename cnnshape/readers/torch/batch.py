"""Tensors stretched to the batch that the program was traced with, when it is read at another one.

A traced program has that batch as a number, `expand(2, -1, -1)`; whether its author wrote 2 or x.shape[0] is not told.
Beside a tensor of the new batch (in cat, in arithmetic, in products, in attention) it can only be the batch; until then the shape is not known.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.network import maker
from cnnshape.readers.torch.op import Made
from cnnshape.readers.torch.program import Ref
from cnnshape.shape import Shape

if TYPE_CHECKING:
    from cnnshape.readers.torch.names import Names


def ambiguous(names: Names, size: Any) -> bool:
    """Whether a size may be the batch that the program was traced with, and the batch is another one now."""
    return names.changed and isinstance(size, int) and size == names.traced != names.graph.batch


def waiting(rest: tuple[int, ...]) -> Made:
    """A stretched tensor of which all but the first size is known."""
    return Made(macs=0, shapes=(None,), waits=rest)


def settle(names: Names, tensors: Iterable[Any]) -> None:
    """Give stretched tensors the new batch, if one beside them went from the traced batch to it."""
    found = [names.env.get(ref.name) for ref in tensors if isinstance(ref, Ref)] if names.waits else []
    waits = [value for value in found if isinstance(value, int) and value in names.waits]
    if not waits:
        return
    ranks = {len(shape) for ref in tensors if isinstance(ref, Ref) and (shape := _moved(names, ref))}
    for value in waits:
        if len(names.waits[value]) + 1 in ranks:
            _restate(names, value, (names.graph.batch, *names.waits.pop(value)))


def _moved(names: Names, ref: Ref) -> Shape | None:
    """The shape of a tensor whose first size was the traced batch and is the new one; None for any other."""
    before, now = names.program.meta(ref.name).shape, names.shape(ref)
    if not before or not now or before[0] != names.traced or now[0] != names.graph.batch:
        return None
    return now


def _restate(names: Names, value: int, shape: tuple[int, ...]) -> None:
    """Give the foreign row that made a value its shape."""
    graph = names.graph
    node = maker(graph.nodes, value)
    node.layer = msgspec.structs.replace(node.layer, shapes=(shape,))  # type: ignore[type-var]
    graph.shapes[value] = Shape(*shape)
