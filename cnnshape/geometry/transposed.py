"""One spatial axis of a transposed convolution."""

from __future__ import annotations

from math import gcd

import msgspec


class Transposed(msgspec.Struct, frozen=True, gc=False):
    """A window that is laid down once per input, `stride` apart, and summed where copies overlap.

    `before` and `after` are cut off the result; `extra` positions (torch's output_padding) are added behind it.

    Shape:  n -> (n - 1) * stride + extent - before - after + extra
    Source: Dumoulin & Visin 2016, relationship 14; torch.nn.ConvTranspose2d; ONNX ConvTranspose

    >>> Transposed(kernel=3, stride=2, before=1, after=1, extra=1).out_size(3)
    6
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0
    extra: int = 0

    @property
    def extent(self) -> int:
        """From the first tap to the last, both included."""
        return self.dilation * (self.kernel - 1) + 1

    def out_size(self, n: int) -> int:
        """The size of the sum of all copies, after the cut."""
        return (n - 1) * self.stride + self.extent - self.before - self.after + self.extra

    @property
    def period(self) -> tuple[int, int]:
        """After how many outputs the pattern repeats, and how many inputs further on."""
        return self.stride, 1

    def reached(self, o: int) -> range:
        """The inputs whose copies reach output `o`, in order.

        Input i reaches o by tap k when i*stride + k*dilation = o + before: every (stride / gcd)-th tap does, and each
        of them comes from (dilation / gcd) inputs further on. Where none does, an empty range lies beside the input whose
        copies are around it.

        >>> list(Transposed(kernel=3, stride=2).reached(4)), list(Transposed(kernel=1, stride=2).reached(1))
        ([1, 2], [])
        """
        at, common = o + self.before, gcd(self.stride, self.dilation)
        taps = self.stride // common
        nearest = at // common * pow(self.dilation // common, -1, taps) % taps
        if at % common or nearest >= self.kernel:
            return range(at // self.stride, at // self.stride)
        farthest = nearest + (self.kernel - 1 - nearest) // taps * taps
        first, last = ((at - k * self.dilation) // self.stride for k in (farthest, nearest))
        return range(first, last + 1, self.dilation // common)

    def seen(self, o: int) -> tuple[int, int]:
        """First and last input whose copy reaches output `o`; (1, 0) when none does."""
        reached = self.reached(o)
        return (reached[0], reached[-1]) if reached else (1, 0)
