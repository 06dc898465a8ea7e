"""Every error that a kind's docstring lists is raised for its case, and what it offers as a fix really works."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import SAMPLES

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import CODES, LayerError
from cnnshape.facts import facts, tried_fix
from cnnshape.layers.doc import sections
from cnnshape.shape import Shape

X = Shape(2, 6, 7, 11)
LINE = Shape(2, 6, 13)
FLAT = Shape(2, 7)
BARE = Shape(2)  # a batch of numbers
OTHER = Shape(2, 6, 5, 11)
SEQUENCE = Shape(2, 7, 6)
POOLS = (L.MaxPool, L.AvgPool, L.LpPool)
DIM = (L.Softmax, L.Softmin, L.LogSoftmax, L.LayerNorm, L.RmsNorm, L.L2Norm, L.Scale, L.Standardize, L.Glu)
ARITHMETIC = (L.Add, L.Sub, L.Mul, L.Div, L.Maximum, L.Minimum, L.Mean)

#: (layer, inputs, code, whether a change of its own fields must be offered that mends it).
CASES = [
    (L.Conv(5, kernel_size=9), (X,), "CNN-E401", True),
    (L.Conv(5, kernel_size=(3, 5), dilation=(1, 4)), (X,), "CNN-E401", True),
    (L.Conv(5, groups=5), (X,), "CNN-E402", True),
    (L.Conv(5, groups=4), (X,), "CNN-E402", True),
    (L.Conv(5, kernel_size=(3, 3, 3)), (X,), "CNN-E405", True),
    (L.Conv(5, stride=(2,)), (X,), "CNN-E405", True),
    (L.Conv(5, padding=((1, 2, 3), 1)), (X,), "CNN-E203", False),
    (L.Conv(5), (FLAT,), "CNN-E404", False),
    (L.Conv(5), (Shape(2, 3, 4, 5, 6, 7),), "CNN-E404", False),
    (L.ConvTranspose(5, groups=5), (X,), "CNN-E402", True),
    (L.ConvTranspose(5, stride=2, output_padding=2), (X,), "CNN-E406", True),
    (L.ConvTranspose(5, kernel_size=3, padding=9), (X,), "CNN-E406", True),
    (L.ConvTranspose(5), (FLAT,), "CNN-E404", False),
    *[(kind(9), (X,), "CNN-E401", True) for kind in POOLS],
    *[(kind(3, padding=3, stride=1), (X,), "CNN-E406", True) for kind in POOLS],
    *[(kind(2, padding=((0, 2), 0), stride=1), (X,), "CNN-E406", True) for kind in POOLS],
    *[(kind(2), (FLAT,), "CNN-E404", False) for kind in POOLS],
    *[(kind(), (FLAT,), "CNN-E404", False) for kind in (L.GlobalAvgPool, L.GlobalMaxPool)],
    *[(kind((3, 3, 3)), (X,), "CNN-E405", True) for kind in (L.AdaptiveAvgPool, L.AdaptiveMaxPool)],
    (L.Linear(5, in_features=7), (Shape(2, 11),), "CNN-E405", True),
    (L.Linear(5), (BARE,), "CNN-E404", False),
    (L.Bilinear(5), (Shape(2, 3, 7), Shape(2, 4, 7)), "CNN-E403", False),
    *[(kind(), (BARE,), "CNN-E404", False) for kind in (L.BatchNorm, L.InstanceNorm, L.LocalResponseNorm)],
    (L.GroupNorm(4), (X,), "CNN-E402", True),
    *[(kind(dim=dim), (X,), "CNN-E406", True) for kind in DIM for dim in (4, 0, -5)],
    (L.Softmax(dim=3), (LINE,), "CNN-E406", True),
    (L.LayerNorm(dim=(1, 9)), (X,), "CNN-E406", True),
    (L.Glu(), (Shape(2, 7, 5),), "CNN-E405", False),
    (L.PRelu(num_parameters=5), (X,), "CNN-E405", True),
    (L.PRelu(per_channel=True), (BARE,), "CNN-E404", True),
    (L.ChannelShuffle(2), (BARE,), "CNN-E404", False),
    (L.Flatten(start_dim=3, end_dim=2), (X,), "CNN-E406", True),
    (L.Flatten(start_dim=4), (X,), "CNN-E406", True),
    (L.Flatten(start_dim=0), (X,), "CNN-E406", True),
    (L.Reshape((5, 5)), (X,), "CNN-E403", False),
    (L.Reshape((6, 70)), (X,), "CNN-E403", True),
    (L.Reshape((-1, -1)), (X,), "CNN-E203", False),
    (L.Reshape((5, -1)), (X,), "CNN-E403", False),
    (L.Permute((0, 1)), (X,), "CNN-E406", True),
    (L.Permute((1, 0, 2, 3)), (X,), "CNN-E406", True),
    (L.Permute((0, 1, 2, 2)), (X,), "CNN-E406", True),
    (L.Squeeze(2), (X,), "CNN-E406", True),
    (L.Squeeze(7), (X,), "CNN-E406", False),
    (L.Unsqueeze(6), (X,), "CNN-E406", True),
    (L.Unsqueeze(0), (X,), "CNN-E406", True),
    (L.Slice(dim=2, start=5, end=5), (X,), "CNN-E406", True),
    (L.Slice(dim=9), (X,), "CNN-E406", True),
    (L.Split(sizes=(1, 2)), (X,), "CNN-E405", True),
    (L.Split(4), (X,), "CNN-E405", True),
    (L.Split(), (X,), "CNN-E204", True),
    (L.Padding(7, mode="reflect"), (X,), "CNN-E406", True),
    (L.Padding(8, mode="circular"), (X,), "CNN-E406", True),
    (L.Crop(size=8), (X,), "CNN-E406", False),
    (L.Crop(cropping=4), (X,), "CNN-E406", False),
    (L.Crop(size=5, offset=9), (X,), "CNN-E406", False),
    (L.Crop(), (OTHER, X), "CNN-E406", False),
    (L.Crop(), (X,), "CNN-E204", False),
    (L.Upsample(), (X,), "CNN-E204", False),
    (L.Upsample(2, size=9), (X,), "CNN-E204", False),
    (L.Upsample(0.1), (X,), "CNN-E406", False),
    *[(kind(5), (X,), "CNN-E405", False) for kind in (L.PixelShuffle, L.DepthToSpace)],
    *[(kind(2), (X,), "CNN-E405", True) for kind in (L.PixelUnshuffle, L.SpaceToDepth)],
    (L.ChannelShuffle(4), (X,), "CNN-E402", True),
    (L.Concat(), (X, OTHER), "CNN-E403", False),
    (L.Concat(), (X, LINE), "CNN-E403", False),
    (L.Concat(dim=4), (X, X), "CNN-E406", True),
    *[(kind(), (X, OTHER), "CNN-E403", False) for kind in ARITHMETIC],
    *[(kind(), (X, SEQUENCE), "CNN-E403", False) for kind in ARITHMETIC],
    (L.Matmul(), (Shape(2, 7, 11), Shape(2, 7, 11)), "CNN-E403", True),
    (L.Matmul(), (Shape(2, 3, 7, 11), Shape(2, 5, 11, 7)), "CNN-E403", False),
    (L.Matmul(), (FLAT, FLAT), "CNN-E404", False),
    (L.ScaledDotProductAttention(), (Shape(2, 7, 5), Shape(2, 7, 3), Shape(2, 7, 3)), "CNN-E403", False),
    (L.MultiHeadAttention(4), (SEQUENCE,), "CNN-E402", False),
    (L.MultiHeadAttention(2), (X,), "CNN-E404", False),
    (L.MultiHeadAttention(2), (SEQUENCE, Shape(2, 5, 6), Shape(2, 3, 6)), "CNN-E403", False),
    *[(kind(5), (X,), "CNN-E404", False) for kind in (L.Rnn, L.Lstm, L.Gru)],
    (L.Add(), (X,), "CNN-E303", False),
    (L.Relu(), (X, X), "CNN-E303", False),
    (L.Matmul(), (X, X, X), "CNN-E303", False),
    (L.Opaque(shape=(2**31 - 1, 2**31 - 1, 7)), (X,), "CNN-E501", False),
]  # fmt: skip
IDS = [f"{layer.kind}-{code}-{i}" for i, (layer, _, code, _) in enumerate(CASES)]


def test_every_error_that_a_docstring_lists_has_a_case() -> None:
    tried = {(layer.kind, code) for layer, _, code, _ in CASES}
    for kind in L.KINDS:
        for code in re.findall(r"CNN-E\d{3}", " ".join(sections(kind).get("Errors", []))):
            assert (kind.kind, code) in tried


@pytest.mark.parametrize(("layer", "xs", "code", "mendable"), CASES, ids=IDS)
def test_the_error_is_raised_with_numbers_in_it_and_its_fixes_work(layer, xs, code, mendable) -> None:
    with pytest.raises(LayerError) as caught:
        facts(layer, xs)
    error = caught.value
    assert error.code == code in CODES
    assert layer.kind in error.message or re.search(r"\d", error.message)
    works = []
    for change in error.fixes:
        try:
            facts(msgspec.structs.replace(layer, **change), xs)
        except LayerError:
            continue
        works.append(change)
        # It is one that a spec may hold.
        fields = {field.name: field.type for field in msgspec.structs.fields(type(layer))}
        for name, value in change.items():
            assert msgspec.convert(value, fields[name], strict=True) == value
    assert works or not mendable
    shown = tried_fix(layer, error, xs)
    for change in works:
        assert all(f"{name}: " in shown for name in change)
    assert bool(shown) == bool(works or error.advice)


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize(("layer", "xs", "code", "mendable"), CASES, ids=IDS)
def test_an_error_does_not_depend_on_the_batch(layer, xs, code, mendable, batch) -> None:
    if code in ("CNN-E403", "CNN-E501") and len({len(x) for x in xs}) > 1:
        return  # an array without a batch of its own has 1
    with pytest.raises(LayerError) as caught:
        facts(layer, tuple(Shape(batch, *x[1:]) for x in xs))
    assert caught.value.code == code


shapes = st.lists(st.integers(1, 9), min_size=1, max_size=6).map(lambda sizes: Shape(*sizes))


@settings(max_examples=600)
@given(st.sampled_from(SAMPLES), st.lists(shapes, min_size=1, max_size=3), st.integers(0, 9))
def test_any_shapes_give_facts_or_a_layer_error(sample, xs, dim) -> None:
    layer, usual = sample
    xs = (xs * 3)[: len(usual)]
    fields = [field.name for field in msgspec.structs.fields(type(layer)) if field.name in ("dim", "start_dim")]
    layer = msgspec.structs.replace(layer, **dict.fromkeys(fields, dim - 4))
    try:
        found = facts(layer, tuple(xs))
    except LayerError as error:
        tried_fix(layer, error, tuple(xs))
        return
    assert all(min(shape) >= 1 for shape in found.outs)
    assert found.ops is None or min(msgspec.structs.astuple(found.ops)) >= 0
    for carry in layer.carries(*xs) or ():
        assert 1 <= carry.axis < len(xs[0])
        assert 1 <= carry.to < len(found.outs[0])


def test_a_last_window_that_is_dropped_is_no_negative_padding() -> None:
    with pytest.raises(LayerError) as caught:
        L.MaxPool(1, stride=4, padding=1, ceil_mode=True).out(Shape(1, 1, 7, 7))
    assert caught.value.message == "padding 1 is too large for the window of 1: output 0 would see padding alone"


def test_a_side_without_padding_is_told_as_well() -> None:
    with pytest.raises(LayerError, match=r"padding 3 \+ 0 is too large for the window of 2"):
        L.MaxPool(2, padding=((3, 0), (0, 0))).out(Shape(1, 3, 7, 7))
