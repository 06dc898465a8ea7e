"""Plain values that remember where they stood, and the text that they are read from.

Nothing is constructed but strings, numbers, booleans, lists and mappings. Files, nesting and aliases are bounded.
"""

from __future__ import annotations

import re
from array import array
from typing import Any

from cnnshape.errors import Place, Problem

#: Larger files are refused unread.
MAX_BYTES = 16 * 2**20
#: More values than this, aliases written out, are refused.
MAX_VALUES = 1_000_000
#: Deeper nesting than this is refused.
MAX_DEPTH = 100
#: Places are packed into one integer: line * WIDTH + column.
WIDTH = 1 << 20


class Map(dict[str, Any]):
    """A mapping that knows where it, its keys and its values begin."""

    __slots__ = ("at", "marks")

    def __init__(self, at: int = 0) -> None:
        """`at` and `marks` are packed places; marks alternate key, value."""
        super().__init__()
        self.at = at
        self.marks = array("Q")

    @classmethod
    def bare(cls, key: str, at: int) -> Map:
        """A key without a value, all in one place."""
        one = cls(at)
        one[key] = None
        one.marks.extend((at, at))
        return one

    def mark(self, key: str, value: bool = False) -> int:
        """The packed place of a key, or of its value."""
        for index, known in enumerate(self):
            if known == key and 2 * index + 1 < len(self.marks):
                return self.marks[2 * index + value]
        return self.at


class Seq(list[Any]):
    """A list that knows where it and its items begin."""

    __slots__ = ("at", "marks")

    def __init__(self, at: int = 0) -> None:
        """`at` and `marks` are packed places."""
        super().__init__()
        self.at = at
        self.marks = array("Q")

    def mark(self, index: int) -> int:
        """The packed place of an item."""
        return self.marks[index] if index < len(self.marks) else self.at


class Document:
    """A parsed file: its values, and its text for error messages."""

    def __init__(self, data: Any, text: str, file: str) -> None:
        """`data` is built of Map, Seq and scalars."""
        self.data, self.text, self.file = data, text, file
        self._starts = array("Q", [0])
        self._breaks = re.finditer("\n" if file.endswith(".toml") else "\r\n|[\r\n\x85\u2028\u2029]", text)

    def place(self, mark: int, layer: str = "") -> Place:
        """A packed place, unpacked."""
        return Place(self.file, mark // WIDTH, mark % WIDTH, layer)

    def line(self, number: int) -> str:
        """One line of the text, as the parser counts them; "" outside it. Looks no further than it must."""
        starts = self._starts
        while len(starts) <= number and (found := next(self._breaks, None)):
            starts.append(found.end())
        if not 0 < number <= len(starts):
            return ""
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n\x85\u2028\u2029")

    def problem(self, code: str, message: str, mark: int, layer: str = "", fix: str = "", *notes: str) -> Problem:
        """A problem at a packed place, with its source line."""
        place = self.place(mark, layer)
        return Problem(code, message, place, self.line(place.line), notes, fix)


def placed(value: Any) -> Any:
    """Plain data as these containers, without places."""
    if isinstance(value, dict):
        box = Map()
        box.update({str(key): placed(item) for key, item in value.items()})
        return box
    if isinstance(value, (list, tuple)):
        row = Seq()
        row.extend(placed(item) for item in value)
        return row
    return value


#: How a text begins that is TOML and no YAML.
_TOML = re.compile(r"(?:\s++|#.*+\n)*+(?:[\w.-]+[ \t]*=|\[\[?[\w. \t-]+\]\]?[ \t]*(?:#.*)?$)", re.MULTILINE)


def parse(text: str, file: str = "<spec>") -> Document:
    """Values with places, in whichever of the three notations the text is written.

    TOML is told by its suffix, or by its first key or header when the text has no file.
    Errors: ModelError CNN-E102 (syntax), CNN-E104 (double key), CNN-E501 (too large)
    """
    if file.endswith(".toml") or (file in ("<stdin>", "<spec>") and _TOML.match(text)):
        from cnnshape.spec.toml import parse_toml

        return parse_toml(text, file)
    from cnnshape.spec.yaml import compose

    return Document(compose(text, file), text, file)
