"""One walk over a network for many input sizes: they go together, and part only where a layer treats them unlike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from cnnshape.errors import LayerError
from cnnshape.network import Network, Node
from cnnshape.shape import UNKNOWN, Shape
from cnnshape.sizes.ask import Answer, Part, ask, part_of, unknown
from cnnshape.sizes.many import Apart, Many, simplest, taken
from cnnshape.strides import Strides


class Branch:
    """Sizes that have gone the same way: what is known of every value and of every node so far."""

    def __init__(self, places: Any, shapes: list[Shape]) -> None:
        """`places` are the numbers of its sizes among all; `shapes` those of the values up to now."""
        self.places = places
        self.shapes: list[Shape] = []
        self.answers: list[Answer] = []
        self.strides = Strides()
        self.owners: dict[str, Answer] = {}
        self.failed: int | None = None
        """The node that none of the sizes can pass."""
        self.known: dict[Any, Answer] = {}
        self.held: dict[Any, Many] = {}
        self.shapes.extend([self.own(shape) for shape in shapes])

    def own(self, shape: Shape) -> Shape:
        """The shape with one object for equal numbers, so that identity says enough."""
        if shape is UNKNOWN or not any(isinstance(dim, Many) for dim in _dims(shape)):
            return shape
        dims: list[Any] = []
        for dim in _dims(shape):
            if isinstance(dim, Many):
                dim = simplest(dim)  # noqa: PLW2901
                if dim.__class__ is Many and dim.values.dtype != object:
                    dim = self.held.setdefault(dim.values.tobytes(), dim)  # noqa: PLW2901
            dims.append(dim)
        return Shape(*dims)

    def step(self, node: Node) -> list[Part]:
        """Ask the next node; several parts where its sizes must part before it is passed."""
        layer: Any = node.layer
        xs = tuple([self.shapes[i] for i in node.inputs])
        # A Many is kept alive by the shapes, so that its identity is not given again.
        key = (layer, *[tuple([-id(dim) if isinstance(dim, Many) else dim for dim in _dims(x)]) for x in xs])
        answer = self.known.get(key)
        if answer is None:
            if layer.kind != "foreign" and any(x is UNKNOWN for x in xs):
                answer = unknown(len(node.outputs))
            else:
                parts = ask(layer, xs, len(self.places))
                if len(parts) > 1 or isinstance(parts[0][1], LayerError):
                    return parts
                answer = parts[0][1]
                answer.outs = tuple([self.own(shape) for shape in answer.outs])
            self.known[key] = answer
        try:
            answer = self.settled(node, answer, xs)
        except LayerError as error:
            return [(np.arange(len(self.places)), error)]
        self.answers.append(answer)
        self.shapes.extend(answer.outs)
        return []

    def settled(self, node: Node, answer: Answer, xs: tuple[Shape, ...]) -> Answer:
        """What depends on more than the layer and its shapes: memory of a view, weights of another layer."""
        if len(answer.outs) != len(node.outputs):
            raise LayerError("CNN-E303", f"{len(answer.outs)} outputs")
        if node.share is not None:
            first = self.owners.get(node.share)
            if first is not None and first.weights != answer.weights:
                raise LayerError("CNN-E304", "weights of another shape")
        elif answer.weights:
            self.owners[node.name] = answer
        if answer.view:
            answer = self.strides.settle(node.layer, answer, node, xs)  # type: ignore[arg-type,assignment]
        return answer

    def part(self, places: Any) -> Branch:
        """Some of its sizes, on a way of their own from here."""
        branch = Branch(self.places[places], [part_of(shape, places) for shape in self.shapes])
        twins: dict[int, Answer] = {}
        for answer in self.answers:
            if id(answer) not in twins:
                twins[id(answer)] = _part(answer, places)
        branch.answers = [twins[id(answer)] for answer in self.answers]
        branch.owners = {name: twins[id(answer)] for name, answer in self.owners.items()}
        for value, strides in self.strides.scattered.items():
            branch.strides.scattered[value] = tuple([taken(stride, places) for stride in strides])
        return branch


def _dims(shape: Shape) -> tuple[Any, ...]:
    """The sizes: each an integer or `Many`."""
    return shape


def _part(answer: Answer, places: Any) -> Answer:
    return Answer(
        tuple([part_of(shape, places) for shape in answer.outs]),
        answer.weights and {name: part_of(shape, places) for name, shape in answer.weights.items()},
        taken(answer.params, places),
        taken(answer.macs, places),
        tuple([taken(numel, places) for numel in answer.elements]),
        answer.view,
        taken(answer.kept, places),
        taken(answer.lost, places),
        answer.known,
    )


def walk(network: Network, inputs: Sequence[Shape], count: int) -> list[Branch]:
    """Every branch at its end: behind the last node, or before the one that its sizes cannot pass."""
    todo = [Branch(np.arange(count), list(inputs))]
    done: list[Branch] = []
    while todo:
        branch = todo.pop()
        parts: list[Any] = []
        for number in range(len(branch.answers), len(network.nodes)):
            node = network.nodes[number]
            try:
                parts = branch.step(node)
            except Apart as apart:  # not within a layer: what came of it must stay apart
                labels = np.asarray(apart.labels)
                parts = [(np.nonzero(labels == label)[0], None) for label in np.unique(labels)]
            if parts:
                break
        if not parts:
            done.append(branch)
            continue
        for places, answer in parts:
            if isinstance(answer, LayerError):
                lost = Branch(branch.places[places], [])
                lost.failed = len(branch.answers)
                done.append(lost)
            else:
                todo.append(branch.part(places))
    return done
