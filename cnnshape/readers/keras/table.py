"""What every class of keras.layers becomes: the one table of this reader."""

from __future__ import annotations

from typing import Any

from cnnshape.readers.keras import activations, functions, global_pools, merges, moves, norms, sequences, windows
from cnnshape.readers.keras.call import Call, Unknown
from cnnshape.readers.keras.tensor import Tensor


def kept(kind: str, rate: str = "") -> Any:
    """A layer that does nothing at inference."""

    def build(c: Call) -> Tensor:
        fields = {"p": c.get(rate, 0)} if rate else {}
        return c.node(kind, fields, [c.x], c.x.order)

    return build


def stated(c: Call) -> Any:
    """A lookup in a vocabulary: no weights and no arithmetic; the shape as far as the file tells it."""
    return c.foreign(None, 0, 0)


def code(_: Call) -> Any:
    """Lambda: the file's own code, which is never run."""
    raise Unknown


#: keras.layers, of Keras 2 and 3.
LAYERS: dict[str, Any] = {
    "Conv1D": windows.conv(1),
    "Conv2D": windows.conv(2),
    "Conv3D": windows.conv(3),
    "Convolution1D": windows.conv(1),
    "Convolution2D": windows.conv(2),
    "Convolution3D": windows.conv(3),
    "DepthwiseConv1D": windows.depthwise(1),
    "DepthwiseConv2D": windows.depthwise(2),
    "SeparableConv1D": windows.separable(1),
    "SeparableConv2D": windows.separable(2),
    "SeparableConvolution1D": windows.separable(1),
    "SeparableConvolution2D": windows.separable(2),
    "Conv1DTranspose": windows.transposed(1),
    "Conv2DTranspose": windows.transposed(2),
    "Conv3DTranspose": windows.transposed(3),
    "Convolution2DTranspose": windows.transposed(2),
    "LocallyConnected1D": windows.unshared(1),
    "LocallyConnected2D": windows.unshared(2),
    "MaxPooling1D": windows.pool("max_pool", 1),
    "MaxPooling2D": windows.pool("max_pool", 2),
    "MaxPooling3D": windows.pool("max_pool", 3),
    "AveragePooling1D": windows.pool("avg_pool", 1),
    "AveragePooling2D": windows.pool("avg_pool", 2),
    "AveragePooling3D": windows.pool("avg_pool", 3),
    "GlobalAveragePooling1D": global_pools.pool_all("global_avg_pool", 1),
    "GlobalAveragePooling2D": global_pools.pool_all("global_avg_pool", 2),
    "GlobalAveragePooling3D": global_pools.pool_all("global_avg_pool", 3),
    "GlobalMaxPooling1D": global_pools.pool_all("global_max_pool", 1),
    "GlobalMaxPooling2D": global_pools.pool_all("global_max_pool", 2),
    "GlobalMaxPooling3D": global_pools.pool_all("global_max_pool", 3),
    "AdaptiveAveragePooling1D": global_pools.adaptive("adaptive_avg_pool", 1),
    "AdaptiveAveragePooling2D": global_pools.adaptive("adaptive_avg_pool", 2),
    "AdaptiveAveragePooling3D": global_pools.adaptive("adaptive_avg_pool", 3),
    "AdaptiveMaxPooling1D": global_pools.adaptive("adaptive_max_pool", 1),
    "AdaptiveMaxPooling2D": global_pools.adaptive("adaptive_max_pool", 2),
    "AdaptiveMaxPooling3D": global_pools.adaptive("adaptive_max_pool", 3),
    "UpSampling1D": windows.enlarge(1),
    "UpSampling2D": windows.enlarge(2),
    "UpSampling3D": windows.enlarge(3),
    "ZeroPadding1D": windows.pad(1),
    "ZeroPadding2D": windows.pad(2),
    "ZeroPadding3D": windows.pad(3),
    "Cropping1D": windows.crop(1),
    "Cropping2D": windows.crop(2),
    "Cropping3D": windows.crop(3),
    "Resizing": windows.resize,
    "CenterCrop": windows.center_crop,
    "RandomCrop": windows.center_crop,
    "ConvLSTM1D": windows.conv_lstm(1),
    "ConvLSTM2D": windows.conv_lstm(2),
    "ConvLSTM3D": windows.conv_lstm(3),
    "Dense": moves.dense,
    "EinsumDense": moves.einsum,
    "Embedding": moves.embedding,
    "Flatten": moves.flatten,
    "Reshape": moves.reshape,
    "Permute": moves.permute,
    "RepeatVector": moves.repeat,
    "BatchNormalization": norms.batch_norm,
    "BatchNormalizationV1": norms.batch_norm,
    "BatchNormalizationV2": norms.batch_norm,
    "SyncBatchNormalization": norms.batch_norm,
    "LayerNormalization": norms.layer_norm,
    "GroupNormalization": norms.group_norm,
    "RMSNormalization": norms.rms_norm,
    "UnitNormalization": norms.unit_norm,
    "Normalization": norms.normalization,
    "Rescaling": norms.rescaling,
    **activations.LAYERS,
    "Add": merges.merge("add"),
    "Subtract": merges.merge("sub"),
    "Multiply": merges.merge("mul"),
    "Average": merges.merge("mean"),
    "Maximum": merges.merge("maximum"),
    "Minimum": merges.merge("minimum"),
    "Concatenate": merges.concat,
    "Dot": merges.dot,
    "SimpleRNN": sequences.recurrent,
    "LSTM": sequences.recurrent,
    "GRU": sequences.recurrent,
    "CuDNNLSTM": sequences.recurrent,
    "CuDNNGRU": sequences.recurrent,
    "RNN": sequences.recurrent,
    "Bidirectional": sequences.bidirectional,
    "MultiHeadAttention": sequences.multi_head,
    "GroupQueryAttention": sequences.grouped_query,
    "GroupedQueryAttention": sequences.grouped_query,
    "Attention": sequences.attention,
    "AdditiveAttention": sequences.additive,
    "Dropout": kept("dropout", "rate"),
    "SpatialDropout1D": kept("feature_dropout", "rate"),
    "SpatialDropout2D": kept("feature_dropout", "rate"),
    "SpatialDropout3D": kept("feature_dropout", "rate"),
    "AlphaDropout": kept("alpha_dropout", "rate"),
    "GaussianDropout": kept("identity"),
    "GaussianNoise": kept("identity"),
    "ActivityRegularization": kept("identity"),
    "Masking": kept("identity"),
    "Identity": kept("identity"),
    "Lambda": code,
    "TFOpLambda": functions.function,
    "SlicingOpLambda": functions.function,
    "ClassMethod": functions.function,
    "TensorFlowOpLayer": functions.operator,
    **dict.fromkeys(
        ("RandomFlip", "RandomRotation", "RandomTranslation", "RandomZoom", "RandomContrast", "RandomBrightness",
         "RandomHeight", "RandomWidth", "RandomShear", "RandomSaturation", "RandomHue", "RandomColorJitter",
         "RandomColorDegeneration", "RandomErasing", "RandomElasticTransform", "RandomGaussianBlur", "RandomGrayscale",
         "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomSharpness", "AutoContrast", "Equalization",
         "Solarization", "RandAugment", "AugMix", "MixUp", "CutMix"),
        kept("identity"),
    ),
    **dict.fromkeys(
        ("CategoryEncoding", "Discretization", "Hashing", "HashedCrossing", "IntegerLookup", "StringLookup",
         "TextVectorization"),
        stated,
    ),
}  # fmt: skip

#: Classes that keras.applications brings along.
APPLICATIONS: dict[str, Any] = {
    "LayerScale": norms.layer_scale,
    "CustomScaleLayer": merges.scaled_sum,
    "StochasticDepth": kept("drop_path"),
    "FixedDropout": kept("dropout", "rate"),
}
