"""Several tensors into one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from cnnshape.errors import LayerError, quoted
from cnnshape.readers.keras.activations import number
from cnnshape.readers.keras.call import Call, wrong
from cnnshape.readers.keras.tensor import Tensor, held, same


def merge(kind: str) -> Callable[[Call], Tensor]:
    """Add, Multiply and the like: where ranks differ, sizes of 1 come behind the batch."""

    def build(c: Call) -> Tensor:
        return merged(c, kind, c.tensors)

    return build


def merged(c: Call, kind: str, tensors: Sequence[Tensor]) -> Tensor:
    """Elementwise arithmetic; all tensors lie as the first of the highest rank does."""
    if not tensors:
        raise wrong(f"{c.kind} is called on no tensor")
    if len(tensors) == 1:
        return c.node("identity", {}, tensors, tensors[0].order)
    ranks = [tensor.rank or len(c.shape(tensor)) for tensor in tensors]
    order: Any = tensors[ranks.index(max(ranks))].order
    laid = []
    for tensor, rank in zip(tensors, ranks, strict=True):
        if rank < len(order):
            shape = c.shape(tensor)
            wide = [shape[0], *[1] * (len(order) - rank), *shape[1:]]
            back = c.want(tensor, same(rank)) if rank > 2 else tensor
            laid.append(c.node("reshape", {"shape": held(wide, order)[1:]}, [back], order, "widened"))
        else:
            laid.append(c.want(tensor, order))
    return c.node(kind, {}, laid, order)


def scaled_sum(c: Call) -> Tensor:
    """CustomScaleLayer of InceptionResNetV2: the first tensor and a share of the second."""
    if len(c.tensors) != 2:
        raise wrong(f"CustomScaleLayer adds two tensors, but gets {len(c.tensors)}")
    fields = {"scale": number(c, "scale", default=1.0)}
    part = c.node("affine", fields, c.tensors[1:], c.tensors[1].order, "share")
    return merged(c, "add", [c.tensors[0], part])


def concat(c: Call) -> Tensor:
    """Concatenate along one axis."""
    return joined(c, c.tensors, c.get("axis", -1))


def joined(c: Call, tensors: Sequence[Tensor], axis: Any) -> Tensor:
    """Tensors side by side; all lie as the first does."""
    if not tensors:
        raise wrong(f"{c.kind} is called on no tensor")
    order = tensors[0].order or same(len(c.shape(tensors[0])))
    at = c.axis(axis, len(order))
    laid = [c.want(tensor, order) for tensor in tensors]
    return c.node("concat", {"dim": order[at]}, laid, order)


def dot(c: Call) -> Tensor:
    """Dot: one axis of either tensor is summed over."""
    if len(c.tensors) != 2:
        raise wrong(f"Dot joins two tensors, but gets {len(c.tensors)}")
    a, b = (c.shape(tensor) for tensor in c.tensors)
    axes = c.get("axes")
    pair = axes if isinstance(axes, list) else [axes, axes]
    if len(pair) != 2:
        raise wrong(f"axes are {quoted(axes)}, not one for each tensor")
    i, j = c.axis(pair[0], len(a)), c.axis(pair[1], len(b))
    if a[i] != b[j]:
        raise LayerError("CNN-E403", f"Dot needs equal sizes, but {a[i]} of {quoted(a)} meets {b[j]} of {quoted(b)}")
    if len(a) == len(b) == 3 and i == 2 and not c.flag("normalize", default=False):
        x, y = (c.want(tensor, same(3)) for tensor in c.tensors)
        return c.node("matmul", {"transpose_b": j == 2}, [x, y], same(3))
    rest = [n for k, n in enumerate(a) if k not in (0, i)] + [n for k, n in enumerate(b) if k not in (0, j)]
    shape = [a[0], *(rest or [1])]
    return c.foreign(shape, 0, prod(shape) * a[i])[0]
