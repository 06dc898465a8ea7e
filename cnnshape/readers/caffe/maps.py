"""One value in, one value out, and sums and products of several blobs."""

from __future__ import annotations

from collections.abc import Callable

from cnnshape.layers.activation import Elu, Mish, Selu, Sigmoid, Silu, Softplus, Tanh
from cnnshape.layers.base import Layer
from cnnshape.layers.dropout import Dropout
from cnnshape.layers.elementary import Abs, Clip, Exp, Log, Power, Sqrt, Square
from cnnshape.layers.gate import LogSoftmax, PRelu, Softmax
from cnnshape.layers.merge import Add, Maximum, Mul, Sub
from cnnshape.layers.other import Identity
from cnnshape.layers.piecewise import Hardsigmoid, Hardswish, LeakyRelu, Relu, Relu6, Threshold
from cnnshape.layers.reshape import Reshape
from cnnshape.readers.caffe.fields import Fields
from cnnshape.readers.caffe.site import Site


def _dropped(fields: Fields) -> Layer:
    ratio = fields.sub("dropout_param").number("dropout_ratio", 0.5)
    return Dropout(p=ratio if 0 <= ratio <= 1 else 0.5)


def _relu(fields: Fields) -> Layer:
    slope = fields.sub("relu_param").number("negative_slope", 0)
    return LeakyRelu(negative_slope=slope) if slope else Relu()


def _power(fields: Fields) -> Layer:
    """(shift + scale * x) ** power; the constants are no layer of their own."""
    own = fields.sub("power_param")
    power = own.number("power", 1)
    if power == 1 and own.number("scale", 1) == 1 and own.number("shift", 0) == 0:
        return Identity()
    return {2.0: Square(), 0.5: Sqrt()}.get(power, Power(exponent=power))


#: Elementwise layers without learned arrays: the type -> our layer from the fields.
PLAIN: dict[str, Callable[[Fields], Layer]] = {
    "AbsVal": lambda _: Abs(),
    "BNLL": lambda _: Softplus(),
    "Clip": lambda f: Clip(low=f.sub("clip_param").number("min", 0), high=f.sub("clip_param").number("max", 6)),
    "Dropout": _dropped,
    "ELU": lambda f: Elu(alpha=f.sub("elu_param").number("alpha", 1)),
    "Exp": lambda _: Exp(),
    "HardSigmoid": lambda _: Hardsigmoid(),
    "HardSwish": lambda _: Hardswish(),
    "Log": lambda _: Log(),
    "Mish": lambda _: Mish(),
    "Power": _power,
    "ReLU": _relu,
    "ReLU6": lambda _: Relu6(),
    "SELU": lambda _: Selu(),
    "Sigmoid": lambda _: Sigmoid(),
    "Softplus": lambda _: Softplus(),
    "Swish": lambda _: Silu(),
    "TanH": lambda _: Tanh(),
    "Threshold": lambda f: Threshold(threshold=f.sub("threshold_param").number("threshold", 0)),
}


def plain(site: Site) -> list[int]:
    """Any of PLAIN."""
    site.need(1)
    return list(site.put(PLAIN[site.op](site.fields)))


def prelu(site: Site) -> list[int]:
    """One slope per channel unless they are shared."""
    site.need(1)
    return list(site.put(PRelu(per_channel=not site.fields.sub("prelu_param").flag("channel_shared", False))))


def softmax(site: Site) -> list[int]:
    """Over the channels, or another axis; over the examples it is no kind here."""
    site.need(1, 2)
    axis = site.axis(site.fields.sub("softmax_param"))
    if axis == 0:
        return list(site.foreign(tuple(site.x())))
    kind = LogSoftmax if site.op.startswith("Log") else Softmax
    return list(site.put(kind(dim=axis)))


def eltwise(site: Site) -> list[int]:
    """Sum, product or maximum of equal shapes; coefficients are not counted."""
    own = site.fields.sub("eltwise_param")
    operation = own.word("operation", "SUM", ("PROD", "SUM", "MAX"))
    site.need(2, max(2, len(site.bottoms)))
    first = site.x()
    for at in range(1, len(site.bottoms)):
        if site.x(at) != first:
            raise site.wrong(f"Eltwise needs equal shapes, but gets {first} and {site.x(at)}", code="CNN-E403")
    coefficients = own.numbers("coeff")
    if operation == "SUM" and coefficients == [1, -1]:
        return list(site.put(Sub(), *site.bottoms))
    layer = {"PROD": Mul(), "SUM": Add(), "MAX": Maximum()}[operation]
    return list(site.put(layer, *site.bottoms))


def axpy(site: Site) -> list[int]:
    """SENet's scale * x + y, one factor per channel."""
    site.need(3)
    factors, x = site.x(), site.x(1)
    value = site.bottoms[0]
    if len(factors) == 2 and len(x) > 2:
        (value,) = site.put(Reshape(shape=(factors[1], *[1] * (len(x) - 2))), value, suffix="reshape")
    (value,) = site.put(Mul(), value, site.bottoms[1], suffix="scale")
    return list(site.put(Add(), value, site.bottoms[2]))


def broadcast_mul(site: Site) -> list[int]:
    """A fork's product that stretches."""
    site.need(2)
    return list(site.put(Mul(), *site.bottoms))


def same(site: Site) -> list[int]:
    """The input under another name; Split gives it several."""
    site.need(1)
    return site.bottoms * max(site.tops, 1)
