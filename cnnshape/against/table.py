"""Every layer kind and the call of torch that means it; a black box has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

from cnnshape.against import moves, norms, products, windows

#: (layer, arrays by name, inputs...) -> a tensor, or several.
Run = Callable[..., Any]


def _plain(function: Callable[[Any], Any]) -> Run:
    """A function of the input alone."""
    return lambda layer, arrays, x: function(x)  # noqa: ARG005


def _fold(function: Callable[[Any, Any], Any]) -> Run:
    """A function of two inputs, again and again from the left."""

    def run(layer: Any, arrays: dict[str, Any], *xs: Any) -> Any:  # noqa: ARG001
        y = xs[0]
        for x in xs[1:]:
            y = function(y, x)
        return y

    return run


KINDS: dict[str, Run] = {
    # conv, pool, adaptive_pool, resample
    "conv": windows.conv,
    "conv_transpose": windows.conv_transpose,
    "max_pool": windows.max_pool,
    "avg_pool": windows.avg_pool,
    "lp_pool": windows.lp_pool,
    "global_avg_pool": lambda m, w, x: x.mean(tuple(range(2, x.dim())), keepdim=m.keepdim),  # noqa: ARG005
    "global_max_pool": lambda m, w, x: x.amax(tuple(range(2, x.dim())), keepdim=m.keepdim),  # noqa: ARG005
    "adaptive_avg_pool": lambda m, w, x: windows.ranked("adaptive_avg_pool", x)(x, m.output_size),  # noqa: ARG005
    "adaptive_max_pool": lambda m, w, x: windows.ranked("adaptive_max_pool", x)(x, m.output_size),  # noqa: ARG005
    "upsample": moves.upsample,
    # linear
    "linear": lambda m, w, x: F.linear(x, w["weight"], w.get("bias")),  # noqa: ARG005
    "bilinear": lambda m, w, a, b: F.bilinear(a, b, w["weight"], w.get("bias")),  # noqa: ARG005
    "embedding": products.embedding,
    # norm, scale
    "batch_norm": norms.batch_norm,
    "instance_norm": norms.instance_norm,
    "group_norm": lambda m, w, x: F.group_norm(x, m.num_groups, w.get("weight"), w.get("bias")),
    "layer_norm": norms.layer_norm,
    "rms_norm": norms.rms_norm,
    "local_response_norm": lambda m, w, x: F.local_response_norm(x, m.size, m.alpha, m.beta, m.k),  # noqa: ARG005
    "l2_norm": norms.l2_norm,
    "scale": norms.scale,
    "standardize": norms.standardize,
    # piecewise
    "relu": _plain(F.relu),
    "relu6": _plain(F.relu6),
    "leaky_relu": lambda m, w, x: F.leaky_relu(x, m.negative_slope),  # noqa: ARG005
    "rrelu": lambda m, w, x: F.rrelu(x, m.lower, m.upper, training=False),  # noqa: ARG005
    "softshrink": lambda m, w, x: F.softshrink(x, m.lambd),  # noqa: ARG005
    "hardshrink": lambda m, w, x: F.hardshrink(x, m.lambd),  # noqa: ARG005
    "hardtanh": lambda m, w, x: F.hardtanh(x, m.min_val, m.max_val),  # noqa: ARG005
    "hardsigmoid": _plain(F.hardsigmoid),
    "hardswish": _plain(F.hardswish),
    "threshold": lambda m, w, x: F.threshold(x, m.threshold, m.value),  # noqa: ARG005
    # activation
    "elu": lambda m, w, x: F.elu(x, m.alpha),  # noqa: ARG005
    "celu": lambda m, w, x: F.celu(x, m.alpha),  # noqa: ARG005
    "selu": _plain(F.selu),
    "gelu": lambda m, w, x: F.gelu(x, approximate=m.approximate),  # noqa: ARG005
    "silu": _plain(F.silu),
    "mish": _plain(F.mish),
    "softplus": lambda m, w, x: F.softplus(x, m.beta, m.threshold),  # noqa: ARG005
    "softsign": _plain(F.softsign),
    "tanhshrink": _plain(F.tanhshrink),
    "sigmoid": _plain(torch.sigmoid),
    "log_sigmoid": _plain(F.logsigmoid),
    "tanh": _plain(torch.tanh),
    # gate
    "prelu": lambda m, w, x: F.prelu(x, w["weight"]),  # noqa: ARG005
    "glu": lambda m, w, x: F.glu(x, m.dim),  # noqa: ARG005
    "softmax": lambda m, w, x: F.softmax(x, m.dim),  # noqa: ARG005
    "softmin": lambda m, w, x: F.softmin(x, m.dim),  # noqa: ARG005
    "log_softmax": lambda m, w, x: F.log_softmax(x, m.dim),  # noqa: ARG005
    # elementary
    "abs": _plain(torch.abs),
    "exp": _plain(torch.exp),
    "log": _plain(torch.log),
    "sqrt": _plain(torch.sqrt),
    "square": _plain(torch.square),
    "power": lambda m, w, x: torch.pow(x, m.exponent),  # noqa: ARG005
    "clip": lambda m, w, x: torch.clamp(x, m.low, m.high),  # noqa: ARG005
    "affine": lambda m, w, x: x * m.scale + m.shift,  # noqa: ARG005
    # dropout
    "dropout": lambda m, w, x: F.dropout(x, m.p, training=False),  # noqa: ARG005
    "feature_dropout": lambda m, w, x: torch.feature_dropout(x, m.p, train=False),  # noqa: ARG005
    "alpha_dropout": lambda m, w, x: F.alpha_dropout(x, m.p, training=False),  # noqa: ARG005
    "feature_alpha_dropout": lambda m, w, x: F.feature_alpha_dropout(x, m.p, training=False),  # noqa: ARG005
    "drop_path": _plain(torch.clone),
    # reshape, cut, rearrange
    "flatten": lambda m, w, x: x.flatten(m.start_dim, m.end_dim) if x.dim() > 1 else x,  # noqa: ARG005
    "reshape": moves.reshape,
    "permute": lambda m, w, x: x.permute(m.dims),  # noqa: ARG005
    "squeeze": moves.squeeze,
    "unsqueeze": lambda m, w, x: x.unsqueeze(m.dim),  # noqa: ARG005
    "slice": moves.slice_,
    "split": moves.split,
    "pad": moves.pad,
    "crop": moves.crop,
    "pixel_shuffle": lambda m, w, x: moves.to_space(x, m.upscale_factor, "CRD"),  # noqa: ARG005
    "depth_to_space": lambda m, w, x: moves.to_space(x, m.block_size, m.mode),  # noqa: ARG005
    "pixel_unshuffle": lambda m, w, x: moves.to_depth(x, m.downscale_factor, "CRD"),  # noqa: ARG005
    "space_to_depth": lambda m, w, x: moves.to_depth(x, m.block_size, "DCR"),  # noqa: ARG005
    "channel_shuffle": lambda m, w, x: torch.channel_shuffle(x, m.groups),  # noqa: ARG005
    # merge
    "concat": lambda m, w, *xs: torch.cat(xs, m.dim),  # noqa: ARG005
    "add": _fold(torch.add),
    "sub": _fold(torch.sub),
    "mul": _fold(torch.mul),
    "div": _fold(torch.div),
    "maximum": _fold(torch.maximum),
    "minimum": _fold(torch.minimum),
    "mean": lambda m, w, *xs: torch.stack(torch.broadcast_tensors(*xs)).mean(0),  # noqa: ARG005
    # attention
    "matmul": lambda m, w, a, b: a @ (b.mT if m.transpose_b else b),  # noqa: ARG005
    "scaled_dot_product_attention": lambda m, w, q, k, v: F.scaled_dot_product_attention(q, k, v),  # noqa: ARG005
    "multi_head_attention": products.multi_head_attention,
    # recurrent
    "rnn": products.recurrent(torch.nn.RNN),
    "lstm": products.recurrent(torch.nn.LSTM),
    "gru": products.recurrent(torch.nn.GRU),
    # other
    "identity": _plain(torch.clone),
    "parameter": products.parameter,
}
