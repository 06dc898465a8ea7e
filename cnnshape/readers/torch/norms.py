"""Normalisation."""

from __future__ import annotations

from cnnshape.readers.torch.op import Builder, Made, Op
from cnnshape.readers.torch.weights import Weight


def batch_norm(op: Op) -> Made | None:
    """Batch norm by running statistics, or by the batch's own."""
    tracked = op.ref("running_mean") is not None and not op.arg("training", op.arg("train", default=False))
    weights = op.weights("weight", "bias")
    layer = op.kind("batch_norm", affine=op.ref("weight") is not None, track_running_stats=tracked)
    return Made(layer, (op.x(),), weights, macs=0)


def instance_norm(op: Op) -> Made | None:
    """Instance norm."""
    return Made(
        op.kind("instance_norm", affine=op.ref("weight") is not None), (op.x(),), op.weights("weight", "bias"), 0
    )


def group_norm(op: Op) -> Made | None:
    """Group norm; the second name of its groups is that of the native operator."""
    groups = op.arg("num_groups", op.arg("group"))
    affine = op.ref("weight") is not None
    return Made(op.kind("group_norm", num_groups=groups, affine=affine), (op.x(),), op.weights("weight", "bias"), 0)


def over_dims(kind: str) -> Builder:
    """Layer or RMS norm over the last dimensions."""

    def build(op: Op) -> Made | None:
        rank = len(op.arg("normalized_shape", []))
        if not 1 <= rank < len(op.shape()):
            return None
        weights: list[Weight] = op.weights("weight", "bias")
        fields = {} if kind == "rms_norm" else {"bias": op.ref("bias") is not None}
        dims = -1 if rank == 1 else tuple(range(-rank, 0))
        affine = op.ref("weight") is not None
        return Made(op.kind(kind, dim=dims, elementwise_affine=affine, **fields), (op.x(),), weights, 0)

    return build
