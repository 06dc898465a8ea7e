"""Thin copies of layers: one spatial axis, a few channels, the same windows.

What an output sees along one axis does not depend on the other axes nor on how many channels there are: a window is a
box, so it reads (row, column) exactly when it reads the row and reads the column, and every filter mixes all channels of
its group. So a copy with one channel, and with rows that are independent trials in place of the other axes, moves where
the layer itself moves. `tests/forward/test_probe.py` holds that against layers at full width.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from cnnshape.forward.sliding import per_axis, sides
from cnnshape.layers import FAMILIES

#: Kinds that slide along spatial axes, each axis by itself.
SLIDING = (
    "conv",
    "conv_transpose",
    "max_pool",
    "avg_pool",
    "lp_pool",
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "upsample",
    "pad",
    "crop",
)
#: Kinds that move elements and compute nothing.
MOVING = (
    "flatten",
    "reshape",
    "permute",
    "squeeze",
    "unsqueeze",
    "slice",
    "split",
    "identity",
    "dropout",
    "feature_dropout",
    "alpha_dropout",
    "feature_alpha_dropout",
    "drop_path",
)
#: Kinds that move elements between channels and space.
SHUFFLING = ("pixel_shuffle", "pixel_unshuffle", "depth_to_space", "space_to_depth", "channel_shuffle")
#: Kinds in which a value meets none but those at its own place, whatever the other sizes are.
POINTWISE = frozenset(
    kind for file in ("piecewise", "activation", "elementary", "merge") for kind in FAMILIES[file] if kind != "concat"
) | {"prelu", "batch_norm", "scale"}
#: Kinds that see whole axes at once, whatever the others are.
SPANNING = ("global_avg_pool", "global_max_pool", "instance_norm", "group_norm")


def fields(layer: Any) -> dict[str, Any]:
    """A layer's fields by name."""
    return {name: getattr(layer, name) for name in layer.__struct_fields__}


def strip(layer: Any, axis: int, rank: int, trials: int, reference: int | None = None) -> SimpleNamespace:
    """A sliding layer on an image of `trials` rows that it leaves alone, and the chosen axis as columns.

    `reference` is the size of a second input (crop).
    """
    own = fields(layer)

    def pick(name: str) -> Any:
        return per_axis(own[name], rank)[axis]

    if layer.kind == "crop":
        if own["cropping"] is not None:
            own["cropping"] = ((0, 0), sides(pick("cropping")))
        else:
            own["size"] = (trials, reference if reference is not None else pick("size"))
            own["offset"] = None if own["offset"] is None else (0, pick("offset"))
    elif layer.kind == "pad":
        own["padding"] = ((0, 0), sides(pick("padding")))
    elif "output_size" in own:
        own["output_size"] = (trials, pick("output_size"))
    elif layer.kind == "upsample":
        if own["size"] is not None:
            own["size"] = (trials, pick("size"))
        else:
            own["scale_factor"] = (1, pick("scale_factor"))
    else:
        own["stride"] = (1, pick("kernel_size") if own["stride"] is None else pick("stride"))
        own["kernel_size"] = (1, pick("kernel_size"))
        own["dilation"] = (1, pick("dilation"))
        own["padding"] = ((0, 0), sides(pick("padding")))
        if "output_padding" in own:
            own["output_padding"] = (0, pick("output_padding"))
        if "out_channels" in own:
            own.update(out_channels=1, groups=1, bias=False)
    return SimpleNamespace(**own)


def slim(layer: Any) -> SimpleNamespace:
    """A layer of another kind with few channels: 4 of them, in 2 groups or heads."""
    own = fields(layer)
    small = {
        "out_features": 4,
        "in_features": None,
        "hidden_size": 4,
        "num_layers": min(own.get("num_layers", 1), 2),
        "num_heads": 2,
        "num_groups": 2,
        "num_parameters": 1,
        "num_embeddings": 1009,
        "embedding_dim": 4,
    }
    own.update({name: value for name, value in small.items() if name in own})
    return SimpleNamespace(**own)
