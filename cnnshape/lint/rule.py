"""What a rule is: a permanent code, a name, its documentation, and a check over one network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.finding import About, Severity

if TYPE_CHECKING:
    from cnnshape.lint.found import Found
    from cnnshape.lint.graph import Graph


class Rule(msgspec.Struct, frozen=True):
    """One rule. `bad` and `good` are whole specs: tests run them, and docs/rules.md shows them."""

    code: str
    name: str
    severity: Severity
    what: str
    why: str
    source: str
    bad: str
    good: str
    check: Callable[[Graph], Iterable[Found]]
    options: dict[str, Any] = {}
    fixes: str = ""
    """What `--fix` does; empty where no change is certain."""
    on_the_zoo: str = ""
    """Why the rule is right about a network that ships with the package."""

    @property
    def about(self) -> About:
        """What a face may show."""
        return About(self.code, self.name, self.severity, self.what, self.why)
