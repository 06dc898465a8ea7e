"""Caffe's layer types, BVLC's and the common forks' -> what builds them."""

from __future__ import annotations

from collections.abc import Callable

from cnnshape.readers.caffe import foreign, learned, maps, shapes, windows
from cnnshape.readers.caffe.site import Site

Builder = Callable[[Site], list[int]]

TABLE: dict[str, Builder] = {
    # windows
    "Convolution": windows.convolution,
    "ConvolutionDepthwise": windows.depthwise,
    "Deconvolution": windows.deconvolution,
    "DepthwiseConvolution": windows.depthwise,
    "Im2col": foreign.im2col,
    "Interp": windows.interpolated,
    "Padding": windows.padded,
    "Pooling": windows.pooling,
    "SPP": foreign.pyramid,
    "Upsample": windows.unpooling,
    # learned
    "BN": learned.batch_norm,
    "BatchNorm": learned.batch_norm,
    "Bias": learned.bias,
    "Embed": learned.embed,
    "InnerProduct": learned.inner_product,
    "LSTM": foreign.recurrent,
    "Normalize": learned.normalize,
    "PReLU": maps.prelu,
    "Parameter": foreign.parameter,
    "RNN": foreign.recurrent,
    "Scale": learned.scale,
    # element by element
    **dict.fromkeys(maps.PLAIN, maps.plain),
    "Axpy": maps.axpy,
    "BroadcastMul": maps.broadcast_mul,
    "Eltwise": maps.eltwise,
    "LRN": learned.lrn,
    "LogSoftmax": maps.softmax,
    "MVN": learned.mvn,
    "Softmax": maps.softmax,
    # shapes
    "BatchReindex": foreign.reindexed,
    "Concat": shapes.concat,
    "Crop": shapes.crop,
    "Flatten": shapes.flatten,
    "Permute": shapes.permute,
    "PixelShuffle": shapes.pixel_shuffle,
    "Reorg": shapes.reorg,
    "Reshape": shapes.reshape,
    "ShuffleChannel": shapes.shuffle,
    "Slice": shapes.cut,
    "Split": maps.same,
    "Tile": shapes.tile,
    # reductions
    "ArgMax": foreign.arg_max,
    "Reduction": foreign.reduction,
    # regions and boxes
    "DetectionEvaluate": foreign.computed,
    "DetectionOutput": foreign.detections,
    "Filter": foreign.computed,
    "PSROIPooling": foreign.ps_roi_pooling,
    "PriorBox": foreign.prior_box,
    "Proposal": foreign.proposal,
    "ROIAlign": foreign.roi_pooling,
    "ROIPooling": foreign.roi_pooling,
    # losses and measures
    "Accuracy": foreign.accuracy,
    "ContrastiveLoss": foreign.loss,
    "EuclideanLoss": foreign.loss,
    "HingeLoss": foreign.loss,
    "InfogainLoss": foreign.loss,
    "L1Loss": foreign.loss,
    "MultiBoxLoss": foreign.loss,
    "MultinomialLogisticLoss": foreign.loss,
    "SigmoidCrossEntropyLoss": foreign.loss,
    "SmoothL1Loss": foreign.loss,
    "SoftmaxWithLoss": foreign.loss,
    "TripletLoss": foreign.loss,
    # the user's own code, and nothing at all
    "HDF5Output": foreign.nothing,
    "None": foreign.nothing,
    "Python": foreign.unknown,
    "Silence": foreign.nothing,
    "implicit": foreign.nothing,
}

#: What copes with inputs whose shape nobody states.
LOOSE = frozenset(
    {
        "Accuracy",
        "ContrastiveLoss",
        "DetectionEvaluate",
        "DetectionOutput",
        "EuclideanLoss",
        "Filter",
        "HDF5Output",
        "HingeLoss",
        "InfogainLoss",
        "L1Loss",
        "MultiBoxLoss",
        "MultinomialLogisticLoss",
        "None",
        "PSROIPooling",
        "Parameter",
        "PriorBox",
        "Proposal",
        "Python",
        "ROIAlign",
        "ROIPooling",
        "SigmoidCrossEntropyLoss",
        "Silence",
        "SmoothL1Loss",
        "SoftmaxWithLoss",
        "Split",
        "TripletLoss",
        "implicit",
    }
)
#: What has no learned arrays and multiplies no matrices, whatever comes in.
EMPTY = frozenset(TABLE) - frozenset(
    {
        "BN",
        "BatchNorm",
        "Bias",
        "Convolution",
        "ConvolutionDepthwise",
        "Deconvolution",
        "DepthwiseConvolution",
        "Embed",
        "InnerProduct",
        "LSTM",
        "Normalize",
        "PReLU",
        "Parameter",
        "Python",
        "RNN",
        "Scale",
    }
)
