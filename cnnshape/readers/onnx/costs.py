"""What an operator computes where no layer kind says it: nothing, so many operations per output element, or unknown."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnnshape.ops import Ops

#: "free": moves, copies, signs and shape arithmetic, that compute nothing. Words of `Ops`, joined by "+": one per element
#: of the first output; with "@" one per element of the first input, with "<" one per element that goes on the way from
#: input to output. Rounding and the tests of bits or finiteness count as a comparison, as do the logical operators.
#: What is not here depends on more than that, or is a function that `Ops` has no word for: its cost is not known.
COSTS: dict[str, str] = {
    "Abs": "free",
    "Add": "add",
    "Affine": "add+mul",
    "And": "cmp",
    "ArgMax": "cmp<",
    "ArgMin": "cmp<",
    "BitCast": "free",
    "BitShift": "free",
    "BitwiseAnd": "cmp",
    "BitwiseNot": "free",
    "BitwiseOr": "cmp",
    "BitwiseXor": "cmp",
    "Cast": "free",
    "CastLike": "free",
    "Ceil": "cmp",
    "CenterCropPad": "free",
    "Clip": "cmp+cmp",
    "Compress": "free",
    "Concat": "free",
    "ConcatFromSequence": "free",
    "Constant": "free",
    "ConstantOfShape": "free",
    "Crop": "free",
    "DepthToSpace": "free",
    "DequantizeLinear": "add+mul",
    "Div": "div",
    "Dropout": "free",
    "Elu": "add+mul+cmp+exp",
    "Equal": "cmp",
    "Erf": "erf",
    "Erfc": "erf",
    "Exp": "exp",
    "Expand": "free",
    "EyeLike": "free",
    "Flatten": "free",
    "Floor": "cmp",
    "Gather": "free",
    "GatherElements": "free",
    "GatherND": "free",
    "Greater": "cmp",
    "GreaterOrEqual": "cmp",
    "HardSigmoid": "add+mul+cmp+cmp",
    "Identity": "free",
    "ImageScaler": "add+mul",
    "IsInf": "cmp",
    "IsNaN": "cmp",
    "LeakyRelu": "cmp+mul",
    "Less": "cmp",
    "LessOrEqual": "cmp",
    "Log": "log",
    "Max": "cmp",
    "MaxUnpool": "free",
    "Min": "cmp",
    "Mod": "div",
    "Mul": "mul",
    "Neg": "free",
    "Not": "free",
    "OneHot": "free",
    "Optional": "free",
    "OptionalGetElement": "free",
    "OptionalHasElement": "free",
    "Or": "cmp",
    "PRelu": "cmp+mul",
    "Pad": "free",
    "Pow": "pow",
    "QuantizeLinear": "add+div+cmp+cmp",
    "Range": "add+mul",
    "Reciprocal": "div",
    "ReduceL1": "add<",
    "ReduceL2": "add<+mul@+sqrt",
    "ReduceLogSum": "add<+log",
    "ReduceLogSumExp": "add<+exp@+log",
    "ReduceMax": "cmp<",
    "ReduceMean": "add<+div",
    "ReduceMin": "cmp<",
    "ReduceProd": "mul<",
    "ReduceSum": "add<",
    "ReduceSumSquare": "add<+mul@",
    "Relu": "cmp",
    "Reshape": "free",
    "ReverseSequence": "free",
    "Round": "cmp",
    "Selu": "add+mul+cmp+exp",
    "SequenceAt": "free",
    "SequenceConstruct": "free",
    "SequenceEmpty": "free",
    "SequenceErase": "free",
    "SequenceInsert": "free",
    "SequenceLength": "free",
    "Shape": "free",
    "Shrink": "cmp+cmp",
    "Sigmoid": "add+div+exp",
    "Sign": "cmp+cmp",
    "Size": "free",
    "Slice": "free",
    "Softsign": "add+div",
    "SpaceToDepth": "free",
    "Split": "free",
    "SplitToSequence": "free",
    "Sqrt": "sqrt",
    "Squeeze": "free",
    "Sub": "add",
    "Sum": "add",
    "Swish": "add+div+mul+exp",
    "Tanh": "tanh",
    "TensorScatter": "free",
    "ThresholdedRelu": "cmp",
    "Tile": "free",
    "Transpose": "free",
    "Trilu": "free",
    "Unsqueeze": "free",
    "Where": "cmp",
    "Xor": "cmp",
    "ai.onnx.ml:ArrayFeatureExtractor": "free",
    "ai.onnx.ml:Binarizer": "cmp",
    "ai.onnx.ml:CastMap": "free",
    "ai.onnx.ml:DictVectorizer": "free",
    "ai.onnx.ml:FeatureVectorizer": "free",
    "ai.onnx.ml:Scaler": "add+mul",
    "ai.onnx.ml:ZipMap": "free",
    "com.microsoft:BiasAdd": "add",
    "com.microsoft:QLinearConcat": "free",
    "com.microsoft:Trilu": "free",
}

#: Operators that multiply and accumulate; where no kind says how often, it is not known. All others of ONNX never do.
PRODUCTS = frozenset(
    {"Conv", "ConvTranspose", "ConvInteger", "QLinearConv", "DeformConv", "MatMul", "MatMulInteger", "QLinearMatMul"}
    | {"Gemm", "Einsum", "LSTM", "GRU", "RNN", "Attention", "DFT", "STFT", "LinearAttention", "CausalConvWithState"}
    | {"FlexAttention", "Loop", "Scan", "If", "SequenceMap", "Affine", "Det", "MelWeightMatrix", "TfIdfVectorizer"}
)


def ops_of(name: str, output: tuple[int, ...] | None, inputs: Sequence[tuple[int, ...] | None]) -> Ops | None:
    """The operations of one operator; None where they are not known.

    Operators that take any number of inputs (Sum, Max, Min) compute one less than there are.

    >>> ops_of("Sigmoid", (5, 7), [(5, 7)])
    Ops(mac=0, add=35, mul=0, div=35, cmp=0, exp=35, log=0, tanh=0, erf=0, sqrt=0, pow=0)
    >>> ops_of("ReduceMean", (5, 1), [(5, 7)])
    Ops(mac=0, add=30, mul=0, div=5, cmp=0, exp=0, log=0, tanh=0, erf=0, sqrt=0, pow=0)
    >>> ops_of("Sin", (5, 7), [(5, 7)]) is None
    True
    """
    words = COSTS.get(name, "unknown")
    if words == "free":
        return Ops()
    if words == "unknown" or output is None:
        return None
    out = prod(output) * (max(0, len(inputs) - 1) if name in ("Sum", "Max", "Min") else 1)
    counts: dict[str, int] = {}
    for word in words.split("+"):
        times = out
        if word[-1] in "@<":
            if not inputs or inputs[0] is None:
                return None
            times = prod(inputs[0]) - (out if word[-1] == "<" else 0)
        word = word.rstrip("@<")  # noqa: PLW2901
        counts[word] = counts.get(word, 0) + max(0, times)
    return Ops(**counts)


#: Operators of which every output reads the inputs at its own place and nowhere else.
POINTWISE = frozenset(
    [
        "Abs",
        "Acos",
        "Acosh",
        "Add",
        "Affine",
        "And",
        "Asin",
        "Asinh",
        "Atan",
        "Atanh",
        "Bernoulli",
        "BitCast",
        "BitShift",
        "BitwiseAnd",
        "BitwiseNot",
        "BitwiseOr",
        "BitwiseXor",
        "Cast",
        "CastLike",
        "Ceil",
        "Celu",
        "Clip",
        "Cos",
        "Cosh",
        "DequantizeLinear",
        "Div",
        "Dropout",
        "Elu",
        "Equal",
        "Erf",
        "Erfc",
        "Exp",
        "Floor",
        "Gelu",
        "Greater",
        "GreaterOrEqual",
        "HardSigmoid",
        "HardSwish",
        "Identity",
        "ImageScaler",
        "IsInf",
        "IsNaN",
        "LeakyRelu",
        "Less",
        "LessOrEqual",
        "Log",
        "Max",
        "Mean",
        "Min",
        "Mish",
        "Mod",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "PRelu",
        "Pow",
        "QuantizeLinear",
        "Reciprocal",
        "Relu",
        "Round",
        "Selu",
        "Shrink",
        "Sigmoid",
        "Sign",
        "Sin",
        "Sinh",
        "Softplus",
        "Softsign",
        "Sqrt",
        "Sub",
        "Sum",
        "Swish",
        "Tan",
        "Tanh",
        "ThresholdedRelu",
        "Where",
        "Xor",
    ]
)
