"""ONNX's messages, as far as shapes need them. Graphs inside attributes stay unread until somebody asks.

Source: onnx/onnx.proto3 for the numbers of the fields
"""

from __future__ import annotations

import struct
from typing import Any

from cnnshape.readers.onnx.op import Op
from cnnshape.readers.onnx.tensor import Tensor
from cnnshape.readers.onnx.wire import FIXED32, LENGTH, VARINT, Span, signed

#: A size that is stated, the name of one that is not, or neither.
Dim = int | str | None

#: What a name may be: longer ones are cut where they are shown, not here.
_DEFAULT = ("", "ai.onnx")


class Body:
    """A graph or a function: its nodes are spans until they are asked for."""

    __slots__ = ("defaults", "inputs", "name", "nodes", "opsets", "outputs", "sparse", "stated", "tensors")

    def __init__(self, name: str = "") -> None:
        """An empty one."""
        self.name = name
        self.nodes: list[Op] = []
        self.tensors: list[Tensor] = []
        self.sparse: list[tuple[str, tuple[int, ...], int]] = []
        """(name, whole shape, stored numbers) of sparse initializers."""
        self.inputs: list[ValueInfo] = []
        self.outputs: list[ValueInfo] = []
        self.stated: list[ValueInfo] = []
        self.opsets: dict[str, int] = {}
        self.defaults: dict[str, Any] = {}


class ValueInfo:
    """What a file states of a tensor: None for a shape that is not stated at all."""

    __slots__ = ("dims", "doc", "name", "tensor", "type")

    def __init__(self, name: str, dims: tuple[Dim, ...] | None = None, kind: int = 0, *, tensor: bool = True) -> None:
        """`kind` is the number of the element type; `tensor` is false for sequences, maps and the like."""
        self.name, self.dims, self.type, self.tensor = name, dims, kind, tensor
        self.doc = ""


class Model:
    """A whole file."""

    __slots__ = ("functions", "graph", "ir_version", "name", "opsets", "producer")

    def __init__(self, span: Span) -> None:
        """Read everything but the numbers of tensors and the graphs of attributes."""
        self.ir_version, self.producer = 0, ""
        self.opsets: dict[str, int] = {}
        self.functions: dict[tuple[str, str, str], Span] = {}
        graph: Span | None = None
        for field, wire, start, end in span.fields():
            if field == 1:
                self.ir_version = _int(span, field, wire, start, end)
            elif field == 2:
                self.producer = _text(span, field, wire, start, end)
            elif field == 7:
                graph = _inner(span, field, wire, start, end)
            elif field == 8:
                domain, version = _opset(_inner(span, field, wire, start, end).copied())
                self.opsets[domain] = version
            elif field == 25:
                inner = _inner(span, field, wire, start, end)
                self.functions[_function_key(inner)] = inner
        if graph is None:
            raise span.broken("there is no graph in the file, which ends", span.end)
        self.graph = body(graph, self.opsets)
        self.name = self.graph.name


def body(span: Span, opsets: dict[str, int]) -> Body:
    """A GraphProto."""
    found = Body()
    for field, wire, start, end in span.fields():
        if field == 2:
            found.name = _text(span, field, wire, start, end)
        elif field in (1, 5, 11, 12, 13, 15):
            inner = _inner(span, field, wire, start, end)
            if field == 1:
                found.nodes.append(node(inner.copied(), opsets))
            elif field == 5:
                found.tensors.append(Tensor(inner if len(inner) > 4096 else inner.copied()))
            elif field == 15:
                found.sparse.append(_sparse(inner))
            else:
                where = found.inputs if field == 11 else found.outputs if field == 12 else found.stated
                where.append(_value_info(inner.copied()))
    return found


def function(span: Span, opsets: dict[str, int]) -> Body:
    """A FunctionProto; operator sets that it does not name are the model's."""
    found = Body()
    found.opsets = dict(opsets)
    nodes: list[Span] = []
    for field, wire, start, end in span.fields():
        if field == 1:
            found.name = _text(span, field, wire, start, end)
        elif field in (4, 5):
            where = found.inputs if field == 4 else found.outputs
            where.append(ValueInfo(_text(span, field, wire, start, end)))
        elif field == 7:
            nodes.append(_inner(span, field, wire, start, end).copied())
        elif field == 9:
            domain, version = _opset(_inner(span, field, wire, start, end).copied())
            found.opsets[domain] = version
        elif field == 11:
            name, value = _attribute(_inner(span, field, wire, start, end).copied())
            found.defaults[name] = value
    found.nodes = [node(each, found.opsets) for each in nodes]
    return found


def node(span: Span, opsets: dict[str, int]) -> Op:
    """A NodeProto."""
    inputs: list[str] = []
    outputs: list[str] = []
    texts = {3: "", 4: "", 7: "", 8: ""}
    attributes: dict[str, Any] = {}
    for field, wire, start, end in span.fields():
        if field == 1:
            inputs.append(_text(span, field, wire, start, end))
        elif field == 2:
            outputs.append(_text(span, field, wire, start, end))
        elif field in texts:
            texts[field] = _text(span, field, wire, start, end)
        elif field == 5:
            name, value = _attribute(_inner(span, field, wire, start, end))
            attributes[name] = value
    domain = "" if texts[7] in _DEFAULT else texts[7]
    kind = f"{texts[4]}:{texts[8]}" if texts[8] else texts[4]
    return Op(kind, domain, texts[3], tuple(inputs), tuple(outputs), attributes, opsets.get(domain, 0))


class Reference:
    """An attribute of a function's node that takes the caller's."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        """The caller's name for it."""
        self.name = name


def _attribute(span: Span) -> tuple[str, Any]:
    """An AttributeProto: a number, a text, a tensor, a graph as a Span, or a tuple of these."""
    name, reference, kind = "", "", 0
    single: dict[int, Any] = {}
    many: dict[int, list[Any]] = {6: [], 7: [], 8: [], 9: [], 10: [], 11: []}
    for field, wire, start, end in span.fields():
        if field == 1:
            name = _text(span, field, wire, start, end)
        elif field == 2:
            _held(span, field, wire, FIXED32, end)
            (single[2],) = struct.unpack("<f", span.raw(start, end))
        elif field == 3:
            single[3] = signed(_int(span, field, wire, start, end))
        elif field == 4:
            single[4] = _text(span, field, wire, start, end)
        elif field == 5:
            single[5] = Tensor(_inner(span, field, wire, start, end))
        elif field == 6:
            single[6] = _inner(span, field, wire, start, end)
        elif field == 7:
            if wire == LENGTH and (end - start) % 4 == 0:
                many[7].extend(struct.unpack(f"<{(end - start) // 4}f", span.raw(start, end)))
            else:
                _held(span, field, wire, FIXED32, end)
                many[7].extend(struct.unpack("<f", span.raw(start, end)))
        elif field == 8:
            if wire == LENGTH:
                many[8].extend(map(signed, span.varints(start, end)))
            else:
                many[8].append(signed(_int(span, field, wire, start, end)))
        elif field == 9:
            many[9].append(_text(span, field, wire, start, end))
        elif field == 10:
            many[10].append(Tensor(_inner(span, field, wire, start, end)))
        elif field == 11:
            many[11].append(_inner(span, field, wire, start, end))
        elif field == 20:
            kind = _int(span, field, wire, start, end)
        elif field == 21:
            reference = _text(span, field, wire, start, end)
        elif field == 22:
            single[22] = _sparse(_inner(span, field, wire, start, end))
    if reference:
        return name, Reference(reference)
    # AttributeType: FLOAT 1, INT 2, STRING 3, TENSOR 4, GRAPH 5, then lists of these, SPARSE_TENSOR 11.
    place = {1: 2, 2: 3, 3: 4, 4: 5, 5: 6, 6: 7, 7: 8, 8: 9, 9: 10, 10: 11, 11: 22}.get(kind, 0)
    if place in single:
        return name, single[place]
    if place in (2, 3):
        return name, 0 if place == 3 else 0.0
    if place == 4:
        return name, ""
    if place in (7, 8, 9, 10, 11):
        return name, tuple(many[place])
    if not kind and single:  # very old files state no type
        return name, next(iter(single.values()))
    return name, next((tuple(found) for found in many.values() if found), ())


def _value_info(span: Span) -> ValueInfo:
    found = ValueInfo("", tensor=False)
    for field, wire, start, end in span.fields():
        if field == 1:
            found.name = _text(span, field, wire, start, end)
        elif field == 2:
            kind = _inner(span, field, wire, start, end)
            for case, way, first, last in kind.fields():
                if case == 1:
                    found.tensor = True
                    _tensor_type(_inner(kind, case, way, first, last), found)
        elif field == 3:
            found.doc = _text(span, field, wire, start, end)
    return found


def _tensor_type(span: Span, found: ValueInfo) -> None:
    for field, wire, start, end in span.fields():
        if field == 1:
            found.type = _int(span, field, wire, start, end)
        elif field == 2:
            shape = _inner(span, field, wire, start, end)
            found.dims = tuple([_dim(_inner(shape, f, w, a, b)) for f, w, a, b in shape.fields() if f == 1])


def _dim(span: Span) -> Dim:
    found: Dim = None
    for field, wire, start, end in span.fields():
        if field == 1:
            size = signed(_int(span, field, wire, start, end))
            found = size if size >= 0 else None
        elif field == 2:
            found = _text(span, field, wire, start, end) or None
    return found


def _opset(span: Span) -> tuple[str, int]:
    domain, version = "", 1
    for field, wire, start, end in span.fields():
        if field == 1:
            domain = _text(span, field, wire, start, end)
        elif field == 2:
            version = _int(span, field, wire, start, end)
    return "" if domain in _DEFAULT else domain, version


def _function_key(span: Span) -> tuple[str, str, str]:
    """(domain, name, overload)."""
    texts = {1: "", 10: "", 13: ""}
    for field, wire, start, end in span.fields():
        if field in texts:
            texts[field] = _text(span, field, wire, start, end)
    return "" if texts[10] in _DEFAULT else texts[10], texts[1], texts[13]


def _sparse(span: Span) -> tuple[str, tuple[int, ...], int]:
    """(name, whole shape, stored numbers) of a SparseTensorProto."""
    name, stored = "", 0
    dims: list[int] = []
    for field, wire, start, end in span.fields():
        if field == 1:
            values = Tensor(_inner(span, field, wire, start, end))
            name, stored = values.name, values.shape[0] if values.shape else 0
        elif field == 3:
            dims.extend([start] if wire == VARINT else span.varints(start, end))
    return name, tuple(dims[:64]), stored


def _held(span: Span, field: int, wire: int, wanted: int, at: int) -> None:
    if wire != wanted:
        raise span.broken(f"field {field} has wire type {wire}, not {wanted},", at)


def _inner(span: Span, field: int, wire: int, start: int, end: int) -> Span:
    _held(span, field, wire, LENGTH, end)
    return Span(span.data, start, end, span.base)


def _text(span: Span, field: int, wire: int, start: int, end: int) -> str:
    _held(span, field, wire, LENGTH, end)
    return span.text(start, end)


def _int(span: Span, field: int, wire: int, value: int, end: int) -> int:
    _held(span, field, wire, VARINT, end)
    return value
