"""What a rule is: a permanent code, a name, its documentation, and a check over one network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from cnnshape.finding import About, Severity

if TYPE_CHECKING:
    from cnnshape.lint.graph import Graph


class Change(msgspec.Struct, frozen=True):
    """What would mend a finding, in the words of the language; `lint/edit.py` finds the characters.

    set: the layer's `field` gets `value`. remove: the layer goes. unwrite: the key `field` below the top's key `value`
    goes (an unused variable). promise: the spec gets the line `expect: value`.
    """

    way: Literal["set", "remove", "unwrite", "promise"]
    field: str = ""
    value: Any = None


class Found(msgspec.Struct, frozen=True):
    """What a check answers: facts, without file or code. `node` is the layer's number, None for the whole network."""

    node: int | None
    message: str
    fix: str = ""
    field: str = ""
    """The field that is to blame, for whoever can find where it is written."""
    change: Change | None = None
    severity: Severity | None = None
    """Where it is another one than the rule's."""
    at: int = 0
    """A packed place of the text, where the finding is about no layer."""


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
