"""Interpolation to another size."""

from __future__ import annotations

from fractions import Fraction
from math import floor, prod
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta

from cnnshape.errors import LayerError
from cnnshape.geometry.resample import Adaptive, Resample
from cnnshape.layers.base import LIMIT, Layer, Size, per_axis, spatial_rank
from cnnshape.ops import Ops
from cnnshape.shape import Shape

Factor = Annotated[int, Meta(ge=1, le=LIMIT)] | Annotated[float, Meta(gt=0, le=65536)]

_TAPS = {"nearest": 1, "linear": 2, "bilinear": 2, "trilinear": 2, "bicubic": 4, "cubic": 4}


class Upsample(Layer, frozen=True):
    """Resize the spatial axes by a factor or to a size.

    Each output of a linear mode is a weighted sum of 2 neighbours per axis, of a cubic mode of 4; `weighted` is their
    number, and the weights are fixed by the sizes and cost nothing. `area` averages windows of `taps` in all.

    Shape:   (N, C, H, W) -> (N, C, floor(H * scale_factor), floor(W * scale_factor)), or size
    Ops:     add = N * C * taps - numel' if mode == 'area' else numel' * (weighted - 1)
             mul = numel' * weighted if weighted > 1 else 0
             div = numel' if mode == 'area' else 0
    Errors:  CNN-E204 unless exactly one of scale_factor and size is given
    Source:  torch.nn.Upsample; ONNX Resize; Keras UpSampling2D

    >>> Upsample(scale_factor=2).out(Shape(2, 3, 7, 11))
    Shape(2, 3, 14, 22)
    """

    kind: ClassVar[str] = "upsample"
    shorthand: ClassVar[str] = "scale_factor"

    scale_factor: Factor | tuple[Factor, ...] | None = None
    size: Size | None = None
    mode: Literal["nearest", "linear", "bilinear", "trilinear", "bicubic", "cubic", "area"] = "nearest"
    align_corners: bool = False

    def sizes(self, x: Shape) -> tuple[int, ...]:
        """The output's spatial sizes, by torch's own arithmetic."""
        rank = spatial_rank(x, "upsample")
        if (self.size is None) == (self.scale_factor is None):
            raise LayerError("CNN-E204", "upsample needs either scale_factor or size")
        if self.size is not None:
            return per_axis(self.size, rank, "size")
        factors = per_axis(self.scale_factor, rank, "scale_factor")
        found = tuple(n * f if isinstance(f, int) else floor(float(n) * f) for n, f in zip(x[2:], factors, strict=True))
        if min(found) < 1:
            raise LayerError("CNN-E406", f"scale_factor {self.scale_factor} leaves nothing of {x}")
        return found

    def windows(self, x: Shape) -> tuple[Any, ...]:
        """One interpolation per axis."""
        ways: list[Any] = []
        factors: tuple[Any, ...] = (
            (None,) * (len(x) - 2)
            if self.scale_factor is None
            else per_axis(self.scale_factor, len(x) - 2, "scale_factor")
        )
        for n, out, factor in zip(x[2:], self.sizes(x), factors, strict=True):
            if self.mode == "area":
                ways.append(Adaptive(n, out))
                continue
            step = Fraction(n, out)
            if self.align_corners:
                step = Fraction(n - 1, out - 1) if out > 1 else Fraction(0)
            elif factor is not None:
                step = 1 / Fraction(str(factor))
            ways.append(Resample(n, out, step, _TAPS[self.mode], self.align_corners))
        return tuple(ways)

    def out(self, x: Shape) -> Shape:
        """(N, C, *sizes)."""
        return Shape(*x[:2], *self.sizes(x))

    def terms(self, y: Shape, x: Shape) -> dict[str, int]:
        """weighted: how many neighbours an output mixes; taps: the sizes of all windows that `area` averages."""
        taps = prod([Adaptive(n, size).taps_total for n, size in zip(x[2:], y[2:], strict=True)])
        return {"weighted": _TAPS.get(self.mode, 1) ** (len(x) - 2), "taps": taps}

    def ops(self, y: Shape, x: Shape) -> Ops:
        """A weighted sum per output; `area` averages windows as an adaptive pool does."""
        terms = self.terms(y, x)
        if self.mode == "area":
            return Ops(add=x[0] * x[1] * terms["taps"] - y.numel, div=y.numel)
        weighted = terms["weighted"]
        return Ops(add=y.numel * (weighted - 1), mul=y.numel * weighted if weighted > 1 else 0)
