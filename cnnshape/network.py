"""The intermediate form that every spec and foreign file becomes: layers in execution order, joined by values.

Values are numbered: first the network's inputs, then every output of every node, in order. A node may only use
values numbered before its own, so that one walk from the first node to the last is an execution.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import msgspec

from cnnshape.layers.base import Layer
from cnnshape.shape import Shape


class Promise(NamedTuple):
    """What a spec's `expect` says of one result, under the name of the layer or structure that says it."""

    name: str
    line: int
    wanted: dict[str, Any]
    output: int = 0
    """Which of the node's results is meant."""


class Input(msgspec.Struct, frozen=True, gc=False):
    """A tensor that the user feeds: its name and its shape without the batch.

    `expect` is what structures promise that hand it on as it is.
    """

    name: str
    shape: tuple[int, ...]
    line: int = 0
    column: int = 0
    expect: tuple[Promise, ...] = ()


class Node(msgspec.Struct, gc=False):
    """One layer at its place in the graph.

    `layer` is None where the text was wrong: the error is on record already, and what follows from the layer stays
    unknown. `inputs` and `outputs` are value numbers. `counted` says of an array, by its name among the layer's weights
    and buffers, how many learned numbers it brings, where that is not its size: 0 where a layer above has counted it.
    `expect` is what is promised of its results: by itself, and by every structure that ends with it.
    """

    name: str
    layer: Layer | None
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    line: int = 0
    column: int = 0
    path: tuple[str, ...] = ()
    share: str | None = None
    frozen: bool = False
    expect: tuple[Promise, ...] = ()
    counted: dict[str, int] | None = None


class Dialect(NamedTuple):
    """How another format calls the fields of layers, so that an error in its file speaks of what stands there."""

    words: dict[str, str]
    """Our field -> its own."""
    mark: str
    """What stands between a field and its value."""
    own: Callable[[str, Any], str | None] | None = None
    """How it writes what it does not write as a whole number; "" where it cannot, None for all else."""

    def said(self, field: str, value: Any) -> str:
        """A field and a value as that format writes them; "" where it cannot.

        >>> caffe = Dialect({"padding": "pad"}, ": ")
        >>> caffe.said("padding", 2), caffe.said("padding", "same"), caffe.said("bias", 1)
        ('pad: 2', '', '')
        """
        found = None if self.own is None else self.own(field, value)
        if found is not None:
            return found
        return f"{self.words[field]}{self.mark}{value}" if field in self.words and type(value) is int else ""

    def translated(self, text: str, fields: set[str]) -> str:
        """The text with the format's own words for these fields, and for names that are no English words."""
        ours = [name for name in self.words if name in fields or "_" in name]
        return re.sub(rf"\b({'|'.join(ours)})\b", lambda found: self.words[found[0]], text)


class Network(msgspec.Struct):
    """A whole network. Nothing here is inferred: shapes come from `calculate`."""

    name: str
    inputs: list[Input]
    nodes: list[Node]
    outputs: tuple[int, ...]
    source: str = ""
    format: str = "cnnshape"
    expect: dict[str, Any] | None = None
    expect_line: int = 0
    budget: tuple[tuple[Literal["max", "min"], str, Any, int], ...] = ()
    """What the spec's `budget:` says: ("max" or "min", the number's name, the value, line)."""
    batch: int = 1
    """The batch that the file itself states; 1 where it states none."""
    dialect: Dialect | None = None
    """The words of the format, where they are not ours."""

    def value_names(self) -> list[str]:
        """The name of every value, by number; further outputs of one layer are `name[1]`, `name[2]`, ..."""
        names = [tensor.name for tensor in self.inputs]
        for node in self.nodes:
            if len(node.outputs) == 1:
                names.append(node.name)
            else:
                names.extend(f"{node.name}[{k}]" for k in range(len(node.outputs)))
        return names

    def with_inputs(self, shapes: dict[str, tuple[int, ...]]) -> Network:
        """The same network on other input sizes; KeyError for a name that is no input."""
        known = {tensor.name for tensor in self.inputs}
        for name in shapes:
            if name not in known:
                raise KeyError(name)
        inputs = [msgspec.structs.replace(t, shape=shapes.get(t.name, t.shape)) for t in self.inputs]
        return msgspec.structs.replace(self, inputs=inputs)


def batched(shape: tuple[int, ...], batch: int) -> Shape:
    """The shape that really flows: the batch in front."""
    return Shape(batch, *shape)


def maker(nodes: Sequence[Node], value: int) -> Node:
    """The node that yields a value, which is no input: nodes stand in the order of their outputs."""
    return nodes[bisect_right(nodes, value, key=lambda node: node.outputs[0]) - 1]
