"""What a check answers, and what would mend it: facts for the graph, the rules and the editor alike."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from cnnshape.finding import Severity


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
