"""Each number as formula, substitution and result, the way a lecture does it."""

from __future__ import annotations

import re
from math import prod
from typing import Any

import msgspec

from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window
from cnnshape.layers.base import Layer
from cnnshape.layers.doc import formulas, sections
from cnnshape.network import Network
from cnnshape.report import LayerReport, Report
from cnnshape.shape import Shape

_NAMES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}
#: What one position of each axis is called.
_LINES = {"length": "position", "height": "row", "width": "column", "depth": "slice", "axis": "position"}
#: The kinds whose windows only move the borders.
_BORDERS = ("pad", "crop")


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
    """The story of one layer, of a block's layers, or of all; KeyError for an unknown name.

    A network without layers has one story, its own.
    """
    if not layer and not report.layers:
        return [through(report)]
    layers = {node.name: node.layer for node in network.nodes}
    rows = [row for row in report.layers if not layer or row.name == layer or row.name.startswith(layer + ".")]
    if not rows:
        raise KeyError(layer)
    inputs = {tensor.name for tensor in report.inputs}
    fields = {row.name: row.receptive_field for row in report.layers}
    return [story(layers[row.name], row, fields, inputs) for row in rows]  # type: ignore[arg-type] # analysed: it has a layer


def through(report: Report) -> Explained:
    """The story of a network without layers: what comes out is what went in."""
    lines = [Line("shape", result=f"{tensor.name} {tensor.shape}") for tensor in report.outputs]
    return Explained(report.model.name, "no layers", "Its outputs are its inputs.", lines)


def story(layer: Layer, row: LayerReport, fields: dict[str, Any], inputs: set[str]) -> Explained:
    """Shape, params, operations and receptive field of one layer."""
    xs, y = row.input_shapes, row.output_shapes[0]
    windows = layer.windows(*xs) or ()
    shown = f"{' and '.join(map(str, xs))} -> {' and '.join(map(str, row.output_shapes))}"
    rule = "" if windows or (xs and y == xs[0]) else " ".join(sections(type(layer)).get("Shape", [])[:1])
    lines = [Line("shape", result=shown, remark=rule)]
    for axis, way in enumerate(windows):
        name = axis_name(axis, len(windows))
        if isinstance(way, Window):
            lines.append(
                moved(name, xs[0][axis + 2], way) if layer.kind in _BORDERS else sized(name, xs[0][axis + 2], way)
            )
        elif isinstance(way, Transposed):
            lines.append(grown(name, xs[0][axis + 2], way))
    lines += parameters(layer, row)
    lines += [
        Line(kind, formula, tidy(numbers), f"{value:,}", "multiply-accumulates" if kind == "mac" else "")
        for kind, formula, numbers, value in formulas(layer, y, *xs)
        if value
    ]
    if row.ops is None:
        lines.append(Line("operations", result="unavailable"))
    lines += seen(row, windows, fields, inputs)
    return Explained(row.name, row.kind, sections(type(layer))[""][0], lines)


def axis_name(axis: int, rank: int) -> str:
    """What people call the axis."""
    return _NAMES[rank][axis] if rank in _NAMES else "axis"


def tidy(numbers: str) -> str:
    """Without brackets around a lone number.

    >>> tidy("4 * 156 + (156)"), tidy("(3 // 1) * 5")
    ('4 * 156 + 156', '(3 // 1) * 5')
    """
    return re.sub(r"(?<![\w'])\((\w+)\)", r"\1", numbers)


def sized(name: str, n: int, way: Window) -> Line:
    """The size rule of one axis, and what does not fit."""
    f, s = way.extent, way.stride
    even = way.before == way.after
    numbers = f"({n} - {f} + {f'2*{way.before}' if even else f'{way.before} + {way.after}'})/{s} + 1"
    remarks = []
    if way.dilation > 1:
        remarks.append(f"F = {way.dilation}*({way.kernel} - 1) + 1 = {f}")
    over = way.left_over(n)
    if over:
        exact = (n - f + way.before + way.after) / s + 1
        remarks.append(f"{exact:.6g} rounded down: {counted(over, 'position')} left over")
    lost = unread(name, n, way)
    if lost:
        remarks.append(lost)
    elif over:
        remarks.append("all of them padding" if over > 1 else "which is padding")
    formula = "(N - F + 2P)/S + 1" if even else "(N - F + P + P')/S + 1"
    return Line(name, formula, numbers, str(way.out_size(n)), "; ".join(remarks))


def unread(name: str, n: int, way: Window) -> str:
    """Which input positions no window reads: those behind the last window, and those that the stride steps over.

    >>> unread("height", 32, Window(kernel=4, stride=3)), unread("width", 8, Window(kernel=1, stride=2))
    ('the last row is never read', 'the stride steps over columns: 4 of 8 are never read, among them the last')
    """
    count = way.unread(n)
    if not count:
        return ""
    line = _LINES[name]
    if count == n:
        return f"no {line} is ever read: the windows see padding alone"
    behind = n - 1 - last_read(n, way)
    if count == behind:
        return f"the last {line} is never read" if count == 1 else f"the last {count:,} {line}s are never read"
    steps = "the stride steps" if way.dilation == 1 else "stride and dilation step"
    many = f"{count:,} of {n:,} {'is' if count == 1 else 'are'} never read"
    tail = "" if not behind else ", among them the last" + (f" {behind:,}" if behind > 1 else "")
    return f"{steps} over {line}s: {many}{tail}"


def last_read(n: int, way: Window) -> int:
    """The last input position under any tap of any window; -1 when there is none."""
    last, out = -1, way.out_size(n)
    if way.dilation == 1:  # the last window that does not begin behind the axis reads up to its last tap
        begin = min(out - 1, (n - 1 + way.before) // way.stride) * way.stride - way.before
        return max(-1, min(n - 1, begin + way.kernel - 1))
    for tap in range(way.kernel):
        shift = tap * way.dilation - way.before
        if shift < n:  # else even the first window has this tap in the padding behind
            last = max(last, shift + min(out - 1, (n - 1 - shift) // way.stride) * way.stride)
    return last


def counted(count: int, thing: str) -> str:
    """So many things."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def moved(name: str, n: int, way: Window) -> Line:
    """A border that is added or taken away."""
    sign = "-" if min(way.before, way.after) < 0 else "+"
    numbers = f"{n} {sign} {abs(way.before)} {sign} {abs(way.after)}"
    if (way.before < 0) != (way.after < 0):
        numbers = f"{n} + ({way.before}) + ({way.after})"
    return Line(name, f"N {sign} before {sign} after", numbers, str(way.out_size(n)))


def grown(name: str, n: int, way: Transposed) -> Line:
    """The size rule of one axis of a transposed convolution."""
    even = way.before == way.after
    cut, padding = ("2P", f"2*{way.before}") if even else ("P - P'", f"{way.before} - {way.after}")
    formula = f"(N - 1)*S + F - {cut}" + (" + output_padding" if way.extra else "")
    numbers = f"({n} - 1)*{way.stride} + {way.extent} - {padding}" + (f" + {way.extra}" if way.extra else "")
    remark = f"F = {way.dilation}*({way.kernel} - 1) + 1 = {way.extent}" if way.dilation > 1 else ""
    return Line(name, formula, numbers, str(way.out_size(n)), remark)


def parameters(layer: Layer, row: LayerReport) -> list[Line]:
    """What the weights and buffers are and how they add up."""
    weights = row.weights
    if weights is None:
        return [Line("params", result="unavailable")]
    lines = []
    weight = weights.get("weight")
    if layer.kind in ("conv", "linear") and weight is not None:
        lines += dot_product(layer, weight, bias="bias" in weights)
    elif weights:
        lines += summed("params", weights)
    if row.buffer_shapes:
        lines += [
            msgspec.structs.replace(line, remark="kept, not learned") for line in summed("buffers", row.buffer_shapes)
        ]
    if row.shared_with:
        lines.append(
            Line("counted", result="0", remark=f"the weights are those of {row.shared_with}, and counted there")
        )
    elif row.params != sum(shape.numel for shape in weights.values()):
        lines.append(Line("counted", result=f"{row.params:,}", remark="the others are counted elsewhere"))
    if row.frozen:
        lines.append(Line("trainable", result="0", remark="frozen"))
    return lines


def dot_product(layer: Layer, weight: Shape, *, bias: bool) -> list[Line]:
    """The lecture's way: what one output is, and how many filters of that length there are."""
    long = prod(weight[1:])
    window = f"{'*'.join(map(str, weight[1:]))} = {long}-long" if len(weight) > 2 else f"{long}-long"
    text = f"each output is a {window} dot product" + (" plus a bias" if bias else "")
    groups = getattr(layer, "groups", 1)
    if groups > 1:
        text += f", over the {weight[1]} of {weight[1] * groups} channels of its group"
    many = "filters * window" if len(weight) > 2 else "out_features * in_features"
    formula = many.replace("* ", "* (") + " + 1)" if bias else many
    numbers = f"{weight[0]} * ({long} + 1)" if bias else f"{weight[0]} * {long}"
    total = prod(weight) + (weight[0] if bias else 0)
    return [Line("dot product", remark=text), Line("params", formula, numbers, f"{total:,}")]


def summed(topic: str, shapes: dict[str, Shape]) -> list[Line]:
    """The sizes of some arrays, and their sum."""
    total = sum(shape.numel for shape in shapes.values())
    sizes = [shape.numel for shape in shapes.values()]
    names = " + ".join(shapes)
    if all(len(shape) == 1 for shape in shapes.values()) and len(set(sizes)) == 1 and len(sizes) > 1:
        return [Line(topic, names, f"{len(sizes)} * {sizes[0]}", f"{total:,}")]
    if len(shapes) == 1 or all(len(shape) <= 1 for shape in shapes.values()):
        numbers = "*".join(map(str, next(iter(shapes.values())))) if len(shapes) == 1 else " + ".join(map(str, sizes))
        return [Line(topic, names, numbers, f"{total:,}")]
    parts = [Line(name, numbers="*".join(map(str, shape)), result=f"{shape.numel:,}") for name, shape in shapes.items()]
    return [*parts, Line(topic, "the sum", " + ".join(map(str, sizes)), f"{total:,}")]


def seen(row: LayerReport, windows: tuple[Any, ...], fields: dict[str, Any], inputs: set[str]) -> list[Line]:
    """One step of the receptive field's fold, where it is a simple one."""
    after = row.receptive_field
    if after is None:
        return []
    single = len(row.inputs) == 1
    before = fields.get(row.inputs[0]) if single else None
    first = single and row.inputs[0] in inputs
    lines = []
    for axis, size in enumerate(after.size):
        topic = f"field {axis_name(axis, len(after.size))}"
        jump, start = after.jump[axis], after.start[axis]
        if size is None:
            lines.append(Line(topic, result="unavailable"))
            continue
        where = f"starts at {start}"
        where = f"the same for every output, {where}" if jump == 0 else f"jump {plain(jump)}, {where}"
        step = folded(windows, axis, before, first, size)
        if step is not None:
            old, stride = step[1], windows[axis].stride
            grown = f"jump {old}*{stride} = {jump}" if stride > 1 else f"jump {jump}"
            lines.append(Line(topic, "size + (F - 1)*jump", step[0], str(size), f"{grown}, starts at {start}"))
        else:
            hull = "" if single or len(row.inputs) == 0 else "all inputs together; "
            lines.append(Line(topic, result=str(size), remark=hull + where))
    return lines


def folded(windows: tuple[Any, ...], axis: int, before: Any, first: bool, size: int) -> tuple[str, int] | None:
    """The substituted step and the jump before it, where the axis slides over one that is followed; else None."""
    way = windows[axis] if axis < len(windows) else None
    if not isinstance(way, Window) or (way.extent == 1 and way.stride == 1):
        return None
    if before is not None and axis < len(before.size):
        old, jump = before.size[axis], before.jump[axis]
    elif first:
        old, jump = 1, 1
    else:
        return None
    if not isinstance(old, int) or not isinstance(jump, int) or not jump or old + (way.extent - 1) * jump != size:
        return None
    return f"{old} + ({way.extent} - 1)*{jump}", jump


def plain(jump: float | None) -> str:
    """A jump without the noise of floating point."""
    return "?" if jump is None else str(jump) if isinstance(jump, int) else f"{jump:.6g}"
