"""Hypothesis strategies: sliding layers and their inputs, in one to three dimensions, with every padding dialect."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.forward import kernel
from cnnshape.forward.kit import Kit
from cnnshape.forward.weights import Weights
from cnnshape.shape import Shape

WORDS = ("same", "same_upper", "same_lower", "valid", "full", "causal")


@st.composite
def paddings(draw, rank: int, words: tuple[str, ...] = WORDS) -> Any:
    pair = st.tuples(st.integers(0, 2), st.integers(0, 2))
    each = st.one_of(st.integers(0, 2), pair, *([st.sampled_from(words)] if words else []))
    return draw(st.one_of(each.filter(lambda p: not isinstance(p, tuple)), st.tuples(*[pair] * rank)))


@st.composite
def per_axis(draw, rank: int, most: int) -> Any:
    one = st.integers(1, most)
    return draw(st.one_of(one, st.tuples(*[one] * rank)))


@st.composite
def images(draw, ranks=(1, 2, 3), channels=None) -> Shape:
    rank = draw(st.sampled_from(ranks))
    most = {1: 13, 2: 9, 3: 6}[rank]
    sizes = [draw(st.integers(1, most)) for _ in range(rank)]
    return Shape(draw(st.integers(1, 2)), channels or draw(st.sampled_from([1, 2, 3, 4, 6])), *sizes)


def fits(layer: Any, x: Shape) -> Shape:
    """The calculator's shape; layers that it refuses are not drawn."""
    try:
        return layer.out(x)
    except LayerError:
        assume(False)
        raise


@st.composite
def convs(draw, words=WORDS) -> tuple[Any, Shape]:
    x = draw(images())
    rank = len(x) - 2
    groups = draw(st.sampled_from([g for g in (1, 2, 3, 6) if x[1] % g == 0]))
    layer = L.Conv(
        groups * draw(st.integers(1, 3)),
        kernel_size=draw(per_axis(rank, 3)),
        stride=draw(per_axis(rank, 3)),
        padding=draw(paddings(rank, words)),
        dilation=draw(per_axis(rank, 2)),
        groups=groups,
        bias=draw(st.booleans()),
    )
    fits(layer, x)
    return layer, x


@st.composite
def transposed(draw, words=WORDS) -> tuple[Any, Shape]:
    x = draw(images())
    rank = len(x) - 2
    groups = draw(st.sampled_from([g for g in (1, 2, 3) if x[1] % g == 0]))
    stride = draw(per_axis(rank, 3))
    layer = L.ConvTranspose(
        groups * draw(st.integers(1, 2)),
        kernel_size=draw(per_axis(rank, 3)),
        stride=stride,
        padding=draw(paddings(rank, words)),
        output_padding=draw(st.integers(0, (min(stride) if isinstance(stride, tuple) else stride) - 1)),
        dilation=draw(per_axis(rank, 2)),
        groups=groups,
        bias=draw(st.booleans()),
    )
    fits(layer, x)
    return layer, x


@st.composite
def pools(draw, words=("same", "same_lower", "valid"), kinds=("MaxPool", "AvgPool", "LpPool")) -> tuple[Any, Shape]:
    x = draw(images())
    rank = len(x) - 2
    kind = getattr(L, draw(st.sampled_from(kinds)))
    extra = {"count_include_pad": draw(st.booleans())} if kind is L.AvgPool else {}
    extra = {"norm_type": float(draw(st.integers(1, 3)))} if kind is L.LpPool else extra
    layer = kind(
        draw(per_axis(rank, 3)),
        stride=draw(st.one_of(st.none(), per_axis(rank, 3))),
        padding=draw(paddings(rank, words)),
        dilation=draw(per_axis(rank, 2)),
        ceil_mode=draw(st.sampled_from([False, True, "torch", "onnx", "caffe"])),
        **extra,
    )
    fits(layer, x)
    return layer, x


def run(layer: Any, x: Shape, mode: str = "fast", seed: int = 3) -> tuple[np.ndarray, np.ndarray, Kit]:
    """(input, output, the kit that was used), in double precision."""
    weights = Weights(seed, "float64")
    kit = Kit(weights, "layer")
    array = weights.between("", "x", tuple(x), -1.0, 1.0)
    return array, kernel(layer.kind, mode)(layer, kit, array), kit


def counted(layer: Any, x: Shape) -> dict[str, int]:
    """What the calculator counts, without zeros."""
    ops = layer.ops(layer.out(x), x)
    return {name: value for name in ops.__struct_fields__ if (value := getattr(ops, name))}
