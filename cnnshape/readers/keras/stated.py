"""The shapes that a file states: of an input, of what a layer was built on, of what came out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cnnshape.readers.keras.classes import MODELS


def filled(shape: Any, batch: int) -> list[Any] | None:
    """A stated shape with the batch that is wanted."""
    if not isinstance(shape, list) or not shape or any(not (n is None or isinstance(n, int)) for n in shape):
        return None
    return [batch, *shape[1:]]


def input_shape(config: Any) -> Any:
    """What an InputLayer states, the batch in front."""
    if not isinstance(config, dict):
        return None
    return config.get("batch_shape") or config.get("batch_input_shape")


def built_shape(entry: Mapping[str, Any]) -> Any:
    """The shape on which a layer was built."""
    built = entry.get("build_config")
    return built.get("input_shape") if isinstance(built, dict) else None


def first_shape(config: Any, entries: Sequence[Mapping[str, Any]]) -> tuple[Any, str]:
    """The input of a Sequential model: of its input layer, of its first layer, or what it was built on."""
    if not entries:
        return None, "input"
    first = entries[0]
    inner: Any = first
    while inner["class_name"] in MODELS and isinstance(inner["config"], dict):
        layers = inner["config"].get("layers")
        below = [layer for layer in layers if isinstance(layer, dict)] if isinstance(layers, list) else []
        if not below or not isinstance(below[0].get("config"), dict):
            break
        inner = {"class_name": "", **below[0]}
    stated = input_shape(inner["config"])
    if stated is None and isinstance(config, dict):
        stated = config.get("build_input_shape")
    if stated is None:
        stated = built_shape(first)
    name = first["name"] if first["class_name"] == "InputLayer" else "input"
    return stated, name
