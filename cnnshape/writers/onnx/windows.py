"""What slides a window: convolutions and pools, with every padding dialect written out in numbers."""

from __future__ import annotations

from itertools import product
from math import prod
from typing import Any

from msgspec.structs import replace

from cnnshape.geometry.window import Window
from cnnshape.writers.onnx.graph import Scope


def _pads(before: list[int], after: list[int]) -> list[int]:
    """ONNX's order: all that is in front, then all that is behind."""
    return [*before, *after]


def conv(layer: Any, s: Scope) -> str:
    """Conv."""
    ways = layer.windows(s.x)
    return s.op(
        "Conv",
        s.inputs[0],
        s.weight("weight"),
        *([s.weight("bias")] if layer.bias else []),
        kernel_shape=[w.kernel for w in ways],
        strides=[w.stride for w in ways],
        dilations=[w.dilation for w in ways],
        pads=_pads([w.before for w in ways], [w.after for w in ways]),
        group=layer.groups,
    )


def conv_transpose(layer: Any, s: Scope) -> str:
    """ConvTranspose. What is added behind takes back what is cut there; engines want the rest below the stride."""
    ways = layer.windows(s.x)
    before = [w.before for w in ways]
    after = [max(0, w.after - w.extra) for w in ways]
    extra = [max(0, w.extra - w.after) for w in ways]
    plain = all(e < w.stride for w, e in zip(ways, extra, strict=True))
    # Where all is cut and only what is added is left, the border cuts as well: engines want the operator to give something.
    late = [b if not plain and y - e < 1 else 0 for b, y, e in zip(before, s.y[2:], extra, strict=True)]
    y = s.op(
        "ConvTranspose",
        s.inputs[0],
        s.weight("weight"),
        *([s.weight("bias")] if layer.bias and plain else []),
        kernel_shape=[w.kernel for w in ways],
        strides=[w.stride for w in ways],
        dilations=[w.dilation for w in ways],
        pads=_pads([b - c for b, c in zip(before, late, strict=True)], after),
        output_padding=extra if plain else None,
        group=layer.groups,
    )
    if plain:
        return y
    y = _bordered(s, y, [-c for c in late], extra, 0.0)
    return s.op("Add", y, s.weight("bias", layer.out_channels, *[1] * len(ways))) if layer.bias else y


def _pool(s: Scope, op: str, x: str, ways: tuple[Window, ...], before: list[int], after: list[int], **more: Any) -> str:
    """A pool with plain padding."""
    return s.op(
        op,
        x,
        kernel_shape=[w.kernel for w in ways],
        strides=[w.stride for w in ways],
        dilations=[w.dilation for w in ways] if any(w.dilation > 1 for w in ways) else None,
        pads=_pads(before, after),
        **more,
    )


def _bordered(s: Scope, x: str, before: list[int], after: list[int], value: float) -> str:
    """A border of a value around the spatial axes; nothing where it is empty."""
    if not any((*before, *after)):
        return x
    return s.op("Pad", x, s.ints(0, 0, *before, 0, 0, *after), s.number(value))


def _sides(ways: tuple[Window, ...]) -> tuple[list[int], list[int]]:
    """Padding in front and behind; what a ceil rule leaves unread is no padding."""
    return [w.before for w in ways], [max(0, w.after) for w in ways]


def _fits(ways: tuple[Window, ...], before: list[int], after: list[int]) -> bool:
    """Whether every engine takes the padding: onnxruntime wants less than the kernel's own taps."""
    return all(max(b, a) < w.kernel for w, b, a in zip(ways, before, after, strict=True))


def max_pool(layer: Any, s: Scope) -> str:
    """MaxPool."""
    ways = layer.windows(s.x)
    before, after = _sides(ways)
    if _fits(ways, before, after):
        return _pool(s, "MaxPool", s.inputs[0], ways, before, after)
    none = [0] * len(ways)
    return _pool(s, "MaxPool", _bordered(s, s.inputs[0], before, after, float("-inf")), ways, none, none)


def avg_pool(layer: Any, s: Scope) -> str:
    """AveragePool. The user's padding may count, what hangs over behind it never does (torch, ATen AvgPool)."""
    ways = layer.windows(s.x)
    before, after = _sides(ways)
    none = [0] * len(ways)
    asked = _sides(replace(layer, ceil_mode=False).windows(s.x))[1] if layer.ceil_mode else after
    over = [max(0, a - b) for a, b in zip(after, asked, strict=True)]
    if not _fits(ways, before, after):
        return _divided(layer, s, ways, asked)
    if not layer.count_include_pad or not any((*before, *after)):
        return _pool(s, "AveragePool", s.inputs[0], ways, before, after)
    if not any(over):
        return _pool(s, "AveragePool", s.inputs[0], ways, before, after, count_include_pad=1)
    padding = [a - o for a, o in zip(after, over, strict=True)]
    return _pool(s, "AveragePool", _bordered(s, s.inputs[0], before, padding, 0.0), ways, none, over)


def _divided(layer: Any, s: Scope, ways: tuple[Window, ...], asked: list[int]) -> str:
    """The average over whole windows, put right by how many of their positions count."""
    before, after = _sides(ways)
    none = [0] * len(ways)
    sums = _pool(s, "AveragePool", _bordered(s, s.inputs[0], before, after, 0.0), ways, none, none)
    counts = []
    for way, n, size, behind in zip(ways, s.x[2:], s.y[2:], asked, strict=True):
        low, high = (-way.before, n + behind) if layer.count_include_pad else (0, n)
        taps = range(0, way.extent, way.dilation)
        firsts = [o * way.stride - way.before for o in range(size)]
        counts.append([sum(low <= first + tap < high for tap in taps) for first in firsts])
    full = prod(way.kernel for way in ways)
    right = tuple(full / prod(each) for each in product(*counts))
    return s.op("Mul", sums, s.numbers(right, 1, 1, *s.y[2:]))


def lp_pool(layer: Any, s: Scope) -> str:
    """LpPool; for a power that is no integer, the root of an average times its count."""
    ways = layer.windows(s.x)
    before, after = _sides(ways)
    none = [0] * len(ways)
    whole = float(layer.norm_type).is_integer()
    if whole and _fits(ways, before, after):
        return _pool(s, "LpPool", s.inputs[0], ways, before, after, p=int(layer.norm_type))
    x = _bordered(s, s.inputs[0], before, after, 0.0)
    if whole:
        return _pool(s, "LpPool", x, ways, none, none, p=int(layer.norm_type))
    powers = s.op("Pow", s.op("Abs", x), s.number(layer.norm_type))
    sums = s.op("Mul", _pool(s, "AveragePool", powers, ways, none, none), s.number(float(prod(w.kernel for w in ways))))
    return s.op("Pow", sums, s.number(1 / layer.norm_type))
