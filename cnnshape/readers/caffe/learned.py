"""Layers with learned arrays that are no windows: inner products, norms, scales, embeddings."""

from __future__ import annotations

from math import prod

from cnnshape.layers.elementary import Power, Square
from cnnshape.layers.linear import Embedding, Linear
from cnnshape.layers.merge import Add, Mul
from cnnshape.layers.norm import BatchNorm, InstanceNorm, LayerNorm
from cnnshape.layers.other import Parameter
from cnnshape.layers.pool import AvgPool
from cnnshape.layers.reshape import Flatten, Reshape
from cnnshape.layers.scale import L2Norm, LocalResponseNorm, Scale
from cnnshape.readers.caffe.fields import Fields
from cnnshape.readers.caffe.site import Site
from cnnshape.shape import Shape


def inner_product(site: Site) -> list[int]:
    """All axes from `axis` on as one vector, times a matrix."""
    site.need(1)
    own = site.fields.sub("inner_product_param")
    outputs, bias = own.needed("num_output"), own.flag("bias_term", True)
    x, axis = site.x(), site.axis(own)
    if axis == 0:
        features = x.numel
        return list(site.foreign((outputs,), parameters=outputs * (features + bias), macs=outputs * features))
    value = site.bottoms[0]
    if axis < len(x) - 1:
        (value,) = site.put(Flatten(start_dim=axis), value, suffix="flatten")
    blobs = None
    if own.flag("transpose", False):
        blobs = (Shape(prod(x[axis:]), outputs), *([Shape(outputs)] if bias else []))
    return list(site.put(Linear(out_features=outputs, bias=bias), value, blobs=blobs))


def batch_norm(site: Site) -> list[int]:
    """Mean and variance are kept, not learned; the factor and shift follow in a Scale layer, but for some forks."""
    site.need(1)
    own = site.fields.sub("batch_norm_param")
    x = site.x()
    affine = site.op == "BN" or own.flag("scale_bias", False)
    channels = Shape(x[1] if len(x) > 1 else 1)
    blobs = (channels, channels, *([channels, channels] if affine else []), Shape(1))
    return list(site.put(BatchNorm(affine=affine), blobs=blobs))


def scale(site: Site) -> list[int]:
    """A learned factor, and perhaps a shift, along some axes; or the product with a second input."""
    site.need(1, 2)
    own = site.fields.sub("scale_param")
    x = site.x()
    bias = own.flag("bias_term", False)
    if len(site.bottoms) == 2:
        axis = site.axis(own)
        (value,) = site.put(Mul(), site.bottoms[0], _aligned(site, axis), suffix="product" if bias else "")
        return [_plus(site, value, x, axis, len(site.x(1)))] if bias else [value]
    axis = site.axis(own)
    many = own.integer("num_axes", 1, -1)
    if many == 1 and axis:
        return list(site.put(Scale(dim=axis, bias=bias)))
    count = len(x) - axis if many < 0 else many
    factor = _array(site, x, axis, count, "factor")
    (value,) = site.put(Mul(), site.bottoms[0], factor, suffix="product" if bias else "")
    return [_plus(site, value, x, axis, count)] if bias else [value]


def bias(site: Site) -> list[int]:
    """A learned shift, or the sum with a second input."""
    site.need(1, 2)
    own = site.fields.sub("bias_param")
    x, axis = site.x(), site.axis(own)
    if len(site.bottoms) == 2:
        return list(site.put(Add(), site.bottoms[0], _aligned(site, axis)))
    many = own.integer("num_axes", 1, -1)
    return [_plus(site, site.bottoms[0], x, axis, len(x) - axis if many < 0 else many)]


def _aligned(site: Site, axis: int) -> int:
    """The second input with axes of size 1 behind it, so that it lies along the first from `axis` on."""
    x, other = site.x(), site.x(1)
    if x[axis : axis + len(other)] != tuple(other):
        raise site.wrong(f"{other} does not lie along {x} from axis {axis} on", code="CNN-E403")
    behind = len(x) - axis - len(other)
    if axis:
        whole = (1, *[1] * (axis - 1), *other, *[1] * behind)
        return site.foreign(whole, inputs=(site.bottoms[1],), suffix="reshape")[0]
    if not behind:
        return site.bottoms[1]
    return site.put(Reshape(shape=(*other[1:], *[1] * behind)), site.bottoms[1], suffix="reshape")[0]


def _array(site: Site, x: Shape, axis: int, count: int, suffix: str) -> int:
    """A learned array along axes of x, of size 1 along the others."""
    own = x[axis : axis + count]
    if axis + count > len(x):
        raise site.wrong(f"{count} axes from {axis} on are more than {x} has", code="CNN-E406")
    sizes = (*[1] * (axis - 1), *own, *[1] * (len(x) - axis - count)) if axis else own
    if axis == 0 and count:  # along the examples: an array of its own shape, batch and all
        whole = (*own, *[1] * (len(x) - count))
        return site.foreign(whole, parameters=prod(own), inputs=(), suffix=suffix)[0]
    shape = tuple(sizes) if axis else (1,) * (len(x) - 1)
    return site.put(Parameter(shape=shape or (1,)), site.bottoms[0], suffix=suffix)[0]


def _plus(site: Site, value: int, x: Shape, axis: int, count: int) -> int:
    """The sum with a learned array."""
    return site.put(Add(), value, _array(site, x, axis, count, "bias"))[0]


def lrn(site: Site) -> list[int]:
    """Across channels one layer; within a channel squares, their average, a power and a product."""
    site.need(1)
    own = site.fields.sub("lrn_param")
    size, beta = own.integer("local_size", 5, 1, 65535), own.number("beta", 0.75)
    if size % 2 == 0:
        raise own.wrong(own.offset("local_size"), f"local_size is odd, not {size}", f"local_size: {size + 1}")
    if own.word("norm_region", "ACROSS_CHANNELS", ("ACROSS_CHANNELS", "WITHIN_CHANNEL")) == "ACROSS_CHANNELS":
        layer = LocalResponseNorm(size=size, alpha=own.number("alpha", 1), beta=beta, k=own.number("k", 1))
        return list(site.put(layer))
    (value,) = site.put(Square(), suffix="square")
    (value,) = site.put(AvgPool(kernel_size=size, stride=1, padding=size // 2), value, suffix="average")
    (value,) = site.put(Power(exponent=-beta), value, suffix="power")
    return list(site.put(Mul(), site.bottoms[0], value))


def mvn(site: Site) -> list[int]:
    """Zero mean and unit variance of every image, channel by channel or over all."""
    site.need(1)
    own = site.fields.sub("mvn_param")
    x = site.x()
    if not own.flag("normalize_variance", True) or len(x) < 3:
        return list(site.foreign(tuple(x)))
    if own.flag("across_channels", False):
        return list(site.put(LayerNorm(dim=tuple(range(1, len(x))), elementwise_affine=False)))
    return list(site.put(InstanceNorm()))


def normalize(site: Site) -> list[int]:
    """SSD's: length 1 over the channels or over all, times a learned factor for each channel or for all."""
    site.need(1)
    own = site.fields.sub("norm_param")
    across, shared = own.flag("across_spatial", True), own.flag("channel_shared", True)
    x = site.x()
    if not across and not shared:
        return list(site.put(L2Norm(dim=1, scale=True)))
    return list(site.foreign(tuple(x), parameters=1 if shared or len(x) < 2 else x[1]))


def embed(site: Site) -> list[int]:
    """A learned vector for every index."""
    site.need(1)
    own: Fields = site.fields.sub("embed_param")
    width = own.needed("num_output")
    layer = Embedding(num_embeddings=own.needed("input_dim"), embedding_dim=width)
    shifted = own.flag("bias_term", True)
    (value,) = site.put(layer, suffix="table" if shifted else "")
    if not shifted:
        return [value]
    return [_plus(site, value, Shape(*site.x(), width), len(site.x()), 1)]
