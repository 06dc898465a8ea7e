"""What a message offers as the fix of a wrong word."""

from __future__ import annotations

import re
from collections.abc import Iterable

from cnnshape.errors import did_you_mean

#: The words of YAML 1.1 that look like true or false, and are plain words in YAML 1.2.
YES_NO = ("yes", "no", "on", "off", "y", "n")


def meant(word: str, known: Iterable[str], written: Iterable[str] = ()) -> str:
    """The fix that offers the nearest known word that is not written yet: one that is would be written twice.

    >>> meant("kernal", ("kernel", "stride")), meant("kernal", ("kernel", "stride"), ["kernel", "kernal"])
    ('did you mean kernel?', '')
    """
    taken = set(written)
    return did_you_mean(word, tuple(name for name in known if name not in taken))


def truth(raw: object) -> str:
    """The fix for a word where true or false is wanted; "" for what is no word alone.

    >>> truth("Yes"), truth("ture"), truth("width > x")
    ('write true or false: YAML 1.2 does not know Yes', 'write true or false', '')
    """
    if not isinstance(raw, str) or not re.fullmatch(r"\s*[A-Za-z_]\w*\s*", raw):
        return ""
    return f"write true or false{f': YAML 1.2 does not know {raw.strip()}' if raw.strip().lower() in YES_NO else ''}"
