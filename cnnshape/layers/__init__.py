"""Every layer kind: one explicit list, which tests hold equal to the folder, the docs and the formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cnnshape.layers.activation import (
    Celu,
    Elu,
    Gelu,
    LogSigmoid,
    Mish,
    Selu,
    Sigmoid,
    Silu,
    Softplus,
    Softsign,
    Tanh,
    Tanhshrink,
)
from cnnshape.layers.adaptive_pool import AdaptiveAvgPool, AdaptiveMaxPool, GlobalAvgPool, GlobalMaxPool
from cnnshape.layers.attention import Matmul, MultiHeadAttention, ScaledDotProductAttention
from cnnshape.layers.conv import Conv, ConvTranspose
from cnnshape.layers.cut import Crop, Padding, Slice, Split
from cnnshape.layers.dropout import AlphaDropout, Dropout, DropPath, FeatureAlphaDropout, FeatureDropout
from cnnshape.layers.elementary import Abs, Clip, Exp, Log, Power, Sqrt, Square
from cnnshape.layers.gate import Glu, LogSoftmax, PRelu, Softmax, Softmin
from cnnshape.layers.linear import Bilinear, Embedding, Linear
from cnnshape.layers.merge import Add, Concat, Div, Maximum, Mean, Minimum, Mul, Sub
from cnnshape.layers.norm import BatchNorm, GroupNorm, InstanceNorm, LayerNorm, RmsNorm
from cnnshape.layers.other import Identity, Opaque, Parameter
from cnnshape.layers.piecewise import (
    Hardshrink,
    Hardsigmoid,
    Hardswish,
    Hardtanh,
    LeakyRelu,
    Relu,
    Relu6,
    RRelu,
    Softshrink,
    Threshold,
)
from cnnshape.layers.pool import AvgPool, LpPool, MaxPool
from cnnshape.layers.rearrange import ChannelShuffle, DepthToSpace, PixelShuffle, PixelUnshuffle, SpaceToDepth
from cnnshape.layers.recurrent import Gru, Lstm, Rnn
from cnnshape.layers.resample import Upsample
from cnnshape.layers.reshape import Flatten, Permute, Reshape, Squeeze, Unsqueeze
from cnnshape.layers.scale import L2Norm, LocalResponseNorm, Scale

if TYPE_CHECKING:
    from cnnshape.layers.base import Layer

#: Every kind, family by family.
KINDS: tuple[type[Layer], ...] = (
    # conv
    Conv,
    ConvTranspose,
    # pool
    MaxPool,
    AvgPool,
    LpPool,
    # adaptive_pool
    GlobalAvgPool,
    GlobalMaxPool,
    AdaptiveAvgPool,
    AdaptiveMaxPool,
    # linear
    Linear,
    Bilinear,
    Embedding,
    # norm
    BatchNorm,
    InstanceNorm,
    GroupNorm,
    LayerNorm,
    RmsNorm,
    # scale
    LocalResponseNorm,
    L2Norm,
    Scale,
    # piecewise
    Relu,
    Relu6,
    LeakyRelu,
    RRelu,
    Softshrink,
    Hardshrink,
    Hardtanh,
    Hardsigmoid,
    Hardswish,
    Threshold,
    # activation
    Elu,
    Celu,
    Selu,
    Gelu,
    Silu,
    Mish,
    Softplus,
    Softsign,
    Tanhshrink,
    Sigmoid,
    LogSigmoid,
    Tanh,
    # gate
    PRelu,
    Glu,
    Softmax,
    Softmin,
    LogSoftmax,
    # elementary
    Abs,
    Exp,
    Log,
    Sqrt,
    Square,
    Power,
    Clip,
    # dropout
    Dropout,
    FeatureDropout,
    AlphaDropout,
    FeatureAlphaDropout,
    DropPath,
    # reshape
    Flatten,
    Reshape,
    Permute,
    Squeeze,
    Unsqueeze,
    # cut
    Slice,
    Split,
    Padding,
    Crop,
    # resample
    Upsample,
    # rearrange
    PixelShuffle,
    DepthToSpace,
    PixelUnshuffle,
    SpaceToDepth,
    ChannelShuffle,
    # merge
    Concat,
    Add,
    Sub,
    Mul,
    Div,
    Maximum,
    Minimum,
    Mean,
    # attention
    Matmul,
    ScaledDotProductAttention,
    MultiHeadAttention,
    # recurrent
    Rnn,
    Lstm,
    Gru,
    # other
    Identity,
    Parameter,
    Opaque,
)

#: The kinds by their name in the spec language.
BY_NAME: dict[str, type[Layer]] = {kind.kind: kind for kind in KINDS}
