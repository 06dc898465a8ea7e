"""One spatial axis of an interpolation or of an adaptive pool: windows whose place depends on the output index."""

from __future__ import annotations

from fractions import Fraction
from math import ceil, floor, gcd

import msgspec


class Resample(msgspec.Struct, frozen=True):
    """Read the axis at `out` evenly spread places, each a mix of its nearest `taps` neighbours.

    Output o reads around (o + 1/2) * step - 1/2, or around o * step when `corners` are aligned; `taps` is 1 for
    nearest (rounded down from o * step), 2 for linear, 4 for cubic.

    Shape:  n -> out
    Source: torch.nn.functional.interpolate; ONNX Resize (half_pixel, align_corners, asymmetric for nearest)
    """

    n: int
    out: int
    step: Fraction
    taps: int = 1
    corners: bool = False

    def out_size(self, n: int) -> int:  # noqa: ARG002 - the size was fixed when the layer met its input
        """The size that was asked for."""
        return self.out

    @property
    def period(self) -> tuple[int, int]:
        """After how many outputs the pattern repeats, and how many inputs further on."""
        return self.step.denominator, self.step.numerator

    def seen(self, o: int) -> tuple[int, int]:
        """First and last input that has a weight other than zero; not yet held inside the axis."""
        if self.taps == 1:
            place = floor(o * self.step)
            return place, place
        centre = o * self.step if self.corners else (o + Fraction(1, 2)) * self.step - Fraction(1, 2)
        low = floor(centre)
        if centre == low:  # the neighbours have weight zero
            return low, low
        reach = self.taps // 2
        return low - reach + 1, low + reach

    def reached(self, o: int) -> range:
        """All inputs from the first to the last that output `o` sees."""
        first, last = self.seen(o)
        return range(first, last + 1)


class Adaptive(msgspec.Struct, frozen=True, gc=False):
    """Cut the axis of `n` into `out` windows as equal as integers allow; neighbours may overlap.

    Shape:  n -> out; window o covers floor(o*n/out) .. ceil((o+1)*n/out) - 1
    Source: torch.nn.AdaptiveAvgPool2d
    """

    n: int
    out: int

    def out_size(self, n: int) -> int:  # noqa: ARG002 - the size was fixed when the layer met its input
        """The size that was asked for."""
        return self.out

    @property
    def period(self) -> tuple[int, int]:
        """After how many outputs the pattern repeats, and how many inputs further on."""
        step = Fraction(self.n, self.out)
        return step.denominator, step.numerator

    def seen(self, o: int) -> tuple[int, int]:
        """First and last input of window `o`."""
        return o * self.n // self.out, ceil(Fraction((o + 1) * self.n, self.out)) - 1

    def reached(self, o: int) -> range:
        """All inputs from the first to the last that output `o` sees."""
        first, last = self.seen(o)
        return range(first, last + 1)

    @property
    def taps_total(self) -> int:
        """Sum of all window lengths: every cut that falls inside a position is shared by two windows.

        >>> Adaptive(7, 3).taps_total
        9
        """
        return self.n + self.out - gcd(self.n, self.out)


class Whole(msgspec.Struct, frozen=True, gc=False):
    """Every output sees the whole axis: global pooling, attention, a linear map over the axis.

    Shape:  n -> out
    """

    out: int = 1

    def out_size(self, n: int) -> int:  # noqa: ARG002 - same question for every axis map
        """The size that was asked for."""
        return self.out
