"""What an entry of a model is: a model of its own, one of Keras' layers or operations, or a class that nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnshape.readers.keras.functions import OPERATIONS
from cnnshape.readers.keras.table import APPLICATIONS, LAYERS

MODELS = ("Sequential", "Functional", "Model")
#: Layers that mean the same with TimeDistributed around them, or that ask for its axes.
TIMED = frozenset(
    [
        "Conv1D",
        "Conv2D",
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "SeparableConv2D",
        "Conv1DTranspose",
        "Conv2DTranspose",
        "MaxPooling1D",
        "MaxPooling2D",
        "AveragePooling1D",
        "AveragePooling2D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "UpSampling1D",
        "UpSampling2D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "Cropping1D",
        "Cropping2D",
        "Dense",
        "Flatten",
        "Reshape",
        "BatchNormalization",
        "Activation",
        "ReLU",
        "LeakyReLU",
        "ELU",
        "Dropout",
        "Identity",
        "Rescaling",
        "Embedding",
        "Masking",
        "GaussianNoise",
        "GaussianDropout",
        "InputLayer",
    ]
)


def is_model(kind: str, config: Any) -> bool:
    """Whether a class is a model of layers that the file names: Keras' own, or the user's name for one."""
    if isinstance(config, list):
        return kind in MODELS
    ends = ("input_layers", "output_layers")
    return isinstance(config.get("layers"), list) and (kind in MODELS or all(key in config for key in ends))


def builder_of(entry: Mapping[str, Any]) -> Any:
    """How a layer is built; None for a class that is not Keras' own."""
    module, kind = str(entry.get("module") or ""), entry["class_name"]
    package, sign, _ = str(entry.get("registered_name") or "").rpartition(">")
    if is_operation(entry):
        return OPERATIONS.get(kind)
    if ".applications" in module or kind in APPLICATIONS:
        return APPLICATIONS.get(kind)
    if not module and kind in OPERATIONS and _looks_like_one(entry):
        return OPERATIONS[kind]
    if (sign and package not in ("keras", "Keras")) or (
        module and "keras" not in module.split(".")[0:3] and not _ours(module)
    ):
        return None
    return LAYERS.get(kind.rpartition(">")[2])


def is_operation(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is an operation of keras.ops, which never holds a weight."""
    package, *inside = str(entry.get("module") or "").split(".")
    return package in ("keras", "keras_core") and "ops" in inside


def _looks_like_one(entry: Mapping[str, Any]) -> bool:
    """Whether an entry without its module, as `.h5` has it, is an operation: a layer says whether it is trainable."""
    config = entry["config"]
    said = isinstance(config, dict) and any(key in config for key in ("trainable", "dtype", "target_shape"))
    return "inbound_nodes" in entry and not said


def _ours(module: str) -> bool:
    """Whether a module is one of Keras' or of a TensorFlow that holds it."""
    return module.split(".", maxsplit=1)[0] in ("keras", "tf_keras", "tensorflow", "tensorflow_core")
