"""One attribute of an HDF5 file's root group, found by its bytes: no data set and no other group is looked at.

Keras keeps a model's configuration there, as a string of fixed or of variable length. What HDF5 stores otherwise (many
attributes in a heap of their own) is left to the package h5py, where it is installed.

Source: HDF5 File Format Specification 3.0: superblock II.A, object headers IV.A, global heap III.E
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import NamedTuple

from cnnshape.readers.file import MAX_TEXT, File

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
#: Pieces of an object header, and messages in it; Keras writes a handful.
MAX_PIECES, MAX_MESSAGES = 1024, 1 << 16
_CONTINUED, _ATTRIBUTE, _ATTRIBUTES = 0x10, 0x0C, 0x15
_FIXED, _VARIABLE = 3, 9


class _Broken(Exception):  # noqa: N818 - told to the user as a ModelError
    """The bytes are not what the specification says."""


class _Stored(NamedTuple):
    """An attribute's value and how it is typed."""

    datatype: bytes
    data: bytes


def attribute(file: File, name: str) -> bytes | None:
    """The text of an attribute; None where the root group has none of that name. Errors: ModelError CNN-E106, E703."""
    try:
        found = _Root(file).attribute(name.encode())
        return found if found is None else found.rstrip(b"\0")
    except _Broken as error:
        raise file.refused(f"the HDF5 file is broken: {error}", "copy the file again", "CNN-E106") from None
    except _Elsewhere:
        return _by_h5py(file, name)


class _Elsewhere(Exception):  # noqa: N818 - no error: another reader has to do it
    """The attributes are stored in a way that is not read here."""


class _Root:
    """The file's superblock, and from there the root group's header."""

    def __init__(self, file: File) -> None:
        """Find where the addresses count from, and how long they are."""
        self.file, self.all = file, file.data()
        self.base = next(at for at in (0, 512, 1024, 2048) if bytes(self.all[at : at + 8]) == _SIGNATURE)
        head = self.take(0, 13)
        version = head[8]
        if version in (0, 1):
            self.wide, self.long = self.take(13, 2)
            first = 24 if version == 0 else 28
            self.root = self.number(first + 4 * self.wide + self.wide, self.wide)
        elif version in (2, 3):
            self.wide, self.long = head[9], head[10]
            self.root = self.number(12 + 3 * self.wide, self.wide)
        else:
            raise _Broken(f"a superblock of version {version}")
        if self.wide not in (2, 4, 8) or self.long not in (2, 4, 8):
            raise _Broken(f"addresses of {self.wide} bytes and lengths of {self.long}")

    def take(self, at: int, size: int) -> bytes:
        """Bytes at an address."""
        if at < 0 or size < 0 or self.base + at + size > len(self.all):
            raise _Broken(f"{size:,} bytes at {at:,} lie behind its end: it is cut off")
        return bytes(self.all[self.base + at : self.base + at + size])

    def number(self, at: int, size: int) -> int:
        """A number at an address."""
        return int.from_bytes(self.take(at, size), "little")

    def attribute(self, name: bytes) -> bytes | None:
        """The attribute's text."""
        for kind, body in self.messages():
            if kind == _ATTRIBUTE and body:
                found = self.stored(body, name)
                if found is not None:
                    return self.text(found)
            elif kind == _ATTRIBUTES and len(body) > 1:
                at = 4 if body[1] & 1 else 2
                if body[at : at + self.wide].strip(b"\xff"):
                    raise _Elsewhere
        return None

    def messages(self) -> Iterator[tuple[int, bytes]]:
        """Every message of the root group's header, in all of its pieces."""
        second = self.take(self.root, 4) == b"OHDR"
        if second:
            flags = self.number(self.root + 5, 1)
            at = self.root + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
            size = 1 << (flags & 3)
            pieces = [(at + size, self.number(at, size))]
            extra = 2 if flags & 4 else 0
        else:
            if self.number(self.root, 1) != 1:
                raise _Broken("the root group has no header")
            pieces = [(self.root + 16, self.number(self.root + 8, 4))]
            extra = 0
        count = 0
        for piece, (start, length) in enumerate(pieces):
            at, end = start, start + length
            step = 4 + extra if second else 8
            while at + step <= end:
                count += 1
                if count > MAX_MESSAGES or piece > MAX_PIECES:
                    raise _Broken("the root group's header has no end")
                kind = self.number(at, 1 if second else 2)
                size = self.number(at + (1 if second else 2), 2)
                if at + step + size > end:
                    if second:  # a gap that is too small for a message
                        break
                    raise _Broken("a message is longer than its header")
                body = self.take(at + step, size)
                if kind == _CONTINUED:
                    where, more = body[: self.wide], body[self.wide : self.wide + self.long]
                    begin, span = int.from_bytes(where, "little"), int.from_bytes(more, "little")
                    pieces.append((begin + 4, span - 8) if second else (begin, span))
                else:
                    yield kind, body
                at += step + size

    def stored(self, body: bytes, name: bytes) -> _Stored | None:
        """An attribute of this name; None for another."""
        version = body[0]
        if version not in (1, 2, 3):
            raise _Broken(f"an attribute of version {version}")
        sizes = [int.from_bytes(body[k : k + 2], "little") for k in (2, 4, 6)]
        at = 9 if version == 3 else 8
        parts = []
        for size in sizes:
            parts.append(body[at : at + size])
            at += -(-size // 8) * 8 if version == 1 else size
        if parts[0].rstrip(b"\0") != name:
            return None
        if version > 1 and body[1] & 1:  # the type stands elsewhere in the file
            raise _Elsewhere
        return _Stored(parts[1], body[at:])

    def text(self, found: _Stored) -> bytes:
        """The string itself, or the one that it points at in a global heap."""
        datatype, data = found
        kind = datatype[0] & 15 if len(datatype) >= 8 else -1
        if kind == _FIXED:
            return data[: int.from_bytes(datatype[4:8], "little")]
        if kind != _VARIABLE or datatype[1] & 15 != 1 or len(data) < 8 + self.wide:
            raise _Broken("the attribute is no text")
        length = int.from_bytes(data[:4], "little")
        heap = int.from_bytes(data[4 : 4 + self.wide], "little")
        index = int.from_bytes(data[4 + self.wide : 8 + self.wide], "little")
        if length > MAX_TEXT:
            raise self.file.refused(f"the attribute holds {length:,} bytes, the limit is {MAX_TEXT:,}", code="CNN-E501")
        if self.take(heap, 4) != b"GCOL":
            raise _Broken("a text is not where the attribute says")
        end = heap + self.number(heap + 8, self.long)
        at = heap + 8 + self.long
        head = 8 + self.long
        for _ in range(MAX_MESSAGES):
            if at + head > end:
                break
            number, size = self.number(at, 2), self.number(at + 8, self.long)
            if number == index:
                return self.take(at + head, min(size, length))
            if number == 0:
                break
            at += head + -(-size // 8) * 8
        raise _Broken("a text is not in the heap that the attribute names")


def _by_h5py(file: File, name: str) -> bytes | None:
    """The same by the package, for what is stored otherwise."""
    try:
        import h5py
    except ImportError:
        message = "this HDF5 file keeps its attributes in a heap, for which the package h5py is needed"
        raise file.refused(message, "pip install 'cnnshape[keras]', or save the model as .keras", "CNN-E703") from None
    try:
        source = file.path if file.path != "-" else BytesIO(bytes(file.data()))
        with h5py.File(source, "r") as opened:
            value = opened.attrs.get(name)
    except (OSError, RuntimeError, KeyError, ValueError) as error:
        raise file.refused(f"the HDF5 file is broken: {str(error)[:120]}", code="CNN-E106") from None
    if value is None:
        return None
    return value.encode() if isinstance(value, str) else bytes(value)
