"""Other frameworks' words for our kinds and fields. Canonical names are torch's; one table each, easy to search."""

from __future__ import annotations

import re

#: Names of kinds elsewhere, lower case without `_`, `-` and rank (Conv2d, MaxPooling3D, max-pool -> below).
KINDS: dict[str, str] = {
    # torch
    "convtranspose": "conv_transpose",
    "maxpool": "max_pool",
    "avgpool": "avg_pool",
    "lppool": "lp_pool",
    "adaptiveavgpool": "adaptive_avg_pool",
    "adaptivemaxpool": "adaptive_max_pool",
    "batchnorm": "batch_norm",
    "layernorm": "layer_norm",
    "groupnorm": "group_norm",
    "instancenorm": "instance_norm",
    "rmsnorm": "rms_norm",
    "localresponsenorm": "local_response_norm",
    "multiheadattention": "multi_head_attention",
    "interpolate": "upsample",
    "unflatten": "reshape",
    "view": "reshape",
    "chunk": "split",
    "cat": "concat",
    "stochasticdepth": "drop_path",
    "parameter": "parameter",
    "bmm": "matmul",
    "sdpa": "scaled_dot_product_attention",
    "alphadropout": "alpha_dropout",
    "featuredropout": "feature_dropout",
    # Keras
    "convtransposed": "conv_transpose",
    "dense": "linear",
    "maxpooling": "max_pool",
    "averagepooling": "avg_pool",
    "averagepool": "avg_pool",
    "globalaveragepooling": "global_avg_pool",
    "globalaveragepool": "global_avg_pool",
    "globalavgpool": "global_avg_pool",
    "globalmaxpooling": "global_max_pool",
    "globalmaxpool": "global_max_pool",
    "batchnormalization": "batch_norm",
    "layernormalization": "layer_norm",
    "groupnormalization": "group_norm",
    "unitnormalization": "l2_norm",
    "upsampling": "upsample",
    "zeropadding": "pad",
    "cropping": "crop",
    "spatialdropout": "feature_dropout",
    "concatenate": "concat",
    "subtract": "sub",
    "multiply": "mul",
    "average": "mean",
    "swish": "silu",
    # ONNX
    "gemm": "linear",
    "lrn": "local_response_norm",
    "resize": "upsample",
    "transpose": "permute",
    "depthtospace": "depth_to_space",
    "spacetodepth": "space_to_depth",
    "instancenormalization": "instance_norm",
    "lpnormalization": "l2_norm",
    # Caffe
    "convolution": "conv",
    "deconvolution": "conv_transpose",
    "innerproduct": "linear",
    "fc": "linear",
    "fullyconnected": "linear",
    "eltwise": "add",
    "bn": "batch_norm",
    "ln": "layer_norm",
    "gn": "group_norm",
    "normalize": "l2_norm",
    "shufflechannel": "channel_shuffle",
    # short
    "deconv": "conv_transpose",
    "gap": "global_avg_pool",
    "lrelu": "leaky_relu",
    "leakyrelu": "leaky_relu",
    "hswish": "hardswish",
    "hsigmoid": "hardsigmoid",
    "logsoftmax": "log_softmax",
    "logsigmoid": "log_sigmoid",
    "mha": "multi_head_attention",
    "max": "maximum",
    "min": "minimum",
    "dropblock": "dropout",
}

#: Other words for fields; the first that the kind really has is meant.
FIELDS: dict[str, tuple[str, ...]] = {
    "filters": ("out_channels",),
    "num_output": ("out_channels", "out_features"),
    "channels": ("out_channels",),
    "out": ("out_channels", "out_features"),
    "units": ("out_features",),
    "features": ("out_features",),
    "kernel": ("kernel_size",),
    "kernel_shape": ("kernel_size",),
    "pool_size": ("kernel_size",),
    "k": ("kernel_size",),
    "strides": ("stride",),
    "s": ("stride",),
    "pad": ("padding",),
    "p": ("padding",),
    "pads": ("padding",),
    "auto_pad": ("padding",),
    "dilations": ("dilation",),
    "dilation_rate": ("dilation",),
    "group": ("groups",),
    "use_bias": ("bias",),
    "bias_term": ("bias",),
    "rate": ("p",),
    "dropout_ratio": ("p",),
    "drop_prob": ("p",),
    "axis": ("dim",),
    "axes": ("dim", "dims"),
    "perm": ("dims",),
    "target_shape": ("shape",),
    "alpha": ("negative_slope", "alpha"),
    "local_size": ("size",),
    "interpolation": ("mode",),
    "scale": ("scale_factor", "scale"),
    "scales": ("scale_factor",),
    "blocksize": ("block_size",),
    "heads": ("num_heads",),
    "center": ("bias",),
    "input_dim": ("num_embeddings",),
    "output_dim": ("embedding_dim",),
    "return_indices": (),
    "eps": (),
    "epsilon": (),
    "momentum": (),
    "inplace": (),
    "padding_mode": (),
}

#: Keys that many files carry and that change no number: read and dropped, unless the kind has such a field.
IGNORED = {name for name, fields in FIELDS.items() if not fields}

#: ONNX's words for padding.
AUTO_PAD = {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower", "VALID": "valid", "NOTSET": 0, "SAME": "same"}

_RANK = re.compile(r"[123]d$")


def plain(name: str) -> str:
    """A kind's name without case, separators and rank.

    >>> plain("MaxPooling2D"), plain("max-pool")
    ('maxpooling', 'maxpool')
    """
    word = name.lower().replace("_", "").replace("-", "").replace(" ", "")
    return _RANK.sub("", word)
