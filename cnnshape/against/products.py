"""Embeddings, attention, recurrent layers in torch: its own modules with our arrays in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

Arrays = dict[str, Any]


def embedding(layer: Any, w: Arrays, x: Any) -> Any:
    """Any number becomes an index as in the forward pass."""
    count = layer.num_embeddings
    return F.embedding(torch.floor(x.abs() * count).remainder(count).long(), w["weight"])


def _filled(module: torch.nn.Module, w: Arrays) -> torch.nn.Module:
    """The module with our arrays for its own."""
    module.load_state_dict(w, assign=True)
    return module.eval()


def multi_head_attention(layer: Any, w: Arrays, *xs: Any) -> Any:
    """MultiheadAttention, batch first."""
    q, k, v = xs[0], xs[min(1, len(xs) - 1)], xs[-1]
    with torch.device("meta"):
        module = torch.nn.MultiheadAttention(
            q.shape[-1], layer.num_heads, bias=layer.bias, kdim=k.shape[-1], vdim=v.shape[-1], batch_first=True
        )
    names = {name: name.replace("out_proj_", "out_proj.") for name in w}
    _filled(module, {names[name]: array for name, array in w.items()})
    return module(q, k, v, need_weights=False)[0]


def recurrent(kind: Any) -> Callable[..., Any]:
    """RNN, LSTM or GRU, batch first."""

    def run(layer: Any, w: Arrays, x: Any) -> Any:
        more = {"nonlinearity": layer.nonlinearity} if hasattr(layer, "nonlinearity") else {}
        with torch.device("meta"):
            module = kind(
                x.shape[-1],
                layer.hidden_size,
                layer.num_layers,
                bias=layer.bias,
                batch_first=True,
                bidirectional=layer.bidirectional,
                **more,
            )
        if layer.bias and not layer.recurrent_bias:  # torch always has both
            w = {**w, **{name.replace("ih", "hh"): torch.zeros_like(w[name]) for name in w if "bias_ih" in name}}
        return _filled(module, w)(x)[0]

    return run


def parameter(layer: Any, w: Arrays, x: Any) -> Any:
    """The array, once or once per example."""
    array = w["weight"][None]
    return array.expand(len(x), *array.shape[1:]) if layer.batch else array
