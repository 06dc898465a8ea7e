# ruff: noqa: ARG005 - every map takes the same three
"""An operator's attributes and constant inputs as the fields and weights of a layer kind, operator by operator.

A map returns a Plan, or the reason why no layer states what the case asks for. A case without a batch gets one in
front (`boxed`), since the layers keep theirs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cnnshape import layers as L  # noqa: N812


@dataclass
class Plan:
    """Layers one behind the other, the arrays that go in, the weights by name, what becomes of the result."""

    layers: list[Any]
    inputs: list[Any]
    weights: dict[str, Any] = field(default_factory=dict)
    unboxed: Any = lambda y: y
    eps: float | None = None
    """What the kernel takes for torch's eps, which a layer cannot change."""


def boxed(layers, *inputs, weights=None, eps=None):
    """With a batch of one in front of every input, and taken off the result."""

    def off(y):
        return tuple(a[0] for a in y) if isinstance(y, tuple) else y[0]

    return Plan(list(layers), [x[None] for x in inputs], weights or {}, off, eps)


# elementwise


def same(kind, **fixed):
    """An operator that is the kind, with attributes under the field's own names."""
    return lambda at, xs, ys: boxed([getattr(L, kind)(**fixed, **at)], xs[0])


def merge(kind):
    def build(at, xs, ys):
        return "the kind takes two inputs or more" if len(xs) < 2 else Plan([getattr(L, kind)()], xs)

    return build


def selu(at, xs, ys):
    return "the kind has the constants of the paper" if at else boxed([L.Selu()], xs[0])


def hard_sigmoid(at, xs, ys):
    return "the kind has torch's slope of 1/6" if at.get("alpha", 0.2) != 1 / 6 else boxed([L.Hardsigmoid()], xs[0])


def swish(at, xs, ys):
    return "the kind has alpha 1" if at.get("alpha", 1.0) != 1.0 else boxed([L.Silu()], xs[0])


def shrink(at, xs, ys):
    lambd, bias = at.get("lambd", 0.5), at.get("bias", 0.0)
    if bias not in (0.0, lambd):
        return "the kinds move by nothing or by lambd"
    return boxed([L.Softshrink(lambd) if bias else L.Hardshrink(lambd)], xs[0])


def thresholded(at, xs, ys):
    return boxed([L.Threshold(at.get("alpha", 1.0), 0.0)], xs[0])


def clip(at, xs, ys):
    low, high = [*xs[1:], None, None][:2]
    ends = [default if a is None else a.item() for a, default in ((low, -np.inf), (high, np.inf))]
    return boxed([L.Clip(*ends)], xs[0])


def power(at, xs, ys):
    if xs[1].size != 1:
        return "the kind has one exponent for all elements"
    return boxed([L.Power(xs[1].item())], xs[0])


def prelu(at, xs, ys):
    x, slope = xs
    if slope.ndim != 1:
        return "the kind has one slope, or one per channel"
    rows = x.reshape(-1, x.shape[-1])  # the operator aligns the slopes with the last axis: it is the channels
    return Plan([L.PRelu(per_channel=True)], [rows], {"weight": slope}, lambda y: y.reshape(x.shape))


def dropout(at, xs, ys):
    if len(xs) > 2 and xs[2] is not None and xs[2].item():
        return "training"
    return boxed([L.Dropout()], xs[0])


# softmax and its kin: any dimension of a boxed input


def along(kind, default):
    def build(at, xs, ys):
        axis = at.get("axis", default) % xs[0].ndim
        return boxed([getattr(L, kind)(dim=axis + 1)], xs[0])

    return build


def lp_normalization(at, xs, ys):
    if at.get("p", 2) != 2:
        return "the kind has order 2"
    return along("L2Norm", -1)({"axis": at.get("axis", -1)}, xs, ys)


# reshapes and cuts


def axes_of(at, xs, place=1):
    return xs[place].tolist() if len(xs) > place and xs[place] is not None else at.get("axes")


def reshape(at, xs, ys):
    x = xs[0]
    if 0 in ys[0].shape:
        return "empty arrays"
    sizes = [x.shape[d] if n == 0 else n for d, n in enumerate(xs[1].tolist())]
    return boxed([L.Reshape(tuple(sizes))], x)


def flatten(at, xs, ys):
    x = xs[0]
    axis = at.get("axis", 1) % (x.ndim + 1) if at.get("axis", 1) >= 0 else at["axis"] + x.ndim
    if axis == 0:
        return Plan([L.Flatten()], [x[None]])
    last = L.Flatten(2, -1) if axis < x.ndim else L.Unsqueeze(2)
    return boxed([L.Flatten(1, axis), last], x)


def transpose(at, xs, ys):
    x = xs[0]
    order = at.get("perm", list(reversed(range(x.ndim))))
    return boxed([L.Permute((0, *[d + 1 for d in order]))], x)


def squeeze(at, xs, ys):
    axes = axes_of(at, xs)
    return boxed([L.Squeeze(None if axes is None else tuple(a % xs[0].ndim + 1 for a in axes))], xs[0])


def unsqueeze(at, xs, ys):
    rank = ys[0].ndim
    return boxed([L.Unsqueeze(a + 1) for a in sorted(a % rank for a in axes_of(at, xs))], xs[0])


def slice_(at, xs, ys):
    x, starts, ends = xs[:3]
    axes = xs[3].tolist() if len(xs) > 3 else list(range(len(starts)))
    steps = xs[4].tolist() if len(xs) > 4 else [1] * len(starts)
    if min(steps) < 0:
        return "a negative step"
    if 0 in ys[0].shape:
        return "empty arrays"
    cuts = zip(axes, starts.tolist(), ends.tolist(), steps, strict=True)
    return boxed([L.Slice(a % x.ndim + 1, first, last, step) for a, first, last, step in cuts], x)


def split(at, xs, ys):
    axis = at.get("axis", 0) % xs[0].ndim
    sizes = tuple(y.shape[axis] for y in ys)
    if 0 in sizes:
        return "empty arrays"
    return boxed([L.Split(sizes=sizes, dim=axis + 1)], xs[0])


def concat(at, xs, ys):
    return boxed([L.Concat(at["axis"] % xs[0].ndim + 1)], *xs)


def padding(at, xs, ys):
    x, pads = xs[:2]
    if len(xs) > 2 and xs[2] is not None and xs[2].item():
        return "the kind pads with zeros"
    rank = x.ndim
    axes = [a % rank for a in (xs[3].tolist() if len(xs) > 3 else range(rank))]
    sides = dict.fromkeys(range(rank), (0, 0))
    sides.update({a: (int(pads[i]), int(pads[i + len(axes)])) for i, a in enumerate(axes)})
    if min(map(min, sides.values())) < 0:
        return "a negative border"
    mode = {"constant": "constant", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}[
        at.get("mode", "constant")
    ]
    if rank == 4 and not any(sides[0] + sides[1]):
        return Plan([L.Padding(tuple(sides[a] for a in (2, 3)), mode)], [x])
    if rank > 3:
        return "a border around batch or channels"
    return Plan([L.Padding(tuple(sides[a] for a in range(rank)), mode)], [x[None, None]], {}, lambda y: y[0, 0])


def center_crop_pad(at, xs, ys):
    x, shape = xs
    axes = [a % x.ndim for a in at.get("axes", range(x.ndim))]
    sizes = list(x.shape)
    for a, size in zip(axes, shape.tolist(), strict=True):
        sizes[a] = size
    missing = [max(0, size - n) for size, n in zip(sizes, x.shape, strict=True)]
    crop = L.Crop(tuple(min(size, n) for size, n in zip(sizes, x.shape, strict=True)))
    border = L.Padding(tuple((m // 2, m - m // 2) for m in missing))
    return Plan([crop, border], [x[None, None]], {}, lambda y: y[0, 0])


def depth_to_space(at, xs, ys):
    return Plan([L.DepthToSpace(at["blocksize"], at.get("mode", "DCR"))], xs)


def space_to_depth(at, xs, ys):
    block = at["blocksize"]
    return Plan([L.PixelUnshuffle(block) if at.get("mode") == "CRD" else L.SpaceToDepth(block)], xs)


def gather(at, xs, ys):
    """The kind reads a table of vectors, by numbers in 0..1 that it stretches over the table."""
    table, places = xs
    axis = at.get("axis", 0) % table.ndim
    count = table.shape[axis]
    rows = np.moveaxis(table, axis, 0)
    at_ = (places % count + 0.5) / count

    def shaped(y):
        y = y.reshape(*places.shape, *rows.shape[1:])
        return np.moveaxis(y, range(places.ndim), range(axis, axis + places.ndim))

    flat = rows.reshape(count, -1)
    return Plan([L.Embedding(count, flat.shape[1])], [at_.astype(table.dtype)], {"weight": flat}, shaped)


# products


def gemm(at, xs, ys):
    a, b = xs[:2]
    c = xs[2] if len(xs) > 2 else None
    out = ys[0].shape[1]
    if c is not None and c.ndim == 2 and c.shape[0] > 1:
        return "a bias per example"
    x = a.T if at.get("transA") else a
    weights = {"weight": (b if at.get("transB") else b.T) * at.get("alpha", 1.0)}
    if c is not None:
        weights["bias"] = np.broadcast_to(c * at.get("beta", 1.0), (1, out))[0]
    weights = {name: np.ascontiguousarray(array, a.dtype) for name, array in weights.items()}
    return Plan([L.Linear(out, bias=c is not None)], [np.ascontiguousarray(x)], weights)


def matmul(at, xs, ys):
    a, b = xs
    a, b = a[None] if a.ndim == 1 else a, b[:, None] if b.ndim == 1 else b
    while a.ndim < 3 or b.ndim < 3:
        a, b = (x[None] if x.ndim < 3 else x for x in (a, b))
    return Plan([L.Matmul()], [a, b], {}, lambda y: y.reshape(ys[0].shape))


def attention(at, xs, ys):
    q, k, v, mask, past = [*xs, None, None, None][:5]
    if mask is not None:
        return "a mask"
    if past is not None:
        return "keys and values of the past"
    if len(xs) > 6 and xs[6] is not None:
        return "padded keys"
    if at.get("is_causal") or at.get("left_window_size", -1) >= 0 or at.get("right_window_size", -1) >= 0:
        return "a causal or a windowed mask"
    if at.get("softcap", 0.0):
        return "a soft cap"

    def heads(x, count):
        return x if x.ndim == 4 else np.ascontiguousarray(x.reshape(*x.shape[:2], count, -1).transpose(0, 2, 1, 3))

    many, few = at.get("q_num_heads"), at.get("kv_num_heads")
    q4, k4, v4 = heads(q, many), heads(k, few), heads(v, few)
    if q4.shape[1] != k4.shape[1]:
        return "fewer heads of keys than of queries"
    if abs(at.get("scale", q4.shape[-1] ** -0.5) - q4.shape[-1] ** -0.5) > 1e-7:
        return "another scale than 1/sqrt(d)"

    def join(y):
        return y if q.ndim == 4 else y.transpose(0, 2, 1, 3).reshape(ys[0].shape)

    return Plan([L.ScaledDotProductAttention()], [q4, k4, v4], {}, join)


# normalisation: the kinds have no eps of their own


def eps_of(at):
    return at.get("epsilon", 1e-5)


def batch_norm(at, xs, ys):
    if at.get("training_mode"):
        return "training"
    names = ("weight", "bias", "running_mean", "running_var")
    return Plan([L.BatchNorm()], xs[:1], dict(zip(names, xs[1:], strict=True)), eps=eps_of(at))


def instance_norm(at, xs, ys):
    return Plan([L.InstanceNorm(affine=True)], xs[:1], named(xs), eps=eps_of(at))


def group_norm(at, xs, ys):
    return Plan([L.GroupNorm(at["num_groups"])], xs[:1], named(xs), eps=eps_of(at))


def layer_norm(at, xs, ys):
    x = xs[0]
    first = at.get("axis", -1) % x.ndim
    layer = L.LayerNorm(tuple(range(first + 1, x.ndim + 1)), bias=len(xs) > 2)
    weights = {name: a.reshape(x.shape[first:]) for name, a in named(xs).items()}
    return boxed([layer], x, weights=weights, eps=eps_of(at))


def rms_norm(at, xs, ys):
    x = xs[0]
    first = at.get("axis", -1) % x.ndim
    layer = L.RmsNorm(tuple(range(first + 1, x.ndim + 1)))
    return boxed([layer], x, weights={"weight": xs[1]}, eps=eps_of(at))


def lrn(at, xs, ys):
    layer = L.LocalResponseNorm(at["size"], at.get("alpha", 1e-4), at.get("beta", 0.75), at.get("bias", 1.0))
    return Plan([layer], xs)


def upsampled(factors):
    return tuple(int(f) if float(f).is_integer() else float(f) for f in factors)


def upsample(at, xs, ys):
    return Plan([L.Upsample(upsampled(xs[1][2:]), mode=at.get("mode", "nearest"))], xs[:1])


def resize(at, xs, ys):
    x = xs[0]
    scales, sizes = [a if a is not None and a.size else None for a in [*xs[2:], None, None][:2]]
    mode = at.get("mode", "nearest")
    place = at.get("coordinate_transformation_mode", "half_pixel")
    if at.get("antialias"):
        return "antialiasing"
    if at.get("exclude_outside"):
        return "weights outside of the input left out"
    if mode == "cubic" and at.get("cubic_coeff_a", -0.75) != -0.75:
        return "another cubic than torch's"
    if place not in ("half_pixel", "asymmetric", "align_corners"):
        return f"places by {place}"
    axes = [a % x.ndim for a in at.get("axes", range(x.ndim))]
    outs = ys[0].shape
    if outs[:2] != x.shape[:2] or x.ndim != 4:
        return "batch or channels resized"
    given = dict.fromkeys(range(x.ndim), 1.0)
    if scales is not None:
        given.update(zip(axes, scales.tolist(), strict=True))
        # The file holds single precision: 0.6 is 0.60000002, and the kind is told what was meant.
        factors = upsampled(round(given[a], 6) for a in (2, 3))
    elif at.get("keep_aspect_ratio_policy", "stretch") != "stretch":
        ratios = [size / x.shape[a] for a, size in zip(axes, sizes.tolist(), strict=True)]
        one = min(ratios) if at["keep_aspect_ratio_policy"] == "not_larger" else max(ratios)
        given.update(dict.fromkeys(axes, one))
        factors = tuple(given[a] for a in (2, 3))
    else:
        factors = None
    if place == "align_corners" and any(float(f) * n % 1 for f, n in zip(factors or (), x.shape[2:], strict=False)):
        return "corners of a size that is no integer"
    whole = all(out % n == 0 for n, out in zip(x.shape[2:], outs[2:], strict=True))
    if mode == "nearest":
        word = at.get("nearest_mode", "round_prefer_floor")
        # The nearest centre is the position itself where every one is repeated a whole number of times.
        repeated = place == "half_pixel" and whole and word.startswith("round")
        if not (repeated or (place in ("asymmetric", "align_corners") and word == "floor")):
            return f"nearest by {place} and {word}: the kind rounds down"
    elif place == "asymmetric":
        return f"{mode} by asymmetric places"
    how = {"mode": {"cubic": "bicubic"}.get(mode, mode), "align_corners": place == "align_corners"}
    layer = L.Upsample(size=tuple(outs[2:]), **how) if factors is None else L.Upsample(factors, **how)
    return Plan([layer], [x])


# windows


def pads_of(at, rank):
    word = at.get("auto_pad", "NOTSET")
    if word != "NOTSET":
        return {"SAME_UPPER": "same_upper", "SAME_LOWER": "same_lower", "VALID": "valid"}[word]
    pads = at.get("pads", [0] * 2 * rank)
    return tuple((pads[i], pads[i + rank]) for i in range(rank))


def window(at, rank):
    return {
        "stride": tuple(at.get("strides", [1] * rank)),
        "padding": pads_of(at, rank),
        "dilation": tuple(at.get("dilations", [1] * rank)),
    }


def named(xs):
    return dict(zip(("weight", "bias"), xs[1:], strict=False))


def conv(at, xs, ys):
    x, w = xs[:2]
    fields = window(at, x.ndim - 2)
    layer = L.Conv(w.shape[0], w.shape[2:], groups=at.get("group", 1), bias=len(xs) > 2, **fields)
    return Plan([layer], [x], named(xs))


def conv_transpose(at, xs, ys):
    x, w = xs[:2]
    rank, groups = x.ndim - 2, at.get("group", 1)
    fields = window(at, rank)
    extra = list(at.get("output_padding", [0] * rank))
    if "output_shape" in at:
        # The operator works the padding out from the shape: less in front unless it says SAME_UPPER.
        pads = []
        for i, size in enumerate(at["output_shape"][-rank:]):
            extent = fields["dilation"][i] * (w.shape[i + 2] - 1) + 1
            total = (x.shape[i + 2] - 1) * fields["stride"][i] + extent + extra[i] - size
            extra[i] += max(0, -total)
            small = max(0, total) // 2
            large = max(0, total) - small
            pads.append((small, large) if at.get("auto_pad") == "SAME_UPPER" else (large, small))
        fields["padding"] = tuple(pads)
    layer = L.ConvTranspose(
        w.shape[1] * groups, w.shape[2:], output_padding=tuple(extra), groups=groups, bias=len(xs) > 2, **fields
    )
    return Plan([layer], [x], named(xs))


def pool(kind):
    def build(at, xs, ys):
        x = xs[0]
        fields = {"kernel_size": tuple(at["kernel_shape"]), "ceil_mode": bool(at.get("ceil_mode", 0))}
        fields |= window(at, x.ndim - 2)
        if kind == "AvgPool":
            fields["count_include_pad"] = bool(at.get("count_include_pad", 0))
        if kind == "LpPool":
            fields["norm_type"] = float(at.get("p", 2))
        return Plan([getattr(L, kind)(**fields)], [x])

    return build


def simply(kind):
    return lambda at, xs, ys: Plan([getattr(L, kind)()], xs)


# recurrent: ONNX's order of the gates as torch's, time first as batch first


def recurrent(kind, gates, order):
    def build(at, xs, ys):
        x, w, r, b, lengths, state, cell, holes = [*xs, *[None] * 8][:8]
        if holes is not None:
            return "peepholes"
        if any(a is not None and a.any() for a in (state, cell)):
            return "a first state other than zero"
        if lengths is not None and len(set(lengths.tolist())) > 1:
            return "sequences of several lengths"
        if "activations" in at or "clip" in at:
            return "other activations"
        backwards = at.get("direction", "forward") == "reverse"
        hidden, both = at["hidden_size"], at.get("direction") == "bidirectional"
        x = x if at.get("layout") else x.transpose(1, 0, 2)
        x = x[:, ::-1] if backwards else x  # backwards alone: the sequence is turned around, and the result too
        if kind == "Gru" and not at.get("linear_before_reset"):
            # Before the product or behind it is the same where the first state is zero and nothing is added.
            quiet = b is None or not b[:, 5 * hidden :].any()
            if x.shape[1] > 1 or not quiet:
                return "the state reset before its product"

        def ours(a):
            return np.ascontiguousarray(a.reshape(gates, hidden, -1)[list(order)].reshape(a.shape))

        weights = {}
        for d, suffix in enumerate(("", "_reverse")[: 1 + both]):
            weights[f"weight_ih_l0{suffix}"], weights[f"weight_hh_l0{suffix}"] = ours(w[d]), ours(r[d])
            if b is not None:
                half = gates * hidden
                weights[f"bias_ih_l0{suffix}"], weights[f"bias_hh_l0{suffix}"] = ours(b[d, :half]), ours(b[d, half:])
        layer = getattr(L, kind)(hidden, bias=b is not None, bidirectional=both)

        def shaped(y):
            if ys[0].ndim == 4:  # every step: time, direction, batch, hidden
                y = (y[:, ::-1] if backwards else y).reshape(*y.shape[:2], 1 + both, hidden)
                return y if at.get("layout") else y.transpose(1, 2, 0, 3)
            last = y[:, -1, None] if not both else np.stack([y[:, -1, :hidden], y[:, 0, hidden:]], 1)
            return last if at.get("layout") else last.transpose(1, 0, 2)

        return Plan([layer], [np.ascontiguousarray(x)], weights, shaped)

    return build


MAPS = {
    "Abs": same("Abs"),
    "Add": merge("Add"),
    "Attention": attention,
    "AveragePool": pool("AvgPool"),
    "BatchNormalization": batch_norm,
    "Celu": same("Celu"),
    "CenterCropPad": center_crop_pad,
    "Clip": clip,
    "Concat": concat,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "DepthToSpace": depth_to_space,
    "Div": merge("Div"),
    "Dropout": dropout,
    "Elu": same("Elu"),
    "Exp": same("Exp"),
    "Flatten": flatten,
    "GRU": recurrent("Gru", 3, (1, 0, 2)),
    "Gather": gather,
    "Gelu": same("Gelu"),
    "Gemm": gemm,
    "GlobalAveragePool": simply("GlobalAvgPool"),
    "GlobalMaxPool": simply("GlobalMaxPool"),
    "GroupNormalization": group_norm,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": same("Hardswish"),
    "Identity": same("Identity"),
    "InstanceNormalization": instance_norm,
    "LRN": lrn,
    "LSTM": recurrent("Lstm", 4, (0, 2, 3, 1)),
    "LayerNormalization": layer_norm,
    "LeakyRelu": lambda at, xs, ys: boxed([L.LeakyRelu(at.get("alpha", 0.01))], xs[0]),
    "Log": same("Log"),
    "LogSoftmax": along("LogSoftmax", -1),
    "LpNormalization": lp_normalization,
    "LpPool": pool("LpPool"),
    "MatMul": matmul,
    "Max": merge("Maximum"),
    "MaxPool": pool("MaxPool"),
    "Mean": merge("Mean"),
    "Min": merge("Minimum"),
    "Mish": same("Mish"),
    "Mul": merge("Mul"),
    "PRelu": prelu,
    "Pad": padding,
    "Pow": power,
    "RMSNormalization": rms_norm,
    "RNN": recurrent("Rnn", 1, (0,)),
    "Relu": same("Relu"),
    "Reshape": reshape,
    "Resize": resize,
    "Selu": selu,
    "Shrink": shrink,
    "Sigmoid": same("Sigmoid"),
    "Slice": slice_,
    "Softmax": along("Softmax", -1),
    "Softplus": same("Softplus"),
    "Softsign": same("Softsign"),
    "SpaceToDepth": space_to_depth,
    "Split": split,
    "Sqrt": same("Sqrt"),
    "Squeeze": squeeze,
    "Sub": merge("Sub"),
    "Sum": merge("Add"),
    "Swish": swish,
    "Tanh": same("Tanh"),
    "ThresholdedRelu": thresholded,
    "Transpose": transpose,
    "Unsqueeze": unsqueeze,
    "Upsample": upsample,
}
