"""Second oracle for the kinds that ONNX has: its own shape inference, and onnxruntime where that is installed."""

# ruff: noqa: ARG005 - a table of lambdas, all with one signature

from __future__ import annotations

import numpy as np
import onnx
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper, numpy_helper
from samples import SAMPLES

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.shape import Shape

OPSET = 21
#: Our words for padding -> ONNX's.
WORDS = {"same": "SAME_UPPER", "same_upper": "SAME_UPPER", "same_lower": "SAME_LOWER", "valid": "VALID"}


def each(value, rank):
    return list(value) if isinstance(value, tuple) else [value] * rank


def pads(padding, rank):
    """All begins, then all ends."""
    both = [(pad, pad) if isinstance(pad, int) else pad for pad in each(padding, rank)]
    return [before for before, _ in both] + [after for _, after in both]


def window(layer, x, **more):
    """The attributes of a sliding window."""
    rank = len(x) - 2
    kernel = each(layer.kernel_size, rank)
    found = {"kernel_shape": kernel, "strides": kernel if layer.stride is None else each(layer.stride, rank)}
    if layer.dilation != 1:
        found["dilations"] = each(layer.dilation, rank)
    if isinstance(layer.padding, str):
        found["auto_pad"] = WORDS[layer.padding]
    else:
        found["pads"] = pads(layer.padding, rank)
    return {**found, **more}


def weighted(layer, x):
    return {name: np.zeros(shape, np.float32) for name, shape in layer.weights(x).items()}


def axis(value):
    return np.array(value if isinstance(value, (list, tuple)) else [value], np.int64)


def resize(layer, x):
    sizes = np.array(layer.out(x) if layer.size is None else (*x[:2], *each(layer.size, len(x) - 2)), np.int64)
    none = np.zeros(0, np.float32)
    if layer.size is None:
        scales = np.array([1, 1, *each(layer.scale_factor, len(x) - 2)], np.float32)
        return "Resize", {"mode": "nearest"}, {"roi": none, "scales": scales}
    return "Resize", {"mode": "nearest"}, {"roi": none, "scales": none, "sizes": sizes}


def recurrent(layer, x):
    """X as (L, N, features); W, R and B by direction; one layer."""
    gates, hidden, d = layer.gates, layer.hidden_size, layer.directions
    arrays = {
        "W": np.zeros((d, gates * hidden, x[2]), np.float32),
        "R": np.zeros((d, gates * hidden, hidden), np.float32),
        "B": np.zeros((d, 2 * gates * hidden), np.float32),
    }
    return layer.kind.upper(), {"hidden_size": hidden, "direction": "bidirectional" if d > 1 else "forward"}, arrays


#: kind -> (layer, *shapes) -> (operator, attributes, constant inputs).
ONNX = {
    "conv": lambda a, x: ("Conv", window(a, x, group=a.groups), weighted(a, x)),
    "conv_transpose": lambda a, x: (
        "ConvTranspose",
        window(a, x, group=a.groups, output_padding=each(a.output_padding, len(x) - 2)),
        weighted(a, x),
    ),
    "max_pool": lambda a, x: ("MaxPool", window(a, x, ceil_mode=int(bool(a.ceil_mode))), {}),
    "avg_pool": lambda a, x: (
        "AveragePool",
        window(a, x, ceil_mode=int(bool(a.ceil_mode)), count_include_pad=int(a.count_include_pad)),
        {},
    ),
    "lp_pool": lambda a, x: ("LpPool", window(a, x, ceil_mode=int(bool(a.ceil_mode)), p=int(a.norm_type)), {}),
    "global_avg_pool": lambda a, x: ("GlobalAveragePool", {}, {}),
    "global_max_pool": lambda a, x: ("GlobalMaxPool", {}, {}),
    "flatten": lambda a, x: ("Flatten", {"axis": a.start_dim}, {}),
    "permute": lambda a, x: ("Transpose", {"perm": list(a.dims)}, {}),
    "squeeze": lambda a, x: ("Squeeze", {}, {} if a.dim is None else {"axes": axis(a.dim)}),
    "unsqueeze": lambda a, x: ("Unsqueeze", {}, {"axes": axis(a.dim)}),
    "reshape": lambda a, x: ("Reshape", {}, {"shape": axis([x[0], *a.shape])}),
    "slice": lambda a, x: (
        "Slice",
        {},
        {
            "starts": axis(a.start),
            "ends": axis(2**40 if a.end is None else a.end),
            "axes": axis(a.dim),
            "steps": axis(a.step),
        },
    ),
    "split": lambda a, x: (
        "Split",
        {"axis": a.dim, **({} if a.sizes else {"num_outputs": a.sections})},
        {"split": axis(a.sizes)} if a.sizes else {},
    ),
    "pad": lambda a, x: (
        "Pad",
        {"mode": {"replicate": "edge", "circular": "wrap", "zeros": "constant"}.get(a.mode, a.mode)},
        {"pads": axis([0, 0, *pads(a.padding, len(x) - 2)[: len(x) - 2], 0, 0, *pads(a.padding, len(x) - 2)[len(x) - 2 :]])},
    ),
    "upsample": resize,
    "depth_to_space": lambda a, x: ("DepthToSpace", {"blocksize": a.block_size, "mode": a.mode}, {}),
    "space_to_depth": lambda a, x: ("SpaceToDepth", {"blocksize": a.block_size}, {}),
    "concat": lambda a, *xs: ("Concat", {"axis": a.dim}, {}),
    "add": lambda a, *xs: ("Sum", {}, {}),
    "maximum": lambda a, *xs: ("Max", {}, {}),
    "minimum": lambda a, *xs: ("Min", {}, {}),
    "mean": lambda a, *xs: ("Mean", {}, {}),
    "sub": lambda a, *xs: ("Sub", {}, {}),
    "mul": lambda a, *xs: ("Mul", {}, {}),
    "div": lambda a, *xs: ("Div", {}, {}),
    "matmul": lambda a, *xs: ("MatMul", {}, {}),
    "linear": lambda a, x: ("Gemm", {"transB": 1}, weighted(a, x)),
    "rnn": recurrent,
    "lstm": recurrent,
    "gru": recurrent,
    "batch_norm": lambda a, x: (
        "BatchNormalization",
        {},
        {name: np.ones(shape, np.float32) for name, shape in {**a.weights(x), **a.buffers(x)}.items()},
    ),
    "instance_norm": lambda a, x: ("InstanceNormalization", {}, weighted(a, x)),
    "local_response_norm": lambda a, x: ("LRN", {"size": a.size}, {}),
    "softmax": lambda a, x: ("Softmax", {"axis": a.dim}, {}),
    "log_softmax": lambda a, x: ("LogSoftmax", {"axis": a.dim}, {}),
    "prelu": lambda a, x: ("PRelu", {}, {"slope": np.zeros(a.weights(x)["weight"] + (1,) * (len(x) - 2), np.float32)}),
    "l2_norm": lambda a, x: ("LpNormalization", {"axis": a.dim}, {}),
    "embedding": lambda a, x: ("Gather", {}, weighted(a, x)),
    "identity": lambda a, x: ("Identity", {}, {}),
    "dropout": lambda a, x: ("Dropout", {}, {}),
    **{
        ours: (lambda a, x, theirs=theirs: (theirs, {}, {}))
        for ours, theirs in {
            "relu": "Relu", "leaky_relu": "LeakyRelu", "elu": "Elu", "celu": "Celu", "selu": "Selu", "gelu": "Gelu",
            "mish": "Mish", "softplus": "Softplus", "softsign": "Softsign", "sigmoid": "Sigmoid", "tanh": "Tanh",
            "hardsigmoid": "HardSigmoid", "hardswish": "HardSwish", "threshold": "ThresholdedRelu", "clip": "Clip",
            "hardtanh": "Clip", "relu6": "Clip", "abs": "Abs", "exp": "Exp", "log": "Log", "sqrt": "Sqrt",
            "softshrink": "Shrink", "hardshrink": "Shrink",
        }.items()
    },
}  # fmt: skip


def model(layer, xs):
    operator, attributes, constants = ONNX[layer.kind](layer, *xs)
    names = [f"x{i}" for i in range(len(xs))]
    shapes = [(x[1], x[0], x[2]) if layer.kind in ("rnn", "lstm", "gru") else x for x in xs]
    whole = TensorProto.INT64 if layer.kind == "embedding" else TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info(n, whole, list(x)) for n, x in zip(names, shapes, strict=True)]
    order = [*constants, *names] if layer.kind == "embedding" else [*names, *constants]
    outs = [f"y{i}" for i in range(len(layer.outs(*xs)))]
    node = helper.make_node(operator, order, outs, **attributes)
    arrays = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    results = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in outs]
    graph = helper.make_graph([node], "g", inputs, results, arrays)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)


def inferred(layer, xs):
    """Every output's shape by onnx.shape_inference."""
    made = onnx.shape_inference.infer_shapes(model(layer, xs), strict_mode=True, data_prop=True)
    return tuple(tuple(d.dim_value for d in out.type.tensor_type.shape.dim) for out in made.graph.output)


def ran(layer, xs):
    """Every output's shape by onnxruntime."""
    runtime = pytest.importorskip("onnxruntime")
    runtime.set_default_logger_severity(4)
    session = runtime.InferenceSession(model(layer, xs).SerializeToString(), providers=["CPUExecutionProvider"])
    return tuple(out.shape for out in session.run(None, {f"x{i}": np.zeros(x, np.float32) for i, x in enumerate(xs)}))


def ours(layer, xs):
    outs = tuple(tuple(y) for y in layer.outs(*xs))
    if layer.kind in ("rnn", "lstm", "gru"):  # (L, directions, N, hidden)
        return ((outs[0][1], layer.directions, outs[0][0], layer.hidden_size),)
    return outs


def onnx_cannot(layer, xs) -> bool:
    kind, x = layer.kind, xs[0]
    return (
        kind not in ONNX
        or (kind in ("rnn", "lstm", "gru") and (layer.num_layers > 1 or not layer.bias))
        or (kind == "linear" and len(x) > 2)
        or (kind == "flatten" and len(x) < 3)
        or (kind in ("global_avg_pool", "global_max_pool") and not layer.keepdim)
        or (kind == "upsample" and layer.mode != "nearest")
        or (kind == "matmul" and layer.transpose_b)
        or (kind in ("sub", "div", "mul") and len(xs) > 2)
        or (kind in ("batch_norm", "instance_norm") and not layer.affine)
        or (kind == "l2_norm" and layer.scale)
        or (kind in ("depth_to_space", "space_to_depth") and len(x) != 4)
    )


CHECKED = [(layer, xs) for layer, xs in SAMPLES if not onnx_cannot(layer, xs)]
CHECKED.append((L.Linear(5), (Shape(2, 7),)))


def test_every_kind_that_onnx_has_is_held_against_it() -> None:
    assert {layer.kind for layer, _ in CHECKED} == set(ONNX)


@pytest.mark.parametrize(("layer", "xs"), CHECKED, ids=[f"{a.kind}-{i}" for i, (a, _) in enumerate(CHECKED)])
def test_shapes_equal_those_that_onnx_infers(layer, xs) -> None:
    found = inferred(layer, xs)
    assert found == ours(layer, xs)


IMAGES = st.sampled_from([Shape(2, 6, 13), Shape(2, 6, 7, 11), Shape(2, 6, 3, 5, 7)])


def per_axis(draw, rank, values):
    return tuple(draw(values) for _ in range(rank))


def drawn_window(draw, rank, dilations=2):
    side = st.integers(0, 2)
    return {
        "kernel_size": per_axis(draw, rank, st.integers(1, 4)),
        "stride": per_axis(draw, rank, st.integers(1, 4)),
        "dilation": per_axis(draw, rank, st.integers(1, dilations)),
        "padding": draw(st.sampled_from(list(WORDS)))
        if draw(st.booleans())
        else per_axis(draw, rank, st.tuples(side, side)),
    }


@st.composite
def convolutions(draw):
    x = draw(IMAGES)
    return L.Conv(4, groups=draw(st.sampled_from([1, 2])), **drawn_window(draw, len(x) - 2, 3)), x


@st.composite
def transposed(draw):
    x = draw(IMAGES)
    made = drawn_window(draw, len(x) - 2)
    extras = [draw(st.integers(0, s - 1)) for s in made["stride"]]
    return L.ConvTranspose(4, output_padding=tuple(extras), **made), x


@st.composite
def pools(draw):
    x = draw(IMAGES)
    made = drawn_window(draw, len(x) - 2, 1 if draw(st.booleans()) else 2)
    return draw(st.sampled_from([L.MaxPool, L.AvgPool, L.LpPool]))(
        **made, ceil_mode=draw(st.sampled_from([False, "onnx"]))
    ), x


def fitting(layer, x):
    try:
        layer.out(x)
    except LayerError:
        assume(False)


@given(convolutions())
def test_convolutions_equal_onnx(drawn) -> None:
    layer, x = drawn
    fitting(layer, x)
    assert inferred(layer, (x,)) == (layer.out(x),)


def as_long_as_its_stride(layer) -> bool:
    """Where the kernel is shorter than the stride, ONNX's text and Keras still make n * stride outputs; we do too.

    onnx.shape_inference and onnxruntime hold the total padding at 0 there and make fewer.
    """
    each_axis = zip(layer.kernel_size, layer.stride, layer.dilation, strict=True)
    return not isinstance(layer.padding, str) or all(d * (k - 1) + 1 >= s for k, s, d in each_axis)


@given(transposed())
def test_transposed_convolutions_equal_onnx(drawn) -> None:
    layer, x = drawn
    fitting(layer, x)
    assume(as_long_as_its_stride(layer))
    # onnx.shape_inference adds output_padding to `same`; its text, and onnxruntime below, keep n * stride.
    assume(not isinstance(layer.padding, str) or not any(layer.output_padding))
    assert inferred(layer, (x,)) == (layer.out(x),)


@settings(max_examples=50)
@given(transposed())
def test_same_makes_a_whole_stride_of_every_position(drawn) -> None:
    """ONNX ConvTranspose auto_pad; keras compute_conv_transpose_output_length: output = input * stride."""
    layer, x = drawn
    assume(isinstance(layer.padding, str) and layer.padding != "valid")
    assert layer.out(x)[2:] == tuple(n * s for n, s in zip(x[2:], layer.stride, strict=True))


@given(pools())
def test_pools_equal_onnx(drawn) -> None:
    layer, x = drawn
    fitting(layer, x)
    found, wanted = inferred(layer, (x,)), (tuple(layer.out(x)),)
    if found != wanted:
        # onnx 1.23 infers a window behind the axis that its own text ("windows that would start in the right padded
        # region are ignored") and onnxruntime leave out.
        assert layer.ceil_mode
        assert runtime_takes(layer) is False or ran(layer, (x,)) == wanted


def runtime_takes(layer) -> bool:
    """Onnxruntime wants padding smaller than the kernel; no dilation, nor a stride beyond it, beside auto_pad."""
    if isinstance(layer.padding, str):
        longer = all(k >= s for k, s in zip(layer.kernel_size, layer.stride, strict=True))
        return layer.padding == "valid" or (max(layer.dilation) == 1 and (longer or layer.kind == "conv"))
    return not layer.kind.endswith("pool") or all(
        max(pad) < k for pad, k in zip(layer.padding, layer.kernel_size, strict=True)
    )


@settings(max_examples=80)
@given(st.one_of(convolutions(), transposed(), pools()))
def test_windows_equal_onnxruntime(drawn) -> None:
    layer, x = drawn
    fitting(layer, x)
    assume(layer.kind != "conv_transpose" or as_long_as_its_stride(layer))
    assume(runtime_takes(layer))
    assert ran(layer, (x,)) == (tuple(layer.out(x)),)


@settings(max_examples=100)
@given(IMAGES, st.data())
def test_cuts_and_borders_equal_onnx(x, data) -> None:
    number, side = st.integers(-15, 15), st.integers(0, 3)
    rank = len(x) - 2
    layer = data.draw(
        st.one_of(
            st.builds(
                L.Slice, dim=st.integers(1, len(x) - 1), start=number, end=st.none() | number, step=st.integers(1, 4)
            ),
            st.builds(
                L.Padding, st.tuples(*[st.tuples(side, side)] * rank), st.sampled_from(["constant", "replicate"])
            ),
            st.builds(L.Upsample, st.integers(1, 3) | st.sampled_from([0.5, 1.5, 2.25])),
            st.builds(L.Upsample, size=st.integers(1, 20)),
            st.builds(L.Permute, st.permutations(range(1, len(x))).map(lambda dims: (0, *dims))),
        )
    )
    fitting(layer, x)
    assert inferred(layer, (x,)) == (tuple(layer.out(x)),)
