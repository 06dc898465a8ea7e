"""Thin trials against the plain thing: change one row of the real input of the real network and look what moves."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import convs, pools, transposed
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnshape.api import analyze_data_network, analyze_document
from cnnshape.forward.probe import Probe
from cnnshape.forward.run import execute
from cnnshape.forward.trials import Seen, unread
from cnnshape.forward.weights import Weights
from cnnshape.spec.source import parse


def everything(network, size: int, axis: int, batch: int = 1) -> list[np.ndarray]:
    """For every value, what moves at all: [row of the input, *the value's shape], from many runs of the network."""
    moved: list = []
    for seed in range(4):
        weights = Weights(seed, "float64", keep=True)
        rng = np.random.default_rng(seed)
        inputs = [rng.uniform(0.2, 1.0, (batch, *t.shape)) for t in network.inputs]
        base, _ = execute(network, list(inputs), weights, free=False)
        moved = moved or [np.zeros((size, *base[v].shape), bool) for v in sorted(base)]
        for row in range(size):
            for amount in (3.0, -7.0):
                other = inputs[0].copy()
                other[(slice(None),) * (2 + axis) + (row,)] += amount * rng.uniform(0.5, 1.0)
                fed = [
                    other if t.shape == network.inputs[0].shape else a
                    for t, a in zip(network.inputs, inputs, strict=True)
                ]
                found, _ = execute(network, fed, weights, free=False)
                for value in sorted(found):
                    moved[value][row] |= np.abs(found[value] - base[value]) > 1e-11
    return moved


def check_same(network, report) -> None:
    shapes = [tuple(t.shape) for t in report.inputs] + [tuple(s) for row in report.layers for s in row.output_shapes]
    for axis, size in enumerate(network.inputs[0].shape[1:]):
        thin = Probe(network, axis, size, shapes, real=True).run()
        for value, whole in enumerate(everything(network, size, axis)):
            seen = thin[value]
            if seen is None:
                assert not whole.any()
                continue
            assert isinstance(seen, Seen), seen
            others = tuple(d for d in range(1, whole.ndim) if seen.dim is None or d != seen.dim + 1)
            assert np.array_equal(whole.any(axis=others).reshape(size, -1), seen.moved), (value, axis)


NETWORKS = {
    "a plain chain": """
input: 2x13x11
layers:
  - conv: {out_channels: 6, stride: 2, padding: same}
  - batch_norm
  - leaky_relu
  - avg_pool: {kernel_size: 3, stride: 1, padding: 1}
  - conv: {out_channels: 4, kernel_size: [2, 3], dilation: [2, 1]}
  - flatten
  - linear: 5
""",
    "branches and a residual": """
input: 3x12x10
layers:
  - conv: {out_channels: 4, padding: 1}
  - residual:
      - conv: {out_channels: 4, kernel_size: 5, padding: 2, groups: 2}
      - tanh
  - branches:
      - - conv: {out_channels: 3, kernel_size: 1, stride: 2}
      - - avg_pool: {kernel_size: 3, stride: 2, padding: 1}
      - - conv: {out_channels: 2, kernel_size: [3, 1], stride: 2, padding: [[2, 0], [0, 0]]}
  - squeeze_excite: {act: tanh}
  - global_avg_pool
""",
    "down and up": """
input: 2x9x8
layers:
  - conv: {out_channels: 4, stride: 2, padding: 1}
    name: down
  - conv_transpose: {out_channels: 3, kernel_size: 3, stride: 2, padding: 1, output_padding: [0, 1]}
  - upsample: {scale_factor: 2, mode: bilinear}
  - conv: {out_channels: 4, kernel_size: 2}
  - upsample: 2
  - pixel_shuffle: 2
  - slice: {dim: 2, start: 3, end: -2, step: 2}
  - pad: {padding: [[1, 2], [0, 3]], mode: replicate}
  - adaptive_avg_pool: [5, 1]
""",
    "axes that move and end": """
input: 3x7x5
layers:
  - conv: {out_channels: 4, kernel_size: 3, padding: 1}
  - permute: [0, 2, 3, 1]
  - layer_norm
  - linear: 6
  - gelu
  - permute: [0, 3, 1, 2]
  - instance_norm
  - softmax: 1
  - flatten: 2
  - permute: [0, 2, 1]
  - multi_head_attention: 2
  - parameter: [1, 6]
    name: token
  - concat: {dim: 1}
    from: [token, multi_head_attention1]
  - multi_head_attention: 2
  - slice: {dim: 1, start: 0, end: 1}
""",
    "one dimension": """
input: 2x23
layers:
  - conv: {out_channels: 4, kernel_size: 3, dilation: 2, padding: causal}
  - conv: {out_channels: 4, kernel_size: 3, dilation: 4, padding: causal}
  - split: 2
  - mul: [split1, "split1[1]"]
  - max_pool: {kernel_size: 3, stride: 2, ceil_mode: true}
""",
}


@pytest.mark.parametrize("name", NETWORKS)
def test_thin_trials_see_what_the_network_sees(name) -> None:
    network, report = analyze_document(parse(NETWORKS[name]))
    check_same(network, report)


@settings(max_examples=25)
@given(st.one_of(convs(), transposed(), pools(kinds=("AvgPool", "LpPool"))))
def test_one_layer_sees_what_it_sees(drawn) -> None:
    layer, x = drawn
    fields = {name: getattr(layer, name) for name in layer.__struct_fields__ if getattr(layer, name) is not None}
    data = {"input": list(x[1:]), "layers": [{layer.kind: fields}]}
    network, report = analyze_data_network(data)
    check_same(network, report)
    if layer.kind == "conv":
        for axis, n in enumerate(x[2:]):
            assert unread(layer, axis, len(x) - 2, n) == (report.layers[0].dropped or [0] * 9)[axis]
