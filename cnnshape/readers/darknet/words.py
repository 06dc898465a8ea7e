"""How a cfg writes the fields of layers, for errors about them."""

from __future__ import annotations

from cnnshape.network import Dialect

DIALECT = Dialect(
    {
        "dilation": "dilation",
        "groups": "groups",
        "kernel_size": "size",
        "out_channels": "filters",
        "padding": "padding",
        "stride": "stride",
    },
    "=",
)
