"""One spatial axis of a layer that slides a window: convolution and pooling."""

from __future__ import annotations

import msgspec

#: Axes longer than this are not searched position by position.
MAX_COUNTED = 1 << 24


class Window(msgspec.Struct, frozen=True, gc=False):
    """A window of `kernel` taps, `dilation` apart, that moves by `stride` over an axis padded by `before` and `after`.

    Shape:  n -> (n + before + after - extent) // stride + 1, with extent = dilation*(kernel-1) + 1
    Source: Dumoulin & Visin 2016, relationship 15; CS231n: (N - F + 2P)/S + 1

    >>> Window(kernel=5, before=2, after=2).out_size(32)
    32
    >>> Window(kernel=3, dilation=2).extent
    5
    """

    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def extent(self) -> int:
        """From the first tap to the last, both included."""
        return self.dilation * (self.kernel - 1) + 1

    def out_size(self, n: int) -> int:
        """How often the window fits; 0 or less when it does not fit once."""
        return (n + self.before + self.after - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def left_over(self, n: int) -> int:
        """Positions of the padded axis behind the last window: (N - F + 2P) mod S."""
        return (n + self.before + self.after - self.extent) % self.stride

    def seen(self, o: int) -> tuple[int, int]:
        """First and last input index under the window at output `o`; outside 0..n-1 is padding."""
        first = o * self.stride - self.before
        return first, first + self.dilation * (self.kernel - 1)

    def reached(self, o: int) -> range:
        """The input indices under the taps at output `o`, in order."""
        first, last = self.seen(o)
        return range(first, last + 1, self.dilation)

    def taps(self, n: int) -> int:
        """How many (output, tap) pairs fall on the axis itself and not on its padding.

        >>> Window(kernel=3, before=1, after=1).taps(4)
        10
        """
        total = 0
        out = self.out_size(n)
        for k in range(self.kernel):
            # The outputs o with 0 <= o*stride - before + k*dilation < n, kept within 0..out-1.
            shift = self.before - k * self.dilation
            first = max(0, -(-shift // self.stride))
            last = min(out - 1, (n - 1 + shift) // self.stride)
            total += max(0, last - first + 1)
        return total

    def blank(self, n: int) -> int | None:
        """The first output without a tap on the n positions: it sees padding alone. None when there is none such.

        >>> Window(kernel=2, dilation=2, before=1, after=1).blank(1), Window(kernel=2, before=1, after=1).blank(1)
        (0, None)
        """
        out = self.out_size(n)
        for o in range(min(out, -(-self.before // self.stride))):
            first = o * self.stride - self.before
            k = -(first // self.dilation)  # the first tap at 0 or behind it
            if k >= self.kernel or first + k * self.dilation >= n:
                return o
        behind = -(-(n + self.before) // self.stride)  # the first that begins behind the axis
        return behind if behind < out else None

    def gapless(self, n: int) -> bool:
        """Whether the first window reads the first position and the last the last, and none has holes.

        >>> Window(kernel=3, stride=2, before=1, after=1).gapless(8), Window(kernel=3, stride=2).gapless(8)
        (True, False)
        """
        kernel, before = self.kernel, self.before
        over = self.after - (n + before + self.after - kernel) % self.stride
        return (self.dilation == 1 or kernel == 1) and 0 <= before < kernel and 0 <= over < kernel

    def unread(self, n: int) -> int | None:
        """How many of the n input positions no window ever reads; None where that takes too long to count.

        Cost: O(kernel), but O(n) where dilated taps and strides interleave (counted up to n = 2**24).

        >>> Window(kernel=2, stride=2).unread(7), Window(kernel=1, stride=2).unread(8)
        (1, 4)
        """
        out = self.out_size(n)
        if out < 1:
            return n
        if self.dilation == 1 and self.kernel <= self.stride:
            return n - self.taps(n)  # the windows do not overlap
        if self.dilation == 1:  # they do, so nothing is left between them, nor before the first
            read = (out - 1) * self.stride + self.kernel - self.before
            return n - min(n, max(0, read))
        if self.stride == 1 and out >= self.dilation:
            return 0  # every tap sweeps `out` neighbouring positions, and sweeps that touch leave no hole
        if n > MAX_COUNTED:
            return None
        seen = bytearray(n)
        for k in range(self.kernel):
            shift = k * self.dilation - self.before
            first = max(0, -(shift // self.stride))
            last = min(out - 1, (n - 1 - shift) // self.stride)
            if last >= first:
                begin = first * self.stride + shift
                seen[begin : last * self.stride + shift + 1 : self.stride] = b"\x01" * (last - first + 1)
        return seen.count(0)
