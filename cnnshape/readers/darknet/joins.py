"""Sections that read earlier sections by their numbers."""

from __future__ import annotations

from collections.abc import Callable

from cnnshape.layers.base import Layer
from cnnshape.layers.cut import Slice
from cnnshape.layers.merge import Add, Concat, Mul
from cnnshape.layers.other import Identity, Parameter
from cnnshape.layers.scale import Scale
from cnnshape.readers.darknet.activations import activate
from cnnshape.readers.darknet.site import Made, Site

Image = tuple[int, int, int]


def route(site: Site) -> Made:
    """Earlier sections side by side; of each one group of its channels where `groups` says so."""
    picked = [site.layer("layers", number) for number in site.integers("layers")]
    groups = site.newer("groups", 1, 1)
    group = site.newer("group_id", 0, 0, groups - 1)
    images = [made.image for made in picked]
    if any(image is None or image[1:] != (images[0] or ())[1:] for image in images):
        # pjreddie's engine lays them out as numbers, and its layer has no image
        values = [site.row(made) for made in picked]
        outputs = sum(made.outputs for made in picked)
        return site.result(_joined(site, values), None, outputs)
    channels, values = 0, []
    for made in picked:
        own = site.image(made)[0]
        if own % groups:
            raise site.wrong(f"groups={groups} does not divide {own} channels", "groups", code="CNN-E402")
        value, part = site.pixels(made), own // groups
        if groups > 1:
            value = site.put(Slice(dim=1, start=group * part, end=(group + 1) * part), value)
        values.append(value)
        channels += part
    _, height, width = site.image(picked[0])
    return site.result(_joined(site, values), (channels, height, width))


def _joined(site: Site, values: list[int]) -> int:
    """One value of several; a route of one hands it on."""
    if len(values) > 1:
        return site.put(Concat(), tuple(values))
    return values[0] if site.pending else site.put(Identity(), values[0], "route")


def shortcut(site: Site) -> Made:
    """A sum on the image of the section above: of others only the channels and positions that it has."""
    image = site.image()
    total, terms = site.pixels(), [site.layer("from", number) for number in site.integers("from")]
    weigh = _weights(site, site.word("weights_type", "none"))
    total = weigh(total)
    for made in terms:
        total = _added(site, total, image, weigh(site.pixels(made)), site.image(made))
    value = activate(site, total, image, "linear")
    work = 0
    if site.fork == "alexeyab":
        work = image[0] * image[1] * image[2] * len(terms) * (1 if site.word("weights_type", "none") == "none" else 2)
    return site.result(value, image, operations=work)


def _weights(site: Site, kind: str) -> Callable[[int], int]:
    """What multiplies every term: nothing, one learned number, or one per channel."""
    if kind == "per_channel":
        return lambda value: site.put(Scale(), value)
    if kind in ("per_feature", "per_layer"):
        return lambda value: site.put(Mul(), (value, site.put(Parameter(shape=(1, 1, 1)), value, "weight")))
    if kind != "none":
        raise site.wrong(f"unknown weights_type {kind[:40]}", "weights_type", "none, per_feature or per_channel")
    return lambda value: value


def _added(site: Site, total: int, image: Image, term: int, other: Image) -> int:
    """One term of another size is added where both have something, as darknet does."""
    (channels, *sizes), (own, *others) = image, other
    steps = [max(1, b // a) for a, b in zip(sizes, others, strict=True)]
    if any(a > b or -(-b // step) < a for a, b, step in zip(sizes, others, steps, strict=True)):
        # a smaller image is laid onto every n-th position: no kind does that
        return site.foreign((total, term), image, op="shortcut")
    for dim, (size, there, step) in enumerate(zip(sizes, others, steps, strict=True), 2):
        if there != size:
            term = site.put(Slice(dim=dim, end=size * step if size * step < there else None, step=step), term)
    if own > channels:
        term = site.put(Slice(dim=1, end=channels), term)
    if own >= channels:
        return site.put(Add(), (total, term))
    front, rest = site.put(Slice(dim=1, end=own), total), site.put(Slice(dim=1, start=own), total)
    return site.put(Concat(), (site.put(Add(), (front, term)), rest))


def scale_channels(site: Site) -> Made:
    """The image of `from`, every channel (or with scale_wh every position) times a number of the section above."""
    made = site.layer("from", site.integers("from")[0])
    return _merged(site, Mul(), made, site.image(made))


def sam(site: Site) -> Made:
    """The section above times `from`, number by number."""
    return _merged(site, Mul(), site.layer("from", site.integers("from")[0]), site.image())


def shift_channels(site: Site) -> Made:
    """The section above plus a learned number per channel, that of an implicit section."""
    return _merged(site, Add(), site.layer("from", site.integers("from")[0]), site.image())


def _merged(site: Site, layer: Layer, made: Made, image: Image) -> Made:
    value = site.put(layer, (site.pixels(), site.pixels(made)))
    return site.result(activate(site, value, image, "linear"), image)
