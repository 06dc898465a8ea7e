"""Typed operation counts: what a layer computes, one unit each, never mixed."""

from __future__ import annotations

import msgspec


class Ops(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """How many scalar operations of each type a layer performs, for the whole batch.

    `mac` is one multiply-accumulate and counts conv, conv_transpose, linear, bilinear, matmul, attention and rnn
    alone; a lone multiplication is `mul`, a lone addition or subtraction `add`. `cmp` is a comparison or selection,
    `exp` an exponential, `log` a logarithm, `tanh` a hyperbolic tangent, `erf` an error function, `sqrt` a square
    root, `pow` a power with a non-integer or large exponent. A sign change, a copy and an index cost nothing.

    >>> Ops(mac=3) + Ops(mac=4, add=1)
    Ops(mac=7, add=1, mul=0, div=0, cmp=0, exp=0, log=0, tanh=0, erf=0, sqrt=0, pow=0)
    """

    mac: int = 0
    add: int = 0
    mul: int = 0
    div: int = 0
    cmp: int = 0
    exp: int = 0
    log: int = 0
    tanh: int = 0
    erf: int = 0
    sqrt: int = 0
    pow: int = 0

    def __add__(self, other: Ops) -> Ops:
        """Add type by type; the sum of two layers."""
        return Ops(*[getattr(self, name) + getattr(other, name) for name in OP_NAMES])


#: The operation types, in the order in which they are shown.
OP_NAMES: tuple[str, ...] = Ops.__struct_fields__
