"""Sections that read the one above and slide no window."""

from __future__ import annotations

from cnnshape.layers.cut import Crop
from cnnshape.layers.dropout import Dropout
from cnnshape.layers.linear import Linear
from cnnshape.layers.norm import BatchNorm
from cnnshape.layers.other import Identity, Parameter
from cnnshape.layers.pool import AvgPool
from cnnshape.layers.rearrange import DepthToSpace, SpaceToDepth
from cnnshape.layers.resample import Upsample
from cnnshape.layers.reshape import Reshape
from cnnshape.layers.scale import L2Norm, LocalResponseNorm
from cnnshape.readers.darknet.activations import activate
from cnnshape.readers.darknet.site import TAPS, Made, Site


def connected(site: Site) -> Made:
    """Matrix, batch norm, activation."""
    outputs = site.integer("output", 1, 1)
    normal = bool(site.integer("batch_normalize", 0))
    value = site.put(Linear(out_features=outputs, bias=not normal), site.row())
    if normal:
        value = site.put(BatchNorm(), value)
    value = activate(site, value, (outputs,))
    return site.result(value, (outputs, 1, 1), operations=2 * site.source.outputs * outputs)


def same(site: Site) -> Made:
    """What is handed on as it is: cost, empty, silence."""
    return site.kept(site.put(Identity(), site.source.value, site.op))


def dropout(site: Site) -> Made:
    """Nothing, except in training."""
    rate = min(max(site.real("probability", 0.5), 0.0), 1.0)
    return site.kept(site.put(Dropout(p=rate), site.source.value))


def activation(site: Site) -> Made:
    """An activation of its own."""
    value = activate(site, site.source.value, _shape(site.source), "linear")
    return site.kept(value) if site.pending else same(site)


def logistic(site: Site) -> Made:
    """Sigmoid, with the loss of it in training."""
    return site.kept(activate(site, site.source.value, _shape(site.source), "logistic"))


def batchnorm(site: Site) -> Made:
    """Batch norm of its own."""
    image = site.image()
    return site.result(site.put(BatchNorm(), site.pixels()), image)


def l2norm(site: Site) -> Made:
    """Every position divided by its length over the channels."""
    image = site.image()
    return site.result(site.put(L2Norm(), site.pixels()), image)


def normalization(site: Site) -> Made:
    """AlexNet's normalisation over neighbouring channels."""
    image = site.image()
    layer = LocalResponseNorm(
        size=site.integer("size", 5, 1),
        alpha=site.real("alpha", 0.0001),
        beta=site.real("beta", 0.75),
        k=site.real("kappa", 1.0),
    )
    return site.result(site.put(layer, site.pixels()), image)


def crop(site: Site) -> Made:
    """The middle of the image, which is what the program takes outside of training."""
    channels, *_ = site.image()
    size = (site.integer("crop_height", 1, 1), site.integer("crop_width", 1, 1))
    return site.result(site.put(Crop(size=size), site.pixels()), (channels, *size))


def upsample(site: Site) -> Made:
    """Every position several times; with a negative stride the sum of a square, which stands as its mean."""
    channels, height, width = site.image()
    stride = site.integer("stride", 2, -TAPS, TAPS)
    if not stride:
        raise site.wrong("a stride of 0 gives no image", "stride")
    if stride > 0:
        image = (channels, height * stride, width * stride)
        return site.result(site.put(Upsample(scale_factor=stride), site.pixels()), image)
    image = (channels, max(1, height // -stride), max(1, width // -stride))
    return site.result(site.put(AvgPool(kernel_size=-stride), site.pixels(), "downsample"), image)


def reorg(site: Site) -> Made:
    """Squares of positions into channels, or with `reverse` back; `extra` appends numbers and leaves no image."""
    channels, height, width = site.image()
    stride, extra = site.integer("stride", 1, 1, TAPS), site.integer("extra", 0)
    if extra:
        outputs = site.source.outputs + extra
        return site.result(site.foreign(site.pixels(), (outputs,)), None, outputs)
    square = stride * stride
    if site.integer("reverse", 0):
        image = (channels // square, height * stride, width * stride)
        return site.result(site.put(DepthToSpace(block_size=stride), site.pixels()), image)
    image = (channels * square, height // stride, width // stride)
    return site.result(site.put(SpaceToDepth(block_size=stride), site.pixels()), image)


def implicit(site: Site) -> Made:
    """A learned row of numbers, whatever flows in."""
    image = (site.integer("filters", 128, 1), site.integer("atoms", 1, 1), 1)
    return site.result(site.put(Parameter(shape=image), site.source.value), image)


def reshaped(site: Site, groups: int) -> int:
    """The section above as rows: one per group."""
    size = site.source.outputs // groups
    return site.put(Reshape(shape=(groups, size)), site.source.value)


def _shape(made: Made) -> tuple[int, ...]:
    return made.image or (made.outputs,)
