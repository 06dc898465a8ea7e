"""Convolutions and pools in torch's own words where it has them; else a border laid by hand around the same call."""

from __future__ import annotations

from typing import Any

import torch
from msgspec.structs import replace
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

from cnnshape.shape import Shape

Arrays = dict[str, Any]


def ranked(name: str, x: Any) -> Any:
    """The function for as many axes as x has."""
    return getattr(F, f"{name}{x.dim() - 2}d")


def _each(value: Any, x: Any) -> tuple[Any, ...]:
    return value if isinstance(value, tuple) else (value,) * (x.dim() - 2)


def _alike(layer: Any, x: Any) -> list[int] | None:
    """The padding as torch takes it, one number per axis; None where it is anything else."""
    found = []
    for pad in _each(layer.padding, x):
        if pad == "valid":
            found.append(0)
        elif isinstance(pad, int):
            found.append(pad)
        elif isinstance(pad, tuple) and pad[0] == pad[1]:
            found.append(pad[0])
        else:
            return None
    return found


def _bordered(x: Any, pads: list[tuple[int, int]], value: float = 0.0) -> Any:
    """A border of a value; torch counts the axes from the last."""
    return F.pad(x, [side for pad in reversed(pads) for side in pad], value=value)


def _written(layer: Any, x: Any) -> list[tuple[int, int]]:
    """The padding in numbers, dialects resolved."""
    return [(way.before, max(0, way.after)) for way in layer.windows(Shape(*x.shape))]


def conv(layer: Any, w: Arrays, x: Any) -> Any:
    """Conv1d, 2d, 3d."""
    pads: Any = _alike(layer, x)
    if pads is None and layer.padding == "same" and layer.stride == 1:
        pads = "same"
    if pads is None:
        x, pads = _bordered(x, _written(layer, x)), 0
    return ranked("conv", x)(x, w["weight"], w.get("bias"), layer.stride, pads, layer.dilation, layer.groups)


def conv_transpose(layer: Any, w: Arrays, x: Any) -> Any:
    """ConvTranspose1d, 2d, 3d; other padding cuts the whole result by hand."""
    run = ranked("conv_transpose", x)
    pads = None if "valid" in _each(layer.padding, x) else _alike(layer, x)
    weight, bias = w["weight"], w.get("bias")
    if pads is not None:
        return run(x, weight, bias, layer.stride, pads, layer.output_padding, layer.groups, layer.dilation)
    y = run(x, weight, None, layer.stride, 0, 0, layer.groups, layer.dilation)
    ways = layer.windows(Shape(*x.shape))
    y = _bordered(y, [(0, way.extra) for way in ways])  # first, for the cut may be longer than what there is
    y = _bordered(y, [(-way.before, -way.after) for way in ways])
    return y if bias is None else y + bias.reshape(-1, *[1] * (x.dim() - 2))


def _native(layer: Any, x: Any, *, dilated: bool) -> list[int] | None:
    """Padding that torch's own pools take: no more than half a window."""
    pads = _alike(layer, x)
    if pads is None or layer.ceil_mode == "caffe" or (not dilated and set(_each(layer.dilation, x)) != {1}):
        return None
    kernels = _each(layer.kernel_size, x)
    if dilated is False and any(n < kernel for n, kernel in zip(x.shape[2:], kernels, strict=True)):
        return None  # AvgPool3d asks for that, padding or not
    return pads if all(pad <= kernel // 2 for pad, kernel in zip(pads, kernels, strict=True)) else None


def max_pool(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """MaxPool1d, 2d, 3d."""
    run, pads = ranked("max_pool", x), _native(layer, x, dilated=True)
    if pads is not None:
        return run(x, layer.kernel_size, layer.stride, pads, layer.dilation, bool(layer.ceil_mode))
    wide = _bordered(x, _written(layer, x), float("-inf"))
    return run(wide, layer.kernel_size, layer.stride, 0, layer.dilation)


def avg_pool(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """AvgPool1d, 2d, 3d."""
    pads = _native(layer, x, dilated=False)
    if pads is not None:
        run = ranked("avg_pool", x)
        return run(x, layer.kernel_size, layer.stride, pads, bool(layer.ceil_mode), layer.count_include_pad)
    asked = _written(replace(layer, ceil_mode=False), x)
    counted = torch.ones_like(x)
    full = _written(layer, x)
    inner = [(min(a, c), min(b, d)) for (a, b), (c, d) in zip(asked, full, strict=True)]
    if layer.count_include_pad:
        counted = _bordered(counted, inner, 1.0)
        rest = [(c - a, d - b) for (a, b), (c, d) in zip(inner, full, strict=True)]
    else:
        rest = full
    return _sums(layer, _bordered(x, full)) / _sums(layer, _bordered(counted, rest))


def _sums(layer: Any, wide: Any) -> Any:
    """What is under every window, added: a convolution of ones, channel by channel."""
    kernel = _each(layer.kernel_size, wide)
    stride = layer.kernel_size if layer.stride is None else layer.stride
    ones = torch.ones((1, 1, *kernel), dtype=wide.dtype)
    single = wide.reshape(-1, 1, *wide.shape[2:])
    y = ranked("conv", wide)(single, ones, None, stride, 0, layer.dilation)
    return y.reshape(*wide.shape[:2], *y.shape[2:])


def lp_pool(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """The p-norm. torch's LPPool takes odd powers with their sign, and has no padding."""
    p = layer.norm_type
    plain = not layer.ceil_mode and _alike(layer, x) == [0] * (x.dim() - 2) and set(_each(layer.dilation, x)) == {1}
    if p % 2 == 0 and plain:
        stride = layer.kernel_size if layer.stride is None else layer.stride
        if x.dim() == 3:  # lp_pool1d takes numbers alone
            return F.lp_pool1d(x, p, *_each(layer.kernel_size, x), *_each(stride, x))
        return ranked("lp_pool", x)(x, p, layer.kernel_size, stride)
    return _sums(layer, _bordered(x.abs().pow(p), _written(layer, x))).pow(1 / p)
