"""Darknet's sections: what builds each of them."""

from __future__ import annotations

from collections.abc import Callable

from cnnshape.readers.darknet import cells, heads, joins, plain, windows
from cnnshape.readers.darknet.site import Made, Site

#: Section -> builder, and the name that its nodes begin with.
SECTIONS: dict[str, tuple[Callable[[Site], Made], str]] = {
    "convolutional": (windows.convolutional, "conv"),
    "conv": (windows.convolutional, "conv"),
    "deconvolutional": (windows.deconvolutional, "deconv"),
    "deconv": (windows.deconvolutional, "deconv"),
    "local": (windows.local, "local"),
    "maxpool": (windows.maxpool, "maxpool"),
    "max": (windows.maxpool, "maxpool"),
    "local_avgpool": (windows.local_avgpool, "local_avgpool"),
    "local_avg": (windows.local_avgpool, "local_avgpool"),
    "avgpool": (windows.avgpool, "avgpool"),
    "avg": (windows.avgpool, "avgpool"),
    "connected": (plain.connected, "connected"),
    "conn": (plain.connected, "connected"),
    "batchnorm": (plain.batchnorm, "batchnorm"),
    "normalization": (plain.normalization, "normalization"),
    "lrn": (plain.normalization, "normalization"),
    "activation": (plain.activation, "activation"),
    "logistic": (plain.logistic, "logistic"),
    "l2norm": (plain.l2norm, "l2norm"),
    "dropout": (plain.dropout, "dropout"),
    "crop": (plain.crop, "crop"),
    "cost": (plain.same, "cost"),
    "empty": (plain.same, "empty"),
    "silence": (plain.same, "silence"),
    "contrastive": (plain.same, "contrastive"),
    "upsample": (plain.upsample, "upsample"),
    "reorg": (plain.reorg, "reorg"),
    "reorg3d": (plain.reorg, "reorg"),
    "reorg_old": (plain.reorg, "reorg"),
    "implicit": (plain.implicit, "implicit"),
    "implicit_add": (plain.implicit, "implicit"),
    "implicit_mul": (plain.implicit, "implicit"),
    "route": (joins.route, "route"),
    "shortcut": (joins.shortcut, "shortcut"),
    "scale_channels": (joins.scale_channels, "scale_channels"),
    "control_channels": (joins.sam, "control_channels"),
    "shift_channels": (joins.shift_channels, "shift_channels"),
    "sam": (joins.sam, "sam"),
    "softmax": (heads.softmax, "softmax"),
    "soft": (heads.softmax, "softmax"),
    "yolo": (heads.yolo, "yolo"),
    "Gaussian_yolo": (heads.yolo, "gaussian_yolo"),
    "region": (heads.region, "region"),
    "detection": (heads.detection, "detection"),
    "iseg": (heads.box_mask, "iseg"),
    "rnn": (cells.rnn, "rnn"),
    "crnn": (cells.crnn, "crnn"),
    "gru": (cells.gru, "gru"),
    "lstm": (cells.lstm, "lstm"),
    "conv_lstm": (cells.conv_lstm, "conv_lstm"),
}

_SECTIONS = """
Gaussian_yolo contrastive control_channels conv_lstm empty implicit implicit_add implicit_mul local_avg local_avgpool
reorg3d reorg_old sam scale_channels shift_channels silence
"""
_KEYS = """
antialiasing assisted_excitation beta_nms blur cls_normalizer counters_per_class cutmix dilation ema_alpha group_id
iou_loss iou_normalizer iou_thresh label_smooth_eps letter_box max_delta maxpool_depth mixup mosaic new_coords nms_kind
obj_normalizer objectness_smooth optimized_memory out_channels peephole scale_x_y sgdr_cycle sgdr_mult share_index
show_details stride_x stride_y uc_normalizer weights_normalization weights_type workspace_size_limit_MB
"""
_ACTIVATIONS = """
swish mish hard_mish relu6 gelu revleaky norm_chan norm_chan_softmax norm_chan_softmax_maxval
"""
#: What only AlexeyAB's program reads: a file that has one of them is written for it.
ALEXEYAB_SECTIONS = frozenset(_SECTIONS.split())
ALEXEYAB_KEYS = frozenset(_KEYS.split())
ALEXEYAB_ACTIVATIONS = frozenset(_ACTIVATIONS.split())
