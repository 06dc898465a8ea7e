"""What is looked for, and from when on it counts: the command's words over the project's file over the defaults."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnshape.config import section
from cnnshape.errors import ModelError, Place, Problem, did_you_mean, quoted
from cnnshape.finding import SEVERITIES, Severity
from cnnshape.lint.registry import chosen

#: The thresholds of the rules, by their names in the configuration; a test holds them equal to the rules' own.
OPTIONS: dict[str, Any] = {
    "longest-chain": 3,
    "centre-tolerance": 0.5,
    "early-jump": 8,
    "longest-saturating": 4,
    "heavy-params": 1_000_000,
    "strongest-dropout": 0.8,
    "narrowest": 8,
    "smallest-object": 0,
    "largest-object": 0,
    "channel-step": 8,
    "narrowest-group": 8,
    "lowest-intensity": 10,
    "least-bytes": 1_000_000,
    "peak-share": 0.7,
    "wide-enough": 32,
}
KEYS = ("select", "ignore", "severity", *OPTIONS)


class Settings(msgspec.Struct, frozen=True):
    """One choice of rules."""

    select: tuple[str, ...] = ()
    """Empty: every rule. Otherwise only these, whatever their severity."""
    ignore: tuple[str, ...] = ()
    severity: Severity = "warning"
    """The mildest that is told, where a rule is not selected by name or code."""
    options: dict[str, Any] = {}

    def codes(self) -> list[str]:
        """The rules to run, by code. Errors: ModelError CNN-E701 for an unknown one."""
        out = set(chosen(self.ignore, "ignore"))
        return [code for code in chosen(self.select or ("ALL",), "select") if code not in out]

    def tells(self, severity: Severity) -> bool:
        """Whether a finding of this severity is told."""
        selected = bool(self.select) and "ALL" not in [word.upper() for word in self.select]
        return selected or SEVERITIES.index(severity) <= SEVERITIES.index(self.severity)


def _check(section: dict[str, Any], file: str) -> None:
    """Every key is known and every value is of its kind. Errors: ModelError for the first that is not."""
    for key, value in section.items():
        if key not in KEYS:
            raise _wrong("CNN-E202", f"lint has no key {quoted(key)}", file, did_you_mean(key, KEYS) or ", ".join(KEYS))
        if key in ("select", "ignore"):
            fine = isinstance(value, list) and all(isinstance(word, str) for word in value)
        elif key == "severity":
            fine = value in SEVERITIES
        else:
            fine = isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0
        if not fine:
            wanted = {
                "severity": "error, warning or info",
                "select": "a list of rules",
                "ignore": "a list of rules",
            }.get(key)
            wanted = wanted or "a number from 0 up"
            raise _wrong("CNN-E203", f"{key} is {wanted}, not {quoted(value)}", file)


def _wrong(code: str, message: str, file: str, fix: str = "") -> ModelError:
    return ModelError([Problem(code, message, Place(file), fix=fix)])


def settings(
    model: str,
    select: tuple[str, ...] = (),
    ignore: tuple[str, ...] = (),
    severity: Severity | None = None,
    options: dict[str, Any] | None = None,
) -> Settings:
    """The settings of one model: what the command says replaces what the file says; ignored rules add up."""
    found, file = section("lint", model)
    _check(found, file)
    given = {key: value for key, value in found.items() if key in OPTIONS}
    return Settings(
        select or tuple(found.get("select", ())),
        (*found.get("ignore", ()), *ignore),
        severity or found.get("severity", "warning"),
        {**OPTIONS, **given, **(options or {})},
    )
