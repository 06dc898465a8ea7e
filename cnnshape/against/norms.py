"""Normalisation in torch."""

from __future__ import annotations

from typing import Any

from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

Arrays = dict[str, Any]


def batch_norm(layer: Any, w: Arrays, x: Any) -> Any:
    """With running statistics those, without the batch's own."""
    own = not layer.track_running_stats
    return F.batch_norm(x, w.get("running_mean"), w.get("running_var"), w.get("weight"), w.get("bias"), training=own)


def instance_norm(layer: Any, w: Arrays, x: Any) -> Any:  # noqa: ARG001
    """Torch wants a position behind the channels, and more than one: a group norm of single channels is the same."""
    return F.group_norm(x, x.shape[1], w.get("weight"), w.get("bias"))


def _last(layer: Any, x: Any) -> tuple[Any, list[int], list[int]]:
    """The normalised dimensions moved to the end; where they were, and where they are."""
    dims = layer.dim if isinstance(layer.dim, tuple) else (layer.dim,)
    places = sorted({d % x.dim() for d in dims})
    ends = list(range(x.dim() - len(places), x.dim()))
    return x.movedim(places, ends), places, ends


def layer_norm(layer: Any, w: Arrays, x: Any) -> Any:
    """LayerNorm over any dimensions."""
    y, places, ends = _last(layer, x)
    return F.layer_norm(y, [y.shape[d] for d in ends], w.get("weight"), w.get("bias")).movedim(ends, places)


def rms_norm(layer: Any, w: Arrays, x: Any) -> Any:
    """RMSNorm over any dimensions."""
    y, places, ends = _last(layer, x)
    return F.rms_norm(y, [y.shape[d] for d in ends], w.get("weight")).movedim(ends, places)


def _along(array: Any, dim: int, x: Any) -> Any:
    return array.reshape(-1, *[1] * (x.dim() - 1 - dim % x.dim()))


def l2_norm(layer: Any, w: Arrays, x: Any) -> Any:
    """normalize, perhaps times a scale."""
    y = F.normalize(x, 2.0, layer.dim)
    return y * _along(w["weight"], layer.dim, x) if layer.scale else y


def scale(layer: Any, w: Arrays, x: Any) -> Any:
    """A multiplication, perhaps an addition."""
    y = x * _along(w["weight"], layer.dim, x)
    return y + _along(w["bias"], layer.dim, x) if layer.bias else y


def standardize(layer: Any, w: Arrays, x: Any) -> Any:
    """A subtraction and a division by the root of the variance."""
    if not layer.stored:
        return x
    dims = {d % x.dim() for d in (layer.dim if isinstance(layer.dim, tuple) else (layer.dim,))}
    along = [n if d in dims else 1 for d, n in enumerate(x.shape)]
    return (x - w["mean"].reshape(along)) / w["variance"].reshape(along).sqrt()
