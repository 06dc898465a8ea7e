"""Layers that are no kind here, with the shapes that Caffe or the fork gives them: losses, detection, recurrence."""

from __future__ import annotations

from math import prod

from cnnshape.readers.caffe.site import Site
from cnnshape.shape import UNKNOWN, Shape


def known(site: Site, at: int) -> Shape | None:
    """An input's shape where it is known."""
    if at >= len(site.bottoms):
        return None
    shape = site.graph.shapes[site.bottoms[at]]
    return None if shape is None or shape is UNKNOWN else shape


def loss(site: Site) -> list[int]:
    """One number; a further top of some is as the first input."""
    x = known(site, 0)
    rest = [None if x is None else tuple(x)] * max(0, site.tops - 1)
    return list(site.foreign((), *rest))


def accuracy(site: Site) -> list[int]:
    """One number; a second top has one for every class."""
    x = known(site, 0)
    axis = site.fields.sub("accuracy_param").integer("axis", 1, -8)
    classes = None if x is None or not -len(x) <= axis < len(x) else (x[axis],)
    return list(site.foreign((), *[classes] * max(0, site.tops - 1)))


def unknown(site: Site) -> list[int]:
    """What only the fork or the user's own code knows."""
    return list(site.foreign(*[None] * max(site.tops, 1), parameters=None, macs=None))


def computed(site: Site) -> list[int]:
    """Nothing is learned, and how much comes out depends on the values."""
    return list(site.foreign(*[None] * max(site.tops, 1)))


def proposal(site: Site) -> list[int]:
    """As many regions as are found, each an image and a box."""
    found = list(site.foreign(*[None] * max(site.tops, 1)))
    site.partial[found[0]] = (None, 5)
    return found


def roi_pooling(site: Site) -> list[int]:
    """A small map for every region."""
    site.need(2, 3)
    own = site.fields.sub("roi_pooling_param" if site.op.startswith("ROIP") else "roi_align_param")
    x, regions = known(site, 0), known(site, 1)
    if x is None or len(x) != 4:
        return computed(site)
    behind = (x[1], own.integer("pooled_h", 0), own.integer("pooled_w", 0))
    return _for_regions(site, regions, behind)


def ps_roi_pooling(site: Site) -> list[int]:
    """R-FCN's."""
    site.need(2, 3)
    own = site.fields.sub("psroi_pooling_param")
    behind = (own.needed("output_dim"), own.needed("group_size"), own.needed("group_size"))
    return _for_regions(site, known(site, 1), behind)


def _for_regions(site: Site, regions: Shape | None, behind: tuple[int, ...]) -> list[int]:
    if min(behind) < 1:
        raise site.wrong(f"{site.op} does not state pooled_h and pooled_w")
    found = list(site.foreign(None if regions is None else (regions[0], *behind)))
    if regions is None:
        site.partial[found[0]] = (None, *behind)
    return found


def prior_box(site: Site) -> list[int]:
    """SSD's anchors and their variances: 4 numbers each for every position and box."""
    site.need(2)
    own = site.fields.sub("prior_box_param")
    x = known(site, 0)
    if x is None or len(x) != 4:
        return computed(site)
    smallest, largest = own.numbers("min_size"), own.numbers("max_size")
    if not smallest:
        raise own.wrong(own.message.offset, "PriorBox does not state min_size")
    ratios = [1.0]
    for ratio in own.numbers("aspect_ratio")[:1000]:
        if ratio <= 0 or any(abs(ratio - other) < 1e-6 for other in ratios):
            continue
        ratios += [ratio, 1 / ratio] if own.flag("flip", True) else [ratio]
    boxes = len(ratios) * len(smallest) + len(largest)
    return list(site.foreign((1, 2, x[2] * x[3] * boxes * 4)))


def detections(site: Site) -> list[int]:
    """SSD's: how many there are depends on the values; its own program shows one."""
    return list(site.foreign((1, 1, 1, 7)))


def reduction(site: Site) -> list[int]:
    """The axes from `axis` on as one number."""
    site.need(1)
    axis = site.axis(site.fields.sub("reduction_param"), 0)
    return list(site.foreign(tuple(site.x()[:axis])))


def arg_max(site: Site) -> list[int]:
    """The places of the largest, perhaps with their values."""
    site.need(1)
    own = site.fields.sub("argmax_param")
    x, top = site.x(), own.integer("top_k", 1, 1)
    if own.has("axis"):
        axis = site.axis(own)
        return list(site.foreign((*x[:axis], top, *x[axis + 1 :])))
    behind = [1] * (max(len(x), 3) - 1)
    behind[0], behind[1] = (2 if own.flag("out_max_val", False) else 1), top
    return list(site.foreign((x[0], *behind)))


def pyramid(site: Site) -> list[int]:
    """SPP: 4**level bins of every channel on each level."""
    site.need(1)
    height, x = site.fields.sub("spp_param").needed("pyramid_height"), site.x()
    if height > 15:
        raise site.wrong(f"pyramid_height {height} is larger than 15")
    if height == 1:
        return list(site.foreign((*x[:2], 1, 1)))
    return list(site.foreign((x[0], x[1] * sum(4**level for level in range(height)))))


def im2col(site: Site) -> list[int]:
    """The windows of a convolution as columns."""
    from cnnshape.readers.caffe.windows import _spatial

    site.need(1)
    own, x = site.fields.sub("convolution_param"), site.x()
    rank = max(len(x) - 2, 1)
    kernel = _spatial(own, "kernel_size", 1, rank, 1, "kernel")
    stride, pad = _spatial(own, "stride", 1, rank, 1), _spatial(own, "pad", 0, rank, 0)
    dilation = _spatial(own, "dilation", 1, rank, 1)
    sizes = [
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(x[2:], kernel, stride, pad, dilation, strict=True)
    ]
    if min(sizes) < 1:
        raise site.wrong(f"the window does not fit into {x}", code="CNN-E401")
    return list(site.foreign((x[0], x[1] * prod(kernel), *sizes)))


def recurrent(site: Site) -> list[int]:
    """BVLC's RNN and LSTM, time first: input, mark of beginnings, perhaps an input that is the same at every step.

    LSTM: W_x (4 D, I) with a bias, W_h (4 D, D). RNN: W_x (D, I) with a bias, W_h (D, D), W_o (D, D) with a bias.
    """
    site.need(2, 5)
    own = site.fields.sub("recurrent_param")
    x, d = site.x(), own.needed("num_output")
    if len(x) < 2:
        raise site.wrong(f"{site.op} needs time and streams, but gets {x}", code="CNN-E404")
    hidden = own.flag("expose_hidden", False)
    states = 2 if site.op == "LSTM" else 1
    fixed = len(site.bottoms) - 2 - (states if hidden else 0)
    still = prod(site.x(2)[1:]) if fixed == 1 else 0
    rows = 4 * d if site.op == "LSTM" else d
    each = rows * (prod(x[2:]) + d) + (0 if site.op == "LSTM" else d * d)
    biases = rows + (0 if site.op == "LSTM" else d)
    macs = x[0] * x[1] * each + x[1] * rows * still
    shapes: list[tuple[int, ...]] = [(x[0], x[1], d)]
    shapes += [(1, x[1], d)] * max(0, site.tops - 1)
    return list(site.foreign(*shapes, parameters=each + biases + rows * still, macs=macs))


def parameter(site: Site) -> list[int]:
    """A learned blob."""
    shape = site.fields.sub("parameter_param").shape()
    return list(site.foreign(shape, parameters=prod(shape), inputs=()))


def reindexed(site: Site) -> list[int]:
    """The examples that the second input names."""
    site.need(2)
    return list(site.foreign((site.x(1).numel, *site.x()[1:])))


def nothing(site: Site) -> list[int]:
    """No output and nothing computed."""
    return list(site.foreign(*[None] * site.tops)) if site.tops else []


def unknown_loss(site: Site) -> list[int]:
    """A fork's loss: one number, of unknown making."""
    return list(site.foreign((), *[None] * max(0, site.tops - 1), parameters=None, macs=None))
