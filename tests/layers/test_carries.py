"""Where a layer says that an axis goes is where a change of that axis shows, when the layer is really run.

One slice of the inputs is changed at a time, by another amount at each element, and every output element that moves is
noted: of all inputs that are shaped like the first, as they may come from one tensor. The runs are those of `forward/`, which asks the layer for no rule.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from samples import BLACK_BOXES, SAMPLES

from cnnshape import layers as L  # noqa: N812
from cnnshape.forward import kernel
from cnnshape.forward.kit import Kit
from cnnshape.forward.weights import Weights
from cnnshape.geometry.resample import Resample, Whole
from cnnshape.shape import Shape

#: Samples whose axes differ from those of `samples.py` in what matters here.
MORE = [
    (L.Matmul(), (Shape(2, 3, 7, 11), Shape(2, 1, 11, 5))),
    (L.Matmul(), (Shape(1, 7, 5), Shape(2, 3, 5, 11))),
    (L.Matmul(), (Shape(2, 3, 7, 7),) * 2),
    (L.ScaledDotProductAttention(), (Shape(2, 3, 7, 5),) * 3),
    (L.ScaledDotProductAttention(), (Shape(2, 7, 5),) * 3),
    (L.Flatten(start_dim=2), (Shape(2, 3, 5, 7),)),
    (L.Reshape((3, 35)), (Shape(2, 3, 5, 7),)),
    (L.Reshape((15, 7)), (Shape(2, 3, 5, 7),)),
    (L.Reshape((3, 1, 5, 7)), (Shape(2, 3, 5, 7),)),
    (L.Permute((0, 3, 1, 2)), (Shape(2, 3, 5, 7),)),
    (L.Permute((0, -1, 1, 2)), (Shape(2, 3, 5, 7),)),
    (L.Squeeze(2), (Shape(2, 3, 1, 7),)),
    (L.Squeeze(), (Shape(2, 1, 5, 1, 7),)),
    (L.Unsqueeze(-1), (Shape(2, 3, 5),)),
    (L.Unsqueeze(1), (Shape(2, 3, 5),)),
    (L.Slice(dim=3, start=-6, end=-1, step=2), (Shape(2, 3, 5, 11),)),
    (L.Slice(dim=3, start=2, end=7, step=2), (Shape(2, 3, 5, 11),)),
    (L.Slice(dim=1, start=1), (Shape(2, 3, 5, 7),)),
    (L.Split(sizes=(2, 5), dim=-1), (Shape(2, 3, 5, 7),)),
    (L.Split(sizes=(2, 1, 4), dim=3), (Shape(2, 3, 5, 7),)),
    (L.Split(sizes=(1, 2), dim=1), (Shape(2, 3, 5, 7),)),
    (L.Concat(dim=2), (Shape(2, 3, 5, 7), Shape(2, 3, 2, 7))),
    (L.Softmax(dim=-1), (Shape(2, 3, 5, 7),)),
    (L.Glu(dim=2), (Shape(2, 3, 10, 7),)),
    (L.L2Norm(dim=2), (Shape(2, 3, 5, 7),)),
    (L.Linear(11), (Shape(2, 3, 5, 7),)),
    (L.AdaptiveAvgPool((1, 3)), (Shape(2, 3, 5, 7),)),
    (L.AdaptiveMaxPool((3, 2)), (Shape(2, 3, 5, 7),)),
    (L.Crop(cropping=((1, 2), (0, 3))), (Shape(2, 3, 5, 7),)),
    (L.Crop(size=(3, 2), offset=(2, 1)), (Shape(2, 3, 5, 7),)),
    (L.Padding(padding=((1, 2), (0, 3))), (Shape(2, 3, 5, 7),)),
    (L.Upsample(size=(3, 10)), (Shape(2, 3, 5, 7),)),
    (L.Upsample(size=(1, 3), mode="bilinear", align_corners=True), (Shape(2, 3, 5, 7),)),
]
#: Kinds that leave each channel to itself and say where the spatial axes go, no more: an axis of the image that a
#: permute put among the channels ends there.
SPATIAL = ("max_pool", "avg_pool", "lp_pool", "global_avg_pool", "global_max_pool", "adaptive_avg_pool", "pad", "crop")
SPATIAL += ("adaptive_max_pool", "batch_norm", "instance_norm", "group_norm", "upsample")
CASES = [
    pytest.param(layer, xs, id=f"{layer.kind}-{n}")
    for n, (layer, xs) in enumerate([*SAMPLES, *MORE])
    if layer.kind not in (*BLACK_BOXES, "embedding")
]


@cache
def moved(layer, xs, number=0):
    """For each dimension but the batch: which outputs move with each of its slices, [slice, *one of the outputs]."""
    weights, found = Weights(0, "float64"), {}

    def run(inputs):
        with np.errstate(all="ignore"):
            outs = kernel(layer.kind)(layer, Kit(weights, layer.kind), *inputs)
        return outs[number] if isinstance(outs, tuple) else outs

    rng = np.random.default_rng(7)
    for low in (0.2, 0.9):  # a maximum or minimum may hide one change, and not two
        inputs = [rng.uniform(low, 1.0, tuple(shape)) for shape in xs]
        base = run(inputs).copy()
        for d in range(1, len(xs[0])):
            marks = found.setdefault(d, np.zeros((xs[0][d], *base.shape), bool))
            for i in range(xs[0][d]):
                for amount in (3.0, -7.0):
                    others = [array.copy() for array in inputs]
                    for part in [array.swapaxes(0, d)[i] for array in others if array.shape == tuple(xs[0])]:
                        np.add(part, amount * rng.uniform(0.5, 1.0, part.shape), out=part)
                    marks[i] |= ~np.isclose(run(others), base, rtol=0, atol=1e-11)
    return found


def along(marks, dim):
    """[slice, position along one output dimension]: whether anything there moves."""
    return marks.any(axis=tuple(d + 1 for d in range(marks.ndim - 1) if d != dim))


def reads(way, n, o):
    """Which of n positions a way reads for output o: what lies outside is padding, or for a mix the last one inside."""
    places = way.reached(o)
    return {min(max(i, 0), n - 1) for i in places} if isinstance(way, Resample) else set(places) & set(range(n))


def sees_less(layer, xs):
    """Whether all is said to be seen where a part is: halves, steps before this one, a query beside keys."""
    return (
        layer.kind in ("concat", "glu")
        or not getattr(layer, "bidirectional", True)
        or (layer.kind in ("matmul", "scaled_dot_product_attention", "multi_head_attention") and len(set(xs)) > 1)
    )


@pytest.mark.parametrize(("layer", "xs"), CASES)
def test_an_axis_goes_where_its_changes_show(layer, xs) -> None:
    if getattr(layer, "mode", None) in ("reflect", "replicate", "circular"):
        return  # its border shows positions of the inside, but is followed as a border of zeros is
    apart = layer.apart(*xs)
    if apart is None:
        hold(layer, xs, layer.carries(*xs), 0)
    for number, carries in enumerate(apart or ()):
        hold(layer, xs, carries, number)


def hold(layer, xs, carries, number):
    """One output of a layer."""
    x, y = xs[0], layer.outs(*xs)[number]
    ways = {d: (d + len(y) - len(x), None) for d in range(1, len(x))}
    if carries is not None:
        ways = {carry.axis: (carry.to, carry.way) for carry in carries}
        assert len(ways) == len(carries)
    for d, marks in moved(layer, xs, number).items():
        n = x[d]
        if d not in ways:  # it ends: then it lies along no dimension of the output
            assert d == 1 or layer.kind not in SPATIAL or len(y) < len(x), d
            for to in range(1, marks.ndim - 1) if d > 1 or layer.kind not in SPATIAL else ():
                assert n == 1 or not np.array_equal(along(marks, to), np.eye(n, dtype=bool)), (d, to)
            continue
        to, way = ways[d]
        shown = along(marks, to)
        if not layer.reads:
            assert not shown.any()
            continue
        assert way is None or way.out_size(n) == shown.shape[1], d
        if isinstance(way, Whole):
            assert shown.all() or sees_less(layer, xs), d
        elif way is not None:
            wanted = [[i in reads(way, n, o) for o in range(shown.shape[1])] for i in range(n)]
            assert np.array_equal(shown, wanted), (d, way)
        elif carries is not None or d > 1 or not layer.mixes_channels:
            assert np.array_equal(shown, np.eye(n, dtype=bool)), d
