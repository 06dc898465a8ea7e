"""What stands at the end of a network: softmax, and the layers that read boxes out of an image.

A box layer squashes some of its channels and leaves others alone; it is a foreign node of the same size, without
weights or products.
"""

from __future__ import annotations

from cnnshape.layers.gate import Softmax
from cnnshape.layers.reshape import Reshape
from cnnshape.readers.darknet.plain import reshaped
from cnnshape.readers.darknet.site import Made, Site


def softmax(site: Site) -> Made:
    """Over all numbers, over equal groups of them, over the channels (`spatial`), or over the sets of a `tree`."""
    source = site.source
    groups = site.integer("groups", 1, 1)
    if site.has("tree"):
        return site.result(site.foreign(site.row(), (source.outputs,), op="softmax_tree"), None, source.outputs)
    if site.integer("spatial", 0):
        return site.kept(site.put(Softmax(), site.pixels()))
    if source.outputs % groups:
        raise site.wrong(f"groups={groups} does not divide {source.outputs} numbers", "groups", code="CNN-E402")
    if groups == 1:
        flat = source.image is not None and source.image[1:] == (1, 1)
        return site.result(
            site.put(Softmax(), source.value if flat else site.row()), source.image if flat else None, source.outputs
        )
    value = site.put(Softmax(dim=2), reshaped(site, groups))
    return site.result(site.put(Reshape(shape=(source.outputs,)), value), None, source.outputs)


def yolo(site: Site) -> Made:
    """Boxes for each mask: 4 numbers, an objectness, the classes; Gaussian_yolo has 4 spreads besides."""
    classes, total = site.integer("classes", 20), site.integer("num", 1, 1)
    boxes = len(site.integers("mask")) if site.has("mask") else total
    each = classes + (9 if site.op == "Gaussian_yolo" else 5)
    return _boxes(site, boxes * each, f"{boxes} * ({classes} + {each - classes})")


def region(site: Site) -> Made:
    """Boxes at every position: `coords` numbers, an objectness, the classes."""
    boxes, classes, coords = site.integer("num", 1, 1), site.integer("classes", 20), site.integer("coords", 4)
    return _boxes(site, boxes * (classes + coords + 1), f"{boxes} * ({classes} + {coords} + 1)")


def detection(site: Site) -> Made:
    """A grid of side x side: boxes of `coords` numbers and an objectness, and one set of classes."""
    side, boxes = site.integer("side", 7, 1), site.integer("num", 1, 1)
    classes, coords = site.integer("classes", 1), site.integer("coords", 1)
    wanted = side * side * ((1 + coords) * boxes + classes)
    if site.source.outputs != wanted:
        rule = f"{side} * {side} * ((1 + {coords}) * {boxes} + {classes})"
        raise site.wrong(
            f"detection reads {rule} = {wanted} numbers, and gets {site.source.outputs}", "side", code="CNN-E405"
        )
    shape = site.source.image or (site.source.outputs,)
    return site.kept(site.foreign(site.source.value, _real(site, shape)))


def box_mask(site: Site) -> Made:
    """Boxes with masks (`iseg`): the size of the section above."""
    image = site.image()
    return site.result(site.foreign(site.pixels(), image), image)


def _boxes(site: Site, wanted: int, rule: str) -> Made:
    """A box layer on an image that must have so many channels."""
    image = site.image()
    if image[0] != wanted:
        fix = f"filters={wanted} in the section above" if wanted else ""
        raise site.wrong(f"{site.op} reads {rule} = {wanted} channels, and gets {image[0]}", "classes", fix, "CNN-E405")
    return site.result(site.foreign(site.pixels(), image), image)


def _real(site: Site, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that the value has in the graph, where that is known."""
    known = site.graph.shapes[site.source.value]
    return shape if known is None else tuple(known[1:])
