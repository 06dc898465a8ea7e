"""Conventions that are older than the counters: papers, Netscope, Darknet."""

from __future__ import annotations

from cnnshape.conventions.step import Convention, Step

PAPER = Convention(
    "paper",
    "papers",
    "",
    "MACs",
    1,
    'He et al. 2015, table 1: "FLOPs (multiply-adds)"; torchvision\'s _ops, timm and most tables since',
    (),
    remarks=("Convolutions and matrix products. Often called FLOPs, and then half of those that count 2.",),
)

NETSCOPE = Convention(
    "netscope",
    "Netscope",
    "1f687cb",
    "macc",
    1,
    "github.com/dgschwend/netscope, src/analyzer.coffee; read, not run",
    (
        Step("groups ignored", ("conv",), "(groups - 1) * mac", "kernel times all channels, whatever the groups"),
        Step(
            "transposed convolutions by their output",
            ("conv_transpose",),
            "n * channels * out_channels * positions * window // strides - mac",
            "output positions over strides, which is the input's where nothing is cut; groups ignored",
        ),
        Step("scales of batch norms", ("batch_norm",), "y if affine else 0", "Caffe's Scale layer: 1 per element"),
        Step("scales", ("scale",), "y", "1 per element"),
        Step("squares of LRN", ("local_response_norm",), "x * size", "1 per tap"),
    ),
    (
        Step("biases", ("conv", "conv_transpose", "linear"), "-biases if learned else 0", "left out"),
        Step("groups ignored", ("conv",), "(groups - 1) * weight if learned else 0", "as for its macc"),
        Step("batch norms", ("batch_norm",), "buffers - learned", "mean and variance, and not what Scale learns"),
    ),
    "unknown",
    (
        *("max_pool", "avg_pool", "global_avg_pool", "global_max_pool", "relu", "dropout", "softmax", "concat"),
        *("flatten", "reshape", "permute", "crop", "add", "mul", "maximum", "linear"),
    ),
    ("Comparisons, additions, divisions and exponentials stand in columns of their own.",),
)

_DARKNET_KINDS = (
    *("conv", "linear", "batch_norm", "relu", "relu6", "leaky_relu", "elu", "sigmoid", "tanh", "mish", "silu"),
    *("max_pool", "avg_pool", "global_avg_pool", "upsample", "concat", "slice", "add", "softmax", "dropout"),
    *("flatten", "reshape", "space_to_depth", "pixel_unshuffle", "crop", "pad", "permute", "identity"),
)
_WEIGHTS = (Step("running statistics", (), "buffers", "mean and variance of batch norms, in the weights file"),)

DARKNET = Convention(
    "darknet",
    "Darknet, BFLOPs",
    "f6afaab",
    "operations",
    2,
    "github.com/pjreddie/darknet, src/network.c, numops()",
    (),
    _WEIGHTS,
    "unknown",
    _DARKNET_KINDS,
    ("Its BFLOPs are these in billions.",),
)

DARKNET_AB = Convention(
    "darknet-alexeyab",
    "Darknet of AlexeyAB, BFLOPs",
    "59596d7",
    "operations",
    2,
    "github.com/AlexeyAB/darknet, l.bflops in src/convolutional_layer.c, maxpool_layer.c, shortcut_layer.c",
    (
        Step("max pools", ("max_pool",), "y * window", "a comparison per tap"),
        Step("shortcuts", ("add",), "(k - 1) * y", "an addition per element"),
    ),
    _WEIGHTS,
    "unknown",
    _DARKNET_KINDS,
    ("Its BFLOPs are these in billions. Layers of binary weights are divided by 32, which a spec does not tell.",),
)

CONVENTIONS = (PAPER, NETSCOPE, DARKNET, DARKNET_AB)
