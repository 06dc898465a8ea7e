"""The names that the formulas of a convention use, for one layer."""

from __future__ import annotations

from math import prod
from typing import Any

import msgspec

from cnnshape.layers.base import Layer, per_axis
from cnnshape.report import LayerReport


def terms(layer: Layer, row: LayerReport, module: bool, seen: bool = True) -> dict[str, Any]:
    """Every name and its value.

    mac, and add, mul, ... as in `ops`; x and y, elements of the first input and output; n, the batch; k, the inputs;
    rank, spatial axes; positions, of the output; tokens, y without its last dimension; width, the last dimension;
    weight and biases, elements of the weights; learned, frozen and buffers as the report counts them; window, the taps
    of a kernel, first the first axis' own, strides their product; kind, the layer's; even, whether the output's
    sizes divide the input's; sized, whether a resampling states a size; module, whether the model calls a module rather than a function,
    and seen, whether either.
    The layer's own fields, and the terms of its kind's formulas.
    """
    xs, y = row.input_shapes, row.output_shapes[0]
    x = xs[0] if xs else y
    sizes = {name: shape.numel for name, shape in (row.weights or {}).items()}
    width = max(1, y[-1]) if y else 1  # an empty tensor is divided, too
    biases = sum(size for name, size in sizes.items() if "bias" in name)
    found: dict[str, Any] = {name: getattr(layer, name) for name in layer.__struct_fields__}
    found.update(layer.terms(y, *xs))
    found.update(
        {} if row.ops is None else msgspec.structs.asdict(row.ops),
        x=x.numel,
        y=y.numel,
        n=x[0] if x else 1,
        k=len(xs),
        rank=len(x) - 2,
        dims=len(x),
        channels=max(1, x[1]) if len(x) > 1 else 1,
        positions=max(1, prod(y[2:])),
        before=prod(x[2:]),
        width=width,
        tokens=y.numel // width,
        weight=sum(sizes.values()) - biases,
        biases=biases,
        learned=row.params or 0,
        frozen=(row.params or 0) - (row.trainable_params or 0),
        buffers=row.buffers or 0,
        module=module,
        seen=seen,
        kind=row.kind,
        even=all(b and a % b == 0 for a, b in zip(x[2:], y[2:], strict=False)),
        sized=found.get("size") is not None,
    )
    if "kernel_size" in found:
        rank = len(x) - 2
        kernel = per_axis(found["kernel_size"], rank, "kernel_size")
        found["window"], found["first"] = prod(kernel), kernel[0]
        stride = getattr(layer, "stride", 1)
        found["strides"] = prod(kernel if stride is None else per_axis(stride, rank, "stride"))
        if row.kind == "conv_transpose":
            found["shrunk"] = prod(_shrunk(layer, x[2:], kernel))
    if "hidden_size" in found:
        directions = 2 if found.get("bidirectional") else 1
        found["units"] = x[0] * x[1] * directions * found["num_layers"] * found["hidden_size"]
        found["steps"], found["gates"] = x[0] * x[1], getattr(layer, "gates", 1)
    return found


def _shrunk(layer: Any, sizes: tuple[int, ...], kernel: tuple[int, ...]) -> list[int]:
    """What the formula of a plain convolution would make of a transposed one's fields."""
    rank = len(sizes)
    pads = per_axis(layer.padding, rank, "padding") if not isinstance(layer.padding, str) else (0,) * rank
    steps, gaps = per_axis(layer.stride, rank, "stride"), per_axis(layer.dilation, rank, "dilation")
    sums = [2 * pad if isinstance(pad, int) else sum(pad) if isinstance(pad, tuple) else 0 for pad in pads]
    axes = zip(sizes, kernel, steps, gaps, sums, strict=True)
    return [(n + pad - (gap * (taps - 1) + 1)) // step + 1 for n, taps, step, gap, pad in axes]
