"""Second oracle for every kind: torch itself, when it is installed. Shapes, names and sizes of the state."""

# ruff: noqa: ARG005 - a table of lambdas, all with one signature

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from samples import SAMPLES

from cnnshape import layers as L  # noqa: N812 - it stands in every line
from cnnshape.errors import LayerError
from cnnshape.shape import Shape

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional


def ranked(name):
    """torch.nn.Conv -> Conv1d, Conv2d or Conv3d, by the input."""
    return lambda x: getattr(nn, f"{name}{len(x) - 2}d")


def pads(padding, rank):
    """Our padding as F.pad wants it: the last dimension first."""
    each = padding if isinstance(padding, tuple) else (padding,) * rank
    return [side for pad in reversed(each) for side in ((pad, pad) if isinstance(pad, int) else pad)]


def fields(layer, *names):
    return {name: getattr(layer, name) for name in names}


def modes(layer, x):
    word = {"linear": {1: "linear", 2: "bilinear", 3: "trilinear"}[len(x) - 2], "cubic": "bicubic"}
    return word.get(layer.mode, layer.mode)


def upsample(layer, x):
    mode = modes(layer, x)
    corners = layer.align_corners if mode not in ("nearest", "area") else None
    size = layer.size
    if isinstance(size, int):
        size = (size,) * (len(x) - 2)
    return lambda t: F.interpolate(t, size=size, scale_factor=layer.scale_factor, mode=mode, align_corners=corners)


def crop(layer, x, *reference):
    if layer.cropping is not None:
        return lambda t, *_: F.pad(t, [-side for side in pads(layer.cropping, len(x) - 2)])
    sizes = reference[0][2:] if reference else (layer.size,) * (len(x) - 2)

    def middle(t, *_):
        for dim, size in enumerate(sizes, start=2):
            t = t.narrow(dim, (t.shape[dim] - size) // 2, size)
        return t

    return middle


def norm_over(layer, x):
    """Torch normalises trailing dimensions alone: others are moved there and back."""
    dims = sorted({d % len(x) for d in (layer.dim if isinstance(layer.dim, tuple) else (layer.dim,))})
    sizes, last = [x[d] for d in dims], list(range(-len(dims), 0))
    if layer.kind == "rms_norm":
        module = nn.RMSNorm(sizes, elementwise_affine=layer.elementwise_affine)
    else:
        module = nn.LayerNorm(sizes, elementwise_affine=layer.elementwise_affine, bias=layer.bias)
    plain, forward = module, module.forward
    plain.forward = lambda t: forward(t.movedim(dims, last)).movedim(last, dims)
    return plain


def reduce(step):
    def run(*ts):
        total = ts[0]
        for t in ts[1:]:
            total = step(total, t)
        return total

    return run


def attention(layer, *xs):
    q, k, v = xs[0], xs[min(1, len(xs) - 1)], xs[-1]
    module = nn.MultiheadAttention(q[2], layer.num_heads, bias=layer.bias, kdim=k[2], vdim=v[2], batch_first=True)
    forward = module.forward
    module.forward = lambda *ts: forward(ts[0], ts[min(1, len(ts) - 1)], ts[-1])[0]
    return module


def recurrent(module, layer):
    forward = module.forward
    module.forward = lambda t: forward(t)[0]
    return module


RNN = ("hidden_size", "num_layers", "bias", "bidirectional")
CONV = ("out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias")
POOL = ("kernel_size", "stride", "padding", "ceil_mode")

#: kind -> (layer, *shapes) -> a module, or a function.
TORCH = {
    "conv": lambda a, x: ranked("Conv")(x)(x[1], **fields(a, *CONV)),
    "conv_transpose": lambda a, x: ranked("ConvTranspose")(x)(x[1], **fields(a, *CONV, "output_padding")),
    "max_pool": lambda a, x: ranked("MaxPool")(x)(**fields(a, *POOL, "dilation")),
    "avg_pool": lambda a, x: ranked("AvgPool")(x)(**fields(a, *POOL, "count_include_pad")),
    "lp_pool": lambda a, x: ranked("LPPool")(x)(**fields(a, "norm_type", "kernel_size", "stride", "ceil_mode")),
    "global_avg_pool": lambda a, x: lambda t: t.mean(dim=list(range(2, len(x))), keepdim=a.keepdim),
    "global_max_pool": lambda a, x: lambda t: t.amax(dim=list(range(2, len(x))), keepdim=a.keepdim),
    "adaptive_avg_pool": lambda a, x: ranked("AdaptiveAvgPool")(x)(a.output_size),
    "adaptive_max_pool": lambda a, x: ranked("AdaptiveMaxPool")(x)(a.output_size),
    "linear": lambda a, x: nn.Linear(x[-1], a.out_features, bias=a.bias),
    "bilinear": lambda a, x, y: nn.Bilinear(x[-1], y[-1], a.out_features, bias=a.bias),
    "embedding": lambda a, x: nn.Embedding(a.num_embeddings, a.embedding_dim),
    "batch_norm": lambda a, x: ranked("BatchNorm")(x)(x[1], **fields(a, "affine", "track_running_stats")),
    "instance_norm": lambda a, x: ranked("InstanceNorm")(x)(x[1], affine=a.affine),
    "group_norm": lambda a, x: nn.GroupNorm(a.num_groups, x[1], affine=a.affine),
    "layer_norm": norm_over,
    "rms_norm": norm_over,
    "local_response_norm": lambda a, x: nn.LocalResponseNorm(a.size, a.alpha, a.beta, a.k),
    "softmax": lambda a, x: nn.Softmax(a.dim),
    "softmin": lambda a, x: nn.Softmin(a.dim),
    "log_softmax": lambda a, x: nn.LogSoftmax(a.dim),
    "glu": lambda a, x: nn.GLU(a.dim),
    "prelu": lambda a, x: nn.PReLU(x[1] if a.per_channel else a.num_parameters),
    "gelu": lambda a, x: nn.GELU(a.approximate),
    "flatten": lambda a, x: nn.Flatten(a.start_dim, a.end_dim),
    "reshape": lambda a, x: lambda t: t.reshape(x[0], *a.shape),
    "permute": lambda a, x: lambda t: t.permute(a.dims),
    "squeeze": lambda a, x: lambda t: t.squeeze() if a.dim is None else t.squeeze(a.dim),
    "unsqueeze": lambda a, x: lambda t: t.unsqueeze(a.dim),
    "slice": lambda a, x: lambda t: t[(slice(None),) * a.dim + (slice(a.start, a.end, a.step),)],
    "split": lambda a, x: lambda t: t.split(list(a.sizes) if a.sizes else x[a.dim] // a.sections, a.dim),
    "pad": lambda a, x: lambda t: F.pad(t, pads(a.padding, len(x) - 2), mode=a.mode),
    "crop": crop,
    "upsample": upsample,
    "pixel_shuffle": lambda a, x: nn.PixelShuffle(a.upscale_factor),
    "pixel_unshuffle": lambda a, x: nn.PixelUnshuffle(a.downscale_factor),
    "depth_to_space": lambda a, x: nn.PixelShuffle(a.block_size),
    "space_to_depth": lambda a, x: nn.PixelUnshuffle(a.block_size),
    "channel_shuffle": lambda a, x: nn.ChannelShuffle(a.groups),
    "concat": lambda a, *xs: lambda *ts: torch.cat(ts, a.dim),
    "add": lambda a, *xs: reduce(torch.add),
    "sub": lambda a, *xs: reduce(torch.sub),
    "mul": lambda a, *xs: reduce(torch.mul),
    "div": lambda a, *xs: reduce(torch.div),
    "maximum": lambda a, *xs: reduce(torch.maximum),
    "minimum": lambda a, *xs: reduce(torch.minimum),
    "mean": lambda a, *xs: lambda *ts: torch.stack(torch.broadcast_tensors(*ts)).mean(0),
    "matmul": lambda a, *xs: lambda p, q: p @ (q.mT if a.transpose_b else q),
    "scaled_dot_product_attention": lambda a, *xs: F.scaled_dot_product_attention,
    "multi_head_attention": attention,
    "rnn": lambda a, x: recurrent(nn.RNN(x[2], **fields(a, *RNN), nonlinearity=a.nonlinearity, batch_first=True), a),
    "lstm": lambda a, x: recurrent(nn.LSTM(x[2], **fields(a, *RNN), batch_first=True), a),
    "gru": lambda a, x: recurrent(nn.GRU(x[2], **fields(a, *RNN), batch_first=True), a),
    "dropout": lambda a, x: nn.Dropout(a.p),
    "feature_dropout": lambda a, x: ranked("Dropout")(x)(a.p),
    "alpha_dropout": lambda a, x: nn.AlphaDropout(a.p),
    "feature_alpha_dropout": lambda a, x: nn.FeatureAlphaDropout(a.p),
    "drop_path": lambda a, x: nn.Identity(),
    "identity": lambda a, x: nn.Identity(),
    "relu": lambda a, x: nn.ReLU(),
    "relu6": lambda a, x: nn.ReLU6(),
    "leaky_relu": lambda a, x: nn.LeakyReLU(a.negative_slope),
    "rrelu": lambda a, x: nn.RReLU(a.lower, a.upper),
    "softshrink": lambda a, x: nn.Softshrink(a.lambd),
    "hardshrink": lambda a, x: nn.Hardshrink(a.lambd),
    "hardtanh": lambda a, x: nn.Hardtanh(a.min_val, a.max_val),
    "hardsigmoid": lambda a, x: nn.Hardsigmoid(),
    "hardswish": lambda a, x: nn.Hardswish(),
    "threshold": lambda a, x: nn.Threshold(a.threshold, a.value),
    "elu": lambda a, x: nn.ELU(a.alpha),
    "celu": lambda a, x: nn.CELU(a.alpha),
    "selu": lambda a, x: nn.SELU(),
    "silu": lambda a, x: nn.SiLU(),
    "mish": lambda a, x: nn.Mish(),
    "softplus": lambda a, x: nn.Softplus(a.beta, a.threshold),
    "softsign": lambda a, x: nn.Softsign(),
    "tanhshrink": lambda a, x: nn.Tanhshrink(),
    "sigmoid": lambda a, x: nn.Sigmoid(),
    "log_sigmoid": lambda a, x: nn.LogSigmoid(),
    "tanh": lambda a, x: nn.Tanh(),
    "abs": lambda a, x: torch.abs,
    "exp": lambda a, x: torch.exp,
    "log": lambda a, x: torch.log,
    "sqrt": lambda a, x: torch.sqrt,
    "square": lambda a, x: torch.square,
    "power": lambda a, x: lambda t: t**a.exponent,
    "clip": lambda a, x: lambda t: t.clip(a.low, a.high),
    "affine": lambda a, x: lambda t: t * a.scale + a.shift,
}
#: Kinds that torch has no layer for; each has another oracle in this folder.
NOT_IN_TORCH = ("scale", "l2_norm", "standardize", "parameter", "opaque", "foreign")


def check(layer, xs) -> None:
    module = TORCH[layer.kind](layer, *xs)
    arrays = [torch.rand(x) if layer.kind != "embedding" else torch.zeros(x, dtype=torch.long) for x in xs]
    found = module(*arrays)
    outs = found if isinstance(found, (tuple, list)) else (found,)
    assert tuple(tuple(t.shape) for t in outs) == layer.outs(*xs)
    if isinstance(module, nn.Module):
        weights = {name.replace(".", "_"): tuple(p.shape) for name, p in module.named_parameters()}
        buffers = {name: tuple(b.shape) for name, b in module.named_buffers() if name != "num_batches_tracked"}
    else:
        weights = buffers = {}
    assert layer.weights(*xs) == weights
    assert layer.buffers(*xs) == buffers
    assert layer.params(*xs) == (sum(p.numel() for p in module.parameters()) if isinstance(module, nn.Module) else 0)


def torch_cannot(layer, xs) -> bool:
    return (
        layer.kind in NOT_IN_TORCH
        or not getattr(layer, "recurrent_bias", True)
        or (layer.kind == "batch_norm" and not (layer.scale and layer.bias))
        or (layer.kind == "upsample" and "cubic" in layer.mode and len(xs[0]) != 4)
        or (layer.kind in ("pixel_shuffle", "pixel_unshuffle", "depth_to_space", "space_to_depth") and len(xs[0]) != 4)
        or (layer.kind == "pad" and layer.mode == "reflect" and len(xs[0]) > 5)
    )


CHECKED = [(layer, xs) for layer, xs in SAMPLES if not torch_cannot(layer, xs)]


def test_every_kind_but_a_few_is_held_against_torch() -> None:
    assert {layer.kind for layer, _ in CHECKED} == {kind.kind for kind in L.KINDS} - set(NOT_IN_TORCH)


@pytest.mark.parametrize(("layer", "xs"), CHECKED, ids=[f"{a.kind}-{i}" for i, (a, _) in enumerate(CHECKED)])
def test_shapes_and_state_equal_those_of_torch(layer, xs) -> None:
    check(layer, xs)


IMAGES = st.sampled_from([Shape(2, 6, 13), Shape(2, 6, 7, 11), Shape(2, 6, 3, 5, 7)])


def per_axis(draw, rank, values):
    return draw(values) if draw(st.booleans()) else tuple(draw(values) for _ in range(rank))


@st.composite
def convolutions(draw):
    x = draw(IMAGES)
    rank = len(x) - 2
    made = {
        "out_channels": draw(st.sampled_from([6, 12])),
        "kernel_size": per_axis(draw, rank, st.integers(1, 4)),
        "stride": per_axis(draw, rank, st.integers(1, 4)),
        "padding": per_axis(draw, rank, st.integers(0, 3)),
        "dilation": per_axis(draw, rank, st.integers(1, 3)),
        "groups": draw(st.sampled_from([1, 2, 3, 6])),
        "bias": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return L.ConvTranspose(**made, output_padding=per_axis(draw, rank, st.integers(0, 3))), x
    if draw(st.integers(0, 3)) == 0:
        made["padding"], made["stride"] = draw(st.sampled_from([("same", 1), ("valid", made["stride"])]))
    return L.Conv(**made), x


def agree(layer, *xs) -> None:
    """Both make the same, or both refuse; where torch makes an empty tensor, we refuse."""
    try:
        layer.outs(*xs)
    except LayerError:
        try:
            empty = TORCH[layer.kind](layer, *xs)(*[torch.rand(x) for x in xs])
        except (RuntimeError, ValueError, AssertionError, IndexError):
            return
        assert empty.numel() == 0
        return
    check(layer, xs)


@given(convolutions())
def test_convolutions_agree_with_torch_in_shape_state_and_refusal(drawn) -> None:
    agree(*drawn)


@st.composite
def pools(draw):
    x = draw(IMAGES)
    rank = len(x) - 2
    kernel = per_axis(draw, rank, st.integers(1, 4))
    each = kernel if isinstance(kernel, tuple) else (kernel,) * rank
    padding = tuple(draw(st.integers(0, k // 2)) for k in each)  # torch allows half of the kernel at most
    made = {
        "kernel_size": kernel,
        "stride": draw(st.none()) or per_axis(draw, rank, st.integers(1, 4)),
        "padding": padding,
        "ceil_mode": draw(st.booleans()),
    }
    kind = draw(st.sampled_from([L.MaxPool, L.AvgPool, L.LpPool]))
    if kind is L.MaxPool:
        made["dilation"] = per_axis(draw, rank, st.integers(1, 2))
    if kind is L.LpPool:
        del made["padding"]
        if rank == 1:  # torch 2.13 multiplies by the kernel as it was given
            made["kernel_size"] = each[0]
    return kind(**made), x


@given(pools())
def test_pools_agree_with_torch(drawn) -> None:
    layer, x = drawn
    if layer.kind == "avg_pool" and len(x) == 5:
        # ATen/native/Pool.h pool3d_shape_check(check_input_size) holds this one pool's kernel against the bare input.
        kernel = layer.kernel_size if isinstance(layer.kernel_size, tuple) else (layer.kernel_size,) * 3
        assume(all(k <= n for k, n in zip(kernel, x[2:], strict=True)))
    if layer.kind == "max_pool" and layer.padding and layer.dilation != 1:
        assume(not alone(layer, x))
    agree(layer, x)


def alone(layer, x) -> bool:
    """Whether a dilated window sees padding alone: minus infinity for torch, an error for us."""
    try:
        layer.out(x)
    except LayerError as error:
        return error.code == "CNN-E406"
    return False


@given(IMAGES, st.data())
def test_interpolation_agrees_with_torch(x, data) -> None:
    rank = len(x) - 2
    mode = data.draw(st.sampled_from(["nearest", "linear", "area", *(["bicubic"] if rank == 2 else [])]))
    aligned = data.draw(st.booleans()) if mode in ("linear", "bicubic") else False
    if data.draw(st.booleans()):
        layer = L.Upsample(size=per_axis(data.draw, rank, st.integers(1, 23)), mode=mode, align_corners=aligned)
    else:
        factors = per_axis(data.draw, rank, st.one_of(st.integers(1, 3), st.floats(0.25, 3.0)))
        layer = L.Upsample(factors, mode=mode, align_corners=aligned)
    agree(layer, x)


@given(IMAGES, st.data())
def test_borders_agree_with_torch(x, data) -> None:
    rank = len(x) - 2
    mode = data.draw(st.sampled_from(["constant", "reflect", "replicate", "circular"]))
    side = st.integers(0, 8)
    layer = L.Padding(tuple((data.draw(side), data.draw(side)) for _ in range(rank)), mode=mode)
    agree(layer, x)


@given(IMAGES, st.data())
def test_adaptive_pools_agree_with_torch(x, data) -> None:
    kind = data.draw(st.sampled_from([L.AdaptiveAvgPool, L.AdaptiveMaxPool]))
    agree(kind(per_axis(data.draw, len(x) - 2, st.integers(1, 19))), x)


@settings(max_examples=60)
@given(
    st.sampled_from([L.Rnn, L.Lstm, L.Gru]),
    st.tuples(st.integers(1, 5), st.integers(1, 3), st.booleans(), st.booleans()),
    st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 7)),
)
def test_recurrent_layers_agree_with_torch(kind, made, x) -> None:
    check(kind(*made), (Shape(*x),))


@settings(max_examples=60)
@given(st.integers(1, 4), st.booleans(), st.integers(1, 8), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2))
def test_attention_agrees_with_torch(heads, bias, size, queries, keys, others) -> None:
    xs = [Shape(2, queries, size), Shape(2, keys, size + others), Shape(2, keys, size + 2 * others)]
    layer = L.MultiHeadAttention(heads, bias=bias)
    agree(layer, *(xs if others else xs[:1]))


@given(IMAGES, st.data())
def test_rearrangements_agree_with_torch(x, data) -> None:
    """Shape arithmetic of every dimension and sign."""
    number = st.integers(-len(x) - 2, len(x) + 2)
    layer = data.draw(
        st.one_of(
            st.builds(L.Flatten, start_dim=st.integers(1, 5), end_dim=st.integers(-4, -1)),
            st.builds(L.Unsqueeze, st.integers(1, 6)),
            st.builds(L.Softmax, st.integers(1, 6)),
            st.builds(L.Glu, st.sampled_from([1, -1, 2])),
            st.builds(L.Slice, dim=st.just(2), start=number, end=st.none() | number, step=st.integers(1, 4)),
            st.builds(L.GroupNorm, st.integers(1, 7)),
            st.builds(L.ChannelShuffle, st.sampled_from([1, 2, 3, 6])),
            st.builds(L.LayerNorm, st.sampled_from([1, -1, (1, 2), (2, -1), (-1, -2)])),
        )
    )
    agree(layer, x)


def saved_by_torch(layer, xs):
    """Bytes that autograd keeps of float tensors other than weights, each storage once."""
    module = TORCH[layer.kind](layer, *xs)
    own = {p.untyped_storage().data_ptr() for p in module.parameters()} if isinstance(module, nn.Module) else set()
    kept = {}

    def pack(t):
        storage = t.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return t

    arrays = [torch.rand(x, requires_grad=True) for x in xs]
    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        out = module(*arrays)
    del out
    return sum(kept.values())


def saved_by_us(layer, xs):
    """The same for a network of this layer alone: inputs and outputs that `saves` names, what is inside, masks."""
    outs = sum(y.numel for y in layer.outs(*xs))
    tensors = {"nothing": 0, "output": outs, "both": outs}.get(layer.saves, 0)
    tensors += sum(x.numel for x in xs) if layer.saves in ("input", "both") else 0
    return 4 * (tensors + layer.inside(*xs)) + layer.mask_bytes * outs


#: Not the layer itself: amax keeps no indices. An embedding's indices take no gradient, and are 8 bytes.
OTHERWISE = ("global_max_pool", "embedding")
SAVED = [(layer, xs) for layer, xs in CHECKED if layer.kind not in OTHERWISE]
#: Kinds for which torch keeps what the derivative needs, to the byte.
TO_THE_BYTE = (
    *("conv", "conv_transpose", "linear", "bilinear", "max_pool", "adaptive_max_pool", "add", "sub", "concat"),
    *(
        "relu",
        "relu6",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "sigmoid",
        "tanh",
        "softmax",
        "log_softmax",
    ),
    *("prelu", "glu", "exp", "log", "sqrt", "square", "flatten", "reshape", "permute", "split", "pixel_shuffle"),
    *("matmul", "hardswish", "hardsigmoid", "softplus", "scaled_dot_product_attention", "upsample"),
)


@pytest.mark.parametrize(("layer", "xs"), SAVED, ids=[f"{a.kind}-{i}" for i, (a, _) in enumerate(SAVED)])
def test_what_we_say_training_saves_is_a_lower_bound_of_what_torch_keeps(layer, xs) -> None:
    kept = saved_by_torch(layer, xs)
    assert saved_by_us(layer, xs) <= kept
    if (
        layer.kind in TO_THE_BYTE and getattr(layer, "mode", "") != "area"
    ):  # torch makes a pool of that, which keeps its input
        assert saved_by_us(layer, xs) == kept
