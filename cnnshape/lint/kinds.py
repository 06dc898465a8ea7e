"""Which kinds do alike, as far as a rule cares: what is linear, what only moves numbers, what normalises."""

from __future__ import annotations

#: Kinds with weights that mix what they read.
WEIGHTED = frozenset({"conv", "conv_transpose", "linear"})
POOLS = frozenset({"max_pool", "avg_pool", "lp_pool"})
GLOBAL_POOLS = frozenset({"global_avg_pool", "global_max_pool"})
ADAPTIVE_POOLS = frozenset({"adaptive_avg_pool", "adaptive_max_pool"})
#: Kinds that slide a window over the map.
SLIDING = POOLS | {"conv"}

DROPOUTS = frozenset({"dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout", "drop_path"})
#: Kinds that hand every number on, under another shape or in another order; dropout does so once training is over.
VIEWS = frozenset({"flatten", "reshape", "permute", "squeeze", "unsqueeze", "identity"}) | DROPOUTS
#: Kinds that are linear, or linear plus a constant, once training is over.
AFFINE = VIEWS | {
    "batch_norm", "scale", "avg_pool", "global_avg_pool", "adaptive_avg_pool", "upsample", "pad", "crop", "slice",
    "pixel_shuffle", "depth_to_space", "pixel_unshuffle", "space_to_depth", "channel_shuffle",
}  # fmt: skip

NORMS = frozenset({"batch_norm", "instance_norm", "group_norm", "layer_norm", "rms_norm"})
#: Nonlinear functions of one number.
ACTIVATIONS = frozenset({
    "relu", "relu6", "leaky_relu", "rrelu", "softshrink", "hardshrink", "hardtanh", "hardsigmoid", "hardswish",
    "threshold", "elu", "celu", "selu", "gelu", "silu", "mish", "softplus", "softsign", "tanhshrink", "sigmoid",
    "log_sigmoid", "tanh", "prelu",
})  # fmt: skip
#: Activations whose slope fades at both ends.
SATURATING = frozenset({"sigmoid", "tanh", "softsign", "hardsigmoid", "hardtanh"})
#: Kinds whose output is never negative.
NEVER_NEGATIVE = frozenset({
    "relu", "relu6", "sigmoid", "hardsigmoid", "softmax", "softmin", "softplus", "exp", "square", "abs", "sqrt",
})  # fmt: skip
SOFTMAXES = frozenset({"softmax", "softmin", "log_softmax"})
MERGES = frozenset({"concat", "add", "sub", "mul", "div", "maximum", "minimum", "mean"})
#: Kinds that make a map larger.
UPSAMPLING = frozenset({"conv_transpose", "upsample", "pixel_shuffle", "depth_to_space"})
#: Kinds of which nothing is known but what the file states.
BOXES = frozenset({"opaque", "foreign"})
