"""Convolution, deconvolution, pooling and their forks."""

from __future__ import annotations

from typing import Any

from cnnshape.errors import LayerError
from cnnshape.layers.adaptive_pool import GlobalAvgPool, GlobalMaxPool
from cnnshape.layers.base import Layer
from cnnshape.layers.conv import Conv, ConvTranspose
from cnnshape.layers.cut import Padding
from cnnshape.layers.pool import AvgPool, MaxPool
from cnnshape.readers.caffe.fields import Fields
from cnnshape.readers.caffe.site import Site

_POOLS = ("MAX", "AVE", "STOCHASTIC")


def _spatial(own: Fields, name: str, default: int, rank: int, low: int, short: str = "") -> tuple[int, ...]:
    """One size per spatial axis: repeated, one for all, or apart for height and width."""
    pair = (f"{short or name}_h", f"{short or name}_w")
    most = 65536 if low else 2**31 - 1
    if own.has(*pair):
        if own.has(name) and name != "pad":
            raise own.wrong(own.offset(name), f"either {name} or {pair[0]} and {pair[1]}, not both")
        return own.integer(pair[0], default, low, most), own.integer(pair[1], default, low, most)
    values = own.integers(name, low, most)
    if len(values) not in (0, 1, rank):
        raise own.wrong(own.offset(name), f"{name} is stated {len(values)} times, but there are {rank} spatial axes")
    return tuple(values) if len(values) == rank else (values[0] if values else default,) * rank


def _plain(values: tuple[int, ...]) -> Any:
    """One number where all axes have the same."""
    return values[0] if len(set(values)) == 1 else values


def _convolved(site: Site, kind: type[Conv | ConvTranspose], depthwise: bool = False) -> list[int]:
    """Every input is convolved with the same filters."""
    own = site.fields.sub("convolution_param")
    if own.integer("axis", 1, -8) != 1:
        raise own.wrong(own.offset("axis"), "only axis: 1 is read: channels follow the batch")
    found: list[int] = []
    for at, bottom in enumerate(site.bottoms):
        x = site.x(at)
        rank = max(len(x) - 2, 1)
        kernel = _spatial(own, "kernel_size", 0, rank, 0, "kernel")
        if min(kernel) < 1:
            raise own.wrong(own.message.offset, f"{site.op} does not state kernel_size", "kernel_size: 3")
        channels = x[1] if len(x) > 1 else 1
        layer = kind(
            out_channels=own.integer("num_output", channels, 1) if depthwise else own.needed("num_output"),
            kernel_size=_plain(kernel),
            stride=_plain(_spatial(own, "stride", 1, rank, 1)),
            padding=_plain(_spatial(own, "pad", 0, rank, 0)),
            dilation=_plain(_spatial(own, "dilation", 1, rank, 1)),
            groups=own.integer("group", channels if depthwise else 1, 1),
            bias=own.flag("bias_term", True),
        )
        found += site.put(layer, bottom) if not at else site.again(layer, bottom, at)
    return found


def convolution(site: Site) -> list[int]:
    """As Caffe does it: floor, dilation, groups."""
    return _convolved(site, Conv)


def deconvolution(site: Site) -> list[int]:
    """Transposed, with groups."""
    return _convolved(site, ConvTranspose)


def depthwise(site: Site) -> list[int]:
    """A fork's: as many groups as channels, unless stated."""
    return _convolved(site, Conv, depthwise=True)


def pooling(site: Site) -> list[int]:
    """BVLC's sizes: rounded up, and a padded layer's last window starts inside the image."""
    site.need(1)
    own = site.fields.sub("pooling_param")
    pool = own.word("pool", "MAX", _POOLS)
    x = site.x()
    rank = len(x) - 2
    if rank != 2:
        raise site.wrong(f"Pooling needs an input of four axes, but gets {x}", code="CNN-E404")
    if own.flag("global_pooling", False):
        layer: Layer = GlobalMaxPool() if pool == "MAX" else GlobalAvgPool()
        return _with_mask(site, layer, (*x[:2], 1, 1), pool)
    kernel = _spatial(own, "kernel_size", 0, rank, 0, "kernel")
    if min(kernel) < 1:
        raise own.wrong(own.message.offset, "Pooling does not state kernel_size", "kernel_size: 2")
    stride, pad = _spatial(own, "stride", 1, rank, 1), _spatial(own, "pad", 0, rank, 0)
    for padded, extent in zip(pad, kernel, strict=True):
        if padded >= extent:
            raise own.wrong(own.offset("pad"), f"pad {padded} must be smaller than the window of {extent}")
    up = own.word("round_mode", "CEIL", ("CEIL", "FLOOR")) == "CEIL" and own.flag("ceil_mode", True)
    up = up and not own.flag("torch_pooling", False)
    sizes = []
    for n, extent, step, padded in zip(x[2:], kernel, stride, pad, strict=True):
        room = n + 2 * padded - extent
        size = (-(-room // step) if up else room // step) + 1
        if any(pad) and (size - 1) * step >= n + padded:
            size -= 1
        sizes.append(size)
    layer = (MaxPool if pool == "MAX" else AvgPool)(
        kernel_size=_plain(kernel), stride=_plain(stride), padding=_plain(pad), ceil_mode="caffe" if up else False
    )
    return _with_mask(site, layer, (*x[:2], *sizes), pool)


def _with_mask(site: Site, layer: Layer, whole: tuple[int, ...], pool: str) -> list[int]:
    """The pool, and where a second top asks for it the places of the maxima."""
    tops = max(site.tops, 1)
    try:
        same = tuple(layer.out(site.x())) == whole
    except LayerError as error:
        same = error.code == "CNN-E401" or min(whole) < 1  # calculate tells it
    if pool == "STOCHASTIC" or not same:  # a window behind the image is Caffe's alone
        return list(site.foreign(*[whole] * tops))
    found = list(site.put(layer))
    if tops > 1:
        found += site.foreign(whole, suffix="mask")
    return found


def unpooling(site: Site) -> list[int]:
    """SegNet's Upsample with the pool's mask, or YOLO's without one."""
    from cnnshape.layers.resample import Upsample

    own = site.fields.sub("upsample_param")
    x = site.x()
    if len(x) != 4:
        raise site.wrong(f"{site.op} needs an input of four axes, but gets {x}", code="CNN-E404")
    factor = own.integer("scale", 2, 1, 65536)
    factors = (own.integer("scale_h", factor, 1, 65536), own.integer("scale_w", factor, 1, 65536))
    sizes = [
        own.integer(f"upsample_{side}", n * by - own.integer(f"pad_out_{side}", 0), 1)
        for side, n, by in zip("hw", x[2:], factors, strict=True)
    ]
    if len(site.bottoms) > 1:
        return list(site.foreign((*x[:2], *sizes)))
    return list(site.put(Upsample(size=tuple(sizes), mode="nearest")))


def interpolated(site: Site) -> list[int]:
    """DeepLab's Interp: corners aligned, to a size, by whole factors, or to the size of a second input."""
    from cnnshape.layers.cut import Crop
    from cnnshape.layers.resample import Upsample

    own = site.fields.sub("interp_param")
    x = site.x()
    if len(x) != 4:
        raise site.wrong(f"{site.op} needs an input of four axes, but gets {x}", code="CNN-E404")
    cut = (-own.integer("pad_beg", 0, -65536, 0), -own.integer("pad_end", 0, -65536, 0))
    shrink, zoom = own.integer("shrink_factor", 1, 1), own.integer("zoom_factor", 1, 1)
    sizes = []
    for n, name, axis in zip(x[2:], ("height", "width"), (2, 3), strict=True):
        size = (n - sum(cut) - 1) // shrink + 1
        size += (size - 1) * (zoom - 1)
        if len(site.bottoms) > 1 and not own.has("shrink_factor", "zoom_factor", "height", "width"):
            size = site.x(1)[axis] if len(site.x(1)) == 4 else size
        sizes.append(own.integer(name, size, 1))
    value = site.bottoms[0]
    if any(cut):
        (value,) = site.put(Crop(cropping=(cut, cut)), value, suffix="crop")
    if min(sizes) < 1:
        raise site.wrong(f"nothing is left of {x}")
    return list(site.put(Upsample(size=tuple(sizes), mode="bilinear", align_corners=True), value))


def padded(site: Site) -> list[int]:
    """V0's padding layer."""
    site.need(1)
    pad = site.fields.sub("padding_param").integer("pad", 0)
    return list(site.put(Padding(padding=pad)))
