"""Kinds that ONNX has compute what onnxruntime computes: models of one node, drawn parameters, unequal prime extents."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.forward import kernel
from cnnshape.forward.kit import Kit
from cnnshape.forward.weights import Weights
from cnnshape.layers import BY_NAME

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

FEW = settings(max_examples=40)


@cache
def table():
    return Weights(5, "float32")


def onnx_run(op, inputs, *, outputs=1, opset=21, **attributes):
    """One node on these arrays (None is an input that is left out), by onnxruntime."""
    from onnx import helper

    names = ["" if array is None else f"x{i}" for i, array in enumerate(inputs)]
    outs = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(op, names, outs, **{k: v for k, v in attributes.items() if v is not None})
    given_ = {name: array for name, array in zip(names, inputs, strict=True) if name}
    infos = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(array.dtype), array.shape)
        for name, array in given_.items()
    ]
    made = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in outs]
    graph = helper.make_graph([node], "one", infos, made)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=10)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, given_)


def own_run(layer, *inputs):
    kit = Kit(table(), layer.kind)
    found = kernel(layer.kind)(layer, kit, *inputs)
    return found if isinstance(found, tuple) else (found,), {**kit.used, **kit.kept}


def same(found, wanted, rtol=1e-4, atol=5e-6) -> None:
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)


@st.composite
def shapes(draw, ranks=(1, 2, 3), channels=None):
    sizes = draw(st.permutations([2, 3, 5, 7]))
    rank = draw(st.sampled_from(ranks))
    return (draw(st.integers(1, 2)), channels or sizes.pop(), *sizes[:rank])


def array(shape, scale=1.0, name="x"):
    return table().between("", name, tuple(shape), -scale, scale)


numbers = st.floats(-2, 2, width=32)
positive = st.floats(0.125, 2, width=32)

SIMPLE = {
    "relu": ("Relu", {}),
    "relu6": ("Clip", {}),
    "hardswish": ("HardSwish", {}),
    "hardsigmoid": ("HardSigmoid", {"alpha": 1 / 6, "beta": 0.5}),
    "selu": ("Selu", {}),
    "mish": ("Mish", {}),
    "softplus": ("Softplus", {}),
    "softsign": ("Softsign", {}),
    "sigmoid": ("Sigmoid", {}),
    "tanh": ("Tanh", {}),
    "abs": ("Abs", {}),
    "exp": ("Exp", {}),
    "log": ("Log", {}),
    "sqrt": ("Sqrt", {}),
    "identity": ("Identity", {}),
    "dropout": ("Dropout", {}),
}


@pytest.mark.parametrize("kind", SIMPLE)
@settings(max_examples=10)
@given(shape=shapes((0, 1, 2, 3)), scale=st.sampled_from([1.0, 9.0]))
def test_elementwise_kinds(kind, shape, scale) -> None:
    op, attributes = SIMPLE[kind]
    x = array(shape, scale)
    more = [np.float32(0), np.float32(6)] if op == "Clip" else []
    found, _ = own_run(BY_NAME[kind](), x)
    same(found, onnx_run(op, [x, *map(np.asarray, more)], **attributes))


@FEW
@given(shape=shapes(), a=numbers, b=positive)
def test_elementwise_kinds_with_parameters(shape, a, b) -> None:
    x = array(shape, 5.0)
    low, high = np.asarray(min(a, b), np.float32), np.asarray(max(a, b), np.float32)
    for layer, op, inputs, attributes in (
        (L.LeakyRelu(a), "LeakyRelu", [x], {"alpha": a}),
        (L.Elu(b), "Elu", [x], {"alpha": b}),
        (L.Celu(b), "Celu", [x], {"alpha": b}),
        (L.Gelu(), "Gelu", [x], {}),
        (L.Gelu(approximate="tanh"), "Gelu", [x], {"approximate": "tanh"}),
        (L.Threshold(b), "ThresholdedRelu", [x], {"alpha": b}),
        (L.Softshrink(b), "Shrink", [x], {"lambd": b, "bias": b}),
        (L.Hardshrink(b), "Shrink", [x], {"lambd": b}),
        (L.Clip(float(low), float(high)), "Clip", [x, low, high], {}),
        (L.Hardtanh(float(low), float(high)), "Clip", [x, low, high], {}),
        (L.Power(b), "Pow", [np.abs(x), np.asarray(b, np.float32)], {}),
        (L.Square(), "Mul", [x, x], {}),
    ):
        found, _ = own_run(layer, inputs[0])
        same(found, onnx_run(op, inputs, **attributes))


@FEW
@given(shape=shapes(), scale=st.sampled_from([1.0, 100.0]), data=st.data())
def test_gates(shape, scale, data) -> None:
    x = array(shape, scale)
    axis = data.draw(st.integers(1, len(shape) - 1))
    signed = axis - data.draw(st.sampled_from([0, len(shape)]))
    same(own_run(L.Softmax(signed), x)[0], onnx_run("Softmax", [x], axis=axis))
    same(own_run(L.Softmin(signed), x)[0], onnx_run("Softmax", [-x], axis=axis))
    same(own_run(L.LogSoftmax(signed), x)[0], onnx_run("LogSoftmax", [x], axis=axis))
    found, used = own_run(L.PRelu(per_channel=True), x)
    same(found, onnx_run("PRelu", [x, used["weight"].reshape(-1, *[1] * (len(shape) - 2))]))


@FEW
@given(shape=shapes(), keepdim=st.booleans())
def test_global_pools(shape, keepdim) -> None:
    x = array(shape)
    for layer, op in ((L.GlobalAvgPool(), "GlobalAveragePool"), (L.GlobalMaxPool(), "GlobalMaxPool")):
        same(own_run(layer, x)[0], onnx_run(op, [x]))
    axes = np.arange(2, len(shape), dtype=np.int64)
    same(own_run(L.GlobalAvgPool(keepdim=keepdim), x)[0], onnx_run("ReduceMean", [x, axes], keepdims=int(keepdim)))


@FEW
@given(shape=shapes((1, 2, 3), channels=6), groups=st.sampled_from([1, 2, 3, 6]), data=st.data())
def test_norms(shape, groups, data) -> None:
    x = array(shape)
    found, w = own_run(L.BatchNorm(), x)
    stored = [w[name] for name in ("weight", "bias", "running_mean", "running_var")]
    same(found, onnx_run("BatchNormalization", [x, *stored]))
    found, w = own_run(L.InstanceNorm(affine=True), x)
    same(found, onnx_run("InstanceNormalization", [x, w["weight"], w["bias"]]), rtol=1e-3, atol=1e-4)
    found, w = own_run(L.GroupNorm(groups), x)
    affine = [w["weight"], w["bias"]]
    same(found, onnx_run("GroupNormalization", [x, *affine], num_groups=groups), rtol=1e-3, atol=1e-4)
    first = data.draw(st.integers(1, len(shape) - 1))
    dims = tuple(range(first, len(shape)))
    found, w = own_run(L.LayerNorm(dim=dims), x)
    same(found, onnx_run("LayerNormalization", [x, w["weight"], w["bias"]], axis=first), rtol=1e-3, atol=1e-4)
    found, w = own_run(L.RmsNorm(dim=dims), x)
    eps = float(np.finfo(np.float32).eps)
    same(found, onnx_run("RMSNormalization", [x, w["weight"]], opset=23, axis=first, epsilon=eps))
    same(own_run(L.L2Norm(first), x)[0], onnx_run("LpNormalization", [x], axis=first, p=2))


@FEW
@given(
    shape=shapes((2,), channels=7), size=st.sampled_from([1, 3, 5, 7, 13]), alpha=positive, beta=positive, k=positive
)
def test_local_response_norm(shape, size, alpha, beta, k) -> None:
    x = array(shape)
    found, _ = own_run(L.LocalResponseNorm(size=size, alpha=alpha, beta=beta, k=k), x)
    same(found, onnx_run("LRN", [x], size=size, alpha=alpha, beta=beta, bias=k))


@FEW
@given(shape=shapes((0, 1, 2)), features=st.integers(1, 13), bias=st.booleans())
def test_linear_maps(shape, features, bias) -> None:
    x = array(shape)
    found, w = own_run(L.Linear(features, bias=bias), x)
    rows = x.reshape(-1, x.shape[-1])
    (wanted,) = onnx_run("Gemm", [rows, w["weight"], w.get("bias")], transB=1)
    same(found, [wanted.reshape(*x.shape[:-1], features)])
    found, w = own_run(L.Embedding(features, 7), x)
    index = np.floor(np.abs(x) * np.float32(features)).astype(np.int64) % features
    same(found, onnx_run("Gather", [w["weight"], index]))


@FEW
@given(shape=shapes((2,)), other=st.integers(1, 5), stretched=st.booleans(), transpose=st.booleans())
def test_matmul(shape, other, stretched, transpose) -> None:
    a = array(shape)
    lead = (1, 1) if stretched else shape[:2]
    b = array((*lead, shape[3], other), name="b")
    given_ = np.ascontiguousarray(b.swapaxes(-1, -2)) if transpose else b
    same(own_run(L.Matmul(transpose_b=transpose), a, given_)[0], onnx_run("MatMul", [a, b]))


def longs(*values):
    return np.array(values, np.int64)


@FEW
@given(shape=shapes(), data=st.data())
def test_shapes(shape, data) -> None:
    x = array(shape)
    rank = len(shape)
    same(own_run(L.Flatten(), x)[0], onnx_run("Flatten", [x], axis=1))
    same(own_run(L.Reshape((-1, shape[1])), x)[0], onnx_run("Reshape", [x, longs(shape[0], -1, shape[1])]))
    order = (0, *data.draw(st.permutations(range(1, rank))))
    signed = tuple(d - data.draw(st.sampled_from([0, rank])) for d in order)
    same(own_run(L.Permute(signed), x)[0], onnx_run("Transpose", [x], perm=order))
    at = data.draw(st.integers(1, rank))
    (wide,), _ = own_run(L.Unsqueeze(at), x)
    same([wide], onnx_run("Unsqueeze", [x, longs(at)]))
    same(own_run(L.Unsqueeze(at - rank - 1), x)[0], [wide])
    same(own_run(L.Squeeze(at), wide)[0], onnx_run("Squeeze", [wide, longs(at)]))
    same(own_run(L.Squeeze(), wide)[0], onnx_run("Squeeze", [wide, longs(at)]))


@FEW
@given(shape=shapes(), data=st.data())
def test_cuts(shape, data) -> None:
    x = array(shape)
    axis = data.draw(st.integers(1, len(shape) - 1))
    n = shape[axis]
    start = data.draw(st.integers(-n, n - 1))
    end = data.draw(st.integers((start % n) + 1, n + 2))
    step = data.draw(st.integers(1, 3))
    found, _ = own_run(L.Slice(dim=axis, start=start, end=end, step=step), x)
    same(found, onnx_run("Slice", [x, longs(start), longs(end), longs(axis), longs(step)]))
    cut = data.draw(st.integers(1, n - 1))
    found, _ = own_run(L.Split(sizes=(cut, n - cut), dim=axis), x)
    same(found, onnx_run("Split", [x, longs(cut, n - cut)], outputs=2, axis=axis))
    found, _ = own_run(L.Split(n, dim=axis), x)
    same(found, onnx_run("Split", [x], outputs=n, axis=axis, num_outputs=n))
    rank = len(shape) - 2
    modes = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    mode = data.draw(st.sampled_from(list(modes)))
    borders = tuple(tuple(data.draw(st.integers(0, size - 1)) for _ in range(2)) for size in shape[2:])
    pads = longs(0, 0, *[b[0] for b in borders], 0, 0, *[b[1] for b in borders])
    same(own_run(L.Padding(borders, mode=mode), x)[0], onnx_run("Pad", [x, pads], mode=modes[mode]))
    sizes = tuple(data.draw(st.integers(1, size)) for size in shape[2:])
    wanted = onnx_run("CenterCropPad", [x, longs(*sizes)], axes=list(range(2, 2 + rank)), opset=18)
    same(own_run(L.Crop(size=sizes), x)[0], wanted)
    same(own_run(L.Crop(), x, array((1, 1, *sizes)))[0], wanted)


@FEW
@given(shape=shapes((2,)), r=st.integers(1, 3))
def test_moves_between_channels_and_space(shape, r) -> None:
    n, c, h, w = shape
    deep, wide = array((n, c * r * r, h, w)), array((n, c, h * r, w * r))
    for mode in ("DCR", "CRD"):
        same(own_run(L.DepthToSpace(r, mode=mode), deep)[0], onnx_run("DepthToSpace", [deep], blocksize=r, mode=mode))
    same(own_run(L.PixelShuffle(r), deep)[0], onnx_run("DepthToSpace", [deep], blocksize=r, mode="CRD"))
    same(own_run(L.SpaceToDepth(r), wide)[0], onnx_run("SpaceToDepth", [wide], blocksize=r))


@FEW
@given(data=st.data())
def test_moves_undo_each_other_in_any_rank(data) -> None:
    shape = data.draw(shapes())
    r = data.draw(st.integers(1, 3))
    wide = array((*shape[:2], *[n * r for n in shape[2:]]))
    for to_depth, to_space in ((L.PixelUnshuffle(r), L.PixelShuffle(r)), (L.SpaceToDepth(r), L.DepthToSpace(r))):
        (deep,), _ = own_run(to_depth, wide)
        assert np.array_equal(own_run(to_space, deep)[0][0], wide)


@settings(max_examples=120)
@given(shape=shapes(), data=st.data())
def test_resize(shape, data) -> None:
    x = array(shape)
    rank = len(shape) - 2
    mode = data.draw(st.sampled_from(["nearest", "linear", "cubic"] if rank == 2 else ["nearest", "linear"]))
    corners = mode != "nearest" and data.draw(st.booleans())
    attributes = {
        "mode": mode,
        "coordinate_transformation_mode": "align_corners" if corners else "half_pixel",
        "cubic_coeff_a": -0.75,
    }
    if mode == "nearest":
        attributes |= {"coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
    if data.draw(st.booleans()):
        factors = tuple(data.draw(st.sampled_from([0.5, 1.0, 1.5, 2.0, 3.0])) for _ in range(rank))
        scales = np.array([1, 1, *factors], np.float32)
        layer = L.Upsample(scale_factor=factors, mode=mode, align_corners=corners)
        same(own_run(layer, x)[0], onnx_run("Resize", [x, None, scales], **attributes), atol=2e-5)
    else:
        sizes = tuple(data.draw(st.sampled_from([1, 2, 3, 5, 11, 13])) for _ in range(rank))
        layer = L.Upsample(size=sizes, mode=mode, align_corners=corners)
        same(
            own_run(layer, x)[0],
            onnx_run("Resize", [x, None, None, longs(*shape[:2], *sizes)], **attributes),
            atol=2e-5,
        )


@FEW
@given(shape=shapes(), data=st.data())
def test_merges(shape, data) -> None:
    many = data.draw(st.integers(2, 4))
    xs = [
        array([n if data.draw(st.booleans()) else 1 for n in shape] if i else shape, name=f"m{i}") for i in range(many)
    ]
    xs = data.draw(st.permutations(xs))
    for kind, op in {"add": "Sum", "maximum": "Max", "minimum": "Min", "mean": "Mean"}.items():
        same(own_run(BY_NAME[kind](), *xs)[0], onnx_run(op, xs))
    for kind, op in {"sub": "Sub", "mul": "Mul", "div": "Div"}.items():
        same(own_run(BY_NAME[kind](), *xs[:2])[0], onnx_run(op, xs[:2]), rtol=1e-4)
    axis = data.draw(st.integers(1, len(shape) - 1))
    parts = [array([*shape[:axis], n, *shape[axis + 1 :]], name=f"c{n}") for n in range(1, many + 1)]
    same(own_run(L.Concat(axis), *parts)[0], onnx_run("Concat", parts, axis=axis))


#: ONNX's order of gates by torch's: input, output, forget, cell; update, reset, hidden.
GATES = {"rnn": (0,), "lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}


@settings(max_examples=60)
@given(
    kind=st.sampled_from(list(GATES)), length=st.integers(1, 7), hidden=st.integers(1, 5), both=st.booleans(),
    bias=st.booleans(), relu=st.booleans(),
)  # fmt: skip
def test_recurrent_kinds(kind, length, hidden, both, bias, relu) -> None:
    x = array((2, length, 3))
    extra = {"nonlinearity": "relu"} if relu and kind == "rnn" else {}
    found, w = own_run(BY_NAME[kind](hidden, bias=bias, bidirectional=both, **extra), x)
    suffixes = ("", "_reverse")[: 1 + both]
    order = GATES[kind]

    def reordered(name):
        return w[name].reshape(len(order), hidden, -1)[list(order)].reshape(len(order) * hidden, -1)

    inputs = [np.stack([reordered(f"weight_{part}_l0{s}") for s in suffixes]) for part in ("ih", "hh")]
    biases = None
    if bias:
        biases = np.stack(
            [np.concatenate([reordered(f"bias_{part}_l0{s}")[:, 0] for part in ("ih", "hh")]) for s in suffixes]
        )
    attributes = {"hidden_size": hidden, "direction": "bidirectional" if both else "forward"}
    attributes |= {"linear_before_reset": 1} if kind == "gru" else {}
    attributes |= {"activations": ["Relu"] * len(suffixes)} if extra else {}
    (wanted,) = onnx_run(kind.upper(), [np.ascontiguousarray(x.swapaxes(0, 1)), *inputs, biases], **attributes)
    # (L, directions, N, hidden) -> (N, L, directions * hidden)
    same(found, [wanted.transpose(2, 0, 1, 3).reshape(2, length, -1)])


@FEW
@given(n=st.integers(1, 2), heads=st.integers(1, 3), queries=st.integers(1, 7), keys=st.integers(1, 5))
def test_scaled_dot_product_attention(n, heads, queries, keys) -> None:
    q, k, v = (array((n, heads, *size), 5.0, name) for name, size in
               (("q", (queries, 7)), ("k", (keys, 7)), ("v", (keys, 11))))  # fmt: skip
    found, _ = own_run(L.ScaledDotProductAttention(), q, k, v)
    same(found, onnx_run("Attention", [q, k, v], opset=23))
