"""Completion of words with a colon in bash, which breaks zoo:lenet5 into three words."""

from __future__ import annotations

import os
import sys


def mend() -> None:
    """Join the pieces again, and print only what bash replaces: the part behind the colon."""
    if os.environ.get("_CNNSHAPE_COMPLETE") != "complete_bash":
        return
    words = os.environ.get("COMP_WORDS", "").split("\n")
    number = os.environ.get("COMP_CWORD", "")
    at = int(number) if number.isdigit() else 0
    joined, cursor = join(words, at)
    if len(joined) == len(words):
        return
    os.environ["COMP_WORDS"], os.environ["COMP_CWORD"] = "\n".join(joined), str(cursor)
    if ":" in (joined[cursor] if cursor < len(joined) else ""):
        sys.stdout = _Behind(sys.stdout, joined[cursor].rpartition(":")[0] + ":")


def join(words: list[str], at: int) -> tuple[list[str], int]:
    """The words with those around a colon joined, and where word `at` went.

    >>> join(["cnnshape", "get", "zoo", ":", "len"], 4), join(["cnnshape", "get", "zoo", ":", "lenet5", "to"], 5)
    ((['cnnshape', 'get', 'zoo:len'], 2), (['cnnshape', 'get', 'zoo:lenet5', 'to'], 3))
    """
    found: list[str] = []
    where = 0
    glue = False
    for index, word in enumerate(words):
        if found and (word == ":" or glue):
            found[-1] += word
        else:
            found.append(word)
        glue = word == ":"
        if index == at:
            where = len(found) - 1
    return found, where if at < len(words) else len(found)


class _Behind:
    """A stream that drops the beginning that bash keeps from every line."""

    def __init__(self, stream: object, beginning: str) -> None:
        self._stream, self._beginning = stream, beginning

    def write(self, text: str) -> int:
        """The text without the beginning."""
        lines = [line.removeprefix(self._beginning) for line in text.split("\n")]
        return int(self._stream.write("\n".join(lines)))  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        """Everything else is the stream's own."""
        return getattr(self._stream, name)
