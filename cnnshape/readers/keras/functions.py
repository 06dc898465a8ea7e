"""Which operation of keras.ops, and which function of TensorFlow, is built how: two tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cnnshape.errors import quoted
from cnnshape.readers.keras import indexing, operations
from cnnshape.readers.keras.call import Call, Unknown, wrong
from cnnshape.readers.keras.tensor import Built
from cnnshape.readers.keras.text import parsed

#: The operation's class in keras.ops -> how it is built.
OPERATIONS: dict[str, Any] = {
    "Add": operations.arithmetic("add"),
    "Subtract": operations.arithmetic("sub"),
    "Multiply": operations.arithmetic("mul"),
    "Divide": operations.arithmetic("div"),
    "TrueDivide": operations.arithmetic("div"),
    "Maximum": operations.arithmetic("maximum"),
    "Minimum": operations.arithmetic("minimum"),
    "Power": operations.power,
    "Negative": operations.each("affine", scale=-1.0),
    "Absolute": operations.each("abs"),
    "Abs": operations.each("abs"),
    "Exp": operations.each("exp"),
    "Log": operations.each("log"),
    "Sqrt": operations.each("sqrt"),
    "Square": operations.each("square"),
    "Rsqrt": operations.each("power", exponent=-0.5),
    "Reciprocal": operations.each("power", exponent=-1.0),
    "Clip": operations.clip,
    "Relu": operations.word("relu"),
    "Relu6": operations.word("relu6"),
    "LeakyRelu": operations.leaky,
    "Elu": operations.word("elu"),
    "Celu": operations.word("celu"),
    "Selu": operations.word("selu"),
    "Gelu": operations.word("gelu"),
    "Silu": operations.word("silu"),
    "Mish": operations.word("mish"),
    "Sigmoid": operations.word("sigmoid"),
    "HardSigmoid": operations.word("hard_sigmoid"),
    "HardSilu": operations.word("hard_silu"),
    "HardSwish": operations.word("hard_silu"),
    "HardTanh": operations.word("hard_tanh"),
    "HardShrink": operations.word("hard_shrink"),
    "SoftShrink": operations.word("soft_shrink"),
    "TanhShrink": operations.word("tanh_shrink"),
    "LogSigmoid": operations.word("log_sigmoid"),
    "Softplus": operations.word("softplus"),
    "Softsign": operations.word("softsign"),
    "Tanh": operations.word("tanh"),
    "Softmax": operations.word("softmax"),
    "LogSoftmax": operations.word("log_softmax"),
    "Glu": operations.word("glu"),
    "Mean": operations.reduced("global_avg_pool"),
    "Max": operations.reduced("global_max_pool"),
    "Amax": operations.reduced("global_max_pool"),
    "Min": operations.reduced(),
    "Amin": operations.reduced(),
    "Sum": operations.reduced(),
    "Prod": operations.reduced(),
    "Var": operations.reduced(),
    "Std": operations.reduced(),
    "Logsumexp": operations.reduced(),
    "Argmax": operations.reduced(),
    "Argmin": operations.reduced(),
    "All": operations.reduced(),
    "Any": operations.reduced(),
    "CountNonzero": operations.reduced(),
    "Reshape": operations.reshape,
    "Transpose": operations.transpose,
    "Concatenate": operations.concat,
    "ExpandDims": operations.expand,
    "Squeeze": operations.squeeze,
    "Split": operations.split,
    "GetItem": indexing.item,
    "Matmul": operations.matmul,
    "DepthToSpace": operations.shuffled("depth_to_space"),
    "SpaceToDepth": operations.shuffled("space_to_depth"),
    "Resize": operations.resize,
    "Cast": operations.each("identity"),
    "StopGradient": operations.each("identity"),
    "Copy": operations.each("identity"),
    "ConvertToTensor": operations.each("identity"),
    "Identity": operations.each("identity"),
    **dict.fromkeys(
        ("Sin", "Cos", "Tan", "Sinh", "Cosh", "Arcsin", "Arccos", "Arctan", "Log10", "Log1p", "Log2", "Expm1", "Sign", "Floor",
         "Ceil", "Round", "Trunc", "Erf", "LogicalNot", "Isnan", "Isinf", "Isfinite", "Squareplus", "SparsePlus", "Roll",
         "Flip", "Cumsum", "Cumprod", "Sort", "OnesLike", "ZerosLike", "NanToNum", "BitwiseInvert", "BitwiseNot",
         "Isneginf", "Isposinf", "Signbit", "Exp2", "Fabs"),
        operations.plain,
    ),
    **dict.fromkeys(
        ("Equal", "NotEqual", "Greater", "GreaterEqual", "Less", "LessEqual", "Isclose", "LogicalAnd", "LogicalOr",
         "LogicalXor", "BitwiseAnd", "BitwiseOr", "BitwiseXor", "BitwiseLeftShift", "BitwiseRightShift", "Where",
         "FloorDivide", "Mod", "Fmod", "Arctan2", "Hypot"),
        operations.together,
    ),
}  # fmt: skip

#: TensorFlow's function, in TFOpLambda, or its operator, in TensorFlowOpLayer -> the operation above.
FUNCTIONS: dict[str, str] = {
    "__operators__.add": "Add",
    "math.add": "Add",
    "AddV2": "Add",
    "math.subtract": "Subtract",
    "Sub": "Subtract",
    "math.multiply": "Multiply",
    "Mul": "Multiply",
    "math.truediv": "TrueDivide",
    "math.divide": "TrueDivide",
    "RealDiv": "TrueDivide",
    "math.maximum": "Maximum",
    "math.minimum": "Minimum",
    "math.pow": "Power",
    "math.negative": "Negative",
    "math.abs": "Absolute",
    "math.exp": "Exp",
    "math.log": "Log",
    "math.sqrt": "Sqrt",
    "math.square": "Square",
    "math.rsqrt": "Rsqrt",
    "math.sigmoid": "Sigmoid",
    "math.tanh": "Tanh",
    "math.softplus": "Softplus",
    "clip_by_value": "Clip",
    "nn.relu": "Relu",
    "nn.relu6": "Relu6",
    "nn.leaky_relu": "LeakyRelu",
    "nn.elu": "Elu",
    "nn.selu": "Selu",
    "nn.gelu": "Gelu",
    "nn.silu": "Silu",
    "nn.sigmoid": "Sigmoid",
    "nn.tanh": "Tanh",
    "nn.softplus": "Softplus",
    "nn.softmax": "Softmax",
    "nn.log_softmax": "LogSoftmax",
    "math.reduce_mean": "Mean",
    "math.reduce_max": "Max",
    "math.reduce_min": "Min",
    "math.reduce_sum": "Sum",
    "reshape": "Reshape",
    "transpose": "Transpose",
    "concat": "Concatenate",
    "expand_dims": "ExpandDims",
    "squeeze": "Squeeze",
    "split": "Split",
    "__operators__.getitem": "GetItem",
    "linalg.matmul": "Matmul",
    "nn.depth_to_space": "DepthToSpace",
    "nn.space_to_depth": "SpaceToDepth",
    "image.resize": "Resize",
    "cast": "Cast",
    "stop_gradient": "StopGradient",
    "identity": "Identity",
}


def function(c: Call) -> Built:
    """TFOpLambda and SlicingOpLambda: a function of TensorFlow by its name, which is looked up and never called."""
    name = c.config.get("function") or c.config.get("symbol")
    operation = FUNCTIONS.get(str(name), "")
    c.kind = str(name or c.kind)[:200]
    c.config = {}
    build = OPERATIONS.get(operation)
    if build is None:
        raise Unknown
    found: Built = build(c)
    return found


def operator(c: Call) -> Built:
    """TensorFlowOpLayer: one operator, and constants by the place that they take."""
    node, constants = c.config.get("node_def"), c.get("constants", {})
    if isinstance(node, str):
        node = parsed(node)
    op = node.get("op") if isinstance(node, Mapping) else None
    if not isinstance(constants, Mapping) or not isinstance(op, str):
        raise wrong(f"node_def {quoted(node)} names no operator")
    c.kind, args = op[:200], list(c.tensors)
    for place in sorted(constants, key=str):
        if str(place).isdecimal() and int(place) <= len(args):
            args.insert(int(place), constants[place])
    c.args, c.kwargs, c.config = args, {}, {}
    build = OPERATIONS.get(FUNCTIONS.get(op, op))
    if build is None:
        raise Unknown
    found: Built = build(c)
    return found
