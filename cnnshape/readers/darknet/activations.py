"""Darknet's activation functions.

Where a function is no kind here, it is the kind that does the same work on every number: `ramp` multiplies by one of
two slopes as a leaky ReLU does. The node keeps darknet's word in its name.
"""

from __future__ import annotations

from cnnshape.errors import did_you_mean, quoted
from cnnshape.layers.activation import Elu, Gelu, Mish, Selu, Sigmoid, Silu, Tanh
from cnnshape.layers.base import Layer
from cnnshape.layers.piecewise import Hardsigmoid, Hardswish, Hardtanh, LeakyRelu, Relu, Relu6
from cnnshape.readers.darknet.site import Site

#: Word -> layer; None: it changes nothing.
ACTIVATIONS: dict[str, Layer | None] = {
    "linear": None,
    "logistic": Sigmoid(),
    "loggy": Tanh(),
    "relu": Relu(),
    "relu6": Relu6(),
    "elu": Elu(),
    "selu": Selu(),
    "gelu": Gelu(approximate="tanh"),
    "relie": LeakyRelu(negative_slope=0.01),
    "ramp": LeakyRelu(negative_slope=0.1),
    "leaky": LeakyRelu(negative_slope=0.1),
    "revleaky": LeakyRelu(negative_slope=0.1),
    "tanh": Tanh(),
    "plse": Hardsigmoid(),
    "hardtan": Hardtanh(),
    "lhtan": Hardtanh(min_val=0.0, max_val=1.0),
    "swish": Silu(),
    "mish": Mish(),
    "hard_mish": Hardswish(),
}
#: Functions that no kind resembles; the last three look at all channels of a position.
OTHERS = ("stair", "norm_chan", "norm_chan_softmax", "norm_chan_softmax_maxval")


def activate(site: Site, value: int, shape: tuple[int, ...], default: str = "logistic") -> int:
    """The value behind the section's activation; `shape` is the value's, without the batch."""
    word = site.word("activation", default)
    if word in OTHERS:
        return site.foreign(value, shape, op=word, macs=0)
    if word not in ACTIVATIONS:
        # darknet says so and takes relu; a number that nobody wrote is no answer here
        known = (*ACTIVATIONS, *OTHERS)
        raise site.wrong(f"unknown activation {quoted(word[:40])}", "activation", did_you_mean(word, known) or "")
    layer = ACTIVATIONS[word]
    return value if layer is None else site.put(layer, value, word)
