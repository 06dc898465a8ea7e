"""Which format a file is in, told by what it holds; its suffix decides only where the content leaves a choice."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from cnnshape.readers import FORMATS
from cnnshape.readers.file import binary

if TYPE_CHECKING:
    from cnnshape.readers.file import File

_HDF5 = b"\x89HDF\r\n\x1a\n"
#: A pickle of protocol 2 to 5; older ones are text, and no file of weights is that old.
_PICKLE = re.compile(rb"\x80[\x02-\x05]")
#: The first line of a Darknet file that is no comment.
_DARKNET = re.compile(rb"\A(?:\xef\xbb\xbf)?(?:[ \t]*(?:[#;][^\n]*)?\r?\n)*[ \t]*\[(?:net|network)\]", re.IGNORECASE)
#: A message of the protobuf text format that Caffe's networks have, at the start of a line.
_CAFFE = re.compile(
    rb"^[ \t]*(?:(?:layers?|input_shape|state|param_str|transform_param)[ \t]*:?[ \t]*[{<]|input_dim[ \t]*:|"
    rb"force_backward[ \t]*:|input[ \t]*:[ \t]*[\"'][^\n]*[\"'][ \t]*(?:\r?\n|input_))",
    re.MULTILINE,
)
#: A Keras model as JSON.
_KERAS = re.compile(rb'"class_name"\s*:\s*"')
_SPEC = re.compile(rb'"(?:layers|input|inputs)"\s*:')


def told(file: File) -> str:
    """The format, one of FORMATS; our own language is what is left for text, and ONNX for bytes that are no text.

    Errors: ModelError CNN-E101 when the file cannot be read, CNN-E105 when it is in no format that is known
    """
    head = file.head()
    if head[:4] in (b"PK\x03\x04", b"PK\x05\x06"):
        return _zipped(file)
    if any(head[at : at + 8] == _HDF5 for at in (0, 512, 1024, 2048)):
        return "keras"
    if _PICKLE.match(head):
        return "torch"
    if binary(head):
        by_name = suffix(file.path)
        if _protobuf(head) and (by_name in ("", "onnx") or head[0] == 8):
            return "onnx"
        if by_name:
            return by_name  # its reader says best what is wrong with it
        fix = "--from onnx, or another format, where you know it better"
        raise file.refused("the content is in no format that is known", fix, "CNN-E105")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] == b"{":
        return "keras" if _KERAS.search(head) and not _SPEC.match(start[1:].lstrip()) else "cnnshape"
    if suffix(file.path) == "cnnshape":
        return "cnnshape"
    if _DARKNET.match(head):
        return "darknet"
    if _CAFFE.search(head):
        return "caffe"
    return suffix(file.path) or "cnnshape"


def suffix(path: str) -> str:
    """The format that a file's name tells; "" where it tells none."""
    lower = path.lower()
    return next((form for form, ends in FORMATS.items() if lower.endswith(ends)), "")


def _zipped(file: File) -> str:
    """Keras and torch both use zip archives; their members' names differ."""
    data = file.data()
    tail = bytes(data[-(1 << 16) - 22 :]) if len(data) > 1 << 16 else bytes(data)
    names = file.head() + tail
    if b"config.json" in names and b"metadata.json" in names:
        return "keras"
    return suffix(file.path) if suffix(file.path) == "keras" else "torch"


def _protobuf(head: bytes) -> bool:
    """Whether bytes begin as an ONNX ModelProto: a version number first, or a field that only it has."""
    if not head:
        return False
    field, wire = head[0] >> 3, head[0] & 7
    if field == 1 and wire == 0:  # ir_version
        return len(head) > 2 and head[1] < 64
    return wire == 2 and field in (2, 3, 4, 6, 7, 8, 14, 20, 25)
