"""A tensor's shape, batch first: (N, C, *spatial)."""

from __future__ import annotations

from math import prod
from typing import Self


class Shape(tuple[int, ...]):
    """The sizes of one tensor, in NCHW order.

    Shape:  (N, C), (N, C, L), (N, C, H, W), (N, C, D, H, W) or any other rank
    Source: torch.Size; ONNX tensor shapes

    >>> Shape(1, 3, 32, 32).spatial
    (32, 32)
    >>> str(Shape(1, 3, 32, 32)), Shape(1, 3, 32, 32).numel
    ('1x3x32x32', 3072)
    """

    __slots__ = ()

    def __new__(cls, *sizes: int) -> Self:
        """Take the sizes one by one, so that a shape reads as it is written."""
        return tuple.__new__(cls, sizes)

    @property
    def batch(self) -> int:
        """N, the first size."""
        return self[0]

    @property
    def channels(self) -> int:
        """C, the second size."""
        return self[1]

    @property
    def spatial(self) -> tuple[int, ...]:
        """Every size after the channels: (L,), (H, W), (D, H, W)."""
        return self[2:]

    @property
    def numel(self) -> int:
        """How many elements a tensor of this shape holds."""
        return prod(self)

    @property
    def known(self) -> bool:
        """Whether this is a shape at all, and not the mark of one that nobody states."""
        return self is not UNKNOWN

    def __str__(self) -> str:
        """The shape as people write it: 1x3x32x32."""
        return "?" if self is UNKNOWN else "x".join(map(str, self)) or "scalar"

    def __repr__(self) -> str:
        """The shape as Python reads it back."""
        return f"Shape({', '.join(map(str, self))})"


#: The shape of a tensor that nobody states: it equals no real shape, and what is made of it is not known either.
UNKNOWN = Shape(-1)
