"""Normalisation."""

from __future__ import annotations

from cnnshape.layers import BY_NAME
from cnnshape.readers.onnx.scope import Made, Scope


def batch_norm(s: Scope) -> Made | None:
    """BatchNormalization: scale and offset are learned, mean and variance are kept."""
    if not s.flows(0) or not all(s.value(at).fixed for at in (1, 2, 3, 4)) or len(s.x()) < 2:
        return None
    return Made(BY_NAME["batch_norm"](), (0,), (1, 2, 3, 4))


def instance_norm(s: Scope) -> Made | None:
    """InstanceNormalization. Ones and zeros are what exporters write where nothing is learned, torch's default."""
    if not s.flows(0) or not all(s.value(at).fixed for at in (1, 2)):
        return None
    if s.value(1).filled(1.0) and s.value(2).filled(0.0):
        return Made(BY_NAME["instance_norm"]())
    return Made(BY_NAME["instance_norm"](affine=True), (0,), (1, 2))


def group_norm(s: Scope) -> Made | None:
    """GroupNormalization, whose weights are per channel since opset 21; before, per group, which no kind says."""
    channels = s.x()[1] if len(s.x()) > 1 else 0
    if not s.flows(0) or not all(s.value(at).fixed for at in (1, 2)) or s.x(1) != (channels,):
        return None
    return Made(BY_NAME["group_norm"](num_groups=s.get("num_groups", 1)), (0,), (1, 2))


def layer_norm(s: Scope) -> Made | None:
    """LayerNormalization over the axes from `axis` on."""
    dims, sizes = _dims(s)
    if not s.flows(0) or not s.fixed(1, 2) or dims[0] < 1 or s.x(1) != sizes or (s.has(2) and s.x(2) != sizes):
        return None
    layer = BY_NAME["layer_norm"](dim=dims if len(dims) > 1 else dims[0], bias=s.has(2))
    return Made(layer, (0,), (1, 2) if s.has(2) else (1,))


def rms_norm(s: Scope) -> Made | None:
    """RMSNormalization over the axes from `axis` on."""
    dims, sizes = _dims(s)
    if not s.flows(0) or not s.fixed(1) or dims[0] < 1 or s.x(1) != sizes:
        return None
    return Made(BY_NAME["rms_norm"](dim=dims if len(dims) > 1 else dims[0]), (0,), (1,))


def _dims(s: Scope) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The axes that are normalised, and their sizes."""
    x = s.x()
    axis = s.get("axis", -1)
    first = axis + len(x) if axis < 0 else axis
    return (tuple(range(first, len(x))) or (0,)), x[first:]


def lrn(s: Scope) -> Made | None:
    """LRN."""
    fields = {name: float(s.get(name, default)) for name, default in (("alpha", 1e-4), ("beta", 0.75))}
    return Made(BY_NAME["local_response_norm"](size=s.get("size", 5), k=float(s.get("bias", 1.0)), **fields))


def lp_norm(s: Scope) -> Made | None:
    """LpNormalization of order 2."""
    axis = s.get("axis", -1)
    axis = axis + len(s.x()) if axis < 0 else axis
    return Made(BY_NAME["l2_norm"](dim=axis)) if s.get("p", 2) == 2 and axis > 0 else None
