"""Sizes as people write them: 8GB, 512MiB, 5M."""

from __future__ import annotations

import re
from fractions import Fraction

#: No more digits than a size could have.
_WRITTEN = re.compile(r"\s*(\d{1,40}(?:\.\d{1,40})?)\s*([kKMGT]?)(i?)(B?)\s*\Z")
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


def number_of(text: str) -> int:
    """A count with a suffix: k, M, G, T are powers of 1000, Ki, Mi, Gi, Ti of 1024; a B behind changes nothing.

    Errors: ValueError when it is none

    >>> number_of("8GB"), number_of("512MiB"), number_of("1.5k")
    (8000000000, 536870912, 1500)
    """
    found = _WRITTEN.match(text)
    if found is None or (found[3] and not found[2]):
        raise ValueError(f"{text[:40]!r} is no size")
    number: int = round(Fraction(found[1]) * (1024 if found[3] else 1000) ** _POWERS[found[2].lower()])
    return number
