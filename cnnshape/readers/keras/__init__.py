"""Keras: `.keras` archives, `.h5` files and `to_json()` text, of Keras 2 and 3.

Only the configuration is read, never a weight. Lambda layers hold code: they become rows without numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cnnshape.errors import LayerError, quoted
from cnnshape.readers.graph import Graph
from cnnshape.readers.keras.text import configuration, decoded, member
from cnnshape.readers.keras.words import DIALECT

if TYPE_CHECKING:
    from cnnshape.errors import Problem
    from cnnshape.network import Network
    from cnnshape.readers import Options
    from cnnshape.readers.file import File

_HDF5 = b"\x89HDF\r\n\x1a\n"


def read(file: File, options: Options) -> tuple[Network, list[Problem]]:
    """A Keras model. Errors: ModelError when nothing can be made of the file."""
    config = configuration(file, _text(file))
    try:
        return _network(file, config, options)
    except RecursionError:
        raise file.refused("the configuration is nested too deeply", code="CNN-E106") from None


def _text(file: File) -> str:
    """The model's configuration, wherever it stands."""
    head = file.head()
    if head[:2] == b"PK":
        return decoded(file, member(file, "config.json"))
    if any(head[at : at + 8] == _HDF5 for at in (0, 512, 1024, 2048)):
        from cnnshape.readers.keras.hdf5 import attribute

        raw = attribute(file, "model_config")
        if raw is None:
            fix = "save the whole model: model.save('model.keras'), or model.to_json() beside the weights"
            raise file.refused("the file holds weights alone: it has no model_config", fix, "CNN-E106")
        return decoded(file, raw)
    return file.text()


def _network(file: File, config: Mapping[str, Any], options: Options) -> tuple[Network, list[Problem]]:
    """The graph of a configuration."""
    from cnnshape.readers.keras.classes import is_model
    from cnnshape.readers.keras.walk import Walk

    kind, inner = config.get("class_name"), config.get("config")
    if not isinstance(kind, str) or not isinstance(inner, (dict, list)):
        raise file.refused("this is no Keras model: it has no class_name and config", code="CNN-E106")
    if not is_model(kind, inner):
        message = f"{quoted(kind)} is a class of its own, whose layers stand in its code and not in the file"
        fix = "build it as a Functional model, or export it to ONNX: model.export('model.onnx', format='onnx')"
        raise file.refused(message, fix, "CNN-E801")
    first, images = _layout(inner)
    graph = Graph(file.name, "keras", options.batch or _batch(inner))
    graph.dialect = DIALECT
    walk = Walk(graph, options, first, images)
    build: Any = walk.sequential if kind == "Sequential" else walk.functional
    frozen = isinstance(inner, dict) and inner.get("trainable") is False
    try:
        outputs = build(inner, None, (), (), frozen, 0)
    except LayerError as error:
        raise graph.stop(error.code, error.message) from None
    name = inner.get("name") if isinstance(inner, dict) else None
    network = graph.network(name if isinstance(name, str) else "model", list(dict.fromkeys(t.value for t in outputs)))
    return network, graph.problems


def _layers(config: Any) -> list[Mapping[str, Any]]:
    """Every layer, of the models inside too, in the file's order."""
    found: list[Mapping[str, Any]] = []
    stack = [config]
    while stack:
        item = stack.pop()
        layers = item.get("layers") if isinstance(item, dict) else item
        entries = [entry for entry in layers if isinstance(entry, dict)] if isinstance(layers, list) else []
        if isinstance(item, dict) and isinstance(item.get("layer"), dict):
            entries.append(item["layer"])
        found.extend(entries)
        stack.extend(entry["config"] for entry in reversed(entries) if isinstance(entry.get("config"), (dict, list)))
    return found


def _layout(config: Any) -> tuple[bool, frozenset[int]]:
    """Whether channels come first, and which ranks are those of images; a sequence of features is none."""
    first, images = False, {4, 5}
    for entry in reversed(_layers(config)):
        inner, kind = entry.get("config"), str(entry.get("class_name"))
        if isinstance(inner, dict) and inner.get("data_format") in ("channels_first", "channels_last"):
            first = inner["data_format"] == "channels_first"
        if kind.endswith(("1D", "1DTranspose")) and not kind.startswith(("Global", "Spatial")):
            images.add(3)
    return first, frozenset(images)


def _batch(config: Any) -> int:
    """The batch that an input states; 1 where none does."""
    for entry in _layers(config):
        inner = entry.get("config")
        shape = (inner.get("batch_shape") or inner.get("batch_input_shape")) if isinstance(inner, dict) else None
        if isinstance(shape, list) and shape and isinstance(shape[0], int) and 0 < shape[0] < 2**31:
            return shape[0]
    return 1
