"""One spatial axis of a layer that slides a window: convolution and pooling."""

from __future__ import annotations

import msgspec

#: Axes longer than this are not searched position by position, and windows of more taps not tap by tap.
MAX_COUNTED, MAX_TAPS = 1 << 24, 1 << 16


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
        return self._below(n - 1 + self.before, n) - self._below(self.before - 1, n)

    def _below(self, top: int, n: int) -> int:
        """How many (output, tap) pairs have o*stride + k*dilation <= top, without listing either."""
        out, stride, dilation = max(0, self.out_size(n)), self.stride, self.dilation
        # The first outputs have all of their taps there, those behind `some` none.
        full = min(out, max(0, (top - (self.kernel - 1) * dilation) // stride + 1))
        some = min(out, max(full, top // stride + 1))
        between = some - full
        if not between:
            return full * self.kernel
        return full * self.kernel + between + floor_sum(between, top - (some - 1) * stride, stride, dilation)

    def blank(self, n: int) -> int | None:
        """The first output without a tap on the n positions: it sees padding alone. None when there is none such.

        >>> Window(kernel=2, dilation=2, before=1, after=1).blank(1), Window(kernel=2, before=1, after=1).blank(1)
        (0, None)
        """
        out = self.out_size(n)
        # Where a tap must fall on the axis as it passes, the first output has the fewest taps left.
        lead = 1 if n >= self.dilation or self.stride % self.dilation == 0 else -(-self.before // self.stride)
        for o in range(min(out, lead) if self.before > 0 else 0):
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
        kernel, over = self.kernel, self.after - self.left_over(n)
        return (self.dilation == 1 or kernel == 1) and 0 <= self.before < kernel and 0 <= over < kernel

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
        if n > MAX_COUNTED or self.kernel > MAX_TAPS:
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


def floor_sum(count: int, first: int, step: int, divisor: int) -> int:
    """The sum of (first + i*step) // divisor for i below count, in as many steps as Euclid's algorithm takes.

    Source: Graham, Knuth & Patashnik, Concrete Mathematics, 3.5; first >= 0, step >= 0, divisor >= 1

    >>> floor_sum(4, 3, 5, 2), sum((3 + i * 5) // 2 for i in range(4))
    (20, 20)
    """
    total = 0
    while count:
        total += count * (count - 1) // 2 * (step // divisor) + count * (first // divisor)
        step, first = step % divisor, first % divisor
        reach = step * count + first
        count, first, step, divisor = reach // divisor, reach % divisor, divisor, step
    return total
