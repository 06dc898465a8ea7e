"""Fourier transforms, and the windows and filters that go with them."""

from __future__ import annotations

from cnnshape.readers.onnx.call import Call, Sizes, misfit, text, wrong


def dft(call: Call) -> Sizes:
    """Complex numbers in the last axis; half of them when one side is enough."""
    x = call.x()
    if len(x) < 2:
        raise misfit(f"{text(x)} has no signal axis")
    if call.opset < 20:
        axis = call.count("axis", 1)
    else:
        axis = call.int_at(2) if call.has(2) else -2
    axis = call.axis(axis, len(x))
    n = call.int_at(1) if call.has(1) else x[axis]
    sided, back = call.count("onesided", 0), call.count("inverse", 0)
    last = 2
    if sided and back:
        n, last = (n if call.has(1) else 2 * (n - 1)), 1
    elif sided:
        n = n // 2 + 1
    return [(*x[:axis], n, *x[axis + 1 : -1], last)]


def stft(call: Call) -> Sizes:
    """One spectrum per frame."""
    x, step = call.x(), call.int_at(1)
    if len(x) not in (2, 3):
        raise misfit(f"{text(x)} is no signal of shape (N, length, 1)")
    if call.has(3):
        length = call.int_at(3)
    elif call.has(2):
        length = call.x(2, 1)[0]
    else:
        raise wrong("neither window nor frame_length is stated")
    if step < 1 or length < 1 or x[1] < length:
        raise misfit(f"frames of {length} every {step} do not fit {text(x)}")
    bins = length // 2 + 1 if call.count("onesided", 1) else length
    return [(x[0], (x[1] - length) // step + 1, bins, 2)]


def window(call: Call) -> Sizes:
    """As long as asked for."""
    return [(call.int_at(0),)]


def mel(call: Call) -> Sizes:
    """A filter per bin."""
    return [(call.int_at(1) // 2 + 1, call.int_at(0))]
