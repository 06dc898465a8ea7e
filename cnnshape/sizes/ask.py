"""What one layer says about many sizes at once: asked as one while they agree, part by part where they do not."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from cnnshape.errors import LayerError
from cnnshape.facts import MAX_ELEMENTS
from cnnshape.geometry.window import Window
from cnnshape.layers.base import Layer
from cnnshape.shape import UNKNOWN, Shape
from cnnshape.sizes.many import Apart, Many, joined, taken


class Answer(msgspec.Struct, gc=False, eq=False):
    """The part of a layer's facts that a sweep shows; every number is an integer or `Many`."""

    outs: tuple[Shape, ...]
    weights: dict[str, Shape] | None
    params: Any
    macs: Any
    elements: tuple[Any, ...]
    view: bool
    kept: Any
    lost: Any
    """Positions of the input, over all axes, that lie behind the last window although a stride more would read them."""
    known: bool = True

    @property
    def structure(self) -> tuple[Any, ...]:
        """What must be alike for the answers of several parts to be one."""
        weights = None if self.weights is None else [(name, len(shape)) for name, shape in self.weights.items()]
        ranks = [(len(shape), shape is UNKNOWN) for shape in self.outs]
        return ranks, weights, self.macs is None, self.view, self.known


Part = tuple[Any, Answer | LayerError]


def ask(layer: Layer, xs: tuple[Shape, ...], count: int) -> list[Part]:
    """(places, answer or refusal) of every part that must be told apart; one part where all `count` sizes are alike."""
    parts = _parts(layer, xs, np.arange(count))
    if len(parts) == 1:
        return parts
    groups: dict[str, list[tuple[Any, Any]]] = {}
    for places, answer in parts:
        key = answer.code if isinstance(answer, LayerError) else repr(answer.structure)
        groups.setdefault(key, []).append((places, answer))
    return [_joined(group) for group in groups.values()]


def _parts(layer: Layer, xs: tuple[Shape, ...], places: Any) -> list[Part]:
    """The answers of parts that need not be told apart, as the questions of the rules divide them."""
    try:
        return [(places, answered(layer, xs))]
    except LayerError as error:
        return [(places, error)]
    except Apart as apart:
        labels = np.asarray(apart.labels)
    except (TypeError, ValueError, AttributeError, ArithmeticError):
        # The rule needs real integers (a fraction, a table): each combination of sizes goes alone.
        dims: list[Any] = [dim for x in xs for dim in x]
        columns = [dim.values for dim in dims if dim.__class__ is Many]
        if not columns:
            raise
        labels = np.unique(np.stack(columns), axis=1, return_inverse=True)[1].reshape(-1)
    found: list[Part] = []
    for label in np.unique(labels):
        chosen = np.nonzero(labels == label)[0]
        found += _parts(layer, tuple([part_of(x, chosen) for x in xs]), places[chosen])
    return found


def part_of(x: Shape, places: Any) -> Shape:
    """A shape for some of the sizes."""
    return x if x is UNKNOWN else Shape(*[taken(dim, places) for dim in x])


def answered(layer: Layer, xs: tuple[Shape, ...]) -> Answer:
    """The facts, for sizes that agree; `facts.facts` asks the same of one size."""
    fewest, most = layer.arity
    if len(xs) < fewest or (most is not None and len(xs) > most):
        raise LayerError("CNN-E303", f"{layer.kind} gets {len(xs)} inputs")
    outs = layer.outs(*xs)
    known = all(shape is not UNKNOWN for shape in outs)
    elements: tuple[Any, ...] = tuple([shape.numel if shape is not UNKNOWN else 0 for shape in outs])
    for numel in elements:
        if (numel.most if numel.__class__ is Many else numel) > MAX_ELEMENTS and numel > MAX_ELEMENTS:
            raise LayerError("CNN-E501", "the output has more than 2**62 elements")
    weights = layer.weights(*xs)
    ops = layer.ops(outs[0], *xs)
    return Answer(
        outs,
        weights,
        None if weights is None else sum([shape.numel for shape in weights.values()]),
        None if ops is None else ops.mac,
        elements,
        layer.view,
        0 if layer.view else sum(elements),
        _lost(layer, xs) if type(layer).windows is not Layer.windows else 0,
        known,
    )


def unknown(count: int) -> Answer:
    """What is known of a layer that reads a tensor without a shape."""
    return Answer((UNKNOWN,) * count, None, None, None, (0,) * count, False, 0, 0, known=False)


def _lost(layer: Layer, xs: tuple[Shape, ...]) -> Any:
    """Positions behind the last window. Gaps between windows, and padding that is not read, are no loss of a size."""
    total: Any = 0
    last: Any = None
    ways = layer.windows(*xs)
    for way, n in () if ways is None else zip(ways, xs[0][2:], strict=True):
        if way.__class__ is Window:
            if last is None or last[0] is not way or last[1] is not n:
                over = way.left_over(n) - max(0, way.after) - max(0, way.stride - way.extent)
                last = way, n, over * (over > 0)
            total = total + last[2]
    return total


def _joined(parts: list[tuple[Any, Any]]) -> Part:
    """One answer for all places of several parts of one structure."""
    places = np.sort(np.concatenate([where for where, _ in parts]))
    first = parts[0][1]
    if len(parts) == 1 or isinstance(first, LayerError):
        return places, first
    within = [(np.searchsorted(places, where), answer) for where, answer in parts]

    def same(value_of: Any) -> Any:
        values = [(where, value_of(answer)) for where, answer in within]
        return None if values[0][1] is None else joined(values, len(places))

    def shape(read: Any) -> Shape:
        whole = read(first)
        if whole is UNKNOWN:
            return whole
        return Shape(*[same(lambda answer, d=d: read(answer)[d]) for d in range(len(whole))])

    outs = tuple([shape(lambda answer, k=k: answer.outs[k]) for k in range(len(first.outs))])
    weights = first.weights and {name: shape(lambda a, name=name: a.weights[name]) for name in first.weights}
    return places, Answer(
        outs,
        weights,
        same(lambda answer: answer.params),
        same(lambda answer: answer.macs),
        tuple([same(lambda answer, k=k: answer.elements[k]) for k in range(len(first.elements))]),
        first.view,
        same(lambda answer: answer.kept),
        same(lambda answer: answer.lost),
        first.known,
    )
