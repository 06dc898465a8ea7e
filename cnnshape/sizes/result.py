"""What a sweep over input sizes found; the JSON contract cnnshape-sizes/1. Knows no format and never prints."""

from __future__ import annotations

from fractions import Fraction
from typing import Any, Literal

import msgspec

from cnnshape.report import Model, State

#: The version of the JSON contract.
SCHEMA = "cnnshape-sizes/1"

#: How the sizes go: all spatial axes alike, one of them alone, or every pair of two ranges.
Mode = Literal["square", "height", "width", "length", "depth", "grid"]


class Row(msgspec.Struct, frozen=True, gc=False):
    """One input size. Every number is the one that `analyze` gives for it; None where it does not work."""

    size: tuple[int, ...]
    """The spatial sizes of the input: (L,), (H, W), (D, H, W)."""
    works: bool
    fits: bool
    """It works, and no layer leaves positions behind its last window unread."""
    same_weights: bool | None
    """Whether all weights have the shapes that they have at the network's own size; None where that is not known."""
    dropping: int | None
    """How many layers leave positions behind their last window unread."""
    outputs: tuple[tuple[int, ...] | None, ...] | None
    params: int | None
    macs: int | None
    activation_bytes: int | None
    peak_activation_bytes: int | None
    problem: int | None
    """Which of `problems` this size meets."""


class Refusal(msgspec.Struct, frozen=True):
    """A layer that some sizes cannot pass, with the message for the first of them."""

    layer: str
    line: int
    code: str
    message: str
    notes: tuple[str, ...]
    fix: str
    sizes: int
    first: tuple[int, ...]
    last: tuple[int, ...]


class Dropping(msgspec.Struct, frozen=True):
    """A layer that leaves positions behind its last window unread, at some sizes."""

    layer: str
    sizes: int
    first: tuple[int, ...]
    lost: int
    """Positions of its own input at the first of them, over all axes."""


class Weight(msgspec.Struct, frozen=True):
    """A layer whose weights depend on the input size: trained, it takes only sizes that give `own`."""

    layer: str
    weight: str
    own: tuple[int, ...]


class Pattern(msgspec.Struct, frozen=True):
    """Which sizes, counted from `first`: those whose remainder by `modulus` is one of `remainders`."""

    first: int
    modulus: int
    remainders: tuple[int, ...]


class Piece(msgspec.Struct, frozen=True):
    """The law for the sizes of one remainder by the period; coefficients are fractions, the highest power first."""

    remainder: int
    coefficients: tuple[str, ...]
    sizes: int
    """How many sizes it was checked on."""


class Law(msgspec.Struct, frozen=True):
    """A number as a polynomial of the size, exact; `reason` says why not where it does not hold."""

    holds: bool
    terms: tuple[str, ...]
    period: int | None
    pieces: list[Piece]
    """One, where all remainders have the same coefficients; its remainder is then 0."""
    rectangles: int
    """How many rectangles it was checked on besides; 0 where it is said of the sizes of the sweep alone."""
    reason: str

    def coefficients_of(self, piece: Piece) -> tuple[Fraction, ...]:
        """The coefficients as numbers."""
        return tuple(map(Fraction, piece.coefficients))


class Sizes(msgspec.Struct):
    """A whole sweep."""

    model: Model
    batch: int
    dtype: str
    mode: Mode
    inputs: tuple[str, ...]
    """The inputs whose sizes change."""
    own: tuple[int, ...]
    """The spatial sizes that the network itself states."""
    step: int
    working: int
    fitting: int
    smallest: tuple[int, ...] | None
    """The smallest size that works, looked for from 1 along the sweep."""
    works: Pattern | None
    fits: Pattern | None
    period: int | None
    """After how many positions every size inside the network has grown by a fixed number; None: not within the range."""
    macs: Law
    params_state: State
    macs_state: State
    memory_state: State
    problems: list[Refusal]
    drops: list[Dropping]
    weights: list[Weight]
    rows: list[Row]
    schema: str = SCHEMA


def schema() -> dict[str, Any]:
    """The JSON Schema of the contract: a sweep always has every field."""
    found = msgspec.json.schema(Sizes)
    for part in found["$defs"].values():
        part["required"] = list(part["properties"])
    found["$defs"]["Sizes"]["properties"]["schema"] = {"const": SCHEMA}
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = f"{SCHEMA} sweep"
    return found
