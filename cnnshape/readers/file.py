"""A file that may be large and may hold anything: its first bytes, its text, or all of it as mapped memory."""

from __future__ import annotations

import mmap
import os
import re
import stat
import sys
from pathlib import Path

from cnnshape.errors import ModelError, Place, Problem, usage
from cnnshape.text import decoded, named

#: Texts larger than this are refused unread.
MAX_TEXT = 64 * 2**20
#: Texts from which more than this would be made are refused before anything is.
MAX_MADE = 400 * 2**20
#: What standard input may hold; a larger file is named by its path, so that it need not be held.
MAX_STREAM = 2 * 2**30
#: As many bytes tell a format.
HEAD = 1 << 16

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def binary(head: bytes) -> bool:
    """Whether bytes are no text: a zero, a control character or a sequence that UTF-8 has not."""
    if _CONTROL.search(head):
        return True
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start < len(head) - 3  # the last character may be cut
    return False


class File:
    """One source of bytes: a path, or standard input for "-"."""

    def __init__(self, path: str, data: bytes | None = None) -> None:
        """`data` stands for what has been read already, or for a text that has no file."""
        self.path, self.name = path, "<stdin>" if path == "-" else named(path)
        self._data: bytes | mmap.mmap | None = data

    def refused(self, message: str, fix: str = "", code: str = "CNN-E101") -> ModelError:
        """The error of a file that cannot be read."""
        return ModelError([Problem(code, message, Place(self.name), fix=fix)])

    def data(self) -> bytes | mmap.mmap:
        """Every byte; a regular file is mapped, so that what nobody looks at is never read."""
        if self._data is None:
            if not self.path:  # the system would take it for the current directory
                raise usage("the name of a model is empty", "a file, - for standard input, or zoo:NAME")
            try:
                self._data = self._stream() if self.path == "-" else self._mapped()
            except FileNotFoundError:
                fix = "a bundled network is named zoo:NAME; see cnnshape zoo"
                raise self.refused("there is no such file", fix) from None
            except (OSError, ValueError) as error:
                told = getattr(error, "strerror", None) or error
                raise self.refused(f"the file cannot be read: {told}") from None
        return self._data

    def head(self) -> bytes:
        """The first bytes, from which a format is told."""
        return bytes(self.data()[:HEAD])

    def text(self) -> str:
        """All of it as UTF-8; ModelError when it is none."""
        return decoded(self.data(), self.name, MAX_TEXT)

    def held(self, text: str, cost: dict[str, int]) -> None:
        """Refuse a text that would fill the memory: `cost` are the bytes that stand behind each mark in it."""
        need = 2 * len(text) + sum(text.count(mark) * size for mark, size in cost.items())
        if need > MAX_MADE:
            message = f"what this text says would take about {need >> 20:,} MiB, the limit is {MAX_MADE >> 20:,}"
            raise self.refused(message, code="CNN-E501")

    def _stream(self) -> bytes:
        if sys.stdin is None:
            raise self.refused("standard input is closed", "name a file, or pass one with < FILE")
        raw = bytearray()
        limit = 0
        while part := sys.stdin.buffer.read(1 << 20):
            limit = limit or (MAX_STREAM if binary(part[:HEAD]) else MAX_TEXT)
            raw += part
            if len(raw) > limit:
                raise self.refused(f"the input holds more than {limit:,} bytes", "name the file instead of -")
        return bytes(raw)

    def _mapped(self) -> bytes | mmap.mmap:
        handle = os.open(Path(self.path), os.O_RDONLY | getattr(os, "O_BINARY", 0))
        try:
            kind = os.fstat(handle)
            if stat.S_ISDIR(kind.st_mode):
                raise self.refused("this is a directory", "name a file inside it")
            if stat.S_ISREG(kind.st_mode) and kind.st_size:
                return mmap.mmap(handle, 0, access=mmap.ACCESS_READ)
            with os.fdopen(handle, "rb", closefd=False) as stream:  # a device may claim no size and never end
                raw = stream.read(MAX_TEXT + 1)
            if len(raw) > MAX_TEXT:
                raise self.refused(f"the input holds more than {MAX_TEXT:,} bytes")
            return raw
        finally:
            os.close(handle)
