"""How a cfg writes the fields of layers, for errors about them."""

from __future__ import annotations

from typing import Any

from cnnshape.network import Dialect

#: Our field -> its own.
WORDS = {
    "dilation": "dilation",
    "groups": "groups",
    "kernel_size": "size",
    "out_channels": "filters",
    "padding": "padding",
    "stride": "stride",
}


def said(field: str, value: Any) -> str:
    """A field as a line of its section; Darknet knows numbers alone.

    >>> said("padding", 2), said("padding", "same")
    ('padding=2', '')
    """
    return f"{WORDS[field]}={value}" if field in WORDS and type(value) is int else ""


DIALECT = Dialect(WORDS, said)
