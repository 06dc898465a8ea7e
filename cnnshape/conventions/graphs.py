"""The counters of graphs: onnx-tool on ONNX, and Keras with the profiler of TensorFlow."""

from __future__ import annotations

import msgspec

from cnnshape.conventions.step import Convention, Step

#: Kinds that only move numbers, in any of these graphs.
_MOVES = ("flatten", "reshape", "permute", "squeeze", "unsqueeze", "concat", "slice", "split", "crop", "pad")
_IDLE = ("identity", "dropout", "feature_dropout", "drop_path", "parameter")
_STATISTICS = Step("running statistics", (), "buffers", "mean and variance of batch norms are arrays like the others")

ONNX_TOOL = Convention(
    "onnx-tool",
    "onnx-tool",
    "1.0.1",
    "MACs",
    1,
    "onnx_tool/node.py, the profile() of each node; of the ONNX that `cnnshape convert` writes",
    (
        Step("biases", ("conv", "conv_transpose", "linear"), "y if biases else 0", "1 per output element"),
        Step(
            "transposed convolutions as convolutions",
            ("conv_transpose",),
            "y * weight // channels - mac",
            "each output times the weight's shape without its first axis, which here is that of the input's channels",
        ),
        Step(
            "batch norms", ("batch_norm",), "31 * y", "2 sums, a product, a division of 4 and a root of 24 per element"
        ),
        Step(
            "layer norms",
            ("layer_norm",),
            "7 * x + 29 * groups if dim == -1 else 10 * x + 25 * groups",
            "7 per element and 29 per set; written out on another dimension, 10 and 25",
        ),
        Step("instance norms", ("instance_norm",), "7 * y", "2 sums, a product and a division of 4", "affine"),
        Step("ReLU", ("relu",), "y", "a comparison"),
        Step("clips, leaky and parametric ReLU", ("relu6", "clip", "leaky_relu", "prelu"), "2 * y", "2 per element"),
        Step("hard activations", ("hardsigmoid", "hardswish"), "4 * y if kind == 'hardsigmoid' else 5 * y", "4 or 5"),
        Step("sigmoid and SiLU", ("sigmoid", "silu"), "32 * y + (y if kind == 'silu' else 0)", "an exp is 32"),
        Step("tanh", ("tanh",), "76 * y", "an exp of 32, 2 sums and a division of 4, twice"),
        Step("GELU", ("gelu",), "34 * y", "an exp of 32 and 2 products"),
        Step("ELU", ("elu",), "35 * y", "an exp of 32, a comparison, a sum, a product"),
        Step("softmax", ("softmax",), "36 * y", "an exp of 32 and a division of 4"),
        Step("pools", ("max_pool", "avg_pool"), "y * (window if rank < 3 else first)", "the taps, of two axes at most"),
        Step(
            "adaptive pools",
            ("adaptive_avg_pool", "adaptive_max_pool"),
            "y * (before // positions)",
            "written as a pool where the sizes divide: the taps",
            "even and rank < 3",
        ),
        Step("upsampling", ("upsample",), "0", "nearest costs nothing", "mode == 'nearest'"),
        Step("global average pools", ("global_avg_pool",), "x + 4 * y", "a sum, and a division of 4"),
        Step("sums and products", ("add", "sub", "mul"), "(k - 1) * y", "1 per element"),
        Step("divisions", ("div",), "4 * (k - 1) * y", "4 per element"),
        Step(
            "biases of attention",
            ("multi_head_attention",),
            "n * (2 * L + 2 * S) * E if biases else 0",
            "1 per element",
        ),
        Step("scaling of attention", ("multi_head_attention",), "scores", "1 per score"),
        Step("softmax of attention", ("multi_head_attention",), "36 * scores", "36 per score"),
    ),
    (_STATISTICS,),
    "unknown",
    ("matmul", *_MOVES, *_IDLE),
    (
        "It weighs operations by what they cost on a CPU: a root is 24, an exp 32.",
        "Its params hold the shapes and places of reshapes, slices and splits as well, as far as the file has any.",
        "Group norms, recurrences and uneven adaptive pools depend on how a file writes them, and are not known.",
    ),
)

KERAS = Convention(
    "keras",
    "Keras",
    "3.15.1",
    "",
    1,
    "keras/src/utils/summary_utils.py, Model.count_params()",
    (),
    (_STATISTICS,),
    remarks=(
        "It counts no operations.",
        "Total params are with the statistics of batch norms, trainable params without.",
    ),
)

TF = Convention(
    "tf",
    "TensorFlow profiler, Keras 3",
    "2.21.0",
    "FLOPs",
    2,
    "tensorflow/python/profiler/internal/flops_registry.py and tensorflow/python/ops/nn_ops.py; of the frozen graph",
    (
        Step("biases", ("conv", "conv_transpose", "linear"), "y if biases else 0", "BiasAdd, 1 per output element"),
        Step(
            "transposed convolutions by their output",
            ("conv_transpose",),
            "2 * n * weight * positions // strides - 2 * mac",
            "output positions over strides, which is the input's where nothing is cut",
        ),
        Step(
            "batch norms",
            ("batch_norm",),
            "2 * y + (6 if affine else 5) * channels",
            "2 per element, and the statistics' root, products and sums per channel: Keras 3 writes it out",
        ),
        Step("pools", ("max_pool", "avg_pool"), "y * window", "the taps per output, on padding too"),
        Step("global average pools", ("global_avg_pool",), "x", "Mean: a sum less than elements, and a division"),
        Step("sums and products", ("add", "sub", "mul", "div"), "(k - 1) * y", "1 per element"),
        Step("SiLU", ("silu",), "2 * y", "x * sigmoid(beta * x): two products; the sigmoid has no rule"),
        Step("softmax", ("softmax",), "5 * x", "5 per element"),
    ),
    (_STATISTICS,),
    "unknown",
    ("matmul", *_MOVES, *_IDLE, "relu", "relu6", "sigmoid", "tanh", "leaky_relu", "elu"),
    ("Kinds that Keras writes out of many operations depend on its version, and are not known.",),
)

TF_KERAS2 = msgspec.structs.replace(
    TF,
    name="tf-keras2",
    title="TensorFlow profiler, Keras 2",
    steps=tuple(
        Step("batch norms", step.kinds, "0", "one fused operator without a rule")
        if "batch_norm" in step.kinds
        else step
        for step in TF.steps
    ),
)

CONVENTIONS = (ONNX_TOOL, KERAS, TF, TF_KERAS2)
