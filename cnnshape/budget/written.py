"""Budgets as they are written: on the command line, in a spec, in the project's settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

import msgspec

from cnnshape.errors import ModelError, Place, Problem, quoted, usage
from cnnshape.units import number_of

Side = Literal["max", "min"]


class Limit(msgspec.Struct, frozen=True):
    """One budget: the number at `path` is at most, or at least, `value`."""

    side: Side
    path: str
    value: int
    text: str
    """The value as it was written."""
    line: int = 0
    """Where the spec writes it; 0 elsewhere."""
    file: str = ""
    """The spec, or the settings, that write it; "" on the command line."""

    def refused(self, code: str, message: str, fix: str = "") -> ModelError:
        """The error of a budget that the report cannot be held to, where it stands; of the call where that is none."""
        if not self.file:
            return usage(message, fix)
        return ModelError([Problem(code, f"budget: {message}", Place(self.file, self.line), fix=fix)])


def limits(written: Iterable[str], side: Side) -> list[Limit]:
    """`--max params=5M` options. ModelError CNN-E701 for what is none."""
    found = []
    for text in written:
        path, sign, value = text.rpartition("=")
        if not sign or not path:
            raise usage(f"--{side} {text}: write NAME=VALUE, for example --{side} params=5M")
        found.append(limit(side, path.strip(), value, f"--{side} {text}"))
    return found


def limit(side: Side, path: str, value: Any, shown: str, line: int = 0, file: str = "") -> Limit:
    """One budget from its written value. ModelError CNN-E701, or CNN-E203 in a file, when that is no size."""
    try:
        number = value if isinstance(value, int) and not isinstance(value, bool) else number_of(str(value))
        if number < 0:
            raise ValueError
    except ValueError:
        fix = "a number, with k, M, G for thousands or KiB, MiB, GiB for bytes"
        message = f"{shown}: {quoted(value)} is no size"
        if not file:
            raise usage(message, fix) from None
        raise ModelError([Problem("CNN-E203", message, Place(file, line), fix=fix)]) from None
    return Limit(side, path, number, str(value), line, file)


def table(written: Mapping[str, Any], file: str) -> list[Limit]:
    """Budgets from the settings: {max: {params: 5M}, min: {receptive_field: 224}}; a dotted name may be a table."""
    found: list[Limit] = []
    for side in written:
        if side not in ("max", "min") or not isinstance(written[side], Mapping):
            message, fix = f"{quoted(side)} is no kind of budget", "max: {params: 5M} or min: {params: 1M}"
            raise ModelError([Problem("CNN-E202", f"budget: {message}", Place(file), fix=fix)])
        kind: Side = "max" if side == "max" else "min"
        for path, value in _dotted(written[side]):
            found.append(limit(kind, path, value, f"budget.{side}.{path}", 0, file))
    return found


def _dotted(section: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    """The names of a table and of those inside it: TOML reads an unquoted `layer.macs = "1M"` as one in another."""
    for key, value in section.items():
        path = f"{before}{key}"
        if isinstance(value, Mapping):
            yield from _dotted(value, f"{path}.")
        else:
            yield path, value
