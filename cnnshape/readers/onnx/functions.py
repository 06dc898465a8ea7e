"""Functions of a file's own: what calls them, what is inside, and what is left out of a call."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from cnnshape.readers.onnx.frame import Frame
from cnnshape.readers.onnx.op import Op
from cnnshape.readers.onnx.proto import Body, body
from cnnshape.readers.onnx.wire import Span

#: Functions and branches inside one another beyond this are refused.
MAX_DEPTH = 64

#: A function's domain, name and overload.
Key = tuple[str, str, str]
#: What stands in the place of one for a branch.
NO_KEY: Key = ("", "", "")


def called(op: Op) -> Key:
    """The function that an operator would be."""
    kind, _, overload = op.type.partition(":")
    return op.domain, kind, overload


def within(nodes: list[Op], opsets: dict[str, int], depth: int = 0) -> Iterator[Op]:
    """The nodes and those of the graphs inside them."""
    for op in nodes:
        yield op
        for value in op.attributes.values():
            if value.__class__ is Span and depth < MAX_DEPTH:
                yield from within(body(value, opsets).nodes, opsets, depth + 1)


def without(found: Body, inner: Frame) -> Body:
    """The function where inputs that the caller leaves out are left out by the nodes that read them."""
    gone = {info.name for info in found.inputs if info.name not in inner.values}
    if not gone:
        return found
    copy = Body(found.name)
    copy.inputs, copy.outputs = found.inputs, found.outputs
    copy.nodes = [replace(op, inputs=tuple(["" if name in gone else name for name in op.inputs])) for op in found.nodes]
    return copy
