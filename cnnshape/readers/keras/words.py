"""How Keras writes the fields of layers, for errors about them."""

from __future__ import annotations

from typing import Any

from cnnshape.network import Dialect

#: Our field -> its own.
WORDS = {
    "dilation": "dilation_rate",
    "dim": "axis",
    "groups": "groups",
    "kernel_size": "kernel_size",
    "num_groups": "groups",
    "out_channels": "filters",
    "out_features": "units",
    "output_padding": "output_padding",
    "padding": "padding",
    "stride": "strides",
}


def own(field: str, value: Any) -> str | None:
    """A field as an argument: Keras pads by words alone, and counts axes of its own layout.

    >>> own("padding", "same"), own("padding", 2), own("groups", 3)
    ('padding="same"', '', None)
    """
    if field == "padding":
        return f'padding="{value}"' if value in ("same", "valid") else ""
    return "" if field == "dim" else None


DIALECT = Dialect(WORDS, "=", own)
