"""How a prototxt writes the fields of layers, for errors about them."""

from __future__ import annotations

from typing import Any

from cnnshape.network import Dialect

#: Our field -> its own.
WORDS = {
    "dilation": "dilation",
    "dim": "axis",
    "groups": "group",
    "kernel_size": "kernel_size",
    "out_channels": "num_output",
    "out_features": "num_output",
    "padding": "pad",
    "stride": "stride",
}


def said(field: str, value: Any) -> str:
    """A field as it stands in the text; Caffe knows numbers alone.

    >>> said("padding", 2), said("padding", "same")
    ('pad: 2', '')
    """
    return f"{WORDS[field]}: {value}" if field in WORDS and type(value) is int else ""


DIALECT = Dialect(WORDS, said)
