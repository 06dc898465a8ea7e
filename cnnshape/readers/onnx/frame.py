"""One graph on its way into the network: the names it sees, and its nodes in an order in which they can run."""

from __future__ import annotations

from collections import deque
from typing import Any

from cnnshape.readers.onnx.op import Op
from cnnshape.readers.onnx.proto import Body, Reference
from cnnshape.readers.onnx.value import Value


class Frame:
    """The names of a graph, a branch or a function call; a branch also sees those around it."""

    __slots__ = ("attributes", "home", "opsets", "parent", "path", "prefix", "stated", "values")

    def __init__(
        self,
        opsets: dict[str, int],
        parent: Frame | None = None,
        prefix: str = "",
        path: tuple[str, ...] = (),
        attributes: dict[str, Any] | None = None,
        home: str = "",
    ) -> None:
        """`attributes` are those of a function's call; `prefix` and `path` tell where it is called, `home` where it stands.

        What the file stores in a function is one array, however often it is called.
        """
        self.values: dict[str, Value] = {}
        self.opsets, self.parent, self.prefix, self.path, self.attributes = opsets, parent, prefix, path, attributes
        self.home = home
        self.stated: dict[str, tuple[int, ...]] = {}

    def inner(self, label: str = "") -> Frame:
        """One for a graph inside this one, which sees its names; with a label, its own are told apart from them."""
        if not label:
            return Frame(self.opsets, self, self.prefix, self.path, self.attributes, self.home)
        prefix, home = f"{self.prefix}{label}/", f"{self.home}{label}/"
        return Frame(self.opsets, self, prefix, (*self.path, label), self.attributes, home)

    def filled(self, names: tuple[str, ...], outs: list[tuple[int, ...] | None]) -> list[tuple[int, ...] | None]:
        """The shapes, those that are not known as the file states them."""
        return [self.stated.get(name) if size is None else size for name, size in zip(names, outs, strict=False)]

    def find(self, name: str) -> Value | None:
        """The value of this name, here or around."""
        frame: Frame | None = self
        while frame is not None:
            found = frame.values.get(name)
            if found is not None:
                return found
            frame = frame.parent
        return None

    def given(self, op: Op) -> Op:
        """The operator with the attributes that it takes from the function's call."""
        if self.attributes is None or not any(value.__class__ is Reference for value in op.attributes.values()):
            return op
        found = {}
        for name, value in op.attributes.items():
            if value.__class__ is not Reference:
                found[name] = value
            elif value.name in self.attributes:
                found[name] = self.attributes[value.name]
        return Op(op.type, op.domain, op.name, op.inputs, op.outputs, found, op.opset)


def ordered(body: Body, known: Any) -> tuple[list[Op], str]:
    """The nodes in an order in which each finds its inputs, and what is wrong ("" when nothing is).

    `known` tells whether a name has a value before the first node runs. Linear in nodes and edges.
    """
    made: set[str] = set()
    in_order = True
    for op in body.nodes:
        if in_order:
            for name in op.inputs:
                if name and name not in made and not known(name):
                    in_order = False
                    break
        for name in op.outputs:
            if name:
                if name in made or known(name):
                    return [], f"two things are called {name}"
                made.add(name)
    if in_order:
        return body.nodes, ""
    waits: dict[str, list[int]] = {}
    missing = [0] * len(body.nodes)
    ready: deque[int] = deque()
    for at, op in enumerate(body.nodes):
        for name in set(op.inputs):
            if name and not known(name):
                if name not in made:
                    return [], f"nothing gives {name}, which {op.name or op.type} reads"
                waits.setdefault(name, []).append(at)
                missing[at] += 1
        if not missing[at]:
            ready.append(at)
    found: list[Op] = []
    while ready:
        op = body.nodes[ready.popleft()]
        found.append(op)
        for name in op.outputs:
            for at in waits.pop(name, ()):
                missing[at] -= 1
                if not missing[at]:
                    ready.append(at)
    if len(found) < len(body.nodes):
        left = next(op for at, op in enumerate(body.nodes) if missing[at])
        return [], f"the nodes wait for one another in a cycle, {left.name or left.type} among them"
    return found, ""
