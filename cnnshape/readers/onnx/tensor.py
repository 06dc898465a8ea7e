"""Tensors of a file: their names and shapes at once, their numbers only when somebody asks, and only small ones."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from math import prod
from typing import Any

from cnnshape.readers.onnx.op import Const
from cnnshape.readers.onnx.wire import FIXED32, FIXED64, LENGTH, VARINT, Span, signed

#: Tensors with more elements are weights: their numbers decide no shape.
MAX_VALUES = 65536
#: More dimensions than this are refused.
MAX_RANK = 64

#: ONNX's element types: (kind, struct letter of raw_data).
TYPES: dict[int, tuple[str, str]] = {
    1: ("float", "f"), 2: ("int", "B"), 3: ("int", "b"), 4: ("int", "H"), 5: ("int", "h"), 6: ("int", "i"),
    7: ("int", "q"), 8: ("string", ""), 9: ("bool", "?"), 10: ("float", "e"), 11: ("float", "d"), 12: ("int", "I"),
    13: ("int", "Q"), 16: ("float", "H"),
}  # fmt: skip

#: TensorProto's field numbers.
DIMS, TYPE, FLOATS, INT32S, STRINGS, INT64S, NAME, RAW, DOUBLES, UINT64S, EXTERNAL, LOCATION = (
    1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14,
)  # fmt: skip
_WIRES = {
    DIMS: (VARINT, LENGTH), TYPE: (VARINT,), FLOATS: (FIXED32, LENGTH), INT32S: (VARINT, LENGTH), STRINGS: (LENGTH,),
    INT64S: (VARINT, LENGTH), NAME: (LENGTH,), RAW: (LENGTH,), DOUBLES: (FIXED64, LENGTH), UINT64S: (VARINT, LENGTH),
    EXTERNAL: (LENGTH,), LOCATION: (VARINT,),
}  # fmt: skip
#: Where numbers of each kind stand that are not raw; halves are bits of whole numbers.
_HOLDS = {
    "float": (FLOATS, DOUBLES, INT32S), "int": (INT32S, INT64S, UINT64S), "bool": (INT32S,), "string": (STRINGS,),
}  # fmt: skip


class Tensor:
    """One TensorProto whose numbers may lie anywhere or nowhere."""

    __slots__ = ("external", "name", "shape", "span", "type")

    def __init__(self, span: Span) -> None:
        """Read the name, the type and the shape; BrokenError when it is no tensor."""
        self.span, self.name, self.type, self.external = span, "", 0, False
        dims: list[int] = []
        for field, wire, start, end in span.fields():
            wires = _WIRES.get(field)
            if wires is None:
                continue
            if wire not in wires:
                raise span.broken(f"field {field} of a tensor has wire type {wire}", end)
            if field == DIMS:
                found = (start,) if wire == VARINT else span.varints(start, end)
                for size in found:
                    if size >> 63:
                        raise span.broken(f"a tensor has a dimension of {signed(size)}", end)
                    dims.append(size)
                    if len(dims) > MAX_RANK:
                        raise span.broken(f"a tensor has more than {MAX_RANK} dimensions", end)
            elif field == TYPE:
                self.type = start
            elif field == NAME:
                self.name = span.text(start, end)
            elif field == EXTERNAL or (field == LOCATION and start == 1):
                self.external = True
        self.shape = tuple(dims)

    def const(self) -> Const | None:
        """The numbers; None for a large tensor, one that lies in another file, or a type without plain numbers.

        Errors: BrokenError when the numbers are not as many as the shape says
        """
        count = prod(self.shape)
        if count > MAX_VALUES or self.external or self.type not in TYPES:
            return None
        kind, letter = TYPES[self.type]
        values: list[Any] = []
        for field, wire, start, end in self.span.fields():
            if field == RAW:
                size = struct.calcsize(f"<{letter}") if letter else 0
                if not letter or end - start != count * size:  # texts are never written so
                    message = f"a tensor of {count:,} elements has {end - start:,} bytes"
                    raise self.span.broken(message, start)
                values = list(struct.unpack(f"<{count}{letter}", self.span.raw(start, end)))
                values = [_bfloat(value) for value in values] if self.type == 16 else values
            elif field in _HOLDS[kind]:
                if len(values) > count:
                    break
                values.extend(self._typed(field, wire, start, end))
        if len(values) != count:
            message = f"a tensor of {count:,} elements has {len(values):,} numbers"
            raise self.span.broken(message, self.span.start)
        if kind == "bool":
            values = [bool(value) for value in values]
        return Const(self.shape, kind, tuple(values), self.type)

    def _typed(self, field: int, wire: int, start: int, end: int) -> Iterator[Any]:
        """The numbers of one field that is not raw, packed or not."""
        span = self.span
        if field == STRINGS:
            yield span.text(start, end)
        elif field in (FLOATS, DOUBLES):
            letter, size = ("f", 4) if field == FLOATS else ("d", 8)
            if (end - start) % size:
                raise span.broken("the numbers of a tensor end inside one", start)
            yield from struct.unpack(f"<{(end - start) // size}{letter}", span.raw(start, end))
        else:
            for value in (start,) if wire == VARINT else span.varints(start, end):
                if field == UINT64S:
                    yield value
                elif self.type == 10:
                    yield struct.unpack("<e", struct.pack("<H", value & 0xFFFF))[0]
                elif self.type == 16:
                    yield _bfloat(value & 0xFFFF)
                else:
                    yield signed(value)


def _bfloat(bits: int) -> float:
    """A number of 16 bits that are the upper half of a single one."""
    found: float = struct.unpack("<f", struct.pack("<I", bits << 16))[0]
    return found
