"""The ai.onnx.ml domain: classical models over rows of features."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Sizes, UnknownError


def labels(call: Call) -> int:
    """How many classes a classifier names; unknown where it names none."""
    for name in ("classlabels_ints", "classlabels_int64s", "classlabels_strings"):
        found = call.attributes.get(name)
        if isinstance(found, tuple) and found:
            return len(found)
    raise UnknownError


def rows(call: Call) -> int:
    """A single row may come without its axis."""
    x = call.x()
    return x[0] if len(x) > 1 else 1


def classifier(call: Call) -> Sizes:
    """A class per row, and a score per row and class."""
    return [(rows(call),), (rows(call), labels(call))]


def regressor(call: Call) -> Sizes:
    """One number per row and target."""
    name = "targets" if "targets" in call.attributes else "n_targets"
    return [(rows(call), call.count(name, 1))]


def support_vectors(call: Call) -> Sizes:
    """SVMRegressor: one number per row."""
    return [(rows(call), 1)]


def one_hot(call: Call) -> Sizes:
    """A new last axis with one place per category."""
    for name in ("cats_int64s", "cats_strings"):
        found = call.attributes.get(name)
        if isinstance(found, tuple) and found:
            return [(*call.x(), len(found))]
    raise UnknownError


def features(call: Call) -> Sizes:
    """FeatureVectorizer: all inputs side by side."""
    sizes = call.sizes("inputdimensions")
    if sizes is None:
        raise UnknownError
    return [(rows(call), sum(sizes))]


def trees(call: Call) -> Sizes:
    """TreeEnsemble: one number per row and target."""
    return [(call.x(0, 2)[0], call.count("n_targets"))]
