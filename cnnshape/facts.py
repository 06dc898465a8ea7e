"""All that one layer says about one set of input shapes, asked once, and the fixes of what it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from cnnshape.errors import LayerError
from cnnshape.geometry.window import Window
from cnnshape.layers.base import Carry, Layer
from cnnshape.ops import Ops
from cnnshape.shape import UNKNOWN, Shape

#: A tensor with more elements than this is an error, not a number.
MAX_ELEMENTS = 2**62


class Facts(msgspec.Struct, frozen=True, gc=False, eq=False):
    """What a layer states, with the sums that every row of the report shows."""

    outs: tuple[Shape, ...]
    weights: dict[str, Shape] | None
    buffers: dict[str, Shape]
    params: int | None
    buffer_count: int | None
    ops: Ops | None
    macs: int | None
    flops: int | None
    carries: dict[int, Carry] | None
    """Where each dimension of the first input goes; None: all stay where they are."""
    moves: bool
    """Whether any dimension moves, or may be mixed with others."""
    dropped: tuple[int | None, ...] | None
    left_over: tuple[int, ...] | None
    elements: tuple[int, ...]
    """Of each output."""
    view: bool
    """Whether the outputs are the input's own memory."""
    kept: int
    """Elements of new memory: all outputs, or none for a view."""
    inside: int
    """Elements that the backward pass needs and that are no input or output."""
    known: bool = True
    """Whether all outputs have a shape; where one has none, nothing that depends on it is known."""
    apart: tuple[dict[int, Carry], ...] | None = None
    """Where each dimension goes for each output; None: all outputs are read alike."""
    gapless: bool = False
    """Whether all that moves is read by windows that are `gapless`: no end of an axis is lost here."""


def facts(layer: Layer, xs: tuple[Shape, ...]) -> Facts:
    """Ask a layer for everything; LayerError when it cannot take these inputs."""
    fewest, most = layer.arity
    if len(xs) < fewest or (most is not None and len(xs) > most):
        raise _wrong_count(layer, len(xs))
    outs = layer.outs(*xs)
    known = UNKNOWN not in outs
    elements = tuple([shape.numel if known or shape.known else 0 for shape in outs])
    if max(elements) > MAX_ELEMENTS:
        shape = outs[elements.index(max(elements))]
        raise LayerError("CNN-E501", f"the output {shape} has more than 2**62 elements")
    weights = layer.weights(*xs)
    buffers = layer.buffers(*xs)
    carries = layer.carries(*xs)
    dropped: list[int | None] = []
    left_over: list[int] = []
    gapless = False
    if carries and carries[0].way.__class__ is Window:
        x = xs[0]
        last: Any = None
        gapless = True
        for carry in carries:
            window = carry.way
            if window.__class__ is Window:
                n = x[carry.axis]
                if (window, n) != last:
                    last = (window, n)
                    unread, left = window.unread(n), window.left_over(n)
                    gapless = gapless and window.gapless(n)
                dropped.append(unread)
                left_over.append(left)
            elif window is not None:
                gapless = False
    apart = layer.apart(*xs)
    ops = layer.ops(outs[0], *xs)
    macs = layer.macs_alone() if ops is None else ops.mac
    return Facts(
        outs,
        weights,
        buffers,
        None if weights is None else sum([shape.numel for shape in weights.values()]),
        sum([shape.numel for shape in buffers.values()]),
        ops,
        macs,
        None if macs is None else 2 * macs,
        None if carries is None else _by_axis(carries),
        carries is not None or apart is not None or layer.mixes_channels,
        tuple(dropped) if dropped.count(0) < len(dropped) else None,
        tuple(left_over) if any(left_over) else None,
        elements,
        layer.view,
        0 if layer.view else sum(elements),
        layer.inside(*xs),
        known,
        None if apart is None else tuple([_by_axis(ways) for ways in apart]),
        gapless,
    )


def _by_axis(ways: tuple[Carry, ...]) -> dict[int, Carry]:
    """By the dimension that is read."""
    return {carry.axis: carry for carry in ways}


def blind(layer: Layer, xs: tuple[Shape, ...]) -> bool:
    """Whether a layer reads a tensor without a shape, so that nothing is known of it; foreign ones state their own."""
    return UNKNOWN in xs and layer.kind != "foreign"


def fixed_batch(layer: Layer | None) -> int | None:
    """The batch that a layer's own shapes have; None where they follow from what arrives, or hold for every batch."""
    return getattr(layer, "batch", None) if layer is not None and layer.kind == "foreign" else None


def unknown(count: int) -> Facts:
    """What is known of a layer that reads a tensor without a shape: how many outputs it has."""
    outs = (UNKNOWN,) * count
    return Facts(
        outs, None, {}, None, None, None, None, None, {}, True, None, None, (0,) * count, False, 0, 0, known=False
    )


def counted(stated: dict[str, int], found: Facts) -> tuple[int | None, int | None]:
    """(params, buffers) where a layer says how many numbers some of its arrays bring: those that are its own."""
    weights, buffers = found.weights, found.buffers
    if not found.known:
        return found.params, found.buffer_count
    for name in stated:
        if name not in (weights or ()) and name not in buffers:
            names = ", ".join([*(weights or ()), *buffers]) or "none"
            raise LayerError("CNN-E304", f"counted names {name}, which is no array of this layer", f"arrays: {names}")
    return (
        None if weights is None else sum([stated.get(name, shape.numel) for name, shape in weights.items()]),
        sum([stated.get(name, shape.numel) for name, shape in buffers.items()]),
    )


def _wrong_count(layer: Layer, given: int) -> LayerError:
    """The error of too many or too few inputs."""
    fewest, most = layer.arity
    wanted = str(fewest) if fewest == most else f"{fewest} or more" if most is None else f"{fewest} to {most}"
    return LayerError(
        "CNN-E303",
        f"{layer.kind} takes {wanted} input{'s' if wanted != '1' else ''}, but gets {given}",
        advice="merge them first, with add or concat" if most == 1 else "name them with from: [a, b]",
    )


def in_spec(field: str, value: Any) -> str:
    """A field and its value as a spec writes them."""
    return f"{field}: {_written(value)}"


def tried_fix(
    layer: Layer | None, error: LayerError, xs: tuple[Shape, ...], said: Callable[[str, Any], str] = in_spec
) -> str:
    """The candidate fixes that really make the layer fit, as text; "" when there is none.

    `said` writes a field and its value; what it has no words for is no fix there.
    """
    works = []
    for change in error.fixes:
        try:
            facts(msgspec.structs.replace(layer, **change), xs)  # type: ignore[type-var,arg-type]
        except (LayerError, TypeError):
            continue
        words = [said(name, value) for name, value in change.items()]
        if all(words):
            works.append(", ".join(words))
    if error.advice:
        works.append(error.advice)
    return ", or ".join(works)


def _written(value: Any) -> str:
    """A field's value as a spec writes it."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_written, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
