"""Sections whose window slides: convolutions, pools, locally connected layers."""

from __future__ import annotations

from cnnshape.layers.adaptive_pool import GlobalAvgPool
from cnnshape.layers.conv import Conv, ConvTranspose
from cnnshape.layers.norm import BatchNorm
from cnnshape.layers.pool import AvgPool, MaxPool
from cnnshape.readers.darknet.activations import activate
from cnnshape.readers.darknet.site import TAPS, Made, Site, owner

Pair = tuple[int, int]


def convolutional(site: Site) -> Made:
    """Convolution, batch norm, activation; perhaps the fixed blur of antialiasing behind them."""
    channels, *sizes = site.image()
    filters, size = site.integer("filters", 1, 1), site.integer("size", 1, 1, TAPS)
    strides = _strides(site, 1)
    blur = site.newer("antialiasing", 0)
    sharp = (1, 1) if blur else strides
    dilation = 1 if size == 1 else site.newer("dilation", 1, 1, TAPS)
    groups = site.integer("groups", 1, 1)
    padding = size // 2 if site.integer("pad", 0) else site.integer("padding", 0)
    outs = [max(1, (n + 2 * padding - size) // step + 1) for n, step in zip(sizes, sharp, strict=True)]
    # The program slides an undilated window to find the size, and pads by padding * dilation when it computes.
    extent = dilation * (size - 1) + 1
    pads = [_padding(n, extent, step, out, padding * dilation) for n, step, out in zip(sizes, sharp, outs, strict=True)]
    if any(n + 2 * padding < size for n in sizes):
        pads = [(padding, padding)] * 2  # the layer itself says that its window does not fit
    normal = bool(site.integer("batch_normalize", 0))
    shared = _shared(site)
    layer = Conv(
        out_channels=filters,
        kernel_size=size,
        stride=_plain(sharp),
        padding=_even(pads),
        dilation=dilation,
        groups=groups,
        bias=not normal,
    )
    value = site.put(layer, site.pixels(), share=owner(shared, Conv) if shared else None)
    if normal:
        value = site.put(BatchNorm(), value, share=owner(shared, BatchNorm) if shared else None)
    value = activate(site, value, (filters, *outs))
    operations = 2 * filters * (channels // groups) * size * size * outs[0] * outs[1]
    if site.newer("xnor", 0):
        operations //= 32
    if blur:
        value, outs = _blur(site, value, outs, strides, blur)
    return site.result(value, (filters, *outs), operations=operations)


def deconvolutional(site: Site) -> Made:
    """Transposed convolution, batch norm, activation. AlexeyAB's fork knows no padding here."""
    _, *sizes = site.image()
    filters, size = site.integer("filters", 1, 1), site.integer("size", 1, 1, TAPS)
    step = site.integer("stride", 1, 1, TAPS)
    padding = size // 2 if site.integer("pad", 0) else site.integer("padding", 0)
    normal = bool(site.integer("batch_normalize", 0))
    if site.fork == "alexeyab":
        padding, normal = 0, False
    outs = [max(1, (n - 1) * step + size - 2 * padding) for n in sizes]
    layer = ConvTranspose(out_channels=filters, kernel_size=size, stride=step, padding=padding, bias=not normal)
    value = site.put(layer, site.pixels(), "deconv")
    if normal:
        value = site.put(BatchNorm(), value)
    return site.result(activate(site, value, (filters, *outs)), (filters, *outs))


def local(site: Site) -> Made:
    """A convolution whose every position has filters of its own: no kind here, but all of it is known."""
    channels, *sizes = site.image()
    filters, size = site.integer("filters", 1, 1), site.integer("size", 1, 1, TAPS)
    step, pad = site.integer("stride", 1, 1, TAPS), site.integer("pad", 0)
    if not pad and min(sizes) < size:
        raise site.wrong(f"the window of {size} does not fit into {sizes[0]}x{sizes[1]}", "size", code="CNN-E401")
    outs = [(n - (1 if pad else size)) // step + 1 for n in sizes]
    spots = outs[0] * outs[1]
    taps = filters * channels * size * size * spots
    costs = {"parameters": taps + filters * spots, "macs": taps * site.graph.batch}
    value = site.foreign(site.pixels(), (filters, *outs), op="local", **costs)
    return site.result(activate(site, value, (filters, *outs)), (filters, *outs))


def maxpool(site: Site) -> Made:
    """Largest under the window; the padding counts both sides and is size - 1 unless it is written."""
    channels, *sizes = site.image()
    if site.newer("maxpool_depth", 0):
        # The largest of all channels that are equal modulo out_channels.
        shape = (site.integer("out_channels", 1, 1, channels), *sizes)
        value = site.foreign(site.pixels(), shape, op="maxpool_depth")
        return site.result(value, shape)
    return _pool(site, MaxPool)


def local_avgpool(site: Site) -> Made:
    """The mean under a window that slides as maxpool's does; what is padded does not count."""
    return _pool(site, AvgPool)


def avgpool(site: Site) -> Made:
    """The mean of every channel."""
    channels, *_ = site.image()
    return site.result(site.put(GlobalAvgPool(), site.pixels()), (channels, 1, 1))


def _pool(site: Site, kind: type[MaxPool | AvgPool]) -> Made:
    channels, *sizes = site.image()
    strides = _strides(site, 1)
    size = site.integer("size", strides[0], 1, TAPS)
    padding = site.integer("padding", size - 1)
    blur = site.newer("antialiasing", 0) if kind is MaxPool else 0
    sharp = (1, 1) if blur else strides
    outs = [max(1, (n + padding - size) // step + 1) for n, step in zip(sizes, sharp, strict=True)]
    pads = _even([(padding // 2, padding - padding // 2)] * 2)
    layer: MaxPool | AvgPool = MaxPool(kernel_size=size, stride=_plain(sharp), padding=pads)
    if kind is AvgPool:
        layer = AvgPool(kernel_size=size, stride=_plain(sharp), padding=pads, count_include_pad=not padding)
    value = site.put(layer, site.pixels())
    operations = size * size * channels * outs[0] * outs[1] if site.fork == "alexeyab" else 0
    if blur:
        value, outs = _blur(site, value, outs, strides, blur)
    return site.result(value, (channels, *outs), operations=operations)


def _blur(site: Site, value: int, sizes: list[int], strides: Pair, kind: int) -> tuple[int, list[int]]:
    """The filter of antialiasing, which nobody learns: a weighted mean, so it stands as a mean."""
    size = 2 if kind == 2 else 3
    padding = size // 3
    layer = AvgPool(kernel_size=size, stride=_plain(strides), padding=padding)
    outs = [max(1, (n + 2 * padding - size) // step + 1) for n, step in zip(sizes, strides, strict=True)]
    return site.put(layer, value, "blur"), outs


def _strides(site: Site, default: int) -> Pair:
    """Down and across."""
    step = site.integer("stride", default, 1, TAPS)
    return site.newer("stride_y", step, 1, TAPS), site.newer("stride_x", step, 1, TAPS)


def _padding(n: int, extent: int, step: int, out: int, wanted: int) -> Pair:
    """The padding of one axis that gives the program's size, the same on both sides where that does."""
    if (n + 2 * wanted - extent) // step + 1 == out and n + 2 * wanted >= extent:
        return wanted, wanted
    total = max(0, (out - 1) * step + extent - n)
    before = min(wanted, total)
    return before, total - before


def _even(pads: list[Pair]) -> int | tuple[Pair, ...]:
    """One number where every side is the same."""
    return pads[0][0] if len({side for pair in pads for side in pair}) == 1 else tuple(pads)


def _plain(strides: Pair) -> int | Pair:
    """One number where both axes have it."""
    return strides[0] if strides[0] == strides[1] else strides


def _shared(site: Site) -> Made | None:
    """The section whose weights this one uses."""
    if site.fork != "alexeyab" or not site.has("share_index"):
        return None
    return site.layer("share_index", site.integer("share_index", 0, -TAPS))
