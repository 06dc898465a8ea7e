"""The model's configuration as JSON text, held to a size before anything is made of it."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from cnnshape.errors import ModelError, Place, Problem
from cnnshape.readers.file import MAX_TEXT, File

#: Bytes behind each mark of JSON: a value and its place in a list, a list, a dictionary, a key.
COST = {",": 64, "[": 72, "{": 150, ":": 80}
#: The largest directory of an archive that is searched.
MAX_DIRECTORY = 16 * 2**20
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parsed(text: str | bytes) -> Any:
    """JSON as Keras writes it, with its NaN and Infinity. Errors: ValueError, RecursionError."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, ValueError):  # NaN, half a pair, no JSON: slower, and tells the place
        found = json.loads(text)
    if _SURROGATE.search(text if isinstance(text, str) else text.decode("utf-8", "replace")):
        # Half a pair is no character, and nothing that holds one can be written.
        found = json.loads(json.dumps(found, ensure_ascii=False).encode("utf-8", "replace"))
    return found


def configuration(file: File, text: str) -> Mapping[str, Any]:
    """The object that a text holds; ModelError where it is none."""
    file.held(text, COST)
    try:
        found = parsed(text)
    except json.JSONDecodeError as error:
        line = text.split("\n")[error.lineno - 1] if error.lineno else ""
        place = Place(file.name, error.lineno, error.colno)
        raise ModelError([Problem("CNN-E106", f"no JSON: {error.msg}", place, line)]) from None
    except RecursionError:
        raise file.refused("the configuration is nested too deeply", code="CNN-E106") from None
    except ValueError as error:
        raise file.refused(f"no JSON: {str(error)[:120]}", code="CNN-E106") from None
    if isinstance(found, str):  # text in text, as json.dump(model.to_json()) writes it
        return configuration(file, found) if found[:1] == "{" else {}
    return found if isinstance(found, dict) else {}


def decoded(file: File, raw: bytes) -> str:
    """Bytes as text."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"the configuration is no UTF-8 text: byte 0x{raw[error.start]:02x}"
        raise file.refused(message, code="CNN-E106") from None


def _number(data: bytes, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def member(file: File, name: str) -> bytes:
    """One member of a zip archive, of which nothing else is read; ModelError when it is too large or is not there.

    Source: APPNOTE.TXT of PKWARE, 4.3 and 4.5.3
    """
    data = file.data()
    end = data.rfind(b"PK\x05\x06", max(0, len(data) - 65557))
    if end < 0 or end + 22 > len(data):
        raise file.refused("the archive has no end: it is cut off", "copy the file again", "CNN-E106")
    tail = bytes(data[end : end + 22])
    size, start = _number(tail, 12, 4), _number(tail, 16, 4)
    if 0xFFFFFFFF in (size, start) and end >= 20:
        locator = bytes(data[end - 20 : end])
        at = _number(locator, 8, 8)
        record = bytes(data[at : at + 56]) if locator[:4] == b"PK\x06\x07" else b""
        if record[:4] != b"PK\x06\x06" or len(record) < 56:
            raise file.refused("the archive's directory is not where it says", code="CNN-E106")
        size, start = _number(record, 40, 8), _number(record, 48, 8)
    if start + size > end or size > MAX_DIRECTORY:
        raise file.refused(f"the archive's directory of {size:,} bytes does not fit into the file", code="CNN-E106")
    directory = bytes(data[start : start + size])
    at, wanted = 0, name.encode()
    while at + 46 <= len(directory) and directory[at : at + 4] == b"PK\x01\x02":
        length, extra, comment = (_number(directory, at + k, 2) for k in (28, 30, 32))
        if directory[at + 46 : at + 46 + length] == wanted:
            return _extracted(file, name, directory[at : at + 46 + length + extra], length)
        at += 46 + length + extra + comment
    raise file.refused(f"the archive holds no {name}", "save the whole model: model.save('model.keras')", "CNN-E106")


def _extracted(file: File, name: str, entry: bytes, length: int) -> bytes:
    """The member's content: stored or deflated."""
    data, method = file.data(), _number(entry, 10, 2)
    packed, full, start = (_number(entry, k, 4) for k in (20, 24, 42))
    at = 46 + length
    while at + 4 <= len(entry):  # sizes past 4 GiB stand in an extra field
        if _number(entry, at, 2) == 1:
            fields = [_number(entry, at + 4 + 8 * k, 8) for k in range(_number(entry, at + 2, 2) // 8)]
            full, packed, start = (fields.pop(0) if n == 0xFFFFFFFF and fields else n for n in (full, packed, start))
        at += 4 + _number(entry, at + 2, 2)
    if full > MAX_TEXT or packed > MAX_TEXT + 2**20:
        message = f"{name} claims {max(full, packed):,} bytes, the limit is {MAX_TEXT:,}"
        raise file.refused(message, code="CNN-E501")
    header = bytes(data[start : start + 30])
    if len(header) < 30 or header[:4] != b"PK\x03\x04":
        raise file.refused(f"{name} is not where the archive says", code="CNN-E106")
    begin = start + 30 + _number(header, 26, 2) + _number(header, 28, 2)
    raw = bytes(data[begin : begin + packed])
    if method == 0:
        found = raw
    elif method == 8:
        packer = zlib.decompressobj(-15)
        try:
            found = packer.decompress(raw, MAX_TEXT + 1)
        except zlib.error as error:
            raise file.refused(f"{name} cannot be unpacked: {error}", code="CNN-E106") from None
        if len(found) > MAX_TEXT:
            raise file.refused(f"{name} unpacks to more than {MAX_TEXT:,} bytes", code="CNN-E501")
    else:
        raise file.refused(f"{name} is packed by method {method}, which is not known", code="CNN-E106")
    if len(found) != full or zlib.crc32(found) != _number(entry, 16, 4):
        raise file.refused(f"{name} is cut off or changed: its checksum does not hold", code="CNN-E106")
    return found
