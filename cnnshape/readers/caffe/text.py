"""The text format of protocol buffers -> messages, with the place of every field.

Reads any message: which fields there are is `fields`' business. One loop with its own stack, so that the depth of the
text is no depth of calls.

Source: protobuf.dev/reference/protobuf/textformat-spec
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable

#: protobuf itself refuses messages nested deeper than this.
MAX_DEPTH = 100
#: After this many mistakes the rest is left for the next run.
MAX_MISTAKES = 20

_SPACE = re.compile(r"(?:[ \t\r\n\f\v]++|#[^\n]*+)*+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+|\[[A-Za-z0-9_./ \t]{1,200}\]")
_STRING = re.compile(r'"(?:[^"\\\n]|\\[^\n])*+"|' + r"'(?:[^'\\\n]|\\[^\n])*+'")
_NUMBER = re.compile(
    r"-?[ \t]*+(?:0[xX][0-9a-fA-F]++|(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?[fF]?)(?![A-Za-z0-9_.])"
)
_WORD = re.compile(r"-?[A-Za-z_][A-Za-z0-9_]*+")
#: The usual field, in one look: a name, a colon, and a plain string or decimal number with another field or } behind it.
_USUAL = re.compile(
    r"[ \t\r\n]*+([A-Za-z_][A-Za-z0-9_]*+)[ \t]*+:[ \t]*+"
    r'(?:"([^"\\\n]*+)"(?=[ \t\r\n]*+[A-Za-z_}])|(-?(?:0|[1-9][0-9]{0,17}))(?=[ \t\r\n]++[A-Za-z_}]|\}))'
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_CLOSERS = {"{": "}", "<": ">"}
#: Where reading goes on behind a mistake: a layer that begins a line.
_RESTART = re.compile(r"^layers?[ \t]*:?[ \t]*[{<]", re.MULTILINE)


class Word(str):
    """A bare word: an enumeration's value, true or false."""

    __slots__ = ()


class Message:
    """Fields in the order of the text: (name, value, offset of the name)."""

    __slots__ = ("fields", "offset")

    def __init__(self, offset: int) -> None:
        """An empty message that begins at `offset`."""
        self.offset = offset
        self.fields: list[tuple[str, Value, int]] = []


Value = Message | Word | str | int | float
#: What happens with a mistake: its offset and its text.
Report = Callable[[int, str], None]


class Lines:
    """Offset -> (line, column), both from 1."""

    def __init__(self, text: str) -> None:
        """Line ends are looked for when the first place is asked for."""
        self.text = text
        self.ends: list[int] | None = None

    def place(self, offset: int) -> tuple[int, int]:
        """Where an offset is."""
        if self.ends is None:
            self.ends = [match.end() for match in re.finditer("\n", self.text)]
        line = bisect_right(self.ends, offset)
        return line + 1, offset - (self.ends[line - 1] if line else 0) + 1


class _Mistake(Exception):  # noqa: N818 - it is told, not raised to anybody
    def __init__(self, offset: int, message: str) -> None:
        super().__init__(message)
        self.offset = offset


def parse(text: str, report: Report) -> Message:
    """The message that a text holds; mistakes go to `report`, and reading goes on at the next layer.

    >>> found = parse("a: 1 b { c: 'x' 'y' } b < d: [MAX, 0x10] >", print)
    >>> [(name, value if not isinstance(value, Message) else value.fields) for name, value, _ in found.fields]
    [('a', 1), ('b', [('c', 'xy', 9)]), ('b', [('d', 'MAX', 26), ('d', 16, 26)])]
    """
    parser = _Parser(text)
    at, mistakes = 0, 0
    while True:
        try:
            parser.run(at)
        except _Mistake as mistake:
            report(mistake.offset, str(mistake))
            mistakes += 1
            again = _RESTART.search(text, max(mistake.offset, at) + 1)
            if again is None or mistakes >= MAX_MISTAKES:
                return parser.root
            at = again.start()
        else:
            return parser.root


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.root = Message(0)
        self.names: dict[str, str] = {}

    def skip(self, at: int) -> int:
        """The next offset that is neither space nor comment."""
        found = _SPACE.match(self.text, at)
        return found.end() if found else at

    def run(self, at: int) -> None:
        """Read fields until the text ends."""
        text, skip, names = self.text, self.skip, self.names
        fields = self.root.fields
        stack: list[tuple[list[tuple[str, Value, int]], str, int, bool, str]] = []
        closer, opened, listed, key = "", 0, False, ""
        while True:
            usual = _USUAL.match(text, at)
            if usual is not None:
                name, words, digits = usual.groups()
                value: Value = int(digits) if words is None else names.setdefault(words, words)
                fields.append((names.setdefault(name, name), value, usual.start(1)))
                at = usual.end()
                continue
            at = skip(at)
            char = text[at : at + 1]
            if not char:
                if stack:
                    raise _Mistake(opened, f"this is never closed by {closer}")
                return
            if stack and char == closer:
                name, listed_here = key, listed
                fields, closer, opened, listed, key = stack.pop()
                at = skip(at + 1)
                if listed_here:
                    at = self.listed(at, name)
                    if text[at : at + 1] in _CLOSERS:
                        if len(stack) >= MAX_DEPTH:
                            raise _Mistake(at, f"messages are nested deeper than {MAX_DEPTH}")
                        inner = Message(at)
                        fields.append((name, inner, at))
                        stack.append((fields, closer, opened, listed, key))
                        fields, closer, opened, listed, key = inner.fields, _CLOSERS[text[at]], at, True, name
                        at += 1
                        continue
                    at += 1
                if text[at : at + 1] in (",", ";"):
                    at += 1
                continue
            found = _NAME.match(text, at)
            if found is None:
                raise _Mistake(at, self.unexpected(at, "the name of a field"))
            start = at
            name = names.setdefault(found[0], found[0])
            at = skip(found.end())
            colon = text[at : at + 1] == ":"
            if colon:
                at = skip(at + 1)
            char = text[at : at + 1]
            as_list = char == "["
            if as_list:
                at = skip(at + 1)
                char = text[at : at + 1]
                if char == "]":
                    at += 1
                    continue
            if char in _CLOSERS and char:
                if len(stack) >= MAX_DEPTH:
                    raise _Mistake(at, f"messages are nested deeper than {MAX_DEPTH}")
                inner = Message(start)
                fields.append((name, inner, start))
                stack.append((fields, closer, opened, listed, key))
                fields, closer, opened, listed, key = inner.fields, _CLOSERS[char], start, as_list, name
                at += 1
                continue
            if not colon:
                raise _Mistake(at, self.unexpected(at, f"a colon or a brace after {name}"))
            while True:
                value, at = self.scalar(at)
                fields.append((name, value, start))
                at = skip(at)
                if not as_list:
                    break
                at = self.listed(at, name)
                if text[at - 1 : at] == "]" or text[at : at + 1] == "]":
                    at += text[at : at + 1] == "]"
                    break
            if text[at : at + 1] in (",", ";"):
                at += 1

    def listed(self, at: int, name: str) -> int:
        """Behind an item of a list: the offset of its end, or of the next item."""
        at = self.skip(at)
        if self.text[at : at + 1] == "]":
            return at
        if self.text[at : at + 1] == ",":
            return self.skip(at + 1)
        raise _Mistake(at, self.unexpected(at, f"a comma or ] in the list {name}"))

    def scalar(self, at: int) -> tuple[Value, int]:
        """One value and the offset behind it."""
        text = self.text
        char = text[at : at + 1]
        if char in ('"', "'") and char:
            return self.string(at)
        found = _WORD.match(text, at)
        if found:
            word = found[0].lower().lstrip("-")
            if word in ("inf", "infinity", "nan", "inff", "nanf"):
                return float(found[0].lower().removesuffix("f") if word in ("inff", "nanf") else found[0]), found.end()
            if found[0][0] != "-":
                return Word(self.names.setdefault(found[0], found[0])), found.end()
        found = _NUMBER.match(text, at)
        if found is None:
            raise _Mistake(at, self.unexpected(at, "a value"))
        return self.number(found[0].replace(" ", "").replace("\t", ""), at), found.end()

    def number(self, written: str, at: int) -> int | float:
        """Decimal, hexadecimal, octal or floating."""
        digits = written.lstrip("-")
        sign = -1 if written[0] == "-" else 1
        if len(digits) > 400:
            raise _Mistake(at, f"a number of {len(digits)} digits")
        if digits[:2] in ("0x", "0X"):
            return sign * int(digits, 16)
        if digits.isdecimal():
            if len(digits) > 1 and digits[0] == "0":
                if set(digits) - set("01234567"):
                    raise _Mistake(at, f"{written} begins with 0, but is no octal number")
                return sign * int(digits, 8)
            return sign * int(digits)
        return sign * float(digits.rstrip("fF"))

    def string(self, at: int) -> tuple[str, int]:
        """Neighbouring strings are one."""
        parts = []
        while True:
            found = _STRING.match(self.text, at)
            if found is None:
                raise _Mistake(at, "the text in quotes does not end on its line")
            part = found[0][1:-1]
            parts.append(_ESCAPE.sub(_unescaped, part) if "\\" in part else part)
            end = found.end()
            at = self.skip(end)
            if self.text[at : at + 1] not in ('"', "'") or at >= len(self.text):
                break
        if len(parts) > 1:
            return "".join(parts), end
        return self.names.setdefault(parts[0], parts[0]), end

    def unexpected(self, at: int, wanted: str) -> str:
        """What stands where something else should."""
        if at >= len(self.text):
            return f"the text ends where {wanted} should stand"
        found = _WORD.match(self.text, at)
        shown = found[0][:40] if found else self.text[at]
        return f"{shown!r} where {wanted} should stand"


def _unescaped(found: re.Match[str]) -> str:
    """What an escape stands for."""
    hexadecimal, octal, short, long, letter = found.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    code = int(octal, 8) if octal else int(hexadecimal or short or long, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
