"""What ends in a wanted size: global and adaptive pools, interpolation."""

from __future__ import annotations

import struct
from collections.abc import Callable
from math import floor, nextafter
from typing import Any

from cnnshape.geometry.resample import Adaptive
from cnnshape.layers.base import per_axis
from cnnshape.writers.onnx.graph import Scope


def global_pool(op: str) -> Callable[[Any, Scope], str]:
    """One value per channel, perhaps without the axes behind it."""

    def build(layer: Any, s: Scope) -> str:
        y = s.op(op, s.inputs[0])
        return y if layer.keepdim else s.op("Flatten", y, axis=1)

    return build


def adaptive_avg_pool(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Averages of windows that are as equal as integers allow."""
    return _adaptive(s, "AveragePool", "GlobalAveragePool", "ReduceMean")


def adaptive_max_pool(layer: Any, s: Scope) -> str:  # noqa: ARG001
    """Maxima of windows that are as equal as integers allow."""
    return _adaptive(s, "MaxPool", "GlobalMaxPool", "ReduceMax")


def _adaptive(s: Scope, pool: str, whole: str, reduce: str) -> str:
    """A global or a plain pool where the sizes divide; else axis by axis, window by window.

    A window is a box, so an average of averages along each axis is the average of the box.
    """
    x, outs = s.x[2:], s.y[2:]
    if all(out == 1 for out in outs):
        return s.op(whole, s.inputs[0])
    if all(n % out == 0 for n, out in zip(x, outs, strict=True)):
        kernel = [n // out for n, out in zip(x, outs, strict=True)]
        return s.op(pool, s.inputs[0], kernel_shape=kernel, strides=kernel)
    y = s.inputs[0]
    for axis, (n, out) in enumerate(zip(x, outs, strict=True), start=2):
        if n == out:
            continue
        dim, parts = s.ints(axis), []
        for o in range(out):
            first, last = Adaptive(n, out).seen(o)
            parts.append(s.op(reduce, s.op("Slice", y, s.ints(first), s.ints(last + 1), dim), dim))
        y = s.op("Concat", *parts, axis=axis)
    return y


def upsample(layer: Any, s: Scope) -> str:
    """Resize with torch's conventions: nearest rounds down from o * step, the others keep half pixels."""
    if layer.mode == "area":
        return _adaptive(s, "AveragePool", "GlobalAveragePool", "ReduceMean")
    mode = {"nearest": "nearest", "bicubic": "cubic", "cubic": "cubic"}.get(layer.mode, "linear")
    if mode == "cubic" and len(s.x) != 4:
        return _cubic(layer, s)
    return _resized(layer, s, s.inputs[0], mode, tuple(range(2, len(s.x))), s.y)


def _resized(layer: Any, s: Scope, x: str, mode: str, axes: tuple[int, ...], sizes: tuple[int, ...]) -> str:
    """One Resize. `axes` are those of the layer's input, in the place of x's last ones."""
    attributes: dict[str, Any] = {"mode": mode}
    if layer.align_corners:
        attributes["coordinate_transformation_mode"] = "align_corners"
    elif mode == "nearest":
        attributes["coordinate_transformation_mode"] = "asymmetric"
    if mode == "nearest":
        attributes["nearest_mode"] = "floor"
    if mode == "cubic":
        attributes["cubic_coeff_a"] = -0.75
    if layer.scale_factor is None or layer.align_corners:
        return s.op("Resize", x, "", "", s.ints(*sizes), **attributes)
    factors = per_axis(layer.scale_factor, len(s.x) - 2, "scale_factor")
    scales = [_scale(s.x[axis], s.y[axis], float(factors[axis - 2])) for axis in axes]
    values = (*[1.0] * (len(sizes) - len(axes)), *scales)
    floats = s.graph.constant(values, (len(values),), s.graph.onnx.TensorProto.FLOAT)
    return s.op("Resize", x, "", floats, **attributes)


def _scale(n: int, out: int, factor: float) -> float:
    """The factor in single precision, moved by a hair where its product would round to another size than ours."""
    factor = _single(factor)
    # onnxruntime multiplies in single precision, onnx's inference in double.
    while wrong := [found for found in (floor(_single(n * factor)), floor(n * factor)) if found != out]:
        factor = _single(nextafter(factor, 0.0) if max(wrong) > out else factor * (1 + 2**-23))
    return factor


def _single(value: float) -> float:
    """The nearest number in single precision."""
    found: float = struct.unpack("f", struct.pack("f", value))[0]
    return found


def _cubic(layer: Any, s: Scope) -> str:
    """Cubic for sequences and volumes: engines know it for images alone, so the axes are taken two and one.

    The weights of an axis do not depend on the others, so one after the other is the same.
    """
    channels, sizes, outs = s.x[1], s.x[2:], s.y[2:]
    if len(sizes) == 1:
        x = s.op("Unsqueeze", s.inputs[0], s.ints(2))
        y = _resized(layer, s, x, "cubic", (2,), (*s.y[:2], 1, outs[0]))
        return s.op("Squeeze", y, s.ints(2))
    x = s.op("Reshape", s.inputs[0], s.ints(0, channels * sizes[0], *sizes[1:]))
    x = _resized(layer, s, x, "cubic", (3, 4), (s.x[0], channels * sizes[0], *outs[1:]))
    # Depth last: in the place of the columns.
    x = s.op("Reshape", x, s.ints(0, channels, sizes[0], outs[1] * outs[2]))
    x = s.op("Transpose", x, perm=[0, 1, 3, 2])
    x = _resized(layer, s, x, "cubic", (2,), (*s.y[:2], outs[1] * outs[2], outs[0]))
    return s.op("Reshape", s.op("Transpose", x, perm=[0, 1, 3, 2]), s.ints(0, *s.y[1:]))
