"""New shapes for the same elements, and parts of tensors. What moves the batch away from the front is no kind here."""

from __future__ import annotations

from math import prod
from typing import Any

from cnnshape.readers.torch import batch, stretch
from cnnshape.readers.torch.op import Builder, Made, Op, one, within
from cnnshape.readers.torch.program import first as tensor
from cnnshape.shape import Shape

_SAME = Made(same=True)


def _free(*shapes: Any) -> Made:
    """A foreign row of these shapes."""
    return Made(macs=0, shapes=shapes or None)


def reshape(op: Op) -> Made | None:
    """Any new shape for the elements in their order: the plainest kind that says it."""
    x, y = op.shape(), stretch.viewed(op)
    if y is None:
        return _free()
    if not x or not y or x[0] != y[0] or prod(x) != prod(y) or 0 in x:
        return _free(y)
    if x == y:
        return _SAME
    if op.name == "squeeze":
        gone = op.arg("dim")
        dims = [gone] if isinstance(gone, int) else gone
        return op.plain("squeeze", dim=None if not dims else one([d % len(x) for d in dims if x[d] == 1]))
    for first in range(1, len(y)):
        last = first + len(x) - len(y)
        if last > first and x[:first] == y[:first] and x[last + 1 :] == y[first + 1 :]:
            return op.plain("flatten", start_dim=first, end_dim=-1 if last == len(x) - 1 else last)
    return op.plain("reshape", shape=y[1:]) if len(y) > 1 else _free(y)


def unsqueeze(op: Op) -> Made | None:
    """A dimension of size 1."""
    x = op.shape()
    at = op.arg("dim") % (len(x) + 1)
    return op.plain("unsqueeze", dim=at) if at else _free((*x[:at], 1, *x[at:]))


def permute(op: Op) -> Made | None:
    """The dimensions in another order."""
    x = op.shape()
    order = stretch.ordered(op, len(x))
    if order is None:
        return _free()
    if order == sorted(order):
        return _SAME
    if order[0]:
        return _free(tuple([x[d] for d in order]))
    return op.plain("permute", dims=tuple(order))


def expand(op: Op) -> Made | None:
    """Dimensions of size 1 stretched."""
    x, sizes, written = op.shape(), op.arg("size"), op.call.args.get("size")
    sizes = op.shape("other") if sizes is None else sizes
    kept = _led(x, len(sizes))
    before = _led(op.names.program.meta(tensor(op.call).name).shape or x, len(sizes))
    # A written size that stretched nothing when the program was traced stretches nothing now.
    idle = [a == -1 or (a == b and isinstance(a, int)) for a, b in zip(written or (), before, strict=False)]
    y = tuple([n if idle[d : d + 1] == [True] else size for d, (n, size) in enumerate(zip(kept, sizes, strict=True))])
    if None in y:
        return None
    if written and kept[0] == before[0] == 1 and batch.ambiguous(op.names, written[0]):
        return batch.waiting(y[1:])
    return _SAME if y == x else _free(y)


def _led(shape: tuple[int, ...], rank: int) -> tuple[int, ...]:
    """A shape with ones in front up to a rank."""
    return (1,) * (rank - len(shape)) + tuple(shape)


def repeat(op: Op) -> Made | None:
    """A tensor several times over."""
    if not op.names.changed:
        return None
    x, times = op.shape(), op.arg("repeats", op.arg("dims"))
    if None in times:
        return None
    written = op.call.args.get("repeats", op.call.args.get("dims")) if len(times) >= len(x) else None
    kept, times = _led(x, len(times)), _led(times, len(x))
    y = tuple([n * count for n, count in zip(kept, times, strict=True)])
    if written and kept[0] == 1 and batch.ambiguous(op.names, written[0]):
        return batch.waiting(y[1:])
    return _free(y)


def cut(op: Op) -> Made | None:
    """A part of one dimension."""
    x = op.shape()
    dim = op.arg("dim", 0) % len(x)
    start = op.arg("start", 0)
    end = start + op.arg("length") if op.name == "narrow" else within(op.arg("end"))
    step = op.arg("step", 1)
    first, last, _ = slice(start, end, step).indices(x[dim])
    if (first, last, step) == (0, x[dim], 1):
        return _SAME
    if not dim or last <= first:
        return _free((*x[:dim], len(range(first, last, step)), *x[dim + 1 :]))
    whole = last == x[dim]
    return op.plain("slice", dim=dim, start=first, end=None if whole else last, step=step)


def select(op: Op) -> Made | None:
    """One position of a dimension: a slice, and the dimension dropped."""
    x = op.shape()
    dim = op.arg("dim", 0) % len(x)
    if not dim:
        return _free(x[1:])
    at = op.arg("index") % x[dim]
    part = op.kind("slice", dim=dim, start=at, end=at + 1)
    value = op.names.node(op.call, part, (op.x(),), ("",), tail="slice")
    return Made(op.kind("squeeze", dim=dim), value, macs=0)


def split(op: Op) -> Made | None:
    """All parts of a dimension."""
    x = op.shape()
    dim, count = op.arg("dim", 0) % len(x), len(op.call.outputs)
    sizes = stretch.parts(op, x[dim], count)
    if not dim or sizes is None or 0 in sizes or sum(sizes) != x[dim]:
        shapes = [(*x[:dim], size, *x[dim + 1 :]) for size in sizes or ()]
        return _free(*shapes)
    if count == 1:
        return _SAME
    even = len(set(sizes)) == 1
    fields: dict[str, Any] = {"sections": count} if even else {"sizes": tuple(sizes)}
    return Made(op.kind("split", dim=dim, **fields), (op.x(),), macs=0, every=True)


_MODES = {"constant": "constant", "reflect": "reflect", "replicate": "replicate", "circular": "circular"}


def pad(op: Op) -> Made | None:
    """A border around the spatial axes; around others it is no kind here."""
    x, sizes = op.shape(), op.arg("pad", op.arg("padding"))
    mode = {"refl": "reflect", "repl": "replicate"}.get(op.name[:4], op.arg("mode", "constant"))
    pairs = [(sizes[2 * n], sizes[2 * n + 1]) for n in range(len(sizes) // 2)][::-1]
    pairs = [(0, 0)] * (len(x) - len(pairs)) + pairs
    if not any(map(any, pairs)):
        return _SAME
    if len(x) < 3 or len(x) > 5 or any(map(any, pairs[:2])) or min(map(min, pairs)) < 0:
        return _free(tuple([n + sum(pair) for n, pair in zip(x, pairs, strict=True)]))
    each = [pair[0] if pair[0] == pair[1] else pair for pair in pairs[2:]]
    plain = each[0] if len(set(each)) == 1 and isinstance(each[0], int) else tuple(each)
    return op.plain("pad", padding=plain, mode=_MODES[mode])


def pixels(kind: str, field: str) -> Builder:
    """Channels and space exchanged."""

    def build(op: Op) -> Made | None:
        shape: Shape = op.shape()
        rank = 4 if kind != "channel_shuffle" else max(2, len(shape))
        return op.plain(kind, **{field: op.arg(field)}) if len(shape) == rank else None

    return build
