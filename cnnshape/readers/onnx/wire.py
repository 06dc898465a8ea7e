"""Protobuf's wire format on mapped memory: fields with their places, and nothing is touched that nobody asks for.

Source: protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator

#: What is read: a file's mapping, or a piece of it that was copied out.
Bytes = bytes | mmap.mmap

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5


class BrokenError(Exception):
    """The bytes are no such message: what is wrong, and at which byte of the file."""

    def __init__(self, message: str, at: int) -> None:
        """`at` counts from the file's first byte."""
        super().__init__(f"{message} at byte {at:,}")


class Span:
    """A message that lies from `start` to `end` of `data`; `base` is where data begins in the file."""

    __slots__ = ("base", "data", "end", "start")

    def __init__(self, data: Bytes, start: int, end: int, base: int = 0) -> None:
        """Take the bounds as they are; whoever made them has held them against the data."""
        self.data, self.start, self.end, self.base = data, start, end, base

    def __len__(self) -> int:
        """How many bytes it has."""
        return self.end - self.start

    def broken(self, message: str, at: int) -> BrokenError:
        """An error at a place inside."""
        return BrokenError(message, self.base + at)

    def copied(self) -> Span:
        """The same in bytes of its own, which are faster to read than a mapping: for small messages."""
        return Span(self.data[self.start : self.end], 0, self.end - self.start, self.base + self.start)

    def raw(self, start: int, end: int) -> bytes:
        """Some of its bytes."""
        return self.data[start:end]

    def text(self, start: int, end: int) -> str:
        """Some of its bytes as text; what is no UTF-8 shows as such."""
        return self.data[start:end].decode("utf-8", "backslashreplace")

    def fields(self) -> Iterator[tuple[int, int, int, int]]:
        """(field, wire type, value or start, end of its bytes) for every field, in the file's order.

        The second last is the number itself for a varint, and where the content starts for all others.
        """
        data, at, end = self.data, self.start, self.end
        while at < end:
            begin = at
            tag = data[at]
            at += 1
            if tag > 127:
                tag, at = self.varint(begin)
            field, wire = tag >> 3, tag & 7
            if not field:
                raise self.broken("a field has the number 0", begin)
            if wire == LENGTH:
                if at >= end:
                    raise self.broken("the file ends inside a length", at)
                length = data[at]
                at += 1
                if length > 127:
                    length, at = self.varint(at - 1)
                stop = at + length
                if stop > end:
                    raise self.broken(f"a field claims {length:,} bytes, {end - at:,} are left", at)
                yield field, wire, at, stop
                at = stop
            elif wire == VARINT:
                value, at = self.varint(at)
                yield field, wire, value, at
            elif wire in (FIXED32, FIXED64):
                stop = at + (4 if wire == FIXED32 else 8)
                if stop > end:
                    raise self.broken("the file ends inside a number", at)
                yield field, wire, at, stop
                at = stop
            else:
                message = "a group stands where ONNX has none" if wire in (3, 4) else f"wire type {wire} does not exist"
                raise self.broken(message, begin)

    def varint(self, at: int) -> tuple[int, int]:
        """The number that begins here, and where it ends."""
        data, end = self.data, self.end
        begin, value, shift = at, 0, 0
        while at < end:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value & 0xFFFFFFFFFFFFFFFF, at
            shift += 7
            if shift > 63:
                raise self.broken("a number has more than 10 bytes", begin)
        raise self.broken("the file ends inside a number", begin)

    def varints(self, start: int, end: int) -> Iterator[int]:
        """Packed numbers."""
        part = Span(self.data, start, end, self.base)
        while start < end:
            value, start = part.varint(start)
            yield value


def signed(value: int) -> int:
    """A 64-bit number in two's complement."""
    return value - (1 << 64) if value >> 63 else value
