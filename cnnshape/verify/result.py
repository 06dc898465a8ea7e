"""What verification found: for every layer, what the calculator says beside what a real run showed."""

from __future__ import annotations

from typing import Any

import msgspec

#: The version of the JSON contract.
SCHEMA = "cnnshape-verify/1"


class Check(msgspec.Struct, frozen=True):
    """One number, or one list of numbers, from both sides.

    `ok` is None where nothing could be measured or nothing is claimed: `note` says why.
    """

    what: str
    calculated: Any
    measured: Any
    ok: bool | None
    note: str = ""


class Instead(msgspec.Struct, frozen=True):
    """Another algorithm that made what the multiply-accumulates of a layer make."""

    way: str
    macs: int
    """Those that the result stands for."""
    performed: dict[str, int]
    """The operations that were performed in their place."""


class LayerChecks(msgspec.Struct, frozen=True):
    """All checks of one layer."""

    name: str
    kind: str
    checks: list[Check]
    instead: Instead | msgspec.UnsetType = msgspec.UNSET
    """Only where not every operation that is counted was performed."""

    @property
    def ok(self) -> bool:
        """Whether nothing contradicts the calculator."""
        return all(check.ok is not False for check in self.checks)


class Verification(msgspec.Struct, frozen=True):
    """The whole answer. `verified` is whether no check failed; those without a measurement are counted apart."""

    verified: bool
    model: str
    batch: int
    dtype: str
    seed: int
    layers: list[LayerChecks]
    totals: list[Check]
    seconds: float
    peak_bytes: int
    """Bytes of all activations alive at the fullest moment of the run."""
    checked: int
    failed: int
    unmeasured: int
    against: str | None = None
    schema: str = SCHEMA


def equal(what: str, calculated: Any, measured: Any, note: str = "") -> Check:
    """A check of two values that must be the same; a value that is not known claims nothing."""
    if calculated is None or measured is None:
        return Check(
            what, calculated, measured, None, note or "not measured" if calculated is not None else "not claimed"
        )
    return Check(what, calculated, measured, calculated == measured, note)
