"""Normalisation. Every epsilon is the one that the forward pass uses."""

from __future__ import annotations

from typing import Any

from cnnshape.writers.onnx.graph import Scope

#: torch's own for batch, instance, group and layer norm.
EPS = 1e-5
#: torch's own for RMS norm: the distance from 1 to the next number of the type.
TYPE_EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10}


def _along(s: Scope, name: str, *dims: int) -> str:
    """A weight laid along dimensions, so that it broadcasts from the right."""
    shape = [1] * len(s.x)
    for dim, size in zip(dims, s.shape(name), strict=True):
        shape[dim] = size
    return s.weight(name, *shape[min(dims) :])


def batch_norm(layer: Any, s: Scope) -> str:
    """BatchNormalization; without running statistics, those of the batch at hand."""
    channels = s.x[1]
    if not layer.track_running_stats:
        axes = [d for d in range(len(s.x)) if d != 1]
        y = _standardised(s, s.inputs[0], axes)
        y = s.op("Mul", y, _along(s, "weight", 1)) if layer.affine and layer.scale else y
        return s.op("Add", y, _along(s, "bias", 1)) if layer.affine and layer.bias else y
    return s.op(
        "BatchNormalization",
        s.inputs[0],
        s.weight("weight") if layer.affine and layer.scale else s.filled(1.0, channels),
        s.weight("bias") if layer.affine and layer.bias else s.filled(0.0, channels),
        s.weight("running_mean"),
        s.weight("running_var"),
        epsilon=EPS,
    )


def _standardised(s: Scope, x: str, axes: list[int]) -> str:
    """(x - mean) / sqrt(variance + eps)."""
    dims = s.ints(*axes)
    centred = s.op("Sub", x, s.op("ReduceMean", x, dims))
    variance = s.op("ReduceMean", s.op("Mul", centred, centred), dims)
    return s.op("Div", centred, s.op("Sqrt", s.op("Add", variance, s.number(EPS))))


def instance_norm(layer: Any, s: Scope) -> str:
    """InstanceNormalization, which wants a position behind the channels."""
    channels = s.x[1]
    flat = len(s.x) == 2
    x = s.op("Unsqueeze", s.inputs[0], s.ints(2)) if flat else s.inputs[0]
    y = s.op(
        "InstanceNormalization",
        x,
        s.weight("weight") if layer.affine else s.filled(1.0, channels),
        s.weight("bias") if layer.affine else s.filled(0.0, channels),
        epsilon=EPS,
    )
    return s.op("Squeeze", y, s.ints(2)) if flat else y


def group_norm(layer: Any, s: Scope) -> str:
    """InstanceNormalization of the groups, then a scale and an offset per channel."""
    groups = layer.num_groups
    rows = s.op("Reshape", s.inputs[0], s.ints(0, groups, -1))
    y = s.op("InstanceNormalization", rows, s.filled(1.0, groups), s.filled(0.0, groups), epsilon=EPS)
    y = s.op("Reshape", y, s.ints(0, *s.x[1:]))
    return s.op("Add", s.op("Mul", y, _along(s, "weight", 1)), _along(s, "bias", 1)) if layer.affine else y


def layer_norm(layer: Any, s: Scope) -> str:
    """LayerNormalization over the last dimensions; step by step over others."""
    dims = layer.dims(s.x)
    sizes = [s.x[d] for d in dims]
    if dims == tuple(range(dims[0], len(s.x))):
        weight = s.weight("weight") if layer.elementwise_affine else s.filled(1.0, *sizes)
        bias = [s.weight("bias")] if layer.elementwise_affine and layer.bias else []
        return s.op("LayerNormalization", s.inputs[0], weight, *bias, axis=dims[0], epsilon=EPS)
    y = _standardised(s, s.inputs[0], list(dims))
    if layer.elementwise_affine:
        y = s.op("Mul", y, _along(s, "weight", *dims))
        y = s.op("Add", y, _along(s, "bias", *dims)) if layer.bias else y
    return y


def rms_norm(layer: Any, s: Scope) -> str:
    """Squares, their mean, a root and a division; RMSNormalization is younger than the opset."""
    x, dims = s.inputs[0], layer.dims(s.x)
    mean = s.op("ReduceMean", s.op("Mul", x, x), s.ints(*dims))
    y = s.op("Div", x, s.op("Sqrt", s.op("Add", mean, s.number(TYPE_EPS[s.graph.dtype]))))
    return s.op("Mul", y, _along(s, "weight", *dims)) if layer.elementwise_affine else y


def local_response_norm(layer: Any, s: Scope) -> str:
    """LRN, which wants images and an odd size; an even one leans the other way than torch's."""
    x, size = s.inputs[0], layer.size
    if size % 2:
        wide = x if len(s.x) == 4 else s.op("Reshape", x, s.ints(0, s.x[1], -1, 1))
        y = s.op("LRN", wide, size=size, alpha=layer.alpha, beta=layer.beta, bias=layer.k)
        return y if len(s.x) == 4 else s.op("Reshape", y, s.ints(0, *s.x[1:]))
    # The channels as rows of an image: an average over `size` of them, zeros around.
    rows = s.op("Reshape", s.op("Mul", x, x), s.ints(0, 1, s.x[1], -1))
    rows = s.op("Pad", rows, s.ints(0, 0, size // 2, 0, 0, 0, (size - 1) // 2, 0))
    mean = s.op("AveragePool", rows, kernel_shape=[size, 1], strides=[1, 1])
    mean = s.op("Reshape", mean, s.ints(0, *s.x[1:]))
    base = s.op("Add", s.op("Mul", mean, s.number(layer.alpha)), s.number(layer.k))
    return s.op("Div", x, s.op("Pow", base, s.number(layer.beta)))


def l2_norm(layer: Any, s: Scope) -> str:
    """LpNormalization of order 2, perhaps times a learned scale."""
    axis = layer.axis(s.x)
    y = s.op("LpNormalization", s.inputs[0], axis=axis, p=2)
    return s.op("Mul", y, _along(s, "weight", axis)) if layer.scale else y


def scale(layer: Any, s: Scope) -> str:
    """Mul, perhaps Add."""
    dim = layer.dim % len(s.x)
    y = s.op("Mul", s.inputs[0], _along(s, "weight", dim))
    return s.op("Add", y, _along(s, "bias", dim)) if layer.bias else y


def standardize(layer: Any, s: Scope) -> str:
    """Sub and Div by the root of the variance; numbers of the code are 0 and 1 here."""
    if not layer.stored:
        return s.op("Identity", s.inputs[0])
    dims = sorted({d % len(s.x) for d in (layer.dim if isinstance(layer.dim, tuple) else (layer.dim,))})
    mean, variance = (_along(s, name, *dims) if dims else s.weight(name) for name in ("mean", "variance"))
    return s.op("Div", s.op("Sub", s.inputs[0], mean), s.op("Sqrt", variance))
