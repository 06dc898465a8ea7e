"""Text from files made safe to show: nothing in a name may steer a terminal or break a line of a table."""

from __future__ import annotations

import re

#: Control characters, invisible and direction-changing ones, line separators, halves of surrogate pairs.
_HIDDEN = "\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
_STEERS = re.compile(f"[{_HIDDEN}]")
_BREAKS = re.compile(f"[{_HIDDEN}\t\n]")


def _code(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def inline(text: str) -> str:
    r"""One line, whatever the text holds; what cannot be shown is written as its code.

    >>> print(inline("a\x1b[31mb\nc"))
    a\u001b[31mb\u000ac
    """
    return text if text.isascii() and text.isprintable() else _BREAKS.sub(_code, text)


def visible(text: str) -> str:
    r"""Whole output: line ends and tabs stay, nothing else steers the terminal. JSON stays the same JSON.

    >>> print(visible("a b\x9bc"))
    a b\u009bc
    """
    return _STEERS.sub(_code, text)


def encodable(text: str, encoding: str) -> str:
    r"""The text for a stream that knows fewer characters; the others are written as JSON writes them.

    >>> print(encodable("é🐈", "ascii"))
    \u00e9\ud83d\udc08
    """
    if text.isascii() or encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        return text
    return "".join(char if _knows(encoding, char) else _units(char) for char in text)


def _knows(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _units(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))


def width(text: str) -> int:
    """How many cells of a terminal the text takes.

    >>> width("conv1"), width("畳み込み")
    (5, 8)
    """
    if text.isascii():
        return len(text)
    import unicodedata

    wide = {"W": 2, "F": 2}
    return sum(0 if unicodedata.combining(c) else wide.get(unicodedata.east_asian_width(c), 1) for c in text)


def padded(text: str, cells: int, *, right: bool = False) -> str:
    """The text filled up to a width."""
    fill = " " * (cells - width(text))
    return fill + text if right else text + fill


def elided(text: str, cells: int, dots: str = "...") -> str:
    """The text, its middle left out where it is longer than the width: both ends of a name tell it apart.

    >>> elided("encoder.stage.0.unit.7.conv1", 20)
    'encoder....t.7.conv1'
    """
    if width(text) <= cells:
        return text
    keep = max(cells - len(dots), 2)
    head = text[: keep // 2]
    tail = text[len(text) - (keep - keep // 2) :]
    return f"{head}{dots}{tail}"
