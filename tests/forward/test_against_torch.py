"""Every kind computes what torch computes with the same weights, in both types and for every rank."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pytest

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.forward import kernel
from cnnshape.forward.kit import Kit
from cnnshape.forward.weights import Weights
from cnnshape.layers import BY_NAME

torch = pytest.importorskip("torch")
F = torch.nn.functional

X0, X1, X2, X3 = (3, 7), (2, 6, 13), (2, 6, 7, 11), (2, 6, 5, 7, 11)
IMAGES = (X1, X2, X3)
ANY = (X0, *IMAGES)
SEQ = (2, 7, 6)

CASES = []


def case(layer, *shapes, oracle, scale=1.0) -> None:
    """One call: the layer on inputs of these shapes; the oracle gets the weights and the inputs as tensors."""
    CASES.append((layer, shapes, oracle, scale))


def every(layer, oracle, shapes=IMAGES, scale=1.0) -> None:
    for shape in shapes:
        case(layer, shape, oracle=oracle, scale=scale)


def module(made, rename=None):
    """A torch module in evaluation mode with the given weights."""

    def run(w, *xs):
        ready = made.to(xs[0].dtype).eval()
        ready.load_state_dict({(rename or {}).get(name, name): value for name, value in w.items()}, strict=False)
        return ready(*xs)

    return run


# elementwise

SIMPLE = {
    "relu": F.relu,
    "relu6": F.relu6,
    "leaky_relu": F.leaky_relu,
    "rrelu": lambda x: F.rrelu(x, 1 / 8, 1 / 3, training=False),
    "softshrink": F.softshrink,
    "hardshrink": F.hardshrink,
    "hardtanh": F.hardtanh,
    "hardsigmoid": F.hardsigmoid,
    "hardswish": F.hardswish,
    "threshold": lambda x: F.threshold(x, 0.0, 0.0),
    "elu": F.elu,
    "celu": F.celu,
    "selu": F.selu,
    "gelu": F.gelu,
    "silu": F.silu,
    "mish": F.mish,
    "softplus": F.softplus,
    "softsign": F.softsign,
    "tanhshrink": F.tanhshrink,
    "sigmoid": torch.sigmoid,
    "log_sigmoid": F.logsigmoid,
    "tanh": torch.tanh,
    "abs": torch.abs,
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "square": torch.square,
    "power": lambda x: x**2,
    "clip": lambda x: x.clip(0, 6),
    "dropout": lambda x: F.dropout(x, training=False),
    "feature_dropout": lambda x: x,
    "alpha_dropout": lambda x: F.alpha_dropout(x, training=False),
    "feature_alpha_dropout": lambda x: F.feature_alpha_dropout(x, training=False),
    "drop_path": lambda x: x,
    "identity": lambda x: x,
}
for kind, function in SIMPLE.items():
    every(BY_NAME[kind](), lambda _, x, f=function: f(x), ANY, scale=9.0)
every(L.Elu(alpha=0.3), lambda _, x: F.elu(x, 0.3), ANY, scale=9.0)
every(L.Celu(alpha=0.3), lambda _, x: F.celu(x, 0.3), ANY, scale=9.0)
every(L.Gelu(approximate="tanh"), lambda _, x: F.gelu(x, approximate="tanh"), ANY, scale=9.0)
every(L.Softplus(beta=3.0, threshold=5.0), lambda _, x: F.softplus(x, 3.0, 5.0), ANY, scale=9.0)
every(L.LeakyRelu(0.3), lambda _, x: F.leaky_relu(x, 0.3), ANY)
every(L.LeakyRelu(-2.5), lambda _, x: F.leaky_relu(x, -2.5), ANY)
every(L.LeakyRelu(2.5), lambda _, x: F.leaky_relu(x, 2.5), ANY)
every(L.RRelu(lower=0.5, upper=2.0), lambda _, x: F.rrelu(x, 0.5, 2.0, training=False), ANY)
every(L.Softshrink(0.2), lambda _, x: F.softshrink(x, 0.2), ANY)
every(L.Hardshrink(0.2), lambda _, x: F.hardshrink(x, 0.2), ANY)
every(L.Hardtanh(-0.2, 0.7), lambda _, x: F.hardtanh(x, -0.2, 0.7), ANY)
every(L.Threshold(0.25, -3.0), lambda _, x: F.threshold(x, 0.25, -3.0), ANY)
every(L.Power(3.0), lambda _, x: x**3.0, ANY)
every(L.Power(0.3), lambda _, x: x**0.3, ANY)
every(L.Clip(-0.5, 0.25), lambda _, x: x.clip(-0.5, 0.25), ANY)

# gates

every(L.PRelu(), lambda w, x: F.prelu(x, w["weight"]), ANY)
every(L.PRelu(6), lambda w, x: F.prelu(x, w["weight"]))
every(L.PRelu(per_channel=True), lambda w, x: F.prelu(x, w["weight"]), ANY)
for dim in (1, 2, -1):
    every(L.Softmax(dim), lambda _, x, d=dim: F.softmax(x, d), scale=200.0)
    every(L.Softmin(dim), lambda _, x, d=dim: F.softmin(x, d), scale=200.0)
    every(L.LogSoftmax(dim), lambda _, x, d=dim: F.log_softmax(x, d), scale=200.0)
every(L.Glu(), lambda _, x: F.glu(x, 1), scale=9.0)
case(L.Glu(-1), (2, 7, 10), oracle=lambda _, x: F.glu(x, -1))

# norms

BATCH = {1: torch.nn.BatchNorm1d, 2: torch.nn.BatchNorm2d, 3: torch.nn.BatchNorm3d}
INSTANCE = {1: torch.nn.InstanceNorm1d, 2: torch.nn.InstanceNorm2d, 3: torch.nn.InstanceNorm3d}
for affine, track in itertools.product((True, False), repeat=2):
    for shape in ((5, 6), (1, 6, 7, 11), *IMAGES):
        made = BATCH[max(1, len(shape) - 2)](6, affine=affine, track_running_stats=track)
        case(L.BatchNorm(affine=affine, track_running_stats=track), shape, oracle=module(made))
for affine in (True, False):
    for rank, shape in enumerate(IMAGES, start=1):
        case(L.InstanceNorm(affine=affine), shape, oracle=module(INSTANCE[rank](6, affine=affine)))
    for groups in (1, 2, 3, 6):
        every(L.GroupNorm(groups, affine=affine), module(torch.nn.GroupNorm(groups, 6, affine=affine)))
for affine, bias in itertools.product((True, False), repeat=2):
    made = torch.nn.LayerNorm(11, elementwise_affine=affine, bias=bias)
    case(L.LayerNorm(elementwise_affine=affine, bias=bias), X2, oracle=module(made))
    made = torch.nn.LayerNorm((6, 7, 11), elementwise_affine=affine, bias=bias)
    case(L.LayerNorm(dim=(-3, -2, -1), elementwise_affine=affine, bias=bias), X2, oracle=module(made))
every(
    L.LayerNorm(dim=1), lambda w, x: F.layer_norm(x.movedim(1, -1), (6,), w["weight"], w["bias"]).movedim(-1, 1), IMAGES
)
case(
    L.LayerNorm(dim=(1, 3)),
    X2,
    oracle=lambda w, x: F.layer_norm(x.movedim(2, 1), (6, 11), w["weight"], w["bias"]).movedim(1, 2),
)
case(L.RmsNorm(), X2, oracle=lambda w, x: F.rms_norm(x, (11,), w["weight"]))
case(L.RmsNorm(dim=(2, 3), elementwise_affine=False), X2, oracle=lambda _, x: F.rms_norm(x, (7, 11)))
every(L.RmsNorm(dim=1), lambda w, x: F.rms_norm(x.movedim(1, -1), (6,), w["weight"]).movedim(-1, 1))
for size in (1, 2, 4, 5, 31):
    every(
        L.LocalResponseNorm(size=size, alpha=0.9, beta=0.6, k=1.5),
        lambda _, x, s=size: F.local_response_norm(x, s, 0.9, 0.6, 1.5),
    )
for dim in (1, -1):
    every(L.L2Norm(dim), lambda _, x, d=dim: F.normalize(x, dim=d))
case(L.L2Norm(), X2, oracle=lambda _, x: F.normalize(x, dim=1), scale=0.0)
every(L.L2Norm(scale=True), lambda w, x: F.normalize(x) * w["weight"].reshape(-1, *[1] * (x.ndim - 2)))
every(L.Scale(bias=True), lambda w, x: x * along(w["weight"], x, 1) + along(w["bias"], x, 1))
every(L.Scale(dim=-1), lambda w, x: x * w["weight"], ANY)
every(
    L.Standardize(),
    lambda w, x: (x - along(w["mean"], x, 1)) / along(w["variance"], x, 1).sqrt(),
)
every(L.Affine(0.5, -1.0), lambda _, x: x * 0.5 - 1.0, ANY)


def along(vector, x, dim):
    return vector.reshape([-1 if d == dim else 1 for d in range(x.ndim)])


# pools and resampling

every(L.GlobalAvgPool(), lambda _, x: x.mean(tuple(range(2, x.ndim)), keepdim=True))
every(L.GlobalMaxPool(), lambda _, x: x.amax(tuple(range(2, x.ndim)), keepdim=True))
every(L.GlobalMaxPool(keepdim=False), lambda _, x: x.amax(tuple(range(2, x.ndim))))
for size in (1, 2, 3, 4, 5, 17):
    every(L.AdaptiveAvgPool(size), lambda _, x, s=size: getattr(F, f"adaptive_avg_pool{x.ndim - 2}d")(x, s))
    every(L.AdaptiveMaxPool(size), lambda _, x, s=size: getattr(F, f"adaptive_max_pool{x.ndim - 2}d")(x, s))
case(L.AdaptiveAvgPool((3, 13)), X2, oracle=lambda _, x: F.adaptive_avg_pool2d(x, (3, 13)))


def interpolate(**options):
    return lambda _, x: F.interpolate(x, **options)


for shape, mode in zip(IMAGES, ("linear", "bilinear", "trilinear"), strict=True):
    rank = len(shape) - 2
    for corners in (False, True):
        for factor in (2, 3, 1.5, 0.5, 0.7, 2.3):
            case(
                L.Upsample(factor, mode=mode, align_corners=corners),
                shape,
                oracle=interpolate(scale_factor=float(factor), mode=mode, align_corners=corners),
            )
        for size in ((9, 5, 23), (1, 1, 1), (3, 17, 11)):
            case(
                L.Upsample(size=size[:rank], mode=mode, align_corners=corners),
                shape,
                oracle=interpolate(size=size[:rank], mode=mode, align_corners=corners),
            )
    for factor in (1, 2, 3, 1.5, 0.5, 2.5):
        case(L.Upsample(factor), shape, oracle=interpolate(scale_factor=float(factor)))
    for size in ((9, 5, 23), (1, 1, 1), (3, 17, 11)):
        case(L.Upsample(size=size[:rank]), shape, oracle=interpolate(size=size[:rank]))
        case(L.Upsample(size=size[:rank], mode="area"), shape, oracle=interpolate(size=size[:rank], mode="area"))
for corners in (False, True):
    for options in ({"size": (9, 23)}, {"size": (3, 5)}, {"scale_factor": (2.0, 1.5)}, {"scale_factor": (0.7, 3.0)}):
        case(
            L.Upsample(mode="bicubic", align_corners=corners, **options),
            X2,
            oracle=interpolate(mode="bicubic", align_corners=corners, **options),
        )

# shapes and places

every(L.Flatten(), lambda _, x: x.flatten(1), ANY)
every(L.Flatten(-2, -1), lambda _, x: x.flatten(-2), IMAGES)
every(L.Flatten(1, -2), lambda _, x: x.flatten(1, -2), IMAGES)
every(L.Reshape((-1, 2)), lambda _, x: x.reshape(len(x), -1, 2), IMAGES)
every(L.Reshape(-1), lambda _, x: x.reshape(len(x), -1), IMAGES)
case(L.Permute((0, 3, 1, 2)), X2, oracle=lambda _, x: x.permute(0, 3, 1, 2))
case(L.Permute((0, -1, 2, 1)), X2, oracle=lambda _, x: x.permute(0, 3, 2, 1))
case(L.Squeeze(), (1, 3, 1, 7, 1), oracle=lambda _, x: x.reshape(1, 3, 7))
case(L.Squeeze(-1), (1, 3, 1, 7, 1), oracle=lambda _, x: x.squeeze(-1))
case(L.Squeeze((2, 4)), (1, 3, 1, 7, 1), oracle=lambda _, x: x.squeeze((2, 4)))
every(L.Unsqueeze(1), lambda _, x: x.unsqueeze(1), ANY)
every(L.Unsqueeze(-1), lambda _, x: x.unsqueeze(-1), ANY)
every(L.Slice(dim=-1, start=1, end=-1, step=3), lambda _, x: x[..., 1:-1:3], ANY)
every(L.Slice(dim=1, start=-3), lambda _, x: x[:, -3:], ANY)
every(L.Split(3), lambda _, x: x.split(2, 1))
every(L.Split(sizes=(1, 2, 3)), lambda _, x: x.split((1, 2, 3), 1))
case(L.Split(sizes=(4, 7), dim=-1), X2, oracle=lambda _, x: x.split((4, 7), -1))
for mode in ("constant", "reflect", "replicate", "circular"):
    every(L.Padding(2, mode=mode), lambda _, x, m=mode: F.pad(x, (2,) * 2 * (x.ndim - 2), m))
    case(L.Padding(((1, 3), (0, 2)), mode=mode), X2, oracle=lambda _, x, m=mode: F.pad(x, (0, 2, 1, 3), m))
case(L.Padding(3, mode="zeros"), X2, oracle=lambda _, x: F.pad(x, (3,) * 4))
case(L.Crop(size=(4, 5)), X2, oracle=lambda _, x: x[:, :, 1:5, 3:8])
case(L.Crop(size=3, offset=(4, 1)), X2, oracle=lambda _, x: x[:, :, 4:7, 1:4])
case(L.Crop(cropping=((1, 2), 3)), X2, oracle=lambda _, x: x[:, :, 1:5, 3:8])
case(L.Crop(), X2, (2, 1, 5, 3), oracle=lambda _, x, _r: x[:, :, 1:6, 4:7])
case(L.PixelShuffle(2), (2, 12, 5, 7), oracle=lambda _, x: F.pixel_shuffle(x, 2))
case(L.PixelShuffle(3), (2, 18, 5, 7), oracle=lambda _, x: F.pixel_shuffle(x, 3))
case(L.DepthToSpace(3, mode="CRD"), (2, 18, 5, 7), oracle=lambda _, x: F.pixel_shuffle(x, 3))
case(L.PixelUnshuffle(3), (2, 2, 15, 21), oracle=lambda _, x: F.pixel_unshuffle(x, 3))
every(L.ChannelShuffle(3), lambda _, x: F.channel_shuffle(x, 3), IMAGES[1:])
every(L.ChannelShuffle(1), lambda _, x: x)

# several inputs

MERGES = {
    "add": lambda *xs: sum(xs[1:], xs[0]),
    "sub": lambda a, *xs: a - sum(xs),
    "mul": lambda *xs: torch.stack([x.expand(X2) for x in xs]).prod(0),
    "div": lambda a, *xs: a / torch.stack([x.expand(X2) for x in xs]).prod(0),
    "maximum": lambda *xs: torch.stack([x.expand(X2) for x in xs]).amax(0),
    "minimum": lambda *xs: torch.stack([x.expand(X2) for x in xs]).amin(0),
    "mean": lambda *xs: torch.stack([x.expand(X2) for x in xs]).mean(0),
}
for kind, function in MERGES.items():
    for shapes in ((X2, X2), (X2, (2, 6, 1, 1), X2), ((1, 6, 1, 1), X2), ((2, 6, 7, 1), (2, 6, 1, 11)), (X2, (1, 11))):
        case(BY_NAME[kind](), *shapes, oracle=lambda _, *xs, f=function: f(*xs))
case(L.Concat(), X2, (2, 5, 7, 11), X2, oracle=lambda _, *xs: torch.cat(xs, 1))
case(L.Concat(-1), X2, (2, 6, 7, 3), oracle=lambda _, *xs: torch.cat(xs, -1))
case(L.Matmul(), (2, 3, 7, 11), (2, 3, 11, 5), oracle=lambda _, a, b: a @ b)
case(L.Matmul(), (2, 3, 7, 11), (1, 1, 11, 5), oracle=lambda _, a, b: a @ b)
case(L.Matmul(transpose_b=True), (2, 7, 11), (2, 5, 11), oracle=lambda _, a, b: a @ b.mT)
for lead in ((2,), (2, 3)):
    case(
        L.ScaledDotProductAttention(),
        *[(*lead, 7, 5), (*lead, 11, 5), (*lead, 11, 13)],
        oracle=lambda _, q, k, v: F.scaled_dot_product_attention(q, k, v),
        scale=7.0,
    )
case(L.Bilinear(5), (2, 3, 7), (2, 3, 11), oracle=module(torch.nn.Bilinear(7, 11, 5)))
case(L.Bilinear(5, bias=False), (2, 7), (2, 11), oracle=module(torch.nn.Bilinear(7, 11, 5, bias=False)))

# learned maps

every(L.Linear(10), lambda w, x: F.linear(x, w["weight"], w["bias"]), ANY)
every(L.Linear(10, bias=False), lambda w, x: F.linear(x, w["weight"]), ANY)
case(L.Embedding(13, 7), (3, 11), oracle=lambda w, x: F.embedding((x.abs() * 13).floor().long() % 13, w["weight"]))
case(
    L.Embedding(2, 7),
    (3, 11),
    oracle=lambda w, x: F.embedding((x.abs() * 2).floor().long() % 2, w["weight"]),
    scale=9.0,
)
case(L.Parameter((3, 1, 5)), X2, oracle=lambda w, _: w["weight"][None])
case(L.Parameter((3, 1, 5), batch=True), X2, oracle=lambda w, _: w["weight"].expand(2, 3, 1, 5))

RENAME = {"out_proj_weight": "out_proj.weight", "out_proj_bias": "out_proj.bias"}


def attention(heads, bias, *shapes):
    sizes = [shape[-1] for shape in shapes]
    made = torch.nn.MultiheadAttention(sizes[0], heads, bias=bias, kdim=sizes[1], vdim=sizes[2], batch_first=True)
    run = module(made, RENAME)

    def attend(w, *xs):
        key = xs[1] if len(xs) > 1 else xs[0]
        return run(w, xs[0], key, xs[2] if len(xs) > 2 else key)[0]

    return attend


OTHER, THIRD = (2, 5, 11), (2, 5, 13)
for bias in (True, False):
    case(L.MultiHeadAttention(2, bias=bias), SEQ, oracle=attention(2, bias, SEQ, SEQ, SEQ))
    case(L.MultiHeadAttention(1, bias=bias), SEQ, (2, 5, 6), oracle=attention(1, bias, SEQ, SEQ, SEQ))
    case(L.MultiHeadAttention(2, bias=bias), SEQ, OTHER, oracle=attention(2, bias, SEQ, OTHER, OTHER))
    case(L.MultiHeadAttention(3, bias=bias), SEQ, OTHER, THIRD, oracle=attention(3, bias, SEQ, OTHER, THIRD))

RECURRENT = {L.Rnn: torch.nn.RNN, L.Lstm: torch.nn.LSTM, L.Gru: torch.nn.GRU}
for (own, theirs), bias, both, n in itertools.product(RECURRENT.items(), (True, False), (True, False), (1, 2, 3)):
    made = theirs(6, 5, num_layers=n, bias=bias, bidirectional=both, batch_first=True)
    run = module(made)
    case(own(5, num_layers=n, bias=bias, bidirectional=both), SEQ, oracle=lambda w, x, r=run: r(w, x)[0])
for own, theirs in RECURRENT.items():  # one unit: states are columns with gaps between them
    case(own(1), SEQ, oracle=lambda w, x, r=module(theirs(6, 1, batch_first=True)): r(w, x)[0])
made = module(torch.nn.RNN(6, 5, nonlinearity="relu", batch_first=True))
case(L.Rnn(5, nonlinearity="relu"), SEQ, oracle=lambda w, x, r=made: r(w, x)[0])


@cache
def table(dtype):
    return Weights(7, dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("layer", "shapes", "oracle", "scale"), CASES, ids=[f"{c[0].kind}-{i}" for i, c in enumerate(CASES)]
)
def test_a_kernel_equals_torch(layer, shapes, oracle, scale, dtype) -> None:
    inputs = [table(dtype).between("", f"input {i}", x, -scale, scale) for i, x in enumerate(shapes)]
    kit = Kit(table(dtype), layer.kind)
    found = kernel(layer.kind)(layer, kit, *inputs)
    weights = {name: torch.from_numpy(array) for name, array in {**kit.used, **kit.kept}.items()}
    with torch.no_grad():
        wanted = oracle(weights, *map(torch.from_numpy, inputs))
    found, wanted = (value if isinstance(value, tuple) else (value,) for value in (found, wanted))
    assert len(found) == len(wanted)
    close = {"rtol": 1e-4, "atol": 2e-6} if dtype == "float32" else {"rtol": 1e-9, "atol": 1e-13}
    for a, b in zip(found, wanted, strict=True):
        assert a.shape == tuple(b.shape)
        np.testing.assert_allclose(a, b.numpy(), **close)


def test_every_kind_is_compared() -> None:
    elsewhere = {"opaque", "foreign", "space_to_depth", "conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool"}
    assert {layer.kind for layer, *_ in CASES} == set(BY_NAME) - elsewhere


@pytest.mark.parametrize(
    "kind", ["sigmoid", "log_sigmoid", "silu", "mish", "softplus", "elu", "celu", "selu", "gelu", "tanh"]
)
def test_far_from_zero_nothing_overflows(kind) -> None:
    x = np.array([[-1e30, -1e4, -800.0, -100.0, -50.0, -20.0, -0.0, 0.0, 20.0, 50.0, 100.0, 800.0, 1e4, 1e30]])
    found = kernel(kind)(BY_NAME[kind](), Kit(table("float64")), x)
    np.testing.assert_allclose(found, SIMPLE[kind](torch.from_numpy(x)).numpy(), rtol=1e-9, atol=1e-8)
