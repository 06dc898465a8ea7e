"""Dropout and its family at inference: the input itself."""

from __future__ import annotations

from typing import Any

from cnnshape.forward.kit import Array, Kit


def dropout(_layer: Any, _kit: Kit, x: Array) -> Array:
    """Nothing is dropped."""
    return x


KERNELS: dict[str, Any] = dict.fromkeys(
    ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "drop_path"), dropout
)
