"""What older Caffes call things: the names of V1 layers, and V0 layers as V1 would write them.

Source: BVLC caffe src/caffe/util/upgrade_proto.cpp
"""

from __future__ import annotations

from cnnshape.readers.caffe.text import Message, Value

_PLAIN = (
    "Accuracy ArgMax BNLL Concat ContrastiveLoss Convolution Data Deconvolution Dropout Eltwise EuclideanLoss Exp "
    "Flatten HDF5Data HDF5Output HingeLoss Im2col ImageData InfogainLoss InnerProduct LRN MemoryData "
    "MultinomialLogisticLoss MVN Pooling Power ReLU Sigmoid SigmoidCrossEntropyLoss Silence Slice Softmax Split TanH "
    "WindowData Threshold DummyData PReLU Crop Normalize Permute"
)


def _shouted(name: str) -> str:
    """InnerProduct -> INNER_PRODUCT, as V1's enumeration has it."""
    special = {"HDF5Data": "HDF5_DATA", "HDF5Output": "HDF5_OUTPUT", "ReLU": "RELU", "PReLU": "PRELU", "TanH": "TANH"}
    if name in special or name.isupper() or name in ("ArgMax", "Im2col"):
        return special.get(name, name.upper())
    return "".join(f"_{char}" if char.isupper() and at else char for at, char in enumerate(name)).upper()


#: A V1 type -> today's name.
V1 = {_shouted(name): name for name in _PLAIN.split()} | {
    "ABSVAL": "AbsVal",
    "SOFTMAX_LOSS": "SoftmaxWithLoss",
    "NONE": "None",
    "LOSS": "SoftmaxWithLoss",
}

#: A V0 type -> today's name and the message that its parameters go to.
V0 = {
    "accuracy": ("Accuracy", ""),
    "bnll": ("BNLL", ""),
    "concat": ("Concat", "concat_param"),
    "conv": ("Convolution", "convolution_param"),
    "data": ("Data", "data_param"),
    "dropout": ("Dropout", "dropout_param"),
    "euclidean_loss": ("EuclideanLoss", ""),
    "flatten": ("Flatten", ""),
    "hdf5_data": ("HDF5Data", "hdf5_data_param"),
    "hdf5_output": ("HDF5Output", ""),
    "im2col": ("Im2col", "convolution_param"),
    "images": ("ImageData", "image_data_param"),
    "infogain_loss": ("InfogainLoss", ""),
    "innerproduct": ("InnerProduct", "inner_product_param"),
    "lrn": ("LRN", "lrn_param"),
    "multinomial_logistic_loss": ("MultinomialLogisticLoss", ""),
    "padding": ("Padding", "padding_param"),
    "pool": ("Pooling", "pooling_param"),
    "relu": ("ReLU", ""),
    "sigmoid": ("Sigmoid", ""),
    "softmax": ("Softmax", ""),
    "softmax_loss": ("SoftmaxWithLoss", ""),
    "split": ("Split", ""),
    "tanh": ("TanH", ""),
    "window_data": ("WindowData", "window_data_param"),
}
#: V0's words for parameters.
_RENAMED = {"biasterm": "bias_term", "kernelsize": "kernel_size", "batchsize": "batch_size", "cropsize": "crop_size"}
_OUTSIDE = frozenset({"name", "type", "blobs", "blobs_lr", "weight_decay"})


def upgraded(outer: Message, inner: Message) -> Message:
    """A V0 connection `layers { layer { ... } bottom top }` as a layer of today."""
    found = Message(outer.offset)
    found.fields = [field for field in outer.fields if field[0] != "layer"]
    parameters = Message(inner.offset)
    target = ""
    for name, value, offset in inner.fields:
        if name == "type":
            today, target = V0.get(str(value), (str(value), ""))
            word: Value = today
            found.fields.append((name, word, offset))
        elif name in _OUTSIDE:
            found.fields.append((name, value, offset))
        else:
            parameters.fields.append((_RENAMED.get(name, name), value, offset))
    if target:
        found.fields.append((target, parameters, inner.offset))
    return found
