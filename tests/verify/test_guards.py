"""A check that cannot fail proves nothing: each rule of the calculator is broken by one, and verify must object."""

from __future__ import annotations

from math import prod
from typing import Any

import pytest

import cnnshape.calculate
import cnnshape.trace
from cnnshape.api import analyze_document
from cnnshape.geometry import padding
from cnnshape.geometry.field import Field
from cnnshape.geometry.transposed import Transposed
from cnnshape.geometry.window import Window
from cnnshape.layers.conv import Conv, ConvTranspose
from cnnshape.layers.linear import Linear
from cnnshape.layers.norm import BatchNorm
from cnnshape.layers.piecewise import Relu
from cnnshape.layers.pool import AvgPool, MaxPool
from cnnshape.liveness import follow
from cnnshape.ops import Ops
from cnnshape.shape import Shape
from cnnshape.spec.source import parse
from cnnshape.verify import verify

SPEC = """
input: 4x24x30
layers:
  - conv: {out_channels: 6, kernel_size: 3, stride: 2, padding: same, groups: 2}
    name: first
  - batch_norm
  - relu
  - conv: {out_channels: 6, kernel_size: 3, padding: 2, dilation: 2, bias: false}
    name: dilated
  - max_pool: {kernel_size: 2, stride: 2, ceil_mode: true}
  - conv_transpose: {out_channels: 4, kernel_size: 3, stride: 2, groups: 2}
    name: up
  - avg_pool: {kernel_size: 3, stride: 4}
    name: holes
  - flatten
  - linear: 5
  - relu
    # the same weights again
  - linear: 5
    name: again
  - share: again
    name: twice
"""


def differing(spec: str = SPEC) -> set[str]:
    """What verify objects to: layer and check."""
    network, report = analyze_document(parse(spec))
    found = verify(network, report, seed=1)
    assert found.verified == (found.failed == 0)
    return {f"{layer.name}.{check.what}" for layer in found.layers for check in layer.checks if check.ok is False} | {
        f"total.{check.what}" for check in found.totals if check.ok is False
    }


def test_an_unbroken_calculator_is_verified() -> None:
    assert differing() == set()


def test_nearly_everything_is_measured() -> None:
    network, report = analyze_document(parse(SPEC))
    found = verify(network, report)
    assert found.unmeasured <= 6
    assert found.checked > 100


def window_longer(monkeypatch: Any) -> str:
    real = Window.out_size
    monkeypatch.setattr(Window, "out_size", lambda w, n: real(w, n) - (w.kernel > 2))
    return "first.output_shapes"


def dilation_forgotten(monkeypatch: Any) -> str:
    monkeypatch.setattr(Window, "out_size", lambda w, n: (n + w.before + w.after - w.kernel) // w.stride + 1)
    return "dilated.output_shapes"


def extent_by_one(monkeypatch: Any) -> str:
    monkeypatch.setattr(Window, "extent", property(lambda w: w.dilation * w.kernel))
    monkeypatch.setattr(Window, "out_size", lambda w, n: (n + w.before + w.after - w.extent) // w.stride + 1)
    return "dilated.output_shapes"


def padding_on_the_other_side(monkeypatch: Any) -> str:
    real = padding.same_upper
    monkeypatch.setattr(padding, "same_upper", lambda n, extent, stride: real(n, extent, stride)[::-1])
    return "first.receptive_field.start"


def ceil_for_floor(monkeypatch: Any) -> str:
    monkeypatch.setattr(Window, "out_size", lambda w, n: -(-(n + w.before + w.after - w.extent) // w.stride) + 1)
    return "holes.output_shapes"


def floor_for_ceil(monkeypatch: Any) -> str:
    monkeypatch.setattr(padding, "ceil_after", lambda *args, **_: args[-1])
    return "max_pool1.output_shapes"


def groups_forgotten_in_the_weights(monkeypatch: Any) -> str:
    monkeypatch.setattr(
        Conv, "weights", lambda c, x: {"weight": Shape(c.out_channels, x[1], 3, 3), "bias": Shape(c.out_channels)}
    )
    return "first.params"


def groups_forgotten_in_the_work(monkeypatch: Any) -> str:
    monkeypatch.setattr(Conv, "ops", lambda _, y, x: Ops(mac=y.numel * x[1] * 9, add=y.numel))
    return "first.ops.mac"


def bias_not_counted(monkeypatch: Any) -> str:
    monkeypatch.setattr(Linear, "weights", lambda c, x: {"weight": Shape(c.out_features, x[-1])})
    return "linear1.params"


def bias_not_added(monkeypatch: Any) -> str:
    monkeypatch.setattr(Linear, "ops", lambda _, y, x: Ops(mac=y.numel * x[-1]))
    return "linear1.ops.add"


def bias_that_is_not_there(monkeypatch: Any) -> str:
    real = Conv.ops
    monkeypatch.setattr(Conv, "ops", lambda c, y, x: Ops(mac=real(c, y, x).mac, add=y.numel))
    return "dilated.ops.add"


def transposed_cost_at_outputs(monkeypatch: Any) -> str:
    monkeypatch.setattr(
        ConvTranspose, "ops", lambda c, y, x: Ops(mac=y.numel * (x[1] // c.groups) * 9, add=y.numel if c.bias else 0)
    )
    return "up.ops.mac"


def transposed_size_by_one(monkeypatch: Any) -> str:
    real = Transposed.out_size
    monkeypatch.setattr(Transposed, "out_size", lambda t, n: real(t, n) + 1)
    return "up.output_shapes"


def field_starts_one_later(monkeypatch: Any) -> str:
    real = cnnshape.trace.fold

    def fold(*args: Any) -> Any:
        field = real(*args)
        return None if field is None else Field(field.start + 1, field.size, field.jump, field.table)

    monkeypatch.setattr(cnnshape.trace, "fold", fold)
    return "first.receptive_field.start"


def field_one_larger(monkeypatch: Any) -> str:
    real = cnnshape.trace.fold

    def fold(*args: Any) -> Any:
        field = real(*args)
        return None if field is None else Field(field.start, field.size + 1, field.jump, field.table)

    monkeypatch.setattr(cnnshape.trace, "fold", fold)
    return "dilated.receptive_field.size"


def jump_ignores_the_stride(monkeypatch: Any) -> str:
    real = cnnshape.trace.fold

    def fold(field: Any, way: Any, *args: Any) -> Any:
        found = real(field, way, *args)
        return None if found is None else Field(found.start, found.size, field.jump, found.table)

    monkeypatch.setattr(cnnshape.trace, "fold", fold)
    return "first.receptive_field.jump"


def dropped_pixels_by_one(monkeypatch: Any) -> str:
    real = Window.unread
    monkeypatch.setattr(Window, "unread", lambda w, n: (real(w, n) or 0) + 1)
    return "holes.dropped"


def dropped_pixels_overlooked(monkeypatch: Any) -> str:
    monkeypatch.setattr(Window, "unread", lambda *_: 0)
    return "holes.dropped"


def statistics_are_params(monkeypatch: Any) -> str:
    monkeypatch.setattr(BatchNorm, "buffers", lambda *_: {})
    monkeypatch.setattr(BatchNorm, "weights", lambda _, x: {n: Shape(x[1]) for n in ("weight", "bias", "mean", "var")})
    return "batch_norm1.buffers"


def padding_taps_compared(monkeypatch: Any) -> str:
    monkeypatch.setattr(MaxPool, "ops", lambda _, y, _x: Ops(cmp=y.numel * 3))
    return "max_pool1.ops.cmp"


def one_addition_too_many(monkeypatch: Any) -> str:
    monkeypatch.setattr(AvgPool, "ops", lambda _, y, _x: Ops(add=y.numel * 9, div=y.numel))
    return "holes.ops.add"


def views_take_memory(monkeypatch: Any) -> str:
    from cnnshape.layers.reshape import Flatten

    monkeypatch.setattr(Flatten, "view", False)
    return "flatten1.activation_bytes"


def nothing_is_freed(monkeypatch: Any) -> str:
    def kept(network: Any, inputs: Any, found: Any) -> Any:
        import msgspec

        return msgspec.structs.replace(
            follow(network, inputs, found), peak=sum(inputs) + sum(one.kept for one in found)
        )

    monkeypatch.setattr(cnnshape.calculate, "follow", kept)
    return "total.peak_activation_bytes"


def activation_in_place(monkeypatch: Any) -> str:
    monkeypatch.setattr(Relu, "view", True)
    return "relu1.activation_bytes"


def shared_weights_twice(monkeypatch: Any) -> str:
    def shared(walk: Any, owner: str, found: Any) -> Any:
        return found.params, found.params, found.buffer_count

    monkeypatch.setattr(cnnshape.calculate._Walk, "shared", shared)
    return "total.params"


BROKEN = [
    window_longer,
    dilation_forgotten,
    extent_by_one,
    padding_on_the_other_side,
    ceil_for_floor,
    floor_for_ceil,
    groups_forgotten_in_the_weights,
    groups_forgotten_in_the_work,
    bias_not_counted,
    bias_not_added,
    bias_that_is_not_there,
    transposed_cost_at_outputs,
    transposed_size_by_one,
    field_starts_one_later,
    field_one_larger,
    jump_ignores_the_stride,
    dropped_pixels_by_one,
    dropped_pixels_overlooked,
    statistics_are_params,
    padding_taps_compared,
    one_addition_too_many,
    views_take_memory,
    nothing_is_freed,
    activation_in_place,
    shared_weights_twice,
]


@pytest.mark.parametrize("breaks", BROKEN, ids=lambda f: f.__name__)
def test_verify_objects(breaks, monkeypatch) -> None:
    wanted = breaks(monkeypatch)
    found = differing()
    assert wanted in found, sorted(found)


def test_ten_filters_of_5x5() -> None:
    network, report = analyze_document(parse("{input: 3x32x32, layers: [conv: {filters: 10, kernel: 5, pad: 2}]}"))
    found = verify(network, report)
    checks = {check.what: check.measured for check in found.layers[0].checks}
    assert checks["params"] == 760 == 10 * (prod((5, 5, 3)) + 1)
    assert checks["ops.mac"] == 32 * 32 * 10 * 75
    assert checks["output_shapes"] == [[1, 10, 32, 32]]
    assert checks["receptive_field.start"] == [-2, -2]
