"""One section on its way into the graph: its options, what it reads, and the nodes that it becomes."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cnnshape.errors import printable, quoted
from cnnshape.layers.base import LIMIT, Layer
from cnnshape.layers.other import Foreign
from cnnshape.layers.reshape import Flatten, Reshape
from cnnshape.readers.darknet.text import Section
from cnnshape.readers.graph import Graph

#: A kernel or a stride is at most this long.
TAPS = 65536
#: An image holds at most so many numbers.
MAX_NUMBERS = 2**62
#: What atoi and atof take from the beginning of a text.
_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?")


class Wrong(Exception):  # noqa: N818  # no error of the user's: the problem is on record, the section is given up
    """A section that cannot be built."""


class Unknown(Exception):  # noqa: N818  # no error either: what is not known goes on being so
    """A section that reads one of unknown size."""


class Made(NamedTuple):
    """What the engine knows of a layer: its value here, its image, and how many numbers that is."""

    value: int
    image: tuple[int, int, int] | None
    """Channels, height and width; None for a plain row of numbers."""
    outputs: int
    """0 where it is not known."""
    nodes: tuple[tuple[str, Layer | None], ...] = ()
    """Every node of the section; the names are what a later section shares."""
    operations: int = 0
    """By the program's own way of counting; see bflops.py."""


class Site:
    """A section at its place in the file."""

    def __init__(self, graph: Graph, section: Section, index: int, made: list[Made], source: Made, fork: str) -> None:
        """`index` counts from 0 as darknet does; `made` are the sections before it, `source` what flows in."""
        self.graph, self.section, self.index, self.made, self.fork = graph, section, index, made, fork
        self.source = source
        self.op = printable(section.name)[:60] or "?"
        self.name = ""
        self.pending: list[tuple[str, Layer, tuple[int, ...], int, str | None]] = []
        self.next = graph.values

    # the options

    def wrong(self, message: str, key: str = "", fix: str = "", code: str = "CNN-E803") -> Wrong:
        """Put a problem on record; the exception to raise."""
        value = self.section.options.get(key)
        line, column = (value.line, value.column) if value else (self.section.line, self.section.column)
        self.graph.wrong(code, message, line, column, self.name, fix)
        return Wrong()

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self.section.options

    def integer(self, key: str, default: int, low: int = 0, high: int = LIMIT) -> int:
        """A number as C's atoi takes it: the digits in front; within its bounds."""
        value = self.section.options.get(key)
        number = default
        if value is not None:
            match = _INTEGER.match(value.text)
            if match is None:
                raise self.wrong(f"{key}={quoted(value.text[:40])} is no number", key)
            number = int(match[0])
        if not low <= number <= high:
            raise self.wrong(f"{key} {number} is not from {low} to {high}", key)
        return number

    def newer(self, key: str, default: int, low: int = 0, high: int = LIMIT) -> int:
        """A number that AlexeyAB's program reads and pjreddie's does not."""
        return self.integer(key, default, low, high) if self.fork == "alexeyab" else default

    def real(self, key: str, default: float) -> float:
        """A number as C's atof takes it."""
        value = self.section.options.get(key)
        if value is None:
            return default
        match = _NUMBER.match(value.text)
        if match is None:
            raise self.wrong(f"{key}={quoted(value.text[:40])} is no number", key)
        return float(match[0])

    def word(self, key: str, default: str) -> str:
        """A word."""
        value = self.section.options.get(key)
        return default if value is None else value.text

    def integers(self, key: str) -> list[int]:
        """A list of numbers between commas."""
        value = self.section.options.get(key)
        if value is None or not value.text:
            raise self.wrong(f"{self.op} needs {key}=", key, code="CNN-E204")
        numbers = []
        for part in value.text.rstrip(",").split(","):
            match = _INTEGER.match(part)
            if match is None:
                raise self.wrong(f"{key}: {quoted(part[:40])} is no number", key)
            numbers.append(int(match[0]))
        return numbers

    def layer(self, key: str, number: int) -> Made:
        """The section that a number names: from 0, or from here backwards."""
        at = number if number >= 0 else self.index + number
        if not 0 <= at < self.index:
            raise self.wrong(f"{key}={number} names layer {at}, and this is layer {self.index}", key, code="CNN-E301")
        return self.made[at]

    # what flows in

    def image(self, made: Made | None = None) -> tuple[int, int, int]:
        """The channels, height and width of an input; a problem where it has none."""
        made = self.sized(made)
        if made.image is None:
            raise self.wrong(f"{self.op} needs an image, and gets {made.outputs} numbers", code="CNN-E404")
        return made.image

    def sized(self, made: Made | None = None) -> Made:
        """An input whose size is known; Unknown where it is not."""
        made = made or self.source
        if not made.outputs:
            raise Unknown
        return made

    def pixels(self, made: Made | None = None) -> int:
        """The value of an input as an image; a row of numbers is one of 1x1."""
        made = made or self.source
        image = self.image(made)
        shape = self.graph.shapes[made.value]
        if shape is None or len(shape) == 4:
            return made.value
        return self.put(Reshape(shape=image), made.value, "reshape")

    def row(self, made: Made | None = None) -> int:
        """The value of an input as a row of numbers."""
        made = self.sized(made)
        shape = self.graph.shapes[made.value]
        if shape is None or len(shape) == 2:
            return made.value
        return self.put(Flatten(), made.value, "flatten")

    # the nodes

    def put(self, layer: Layer, inputs: int | tuple[int, ...], suffix: str = "", share: str | None = None) -> int:
        """A node with one output; its value. Its name is settled when all of them are known."""
        values = (inputs,) if isinstance(inputs, int) else inputs
        return self.several(layer, values, suffix, 1, share)

    def several(
        self, layer: Layer, values: tuple[int, ...], suffix: str, outputs: int, share: str | None = None
    ) -> int:
        """A node with several outputs; the first of their values."""
        self.pending.append((suffix or layer.kind, layer, values, outputs, share))
        self.next += outputs
        return self.next - outputs

    def foreign(self, inputs: int | tuple[int, ...], shape: tuple[int, ...], op: str = "", **costs: Any) -> int:
        """A node of darknet's own: it has a shape, and no weights or products unless stated."""
        costs = {"parameters": 0, "macs": 0, **costs}
        layer = Foreign(op=op or self.op, shapes=((self.graph.batch, *shape),), **costs)
        return self.put(layer, inputs, layer.op)

    def settle(self) -> tuple[tuple[str, Layer | None], ...]:
        """Put the nodes into the graph: one alone has the section's name, several are named inside of it."""
        alone = len(self.pending) == 1
        counts: dict[str, int] = {}
        found = []
        for suffix, layer, values, outputs, share in self.pending:
            times = counts[suffix] = counts.get(suffix, 0) + 1
            name = self.name if alone else f"{self.name}.{suffix}{times if times > 1 else ''}"
            path = () if alone else (self.name,)
            line, column = self.section.line, self.section.column
            self.graph.node(name, layer, values, outputs=outputs, path=path, share=share, line=line, column=column)
            found.append((self.graph.nodes[-1].name, layer))
        return tuple(found)

    def result(self, value: int, image: tuple[int, ...] | None, outputs: int = 0, operations: int = 0) -> Made:
        """What the section gives; an image says how many numbers it has."""
        if image is None:
            return Made(value, None, outputs, (), operations)
        channels, height, width = image
        if channels * height * width > MAX_NUMBERS:
            raise self.wrong(f"an image of {channels}x{height}x{width} is too large", code="CNN-E501")
        return Made(value, (channels, height, width), channels * height * width, (), operations)

    def kept(self, value: int) -> Made:
        """The same size as what flows in."""
        return Made(value, self.source.image, self.source.outputs)


def owner(made: Made, kind: type[Layer]) -> str | None:
    """The name of a section's first node of a kind, for whoever shares its weights."""
    return next((name for name, layer in made.nodes if isinstance(layer, kind)), None)
