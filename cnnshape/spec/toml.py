"""TOML -> the same values with places. tomllib checks and reads; a second look finds where everything stands."""

from __future__ import annotations

import re
import tomllib
from array import array
from typing import Any

from cnnshape.errors import ModelError, Place, Problem
from cnnshape.spec.source import MAX_DEPTH, WIDTH, Document, Map, Seq

#: More TOML than this is refused: tomllib is slow, and a network that long is written by a program.
MAX_TEXT = 2**20

_SKIP = re.compile(r"(?:[ \t\r\n]++|#[^\n]*+)*+")
_KEY = re.compile(r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"""+|\'\'\'.*?\'\'\'+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_PART = r"""(?:"[^"\n]*"|'[^'\n]*'|[A-Za-z0-9_-]+)[ \t]*\.[ \t]*"""
_DEEP = re.compile(rf"(?:^|[\[{{,])[ \t]*(?:{_PART}){{{MAX_DEPTH}}}", re.MULTILINE)
_BARE = re.compile(r"[^,\]}#\n]+")


def parse_toml(text: str, file: str) -> Document:
    """Values with places. ModelError CNN-E102 with tomllib's own words where the text is no TOML."""
    if len(text) > MAX_TEXT:
        raise _wrong("CNN-E501", f"TOML of more than {MAX_TEXT:,} characters", file, text, (1, 1))
    if found := _DEEP.search(text):  # tomllib would spend a time that grows with the square of the dots
        at = text.count("\n", 0, found.end()) + 1, 1
        raise _wrong("CNN-E501", f"a key of more than {MAX_DEPTH} parts", file, text, at)
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        last = text.rstrip().count("\n") + 1
        place = (int(found[1]), int(found[2])) if found else (last, 1) if "end of document" in str(error) else (1, 1)
        message = re.sub(r" \(at .*", "", str(error), flags=re.DOTALL)
        if isinstance(error, RecursionError):
            raise _wrong("CNN-E501", f"more than {MAX_DEPTH} levels of nesting", file, text, place) from None
        raise _wrong("CNN-E102", message, file, text, place) from None
    document = Document(None, text, file)
    document.data = _rebuild(data, (), _Places(text), WIDTH + 1, document)
    return document


def _wrong(code: str, message: str, file: str, text: str, place: tuple[int, int]) -> ModelError:
    document = Document(None, text, file)
    return ModelError([Problem(code, message, Place(file, *place), document.line(place[0]))])


def _rebuild(value: Any, path: tuple[str | int, ...], places: _Places, near: int, text: Document) -> Any:
    """The same value in Map and Seq, each with the place that was found for its path."""
    found, values = places.found, places.values
    at = found.get(path, near)
    if len(path) > MAX_DEPTH:
        raise ModelError([text.problem("CNN-E501", f"more than {MAX_DEPTH} levels of nesting", at)])
    if isinstance(value, dict):
        box = Map(at)
        for key, item in value.items():
            place = found.get((*path, key), at)
            here = values.get((*path, key), place)
            box.marks.extend((place, here))
            box[key] = _rebuild(item, (*path, key), places, here, text)
        return box
    if isinstance(value, list):
        row = Seq(at)
        for index, item in enumerate(value):
            row.marks.append(found.get((*path, index), at))
            row.append(_rebuild(item, (*path, index), places, at, text))
        return row
    if not isinstance(value, (str, int, float)):
        raise ModelError(
            [text.problem("CNN-E203", f"a date or time means nothing here: {value}", near, "", "quote it")]
        )
    return value


class _Places:
    """Walks valid TOML and notes where each path begins."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[tuple[str | int, ...], int] = {}
        self.values: dict[tuple[str | int, ...], int] = {}
        self.counts: dict[tuple[str | int, ...], int] = {}
        self.starts = array("Q", [0, *(m.end() for m in re.finditer("\n", text))])
        self.table: tuple[str | int, ...] = ()
        self.document()

    def mark(self) -> int:
        """The current place, packed."""
        from bisect import bisect_right

        line = bisect_right(self.starts, self.at)
        return line * WIDTH + min(self.at - self.starts[line - 1] + 1, WIDTH - 1)

    def skip(self) -> str:
        """Pass white space and comments; the next character."""
        self.at = _SKIP.match(self.text, self.at).end()  # type: ignore[union-attr] # it matches nothing as well
        return self.text[self.at : self.at + 1]

    def keys(self) -> tuple[str, ...]:
        """A dotted key."""
        parts = []
        while found := _KEY.match(self.text, self.at):
            parts.append(next(part for part in found.groups() if part is not None))
            self.at = found.end()
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return tuple(parts)

    def note(self, path: tuple[str | int, ...], mark: int) -> None:
        """Remember the first place of a path and of all that lead to it."""
        for end in range(1, len(path) + 1):
            self.found.setdefault(path[:end], mark)

    def inside(self, keys: tuple[str, ...]) -> tuple[str | int, ...]:
        """A header's path, with the current index of every array of tables on its way."""
        path: tuple[str | int, ...] = ()
        for key in keys:
            path = (*path, key)
            if path in self.counts:
                path = (*path, self.counts[path])
        return path

    def document(self) -> None:
        """Headers and pairs, to the end."""
        while char := self.skip():
            before = self.at
            mark = self.mark()
            if char == "[":
                many = self.text.startswith("[[", self.at)
                self.at += 1 + many
                *outer, last = self.keys()
                path = (*self.inside(tuple(outer)), last)
                if many:
                    self.counts[path] = self.counts.get(path, -1) + 1
                    path = (*path, self.counts[path])
                self.table = path
                self.note(path, mark)
                self.at = self.text.find("]", self.at) + 1 + many
            else:
                self.pair(self.table)
            if self.at <= before:  # nothing that this scanner knows: give up, places stay coarse
                return

    def pair(self, table: tuple[str | int, ...]) -> None:
        """Key = value."""
        mark = self.mark()
        path = (*table, *self.keys())
        self.note(path, mark)
        self.at = self.text.find("=", self.at) + 1
        self.value(path)

    def value(self, path: tuple[str | int, ...]) -> None:
        """Anything that may stand behind `=`."""
        char = self.skip()
        self.values[path] = mark = self.mark()
        self.note(path, mark)
        if char not in ("[", "{"):
            found = _STRING.match(self.text, self.at) or _BARE.match(self.text, self.at)
            self.at = found.end() if found else self.at
            return
        self.at += 1
        index = 0
        while (inner := self.skip()) and inner not in "]}":
            before = self.at
            if inner == ",":
                self.at += 1
            elif char == "[":
                self.value((*path, index))
                index += 1
            else:
                self.pair(path)
            if self.at <= before:
                return
        self.at += 1
