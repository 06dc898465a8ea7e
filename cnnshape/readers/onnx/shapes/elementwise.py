"""Operators whose outputs are as large as their inputs."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Sizes, broadcast, misfit, text, wrong


def same(call: Call) -> Sizes:
    """One output like the first input."""
    return [call.x()]


def spread(call: Call) -> Sizes:
    """All inputs broadcast to one shape; before opset 7 (Add ... ), the first input's."""
    if call.opset < 7 and call.op.domain in ("", "ai.onnx"):
        return [call.x()]
    return [broadcast(*call.xs())]


def every(call: Call) -> Sizes:
    """Inputs of one shape."""
    xs = call.xs()
    if any(x != xs[0] for x in xs):
        raise misfit(f"{text(xs[0])} and {text(next(x for x in xs if x != xs[0]))} are not the same shape")
    return [xs[0]]


def prelu(call: Call) -> Sizes:
    """The slope broadcasts to the input, not the other way round."""
    x, slope = call.x(), call.x(1)
    one_each = len(x) > 1 and slope == (x[1],)  # older files: one slope per channel
    if not one_each and broadcast(x, slope) != x:
        raise misfit(f"slope {text(slope)} does not broadcast to {text(x)}")
    return [x]


def dropout(call: Call) -> Sizes:
    """The output and its mask."""
    if call.has(1) and call.opset >= 12 and len(call.x(1)):
        raise wrong("ratio is no scalar")
    return [call.x(), call.x()]


def dynamic_quantize(call: Call) -> Sizes:
    """Quantized values, one scale, one zero point."""
    return [call.x(), (), ()]


def reverse_sequence(call: Call) -> Sizes:
    """One length per example."""
    x = call.x()
    if len(x) < 2:
        raise misfit(f"{text(x)} has fewer than 2 dimensions")
    axes = call.axes((call.count("batch_axis", 1), call.count("time_axis", 0)), len(x))
    if call.x(1) != (x[axes[0]],):
        raise misfit(f"sequence_lens is {text(call.x(1))}, the batch axis has size {x[axes[0]]}")
    return [x]
