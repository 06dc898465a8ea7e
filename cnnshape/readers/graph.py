"""A network under construction from a foreign file: values, unique names, shapes as far as they are known, problems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnshape.errors import LayerError, ModelError, Place, Problem
from cnnshape.facts import blind
from cnnshape.layers.base import Layer
from cnnshape.network import Dialect, Input, Network, Node
from cnnshape.shape import UNKNOWN, Shape

#: More layers than this are refused.
MAX_NODES = 4_000_000
#: After this many problems the rest is left for the next run.
MAX_PROBLEMS = 50


class Graph:
    """Inputs first, then nodes in execution order; every tensor is a value number."""

    def __init__(self, file: str, form: str, batch: int = 1, text: str = "") -> None:
        """`text` is the file's own, where it is one: errors then show its lines."""
        self.file, self.form, self.batch = file, form, batch
        self.dialect: Dialect | None = None
        self.lines: list[str] | None = None
        self.text = text
        self.inputs: list[Input] = []
        self.nodes: list[Node] = []
        self.problems: list[Problem] = []
        self.values = 0
        self.shapes: list[Shape | None] = []
        """Of every value, batch first; None where an error is on record, UNKNOWN where the file does not say."""
        self.names: dict[str, int] = {}
        self.layers: dict[Layer, Layer] = {}
        self.known: dict[Any, tuple[Shape | None, ...]] = {}

    def input(self, name: str, shape: Sequence[int], line: int = 0, column: int = 0) -> int:
        """A tensor that the user feeds, without its batch; all inputs come before the first node."""
        self.inputs.append(Input(self.unique(name or "input"), tuple(shape), line, column))
        self.shapes.append(Shape(self.batch, *shape))
        self.values += 1
        return self.values - 1

    def node(
        self,
        name: str,
        layer: Layer | None,
        inputs: Sequence[int],
        *,
        outputs: int = 1,
        line: int = 0,
        column: int = 0,
        path: tuple[str, ...] = (),
        share: str | None = None,
        frozen: bool = False,
        counted: dict[str, int] | None = None,
    ) -> tuple[int, ...]:
        """Append a layer; its values. None stands for a layer whose problem is on record.

        `path` are the names of the blocks around it, from the outside in; `share` is the name of the node whose weights
        it uses; `counted` tells how many numbers an array brings where some are counted elsewhere.
        """
        if len(self.nodes) >= MAX_NODES:
            raise self.stop("CNN-E501", f"the file has more than {MAX_NODES:,} layers")
        if layer is not None:
            layer = self.layers.setdefault(layer, layer)
        name = self.unique(name or (layer.kind if layer is not None else "layer"))
        values = tuple(range(self.values, self.values + outputs))
        self.values += outputs
        inside = name.removeprefix(".".join(path) + ".") if path else name
        self.nodes.append(Node(name, layer, tuple(inputs), values, line, column, (*path, inside), share, frozen))
        self.nodes[-1].counted = counted
        self.shapes.extend(self.inferred(layer, self.nodes[-1].inputs, outputs))
        return values

    def inferred(self, layer: Layer | None, inputs: tuple[int, ...], outputs: int) -> tuple[Shape | None, ...]:
        """The outputs' shapes, asked once for equal layers on equal shapes."""
        xs: Any = tuple([self.shapes[value] for value in inputs])
        key = (layer, xs, outputs)
        found = self.known.get(key)
        if found is None:
            found = (None,) * outputs
            if layer is not None and None not in xs:
                if blind(layer, xs):
                    found = (UNKNOWN,) * outputs
                else:
                    try:
                        outs = layer.outs(*xs)
                    except LayerError:  # calculate tells it, with its place
                        outs = ()
                    found = outs if len(outs) == outputs else found
            self.known[key] = found
        return found

    def unique(self, name: str) -> str:
        """The name, or with a number behind it where the file uses it twice."""
        times = self.names.get(name, 0)
        found = name
        while found in self.names:  # the number is kept, so that as many equal names cost as many steps
            times += 1
            found = f"{name}_{times}"
        self.names[found] = self.names[name] = max(times, 1)
        return found

    def wrong(
        self, code: str, message: str, line: int = 0, column: int = 0, layer: str = "", fix: str = "", *notes: str
    ) -> None:
        """Put a problem on record; raises when there are too many."""
        place = Place(self.file, line, column, layer)
        self.problems.append(Problem(code, message, place, self.line(line), notes, fix))
        if len(self.problems) >= MAX_PROBLEMS:
            raise ModelError(self.problems)

    def stop(
        self, code: str, message: str, line: int = 0, column: int = 0, layer: str = "", fix: str = ""
    ) -> ModelError:
        """A problem after which nothing more can be read."""
        self.problems.append(Problem(code, message, Place(self.file, line, column, layer), self.line(line), (), fix))
        return ModelError(self.problems)

    def line(self, number: int) -> str:
        """One line of the file's text; "" where there is none."""
        if not number or not self.text:
            return ""
        if self.lines is None:
            self.lines = self.text.split("\n")
        return self.lines[number - 1].rstrip("\r") if number <= len(self.lines) else ""

    def network(self, name: str, outputs: Sequence[int] = ()) -> Network:
        """All of it; where no output is named, every value that nobody reads is one."""
        if not outputs:
            used = {value for node in self.nodes for value in node.inputs}
            outputs = [value for node in self.nodes for value in node.outputs if value not in used]
        found = Network(name, self.inputs, self.nodes, tuple(outputs), self.file, self.form, batch=self.batch)
        found.dialect = self.dialect
        return found
