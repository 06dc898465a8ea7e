"""Writing an .onnx file weight by weight: no array is held twice, and only one is held at all.

A protobuf message is its fields one behind the other, and a field of bytes is a tag, a length and the bytes. The
lengths follow from the shapes alone, so the weights can be made while the file is written.

Source: protobuf.dev/programming-guides/encoding; onnx.proto3 for the numbers of the fields
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any, BinaryIO

from cnnshape.writers.onnx.graph import Promise

if TYPE_CHECKING:
    from onnx import ModelProto

    from cnnshape.forward.weights import Weights

#: The largest protobuf message, and so the largest .onnx file in one piece.
LIMIT = 2**31 - 1

_GRAPH, _INITIALIZER, _RAW_DATA = 7, 5, 9


def size(model: ModelProto, promises: list[Promise], element: int, item: int) -> int:
    """How many bytes the file will have."""
    rest, graph, heads = _parts(model, promises, element, item)
    return (
        len(rest) + sum(map(len, _prefix(_GRAPH, graph, heads, promises, item))) + _length(graph, heads, promises, item)
    )


def write(out: BinaryIO, model: ModelProto, promises: list[Promise], weights: Weights, element: int, item: int) -> None:
    """The model with its weights, as one message."""
    rest, graph, heads = _parts(model, promises, element, item)
    out.writelines(_prefix(_GRAPH, graph, heads, promises, item))
    out.write(graph)
    for promise, head in zip(promises, heads, strict=True):
        out.write(head)
        out.writelines(numbers(array) for array in promise.pieces(weights))
    out.write(rest)


def _parts(model: ModelProto, promises: list[Promise], element: int, item: int) -> tuple[bytes, bytes, list[bytes]]:
    """Everything but the numbers: the model around the graph, the graph, what stands before each tensor's numbers."""
    graph = model.graph.SerializeToString()
    around: Any = type(model)()
    for field in ("ir_version", "producer_name", "producer_version", "domain", "model_version", "doc_string"):
        if value := getattr(model, field):
            setattr(around, field, value)
    around.opset_import.extend(model.opset_import)
    heads = []
    for promise in promises:
        data = prod(promise.dims) * item
        tensor = _tensor(promise, element) + _varint(_RAW_DATA << 3 | 2) + _varint(data)
        heads.append(_varint(_INITIALIZER << 3 | 2) + _varint(len(tensor) + data) + tensor)
    return around.SerializeToString(), graph, heads


def _tensor(promise: Promise, element: int) -> bytes:
    """A tensor without its numbers."""
    from onnx import TensorProto

    found: bytes = TensorProto(name=promise.name, dims=promise.dims, data_type=element).SerializeToString()
    return found


def _length(graph: bytes, heads: list[bytes], promises: list[Promise], item: int) -> int:
    """Bytes of the whole graph."""
    return len(graph) + sum(map(len, heads)) + sum(prod(promise.dims) * item for promise in promises)


def _prefix(field: int, graph: bytes, heads: list[bytes], promises: list[Promise], item: int) -> Iterator[bytes]:
    """The tag and the length in front of the graph."""
    yield _varint(field << 3 | 2)
    yield _varint(_length(graph, heads, promises, item))


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; the eighth says that more follow.

    >>> _varint(300).hex()
    'ac02'
    """
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    found.append(value)
    return bytes(found)


def numbers(array: Any) -> Any:
    """The numbers of an array in their order, without a copy where they lie so already; little end first."""
    import sys

    if sys.byteorder == "big":
        array = array.byteswap()
    return memoryview(array if array.flags.c_contiguous else array.copy()).cast("B")
