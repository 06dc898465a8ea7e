"""TOML -> the same values with places. tomllib checks and reads; a second look finds where everything stands."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from cnnshape.errors import ModelError, Place, Problem
from cnnshape.spec.source import MAX_DEPTH, WIDTH, Document, Map, Seq

_SKIP = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_KEY = re.compile(r"""\s*(?:"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'|([A-Za-z0-9_-]+))[ \t]*""")
_STRING = re.compile(r'"""(?:[^\\]|\\.)*?"""+|\'\'\'.*?\'\'\'+|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'', re.DOTALL)
_BARE = re.compile(r"[^,\]}#\n]+")


def parse_toml(text: str, file: str) -> Document:
    """Values with places. ModelError CNN-E102 with tomllib's own words where the text is no TOML."""
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line, column = (int(found[1]), int(found[2])) if found else (1, 1)
        lines = text.splitlines()
        source = lines[line - 1] if 0 < line <= len(lines) else ""
        message = re.sub(r" \(at .*", "", str(error)) or "nested too deeply"
        raise ModelError([Problem("CNN-E102", message, Place(file, line, column), source)]) from None
    return Document(_rebuild(data, (), _Places(text).found, 1), text, file)


def _rebuild(value: Any, path: tuple[str | int, ...], found: dict[tuple[str | int, ...], int], near: int) -> Any:
    """The same value in Map and Seq, each with the place that was found for its path."""
    at = found.get(path, near)
    if len(path) > MAX_DEPTH:
        raise ModelError([Problem("CNN-E501", f"more than {MAX_DEPTH} levels of nesting", Place("", at // WIDTH))])
    if isinstance(value, dict):
        box = Map(at)
        for key, item in value.items():
            place = found.get((*path, key), at)
            box.marks.extend((place, place))
            box[key] = _rebuild(item, (*path, key), found, place)
        return box
    if isinstance(value, list):
        row = Seq(at)
        for index, item in enumerate(value):
            row.marks.append(found.get((*path, index), at))
            row.append(_rebuild(item, (*path, index), found, at))
        return row
    return value if isinstance(value, (str, int, float, bool)) else str(value)


class _Places:
    """Walks valid TOML and notes where each path begins."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: dict[tuple[str | int, ...], int] = {}
        self.counts: dict[tuple[str | int, ...], int] = {}
        self.starts = [0, *(m.end() for m in re.finditer("\n", text))]
        self.table: tuple[str | int, ...] = ()
        self.document()

    def mark(self) -> int:
        """The current place, packed."""
        from bisect import bisect_right

        line = bisect_right(self.starts, self.at)
        return line * WIDTH + self.at - self.starts[line - 1] + 1

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
        self.note(path, self.mark())
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
