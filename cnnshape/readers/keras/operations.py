"""Operations on tensors outside of layers: keras.ops in Keras 3, TensorFlow's own functions in Keras 2."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

from cnnshape.errors import LayerError, quoted
from cnnshape.readers.keras.activations import applied
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.merges import joined, merged
from cnnshape.readers.keras.moves import permuted, reshaped
from cnnshape.readers.keras.tensor import Built, Tensor, same


def said(c: Call, at: int, *names: str, default: Any = None) -> Any:
    """An argument by one of its names, or by its place among the call's."""
    for source in (c.config, c.kwargs):
        for name in names:
            if source.get(name) is not None and name != "name":
                return source[name]
    return c.args[at] if 0 <= at < len(c.args) else default


def _number(value: Any) -> float | None:
    """A plain number; None for anything else."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def arithmetic(kind: str) -> Callable[[Call], Built]:
    """Two tensors, or a tensor and a number on either side."""

    def build(c: Call) -> Built:
        a, b = said(c, 0, "x", "x1"), said(c, 1, "y", "x2")
        if isinstance(a, Tensor) and isinstance(b, Tensor):
            if (a.rank or len(c.shape(a))) == (b.rank or len(c.shape(b))):
                return merged(c, kind, [a, b])
            raise Unknown
        if isinstance(a, list) and c.tensors:  # the layer of the same name
            return merged(c, kind, c.tensors)
        x, other = (a, b) if isinstance(a, Tensor) else (b, a)
        number = _number(other)
        if not isinstance(x, Tensor):
            raise wrong(f"{c.kind} is called on no tensor")
        if number is None:  # an array of the code's: its elements are numbers, not weights
            return c.foreign(c.shape(x), 0, 0, tensors=[x])
        if kind == "div" and x is b:
            return c.node("power", {"exponent": -1.0}, [x], x.order)
        fields = {
            "add": {"shift": number},
            "sub": {"shift": -number} if x is a else {"scale": -1.0, "shift": number},
            "mul": {"scale": number},
            "div": {"scale": 1 / number if number else 0.0},
        }.get(kind)
        if fields is None:
            low, high = (number, 3e38) if kind == "maximum" else (-3e38, number)
            return c.node("clip", {"low": low, "high": high}, [x], x.order)
        return c.node("affine", fields, [x], x.order)

    return build


def each(kind: str, **fields: Any) -> Callable[[Call], Built]:
    """One value in, one value out."""

    def build(c: Call) -> Built:
        return c.node(kind, fields, [c.x], c.x.order)

    return build


def word(name: str) -> Callable[[Call], Built]:
    """An activation called as a function."""

    def build(c: Call) -> Built:
        axis = said(c, 1, "axis", default=-1)
        if name in ("softmax", "log_softmax", "glu"):
            return applied(c, c.x, name, dim=axis)
        return applied(c, c.x, name)

    return build


def plain(c: Call) -> Built:
    """Elementwise, and no kind here: the shape stays, nothing is multiplied and accumulated."""
    return c.foreign(c.shape(), 0, 0)


def together(c: Call) -> Built:
    """Elementwise on several tensors or numbers, and no kind here: a comparison, a choice between two."""
    operands = [*c.args, *[value for key, value in c.kwargs.items() if key != "name"]]
    if len(operands) < 2 or any(
        not isinstance(x, Tensor) and _number(x) is None and x not in (True, False) for x in operands
    ):
        raise Unknown
    shapes = [c.shape(tensor) for tensor in c.tensors]
    rank = max(map(len, shapes))
    wide = [(*(1,) * (rank - len(shape)), *shape) for shape in shapes]
    met = [{n for n in sizes if n != 1} or {1} for sizes in zip(*wide, strict=True)]
    if any(len(sizes) > 1 for sizes in met):
        raise LayerError("CNN-E403", f"{c.kind} needs shapes that fit, but gets {' and '.join(map(quoted, shapes))}")
    return c.foreign([n for sizes in met for n in sizes], 0, 0)


def leaky(c: Call) -> Built:
    """LeakyRelu."""
    slope = _number(said(c, 1, "negative_slope", "alpha", default=0.2))
    return c.node("leaky_relu", {"negative_slope": slope}, [c.x], c.x.order)


def power(c: Call) -> Built:
    """A fixed exponent."""
    exponent = _number(said(c, 1, "y", "x2"))
    if exponent is None or not isinstance(said(c, 0, "x", "x1"), Tensor):
        return plain(c)
    return c.node("power", {"exponent": exponent}, [c.x], c.x.order)


def clip(c: Call) -> Built:
    """Between two numbers."""
    low, high = (
        _number(said(c, at, *names))
        for at, names in ((1, ("x_min", "clip_value_min")), (2, ("x_max", "clip_value_max")))
    )
    return c.node("clip", {"low": low, "high": high}, [c.x], c.x.order)


def reduced(kind: str = "") -> Callable[[Call], Built]:
    """A mean, sum or maximum over axes: over all of space it is a global pool."""

    def build(c: Call) -> Built:
        shape, axis = c.shape(), said(c, 1, "axis")
        keep = bool(said(c, 2, "keepdims", default=False))
        axes = range(len(shape)) if axis is None else axis if isinstance(axis, list) else [axis]
        gone = {c.axis(k, len(shape), first=0) for k in axes}
        order = c.x.order or same(len(shape))
        if kind and {order[k] for k in gone} == set(range(2, len(shape))) and len(shape) > 2:
            return c.node(kind, {"keepdim": keep}, [c.x], order if keep else same(2))
        if kind and len(shape) == 3 and gone == {1}:
            return c.node(kind, {"keepdim": keep}, [c.want(c.x, (0, 2, 1))], (0, 2, 1) if keep else same(2))
        return c.foreign([1 if k in gone else n for k, n in enumerate(shape) if keep or k not in gone], 0, 0)

    return build


def reshape(c: Call) -> Built:
    """To a shape that names the batch."""
    target = said(c, 1, "newshape", "shape")
    if not isinstance(target, list) or not target:
        raise Unknown
    shape = c.shape()
    if target[0] not in (-1, None, shape[0]) or target.count(-1) > 1:
        raise Unknown
    rest = 1
    for n in target[1:]:
        if not isinstance(n, int) or n < 1:
            raise Unknown
        rest *= n
    total = 1
    for n in shape[1:]:
        total *= n
    if rest != total:  # the batch is cut or joined: no kind here does that
        return c.foreign([shape[0] * total // rest, *target[1:]] if shape[0] * total % rest == 0 else None, 0, 0)
    return reshaped(c, c.x, target)


def transpose(c: Call) -> Built:
    """To another order of all axes."""
    axes = said(c, 1, "axes", "perm")
    rank = len(c.shape())
    if not isinstance(axes, list) or sorted(map(str, axes)) != sorted(map(str, range(rank))) or axes[0] != 0:
        raise Unknown
    return permuted(c, c.x, axes)


def concat(c: Call) -> Built:
    """Side by side along an axis."""
    return joined(c, c.tensors, said(c, 1, "axis", default=-1))


def expand(c: Call) -> Built:
    """A size of 1 more."""
    shape = list(c.shape())
    axis = c.axis(said(c, 1, "axis", default=-1), len(shape) + 1)
    return reshaped(c, c.x, [*shape[:axis], 1, *shape[axis:]])


def squeeze(c: Call) -> Built:
    """Without sizes of 1."""
    shape, axis = c.shape(), said(c, 1, "axis")
    axes = (
        [k for k, n in enumerate(shape) if n == 1 and k] if axis is None else axis if isinstance(axis, list) else [axis]
    )
    gone = {c.axis(k, len(shape)) for k in axes}
    return reshaped(c, c.x, [n for k, n in enumerate(shape) if k not in gone])


def split(c: Call) -> Built:
    """Into equal parts, or at places."""
    parts, shape = said(c, 1, "indices_or_sections", "num_or_size_splits"), c.shape()
    axis = c.axis(said(c, 2, "axis", default=0), len(shape))
    order = c.x.order or same(len(shape))
    if isinstance(parts, list):
        if "num_or_size_splits" in c.kwargs:
            sizes = parts
        else:
            edges = [0, *parts, shape[axis]]
            sizes = [b - a for a, b in pairwise(edges) if isinstance(b - a, int)]
        return c.nodes("split", {"sizes": sizes, "dim": order[axis]}, [c.x], [order] * min(len(sizes), 4096))
    count = parts if isinstance(parts, int) and 0 < parts <= 4096 else 1
    return c.nodes("split", {"sections": parts, "dim": order[axis]}, [c.x], [order] * count)


def matmul(c: Call) -> Built:
    """The product of two tensors' last axes."""
    a, b = said(c, 0, "x1", "a"), said(c, 1, "x2", "b")
    if not isinstance(a, Tensor) or not isinstance(b, Tensor) or c.kwargs.get("transpose_a"):
        raise Unknown
    rank = len(c.shape(a))
    if rank < 3 or len(c.shape(b)) != rank:
        raise Unknown
    fields = {"transpose_b": bool(c.kwargs.get("transpose_b"))}
    return c.node("matmul", fields, [c.want(a, same(rank)), c.want(b, same(rank))], same(rank))


def shuffled(kind: str) -> Callable[[Call], Built]:
    """Blocks of space to channels, and back."""

    def build(c: Call) -> Built:
        order = (0, 2, 3, 1)
        if len(c.shape()) != 4 or said(c, 2, "data_format", default="channels_last") in ("channels_first", "NCHW"):
            raise Unknown
        size = said(c, 1, "block_size")
        return c.node(kind, {"block_size": size}, [c.want(c.x, order)], order)

    return build


def resize(c: Call) -> Built:
    """An image to another size."""
    size, method = said(c, 1, "size"), said(c, 2, "interpolation", "method", default="bilinear")
    if len(c.shape()) != 4 or method not in ("nearest", "bilinear", "bicubic", "area") or not isinstance(size, list):
        raise Unknown
    order = (0, 2, 3, 1)
    return c.node("upsample", {"size": size, "mode": method}, [c.want(c.x, order)], order)
