"""Taking parts of a tensor, and adding borders: slice, split, crop, pad."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from cnnshape.errors import LayerError
from cnnshape.geometry.window import Window
from cnnshape.layers.base import (
    Carry,
    Count,
    Extra,
    Index,
    Layer,
    Pad,
    Size,
    dimension,
    divisor,
    per_axis,
    sides,
    spatial_rank,
)
from cnnshape.shape import Shape


def cut_axis(x: Shape, axis: int, start: int, step: int = 1, stop: int | None = None) -> tuple[Carry, ...]:
    """All axes as they are, but one read from `start` by `step` up to `stop`."""
    behind = x[axis] - (x[axis] if stop is None else stop)
    way = Window(1, step, 1, -start, -behind)
    return tuple(Carry(d, d, way if d == axis else None) for d in range(1, len(x)))


class Slice(Layer, frozen=True):
    """Keep every step-th position of one dimension, from start up to end.

    Shape:   (N, *, n, *) -> (N, *, ceil((end - start) / step), *)
    Ops:     none
    Errors:  CNN-E406 if nothing is left
    Source:  ONNX Slice; Python slices

    >>> Slice(dim=2, start=1, end=-1, step=2).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 3, 11)
    """

    kind: ClassVar[str] = "slice"
    view: ClassVar[bool] = True

    dim: Index
    start: Index = 0
    end: Index | None = None
    step: Count = 1

    def bounds(self, x: Shape) -> tuple[int, int, int]:
        """(axis, start, end), counted from 0 and held inside the axis."""
        axis = dimension(self.dim, x, "slice")
        first, last, _ = slice(self.start, self.end, self.step).indices(x[axis])
        if last <= first:
            raise LayerError(
                "CNN-E406",
                f"slice {self.start}:{'' if self.end is None else self.end} leaves nothing of {x[axis]}",
                f"input {x}",
                fixes=({"start": 0}, {"end": None}, {"start": 0, "end": None}),
            )
        return axis, first, last

    def out(self, x: Shape) -> Shape:
        """What is left."""
        axis, first, last = self.bounds(x)
        return Shape(*x[:axis], -(-(last - first) // self.step), *x[axis + 1 :])

    def strides(self, strides: tuple[int, ...], x: Shape) -> tuple[int, ...]:
        """The cut axis steps over what is left out."""
        axis = self.bounds(x)[0]
        return (*strides[:axis], strides[axis] * self.step, *strides[axis + 1 :])

    def carries(self, x: Shape) -> tuple[Carry, ...]:
        """The cut axis is read from start by step."""
        axis, first, last = self.bounds(x)
        return cut_axis(x, axis, first, self.step, last)


class Split(Layer, frozen=True):
    """Cut one dimension into parts: `sections` equal ones, or the given `sizes`.

    Shape:   (N, C, *) -> (N, C / sections, *) for each part
    Ops:     none
    Errors:  CNN-E405 if the parts do not add up to the dimension
    Source:  torch.split; ONNX Split; Caffe Slice

    >>> Split(sections=3).outs(Shape(2, 6, 7, 11))[2]
    Shape(2, 2, 7, 11)
    """

    kind: ClassVar[str] = "split"
    shorthand: ClassVar[str] = "sections"
    view: ClassVar[bool] = True

    sections: Annotated[int, Meta(ge=1, le=4096)] | None = None
    sizes: tuple[Count, ...] | None = None
    dim: Index = 1

    def outs(self, x: Shape) -> tuple[Shape, ...]:
        """Every part."""
        axis = dimension(self.dim, x, "split")
        sizes = self.sizes
        if (sizes is None) == (self.sections is None):
            raise LayerError(
                "CNN-E204", "split needs either sections or sizes", fixes=({"sections": 2, "sizes": None},)
            )
        if sizes is None:
            sections = self.sections or 1
            if x[axis] % sections:
                raise LayerError(
                    "CNN-E405",
                    f"{sections} sections do not divide dimension {self.dim} of {x}",
                    f"{x[axis]} = {x[axis] // sections} * {sections} + {x[axis] % sections}",
                    fixes=({"sections": divisor(x[axis], sections)},),
                )
            sizes = (x[axis] // sections,) * sections
        if sum(sizes) != x[axis] or len(sizes) > 4096:
            rest = max(1, x[axis] - sum(sizes[:-1]))
            raise LayerError(
                "CNN-E405",
                f"sizes {list(sizes[:9])} add up to {sum(sizes)}, not to {x[axis]} of {x}",
                fixes=({"sizes": (*sizes[:-1], rest)},) if len(sizes) < 10 else (),
                field="sizes",
            )
        return tuple(Shape(*x[:axis], size, *x[axis + 1 :]) for size in sizes)

    def out(self, x: Shape) -> Shape:
        """The first part."""
        return self.outs(x)[0]

    def apart(self, x: Shape) -> tuple[tuple[Carry, ...], ...]:
        """Each part begins where the one before it ends."""
        axis = dimension(self.dim, x, "split")
        ends = [0, *accumulate(part[axis] for part in self.outs(x))]
        return tuple([cut_axis(x, axis, first, 1, last) for first, last in pairwise(ends)])


class Padding(Layer, frozen=True):
    """Add a border to the spatial axes.

    Shape:   (N, C, H, W) -> (N, C, H + before + after, W + before + after)
    Ops:     none
    Errors:  CNN-E406 if a reflected or circular border is larger than the axis
    Source:  torch.nn.ZeroPad2d, ReflectionPad2d, ReplicationPad2d, CircularPad2d; ONNX Pad; Keras ZeroPadding2D

    >>> Padding(padding=((1, 2), 0)).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 10, 11)
    """

    kind: ClassVar[str] = "pad"
    shorthand: ClassVar[str] = "padding"

    padding: Pad | tuple[Pad | tuple[Pad, ...], ...]
    mode: Literal["constant", "zeros", "reflect", "replicate", "circular"] = "constant"

    def windows(self, x: Shape) -> tuple[Window, ...]:
        """A window of one position over a padded axis."""
        pads = [sides(pad) for pad in per_axis(self.padding, spatial_rank(x, "pad"), "padding")]
        most = {"reflect": -1, "circular": 0}.get(self.mode)
        for n, pad in zip(x[2:], pads, strict=True):
            if most is not None and max(pad) > n + most:
                raise LayerError(
                    "CNN-E406", f"a {self.mode} border of {max(pad)} needs more than the {n} positions of {x}",
                    fixes=({"padding": n + most}, {"mode": "replicate"}),
                )  # fmt: skip
        return tuple(Window(1, 1, 1, *pad) for pad in pads)

    def out(self, x: Shape) -> Shape:
        """The larger shape."""
        return Shape(*x[:2], *[w.out_size(n) for w, n in zip(self.windows(x), x[2:], strict=True)])


class Crop(Layer, frozen=True):
    """Cut the spatial axes to a size: given, or that of a second input, or by what is taken off each side.

    Shape:   (N, C, H, W) -> (N, C, *size); (N, C, H, W) - cropping; (N, C, H, W), reference -> (N, C, H_ref, W_ref)
    Ops:     none
    Errors:  CNN-E406 if the result is larger than the input, or empty
    Source:  Caffe Crop; Keras Cropping2D, CenterCrop; Ronneberger et al. 2015

    >>> Crop(size=5).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 5, 5)
    """

    kind: ClassVar[str] = "crop"
    shorthand: ClassVar[str] = "size"
    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    first_only: ClassVar[bool] = True
    view: ClassVar[bool] = True

    size: Size | None = None
    cropping: Pad | tuple[Pad | tuple[Pad, ...], ...] | None = None
    offset: Extra | None = None

    def bounds(self, x: Shape, *reference: Shape) -> list[tuple[int, int]]:
        """(start, size) of every spatial axis; centred unless an offset is given."""
        rank = spatial_rank(x, "crop")
        if self.cropping is not None:
            cuts = [sides(cut) for cut in per_axis(self.cropping, rank, "cropping")]
            found = [(cut[0], n - sum(cut)) for n, cut in zip(x[2:], cuts, strict=True)]
        else:
            wanted: Any = reference[0][2:] if reference else self.size
            if wanted is None:
                raise LayerError("CNN-E204", "crop needs size, cropping or a second input")
            sizes = per_axis(tuple(wanted) if isinstance(wanted, tuple) else wanted, rank, "size")
            offsets = per_axis(self.offset, rank, "offset")
            found = [
                ((n - size) // 2 if offset is None else offset, size)
                for n, size, offset in zip(x[2:], sizes, offsets, strict=True)
            ]
        for n, (start, size) in zip(x[2:], found, strict=True):
            if size < 1 or start < 0 or start + size > n:
                raise LayerError(
                    "CNN-E406",
                    f"{max(size, 0)} positions from {start} on do not fit into {n}",
                    f"input {x}",
                    *[f"input {r}" for r in reference],
                    advice=f"the size to cut to is at most {n} here, and the offset at most what that leaves",
                    field="cropping" if self.cropping is not None else "size",
                )
        return found

    def out(self, x: Shape, *reference: Shape) -> Shape:
        """The smaller shape."""
        return Shape(*x[:2], *[size for _, size in self.bounds(x, *reference)])

    def windows(self, x: Shape, *reference: Shape) -> tuple[Window, ...]:
        """A window of one position that begins at the cut."""
        return tuple(
            Window(1, 1, 1, -start, start + size - n)
            for n, (start, size) in zip(x[2:], self.bounds(x, *reference), strict=True)
        )
