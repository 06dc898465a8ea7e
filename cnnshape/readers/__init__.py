"""Foreign files -> Network: one reader per format, each with one mapping table.

A reader's `read(file, options)` gives a network and the problems found on the way; what cannot be read at all is a
ModelError. No reader imports another, reads weights, runs what a file holds, or opens a connection.
"""

from __future__ import annotations

import gc
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from cnnshape.errors import Problem
    from cnnshape.network import Network
    from cnnshape.readers.file import File

#: Every format that is read, with what its files are called; "cnnshape" is our own language, read by `spec`.
FORMATS: dict[str, tuple[str, ...]] = {
    "cnnshape": (".yaml", ".yml", ".json", ".toml"),
    "onnx": (".onnx",),
    "keras": (".keras", ".h5", ".hdf5", ".json"),
    "caffe": (".prototxt", ".pbtxt"),
    "darknet": (".cfg",),
    "torch": (".pt2",),
}


class Options(msgspec.Struct, frozen=True):
    """What the user said about a file besides its name."""

    inputs: Mapping[str, tuple[int, ...]] = {}
    """Shapes of inputs without the batch, by name; "" is the only or first one."""
    batch: int | None = None
    """Examples per batch; None: what the file says, else 1."""
    sets: Mapping[str, str] = {}
    """Variables, for the formats that have any: Caffe's phase."""
    strict: bool = False
    """Whether an operator that is not known is an error."""


def read(file: File, form: str, options: Options) -> tuple[Network, list[Problem]]:
    """A network from a file of a known foreign format.

    Errors: ModelError when nothing can be made of the file; otherwise problems in the answer, each with its place
    """
    reader = import_module(f"cnnshape.readers.{form}")
    # A reader makes many small objects and no cycles: collecting in between would only make long networks slow.
    collecting = gc.isenabled()
    gc.disable()
    try:
        found: tuple[Network, list[Problem]] = reader.read(file, options)
        return found
    finally:
        if collecting:
            gc.enable()
