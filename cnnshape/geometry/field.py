"""What one axis of a tensor sees of one axis of the network's input.

A field answers, for every output index o, which interval of input indices it depends on: `seen(o)`. A chain of
windows gives the same interval everywhere, shifted by `jump`; upsampling makes it alternate with a period, which
`Field` keeps exactly, as one table per period.
"""

from __future__ import annotations

from fractions import Fraction

import msgspec

from cnnshape.geometry.window import Window


class Table(msgspec.Struct, frozen=True):
    """One period of intervals: output o = q*len(lows) + r sees lows[r] + q*advance .. highs[r] + q*advance.

    An interval whose last position lies before its first is empty: nothing reaches that output.
    """

    lows: tuple[int, ...]
    highs: tuple[int, ...]
    advance: int

    @property
    def orderly(self) -> bool:
        """Whether later outputs never see less far at either end, and every output sees something.

        Then the ends of a run of outputs are the ends of what they see together. The copies of a dilated transposed
        convolution interleave, and its gaps see nothing.
        """
        return all(
            ends[-1] <= ends[0] + self.advance and all(map(int.__le__, ends, ends[1:]))
            for ends in (self.lows, self.highs)
        ) and all(map(int.__le__, self.lows, self.highs))


class Field(msgspec.Struct, frozen=True):
    """What one axis of a tensor sees of one axis of the network's input.

    `size`: how many input positions the widest output sees (hull, padding included); `jump`: how far the interval
    moves from one output to the next (a fraction after upsampling, 0 when every output sees the same); `start`:
    the first input index that output 0 sees, negative in the padding.

    Source: Araujo, Norris & Sim 2019 (Distill); Dumoulin & Visin 2016

    >>> image = Field()
    >>> conv = Field.of(Window(kernel=3, stride=2, before=1))
    >>> image.then(conv).then(conv)
    Field(start=-3, size=7, jump=4, table=None)
    """

    start: int = 0
    size: int = 1
    jump: int | Fraction = 1
    table: Table | None = None

    @classmethod
    def of(cls, window: Window) -> Field:
        """The field of one window alone."""
        return cls(-window.before, window.dilation * (window.kernel - 1) + 1, window.stride)

    def then(self, later: Field) -> Field:
        """Compose two fields without a period: `self` is nearer to the input. Associative.

        size += (later.size - 1) * jump; start += later.start * jump; jump *= later.jump
        """
        jump = self.jump
        if jump.__class__ is not int or self.table or later.table:
            raise ValueError("only fields with whole jumps compose without a table")
        return Field(
            self.start + later.start * jump,
            self.size + (later.size - 1) * jump,
            jump * later.jump,
        )

    def seen(self, o: int) -> tuple[int, int]:
        """First and last input index that output `o` sees."""
        if self.table is None:
            first = self.start + o * int(self.jump)
            return first, first + self.size - 1
        q, r = divmod(o, len(self.table.lows))
        shift = q * self.table.advance
        return self.table.lows[r] + shift, self.table.highs[r] + shift
