"""What feeds a network: `input` fields, Input layers and data layers, with the shapes that the text states.

A data layer states a batch and perhaps a crop; how large the images in its data base are, no text says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from cnnshape.readers.caffe.fields import Fields


class Source(NamedTuple):
    """One fed tensor: its sizes behind the first, None where they are not stated; the first size, 0 where it is not."""

    name: str
    shape: tuple[int, ...] | None
    batch: int
    offset: int
    op: str = "Input"
    scalar: bool = False
    loose: bool = False
    """Whether the network can do without the shape: a list of labels of any length."""


def declared(net: Fields) -> Iterator[Source]:
    """The `input` fields of a deploy file, with input_shape or four input_dim each."""
    shapes = [tuple(each.integers("dim", 0)) for each in net.subs("input_shape", "shape")]
    sizes = net.integers("input_dim", 0)
    shapes = shapes or [tuple(sizes[at : at + 4]) for at in range(0, len(sizes), 4)]
    for at, (name, offset) in enumerate(net.texts("input")):
        yield _whole(name, shapes[at] if at < len(shapes) else None, offset)


def _whole(name: str, shape: tuple[int, ...] | None, offset: int, op: str = "Input") -> Source:
    """A source of a shape with its batch, as far as it is stated."""
    if shape is None:
        return Source(name, None, 0, offset, op)
    return Source(name, shape[1:], shape[0] if shape else 0, offset, op, not shape)


def _input(layer: Fields, tops: list[tuple[str, int]], op: str) -> list[Source]:
    shapes = [tuple(each.integers("dim", 0)) for each in layer.sub("input_param").subs("shape")]
    if len(shapes) == 1:
        shapes *= len(tops)
    return [_whole(name, shapes[k] if k < len(shapes) else None, at, op) for k, (name, at) in enumerate(tops)]


def _dummy(layer: Fields, tops: list[tuple[str, int]], op: str) -> list[Source]:
    own = layer.sub("dummy_data_param")
    shapes = [tuple(each.integers("dim", 0)) for each in own.subs("shape")]
    if not shapes:
        sizes = [own.integers(name, 0) for name in ("num", "channels", "height", "width")]
        shapes = [tuple(each) for each in zip(*sizes, strict=False)]
    if len(shapes) == 1:
        shapes *= len(tops)
    return [_whole(name, shapes[k] if k < len(shapes) else None, at, op) for k, (name, at) in enumerate(tops)]


def _memory(layer: Fields, tops: list[tuple[str, int]], op: str) -> list[Source]:
    own = layer.sub("memory_data_param")
    shape = tuple(own.integer(name, 0) for name in ("channels", "height", "width"))
    return _with_labels(tops, shape if all(shape) else None, own.integer("batch_size", 0), op)


def _images(layer: Fields, tops: list[tuple[str, int]], op: str) -> list[Source]:
    """Data, ImageData, WindowData: the crop, else the size that images are brought to."""
    if layer.has("input_param"):  # not Caffe's, but tools that draw networks write it
        return _input(layer, tops, op)
    change = layer.sub("transform_param")
    name = {"Data": "data_param", "AnnotatedData": "data_param", "ImageData": "image_data_param"}
    own = layer.sub(name.get(op, "window_data_param"))
    grey = change.flag("force_gray", False) or not own.flag("is_color", True) or len(change.all("mean_value")) == 1
    size = change.integer("crop_size", 0) or own.integer("crop_size", 0)
    sizes = (change.integer("crop_h", size), change.integer("crop_w", size))
    if not all(sizes):
        resized = change.sub("resize_param")
        sizes = (resized.integer("height", 0), resized.integer("width", 0))
    if not all(sizes):
        sizes = (own.integer("new_height", 0), own.integer("new_width", 0))
    channels = 1 if grey and not change.flag("force_color", False) else 3
    found = _with_labels(tops, (channels, *sizes) if all(sizes) else None, own.integer("batch_size", 0), op)
    if op == "AnnotatedData":  # one row for every object in the batch
        return [found[0], *[each._replace(shape=None, loose=True, batch=1) for each in found[1:]]]
    return found


def _hdf5(layer: Fields, tops: list[tuple[str, int]], op: str) -> list[Source]:
    batch = layer.sub("hdf5_data_param").integer("batch_size", 0)
    return [Source(name, None, batch, at, op, loose=k > 0) for k, (name, at) in enumerate(tops)]


def _with_labels(tops: list[tuple[str, int]], shape: tuple[int, ...] | None, batch: int, op: str) -> list[Source]:
    """The images, then one number for each of them."""
    return [Source(name, () if k else shape, batch, at, op) for k, (name, at) in enumerate(tops)]


#: Layers that read nothing, by type.
SOURCES: dict[str, Callable[[Fields, list[tuple[str, int]], str], list[Source]]] = {
    "Input": _input,
    "Data": _images,
    "ImageData": _images,
    "WindowData": _images,
    "AnnotatedData": _images,
    "VideoData": _images,
    "DummyData": _dummy,
    "MemoryData": _memory,
    "HDF5Data": _hdf5,
}


def fed(layer: Fields, op: str) -> list[Source] | None:
    """What a layer feeds; None when it is no source."""
    tops = layer.texts("top")
    read = SOURCES.get(op)
    if read is None:
        return _input(layer, tops, op) if layer.has("input_param") and not layer.has("bottom") else None
    return read(layer, tops, op) if tops else []
