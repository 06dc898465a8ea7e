"""Every layer kind: one explicit list, which tests hold equal to the folder, the docs and the formulas.

A family's file is imported when one of its kinds is asked for: a network uses a few of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cnnshape.layers.base import Layer

    KINDS: tuple[type[Layer], ...]

#: The kinds of each file, by their names in the spec language.
FAMILIES: dict[str, tuple[str, ...]] = {
    "conv": ("conv", "conv_transpose"),
    "pool": ("max_pool", "avg_pool", "lp_pool"),
    "adaptive_pool": ("global_avg_pool", "global_max_pool", "adaptive_avg_pool", "adaptive_max_pool"),
    "linear": ("linear", "bilinear", "embedding"),
    "norm": ("batch_norm", "instance_norm", "group_norm", "layer_norm", "rms_norm"),
    "scale": ("local_response_norm", "l2_norm", "scale", "standardize"),
    "piecewise": (
        "relu",
        "relu6",
        "leaky_relu",
        "rrelu",
        "softshrink",
        "hardshrink",
        "hardtanh",
        "hardsigmoid",
        "hardswish",
        "threshold",
    ),
    "activation": (
        "elu",
        "celu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "softsign",
        "tanhshrink",
        "sigmoid",
        "log_sigmoid",
        "tanh",
    ),
    "gate": ("prelu", "glu", "softmax", "softmin", "log_softmax"),
    "elementary": ("abs", "exp", "log", "sqrt", "square", "power", "clip", "affine"),
    "dropout": ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "drop_path"),
    "reshape": ("flatten", "reshape", "permute", "squeeze", "unsqueeze"),
    "cut": ("slice", "split", "pad", "crop"),
    "resample": ("upsample",),
    "rearrange": ("pixel_shuffle", "depth_to_space", "pixel_unshuffle", "space_to_depth", "channel_shuffle"),
    "merge": ("concat", "add", "sub", "mul", "div", "maximum", "minimum", "mean"),
    "attention": ("matmul", "scaled_dot_product_attention", "multi_head_attention"),
    "recurrent": ("rnn", "lstm", "gru"),
    "other": ("identity", "parameter", "opaque", "foreign"),
}


class _Kinds(Mapping[str, "type[Layer]"]):
    """Name -> kind; reads the name's file when it is asked for."""

    def __init__(self) -> None:
        self.files = {kind: file for file, kinds in FAMILIES.items() for kind in kinds}
        self.found: dict[str, type[Layer]] = {}

    def __getitem__(self, name: str) -> type[Layer]:
        """The kind; KeyError for an unknown name."""
        kind = self.found.get(name)
        if kind is None:
            file = import_module(f"cnnshape.layers.{self.files[name]}")
            for value in vars(file).values():
                word = getattr(value, "kind", None)
                if isinstance(value, type) and value.__module__ == file.__name__ and word:
                    self.found[word] = value
            kind = self.found[name]
        return kind

    def __iter__(self) -> Iterator[str]:
        """Every name, family by family."""
        return iter(self.files)

    def __len__(self) -> int:
        """How many kinds there are."""
        return len(self.files)

    def __contains__(self, name: object) -> bool:
        """Whether a kind has this name; reads no file."""
        return name in self.files


#: The kinds by their name in the spec language.
BY_NAME = _Kinds()


def __getattr__(name: str) -> Any:
    """KINDS, every kind at once, for schemas and docs; and each class by its own name."""
    if name == "KINDS":
        return tuple(BY_NAME.values())
    for kind in () if name.startswith("_") else BY_NAME.values():
        if kind.__name__ == name:
            return kind
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
