"""Every layer kind and what writes it: one line each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cnnshape.writers.onnx import moves, norms, pointwise, products, recurrent, resize, windows
from cnnshape.writers.onnx.graph import Scope

#: (layer, scope) -> the name of the result, or of each.
Builder = Callable[[Any, Scope], str | list[str]]

BUILDERS: dict[str, Builder] = {
    # conv, pool, adaptive_pool
    "conv": windows.conv,
    "conv_transpose": windows.conv_transpose,
    "max_pool": windows.max_pool,
    "avg_pool": windows.avg_pool,
    "lp_pool": windows.lp_pool,
    "global_avg_pool": resize.global_pool("GlobalAveragePool"),
    "global_max_pool": resize.global_pool("GlobalMaxPool"),
    "adaptive_avg_pool": resize.adaptive_avg_pool,
    "adaptive_max_pool": resize.adaptive_max_pool,
    # linear
    "linear": products.linear,
    "bilinear": products.bilinear,
    "embedding": products.embedding,
    # norm, scale
    "batch_norm": norms.batch_norm,
    "instance_norm": norms.instance_norm,
    "group_norm": norms.group_norm,
    "layer_norm": norms.layer_norm,
    "rms_norm": norms.rms_norm,
    "local_response_norm": norms.local_response_norm,
    "l2_norm": norms.l2_norm,
    "scale": norms.scale,
    "standardize": norms.standardize,
    # piecewise
    "relu": pointwise.plain("Relu"),
    "relu6": pointwise.relu6,
    "leaky_relu": pointwise.leaky_relu,
    "rrelu": pointwise.rrelu,
    "softshrink": pointwise.softshrink,
    "hardshrink": pointwise.hardshrink,
    "hardtanh": pointwise.hardtanh,
    "hardsigmoid": pointwise.hardsigmoid,
    "hardswish": pointwise.plain("HardSwish"),
    "threshold": pointwise.threshold,
    # activation
    "elu": pointwise.elu,
    "celu": pointwise.celu,
    "selu": pointwise.plain("Selu"),
    "gelu": pointwise.gelu,
    "silu": pointwise.silu,
    "mish": pointwise.plain("Mish"),
    "softplus": pointwise.softplus,
    "softsign": pointwise.plain("Softsign"),
    "tanhshrink": pointwise.tanhshrink,
    "sigmoid": pointwise.plain("Sigmoid"),
    "log_sigmoid": pointwise.log_sigmoid,
    "tanh": pointwise.plain("Tanh"),
    # gate
    "prelu": pointwise.prelu,
    "glu": pointwise.glu,
    "softmax": pointwise.softmax,
    "softmin": pointwise.softmin,
    "log_softmax": pointwise.log_softmax,
    # elementary
    "abs": pointwise.plain("Abs"),
    "exp": pointwise.plain("Exp"),
    "log": pointwise.plain("Log"),
    "sqrt": pointwise.plain("Sqrt"),
    "square": pointwise.square,
    "power": pointwise.power,
    "clip": pointwise.clip,
    "affine": pointwise.affine,
    # dropout: identities at inference
    "dropout": pointwise.dropout,
    "feature_dropout": pointwise.plain("Identity"),
    "alpha_dropout": pointwise.plain("Identity"),
    "feature_alpha_dropout": pointwise.plain("Identity"),
    "drop_path": pointwise.plain("Identity"),
    # reshape, cut, rearrange
    "flatten": moves.flatten,
    "reshape": moves.reshape,
    "permute": moves.permute,
    "squeeze": moves.squeeze,
    "unsqueeze": moves.unsqueeze,
    "slice": moves.slice_,
    "split": moves.split,
    "pad": moves.pad,
    "crop": moves.crop,
    "pixel_shuffle": moves.pixel_shuffle,
    "depth_to_space": moves.depth_to_space,
    "pixel_unshuffle": moves.pixel_unshuffle,
    "space_to_depth": moves.space_to_depth,
    "channel_shuffle": moves.channel_shuffle,
    # resample
    "upsample": resize.upsample,
    # merge
    "concat": pointwise.concat,
    "add": pointwise.merged("Add", "Sum"),
    "sub": pointwise.merged("Sub"),
    "mul": pointwise.merged("Mul"),
    "div": pointwise.merged("Div"),
    "maximum": pointwise.merged("Max", "Max"),
    "minimum": pointwise.merged("Min", "Min"),
    "mean": pointwise.merged("Mean", "Mean"),
    # attention
    "matmul": products.matmul,
    "scaled_dot_product_attention": products.scaled_dot_product_attention,
    "multi_head_attention": products.multi_head_attention,
    # recurrent
    "rnn": recurrent.rnn,
    "lstm": recurrent.lstm,
    "gru": recurrent.gru,
    # other
    "identity": pointwise.plain("Identity"),
    "parameter": pointwise.parameter,
    "opaque": pointwise.opaque,
    "foreign": pointwise.opaque,
}
