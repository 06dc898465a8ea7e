"""Bytes of a file as text, or an error that says which byte is none."""

from __future__ import annotations

from typing import Any

from cnnshape.errors import ModelError, Place, Problem


def named(path: str) -> str:
    r"""A file's name as text: bytes in it that are no text become their codes, which every format can hold.

    >>> print(named("b\udcffx.yaml"))
    b\udcffx.yaml
    """
    return path if path.isascii() else path.encode("utf-8", "backslashreplace").decode()


def decoded(raw: Any, file: str, limit: int) -> str:
    """The text of a file's bytes, mapped or not. ModelError CNN-E101 when they are too many, or no UTF-8 text."""
    if len(raw) > limit:
        raise _refused(Place(file), f"the file holds {len(raw):,} bytes, the limit is {limit:,}")
    raw = bytes(raw)
    try:
        text: str = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - raw.rfind(b"\n", 0, error.start)
        message = f"byte 0x{raw[error.start]:02x} is not UTF-8 text"
        raise _refused(Place(file, line, column), message, "save it as UTF-8") from None
    if "\0" in text:
        raise _refused(Place(file), "the file is binary, not text")
    return text


def _refused(place: Place, message: str, fix: str = "") -> ModelError:
    return ModelError([Problem("CNN-E101", message, place, fix=fix)])
