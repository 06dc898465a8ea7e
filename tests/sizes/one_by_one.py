"""The slow way: each size is a network of its own, calculated alone."""

from __future__ import annotations

from typing import Any

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.geometry.window import Window
from cnnshape.network import Input, Network, Node
from cnnshape.shape import UNKNOWN
from cnnshape.sizes import Sizes


def network(nodes: list[tuple[Any, tuple[int, ...]]], inputs: list[tuple[int, ...]]) -> Network:
    """(layer, input values) one after the other; shapes of the inputs without their batch."""
    made, value = [], len(inputs)
    for number, (layer, values) in enumerate(nodes):
        count = 1 if layer is None else outputs(layer)
        made.append(Node(f"n{number}", layer, values, tuple(range(value, value + count))))
        value += count
    named = [Input(f"in{k}", shape) for k, shape in enumerate(inputs)]
    return Network("drawn", named, made, (value - 1,))


def outputs(layer: Any) -> int:
    if layer.kind == "split":
        return len(layer.sizes) if layer.sizes else layer.sections
    return 1


def at(net: Network, found: Sizes, size: tuple[int, ...]) -> Network:
    return net.with_inputs({t.name: (t.shape[0], *size) for t in net.inputs if t.name in found.inputs})


def lost(window: Any, n: int) -> int:
    """Positions behind the last window, found by moving it until it does not fit any more.

    What a crop cuts off (a negative border) is no loss of the size.
    """
    start = -window.before
    while start + window.stride + window.extent <= n + window.after:
        start += window.stride
    return max(0, n + min(0, window.after) - (start + max(window.stride, window.extent)))


def drops(net: Network, report: Any) -> int:
    count = 0
    for node, row in zip(net.nodes, report.layers, strict=True):
        if any(x is UNKNOWN for x in row.input_shapes):
            continue
        windows = node.layer.windows(*row.input_shapes)
        if windows is None:
            continue
        pairs = zip(windows, row.input_shapes[0][2:], strict=True)
        count += any(lost(way, n) for way, n in pairs if way.__class__ is Window)
    return count


def check_same(net: Network, found: Sizes, places: Any = None) -> None:
    """Every number of a sweep is the one that `calculate` gives; and it refuses what `calculate` refuses."""
    try:
        own = [row.weights for row in calculate(net, found.batch, found.dtype).layers]
    except ModelError:
        own = None
    for row in found.rows if places is None else [found.rows[i] for i in places]:
        one = at(net, found, row.size)
        try:
            report = calculate(one, found.batch, found.dtype)
        except ModelError as caught:
            error = caught
        else:
            error = None
        if error is not None:
            assert not row.works, (row, str(error))
            told = found.problems[row.problem]
            first = next(
                i for i, node in enumerate(net.nodes) if any(p.place.layer == node.name for p in error.problems)
            )
            assert net.nodes[first].name == told.layer, (row, told)
            continue
        assert row.works, (row, found.problems)
        totals, status = report.totals, report.status
        assert row.outputs == tuple(None if t.shape is UNKNOWN else tuple(t.shape) for t in report.outputs), row
        assert row.params == (None if status.params == "unavailable" else totals.params), row
        assert row.macs == (None if status.macs == "unavailable" else totals.macs), row
        if status.memory != "unavailable":
            memory = (row.activation_bytes, row.peak_activation_bytes)
            assert memory == (totals.activation_bytes, totals.peak_activation_bytes), row
        assert row.dropping == drops(one, report), row
        assert row.fits == (row.dropping == 0)
        same = None if own is None else [layer.weights for layer in report.layers] == own
        assert row.same_weights == same, row
