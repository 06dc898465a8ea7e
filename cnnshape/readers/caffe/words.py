"""How a prototxt writes the fields of layers, for errors about them."""

from __future__ import annotations

from cnnshape.network import Dialect

DIALECT = Dialect(
    {
        "dilation": "dilation",
        "dim": "axis",
        "groups": "group",
        "kernel_size": "kernel_size",
        "out_channels": "num_output",
        "out_features": "num_output",
        "padding": "pad",
        "stride": "stride",
    },
    ": ",
)
