"""One or more (layer, input shapes) for every kind: prime, unequal extents, so that swapped axes show."""

from __future__ import annotations

from typing import Any

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.ops import Ops
from cnnshape.shape import Shape

X1, X2, X3 = Shape(2, 6, 13), Shape(2, 6, 7, 11), Shape(2, 6, 5, 7, 11)
IMAGES = (X1, X2, X3)
SEQ = Shape(2, 7, 6)


def _images(*made: Any) -> list[tuple[Any, tuple[Shape, ...]]]:
    return [(layer, (x,)) for layer in made for x in IMAGES]


SAMPLES: list[tuple[Any, tuple[Shape, ...]]] = [
    *_images(
        L.Conv(10, kernel_size=3, stride=2, padding=1),
        L.Conv(4, kernel_size=2, groups=2, bias=False, dilation=2),
        L.ConvTranspose(4, kernel_size=3, stride=2, padding=1, output_padding=1),
        L.ConvTranspose(4, kernel_size=2, stride=2, groups=2, bias=False),
        L.MaxPool(3, stride=2, padding=1),
        L.MaxPool(2, ceil_mode=True),
        L.AvgPool(3, stride=1, padding=1),
        L.LpPool(2, norm_type=2.0),
        L.GlobalAvgPool(),
        L.GlobalAvgPool(keepdim=False),
        L.GlobalMaxPool(),
        L.AdaptiveAvgPool(3),
        L.AdaptiveMaxPool(4),
        L.BatchNorm(),
        L.BatchNorm(affine=False, track_running_stats=False),
        L.BatchNorm(scale=False),
        L.BatchNorm(bias=False),
        L.BatchNorm(scale=False, track_running_stats=False),
        L.BatchNorm(bias=False, track_running_stats=False),
        L.InstanceNorm(),
        L.InstanceNorm(affine=True),
        L.GroupNorm(3),
        L.GroupNorm(2, affine=False),
        L.LayerNorm(dim=1),
        L.LayerNorm(dim=(1, -1), bias=False),
        L.LayerNorm(elementwise_affine=False),
        L.RmsNorm(),
        L.RmsNorm(dim=1, elementwise_affine=False),
        L.LocalResponseNorm(size=5),
        L.LocalResponseNorm(size=4),
        L.LocalResponseNorm(size=31),
        L.L2Norm(scale=True),
        L.L2Norm(),
        L.Scale(bias=True),
        L.Scale(),
        L.Standardize(),
        L.Standardize(dim=(1, -1), count=True),
        L.Standardize(stored=False),
        L.Affine(0.5, -1.0),
        L.Affine(-1.0, 2.0),
        L.PRelu(),
        L.PRelu(per_channel=True),
        L.Glu(),
        L.Softmax(),
        L.Softmin(),
        L.LogSoftmax(),
        L.Gelu(),
        L.Gelu(approximate="tanh"),
        L.Flatten(),
        L.Reshape((-1, 2)),
        L.Squeeze(),
        L.Unsqueeze(2),
        L.Slice(dim=2, start=1, end=-1, step=2),
        L.Split(3),
        L.Split(sizes=(1, 5)),
        L.Padding(padding=2, mode="reflect"),
        L.Crop(size=3),
        L.Crop(cropping=1),
        L.Upsample(2),
        L.Upsample(1.5, mode="linear"),
        L.Upsample(size=9, mode="bicubic", align_corners=True),
        L.Upsample(size=4, mode="area"),
        L.ChannelShuffle(3),
        L.Identity(),
        L.Parameter((6, 1, 1)),
        L.Opaque((5, 7), parameters=11, macs=13),
        L.Foreign("Unique", ((5, 7), (11,)), parameters=11, macs=13, operations=Ops()),
        L.Linear(10),
        L.Linear(10, bias=False),
    ),
    (L.Permute((0, 2, 3, 1)), (X2,)),
    (L.Bilinear(5), (Shape(2, 7), Shape(2, 11))),
    (L.Bilinear(5, bias=False), (Shape(2, 3, 7), Shape(2, 3, 11))),
    (L.Embedding(100, 7), (Shape(2, 11),)),
    (L.PixelShuffle(2), (Shape(2, 12, 7, 11),)),
    (L.DepthToSpace(2), (Shape(2, 12, 7, 11),)),
    (L.PixelUnshuffle(2), (Shape(2, 3, 14, 22),)),
    (L.SpaceToDepth(2), (Shape(2, 3, 14, 22),)),
    (L.Crop(), (X2, Shape(2, 1, 5, 3))),
    (L.Concat(), (X2, Shape(2, 5, 7, 11))),
    *[
        (kind(), xs)
        for kind in (L.Add, L.Sub, L.Mul, L.Div, L.Maximum, L.Minimum, L.Mean)
        for xs in ((X2, X2), (X2, Shape(2, 6, 1, 1), X2))
    ],
    (L.Matmul(), (Shape(2, 3, 7, 11), Shape(2, 3, 11, 5))),
    (L.Matmul(transpose_b=True), (Shape(2, 7, 11), Shape(2, 5, 11))),
    (L.ScaledDotProductAttention(), (Shape(2, 3, 7, 5), Shape(2, 3, 11, 5), Shape(2, 3, 11, 13))),
    (L.MultiHeadAttention(2), (SEQ,)),
    (L.MultiHeadAttention(3, bias=False), (SEQ, Shape(2, 5, 11), Shape(2, 5, 13))),
    *[
        (kind(5, num_layers=n, bias=bias, bidirectional=both), (SEQ,))
        for kind in (L.Rnn, L.Lstm, L.Gru)
        for n, bias, both in ((1, True, False), (2, False, True), (3, True, True))
    ],
    (L.Rnn(5, nonlinearity="relu"), (SEQ,)),
    *[(kind(5, num_layers=2, bidirectional=True, recurrent_bias=False), (SEQ,)) for kind in (L.Rnn, L.Lstm, L.Gru)],
]
covered = {type(layer) for layer, _ in SAMPLES}
# The rest have defaults for every field: one value in, one value out.
BLACK_BOXES = ("opaque", "foreign")  # nobody knows what these compute
SAMPLES += [(kind(), (x,)) for kind in L.KINDS if kind not in covered for x in IMAGES]
