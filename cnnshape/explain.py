"""Each number as formula, substitution and result, the way a lecture does it."""

from __future__ import annotations

from math import prod
from typing import Any

import msgspec

from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window
from cnnshape.layers.base import Layer
from cnnshape.layers.doc import formulas, sections
from cnnshape.network import Network
from cnnshape.report import LayerReport, Report

_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


class Line(msgspec.Struct, frozen=True):
    """One step: what it is about, the formula, the formula with numbers, the result, a remark."""

    topic: str
    formula: str = ""
    numbers: str = ""
    result: str = ""
    remark: str = ""


class Explained(msgspec.Struct, frozen=True):
    """One layer's story."""

    name: str
    kind: str
    summary: str
    lines: list[Line]


def explain(network: Network, report: Report, layer: str = "") -> list[Explained]:
    """The story of one layer, or of all; KeyError for an unknown name."""
    layers = {node.name: node.layer for node in network.nodes}
    rows = [row for row in report.layers if not layer or row.name == layer or row.name.startswith(layer + ".")]
    if not rows:
        raise KeyError(layer)
    fields = {row.name: row.receptive_field for row in report.layers}
    return [story(layers[row.name], row, fields) for row in rows]  # type: ignore[arg-type] # analysed, so it has a layer


def story(layer: Layer, row: LayerReport, fields: dict[str, Any]) -> Explained:
    """Shape, params, operations and receptive field of one layer."""
    xs, y = row.input_shapes, row.output_shapes[0]
    shown = " and ".join(map(str, xs))
    lines = [Line("shape", result=f"{shown} -> {' and '.join(map(str, row.output_shapes))}")]
    windows = layer.windows(*xs) or ()
    for axis, way in enumerate(windows):
        name = _NAMES.get(len(windows), ("axis",) * len(windows))[axis]
        if isinstance(way, Window):
            lines.append(sized(name, xs[0][axis + 2], way))
        elif isinstance(way, Transposed):
            n = xs[0][axis + 2]
            numbers = f"({n} - 1)*{way.stride} + {way.extent} - {way.before} - {way.after} + {way.extra}"
            lines.append(Line(name, "(N - 1)*S + F - P - P + output_padding", numbers, str(y[axis + 2])))
    lines += parameters(layer, row)
    lines += [
        Line(kind, formula, numbers, f"{value:,}", "multiply-accumulates" if kind == "mac" else "")
        for kind, formula, numbers, value in formulas(layer, y, *xs)
        if value
    ]
    lines += seen(row, windows, fields)
    return Explained(row.name, row.kind, sections(type(layer))[""][0], lines)


def sized(name: str, n: int, way: Window) -> Line:
    """The size rule of one axis, and what does not fit."""
    f, s = way.extent, way.stride
    padded = f"2*{way.before}" if way.before == way.after else f"{way.before} + {way.after}"
    numbers = f"({n} - {f} + {padded})/{s} + 1"
    result = str(way.out_size(n))
    remark = ""
    over = way.left_over(n)
    if over:
        exact = (n - f + way.before + way.after) / s + 1
        unread = way.unread(n)
        remark = f"{exact:g} rounded down: {over} position{'s' if over > 1 else ''} left over"
        remark += f", {unread} of {n} input positions never read" if unread else ", all of them padding"
    if way.dilation > 1:
        remark = f"F = {way.dilation}*({way.kernel} - 1) + 1 = {f}" + (f"; {remark}" if remark else "")
    return Line(name, "(N - F + 2P)/S + 1", numbers, result, remark)


def parameters(layer: Layer, row: LayerReport) -> list[Line]:
    """What the weights are and how they add up."""
    weights = row.weights
    if weights is None:
        return [Line("params", result="unavailable")]
    if not weights:
        return []
    lines = []
    bias = "bias" in weights
    weight = weights.get("weight")
    if layer.kind in ("conv", "linear") and weight is not None:
        window = "*".join(map(str, weight[1:]))
        long = prod(weight[1:])
        text = (
            f"each output is a {window} = {long}-long dot product"
            if len(weight) > 2
            else f"each output is a {long}-long dot product"
        )
        lines.append(Line("dot product", remark=text + (" plus a bias" if bias else "")))
        numbers = f"{weight[0]} * ({long} + 1)" if bias else f"{weight[0]} * {long}"
        formula = "filters * (window + 1)" if bias else "filters * window"
        lines.append(Line("params", formula, numbers, f"{prod(weight) + (weight[0] if bias else 0):,}"))
    else:
        parts = [f"{name} {shape} = {shape.numel:,}" for name, shape in weights.items()]
        total = " + ".join(str(shape.numel) for shape in weights.values())
        lines.append(Line("params", "; ".join(parts), total, f"{sum(s.numel for s in weights.values()):,}"))
    if row.shared_with:
        lines.append(Line("params", result="0", remark=f"counted at {row.shared_with}, whose weights these are"))
    if row.frozen:
        lines.append(Line("trainable", result="0", remark="frozen"))
    return lines


def seen(row: LayerReport, windows: tuple[Any, ...], fields: dict[str, Any]) -> list[Line]:
    """One step of the receptive field's fold, where it is a simple one."""
    after = row.receptive_field
    if after is None:
        return []
    before = fields.get(row.inputs[0]) if len(row.inputs) == 1 else None
    lines = []
    for axis, size in enumerate(after.size):
        name = _NAMES.get(len(after.size), ("axis",) * 9)[axis]
        way: Any = windows[axis] if axis < len(windows) else None
        known = isinstance(way, Window) and (before is not None or len(row.inputs) == 1)
        old = before.size[axis] if before is not None else 1
        jump = before.jump[axis] if before is not None else 1
        if known and isinstance(jump, int) and isinstance(old, int) and jump and old + (way.extent - 1) * jump == size:
            numbers = f"{old} + ({way.extent} - 1)*{jump}"
            remark = f"jump {jump}*{way.stride} = {after.jump[axis]}, starts at {after.start[axis]}"
            lines.append(Line(f"field {name}", "size + (F - 1)*jump", numbers, str(size), remark))
        elif size is None:
            lines.append(Line(f"field {name}", result="unavailable"))
        else:
            lines.append(
                Line(
                    f"field {name}", result=str(size), remark=f"jump {after.jump[axis]}, starts at {after.start[axis]}"
                )
            )
    return lines
