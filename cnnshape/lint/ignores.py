"""`# cnnshape: ignore[...]` beside a layer, or `ignore-file[...]` anywhere: which findings a spec has excused."""

from __future__ import annotations

import re

from cnnshape.lint.registry import codes

_COMMENT = re.compile(r"(?:^|(?<=\s))#\s*cnnshape:\s*ignore(-file)?(?![\w-])(?:[ \t]*\[([^\]\n]*)(\])?)?")


class Comment:
    """One comment: the lines that it speaks of (none: the whole file), the rules it excuses, whether it was of use."""

    __slots__ = ("codes", "column", "line", "open", "target", "used", "words")

    def __init__(self, line: int, column: int, target: int, words: str | None, *, closed: bool = True) -> None:
        """`target` is the line that is meant, 0 for all; without words every rule is, behind an open bracket none."""
        self.line, self.column, self.target = line, column, target
        self.words = words.strip() if words is not None else "ALL"
        self.open = words is not None and not closed
        named = re.split(r"[,\s]+", self.words) if not self.open else []
        self.codes = {code for word in named if word for code in codes(word)}
        self.used = False


class Ignores:
    """Every comment of one text."""

    def __init__(self, text: str) -> None:
        """Read the comments; one on a line of its own speaks of the next line that holds anything."""
        self.comments: list[Comment] = []
        if "cnnshape:" not in text:
            return
        lines = text.splitlines()
        for number, line in enumerate(lines, 1):
            found = _COMMENT.search(line)
            if not found:
                continue
            target = number
            if not line[: found.start()].strip():
                target = next(
                    (n for n in range(number + 1, len(lines) + 1) if lines[n - 1].split("#", 1)[0].strip()), number
                )
            self.comments.append(
                Comment(number, found.start() + 1, 0 if found[1] else target, found[2], closed=bool(found[3]))
            )

    def excuse(self, code: str, *lines: int) -> bool:
        """Whether a finding on one of these lines is excused; notes which comment did it."""
        excused = False
        for comment in self.comments:
            if code in comment.codes and (comment.target == 0 or comment.target in lines):
                comment.used = excused = True
        return excused
