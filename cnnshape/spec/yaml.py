"""YAML, and JSON with it -> plain values with their places, through libyaml's events."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from cnnshape.errors import ModelError, Place, Problem, quoted
from cnnshape.spec.source import MAX_DEPTH, MAX_VALUES, WIDTH, Document, Map, Seq

_SURROGATES = re.compile(r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
#: The tags that say what a scalar is anyway; any other one is refused.
_TAGS = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")}
_PLAIN_TAGS = {"!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq"))}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
    "NaN": float("nan"),
    **{sign + word: float(sign + word[1:]) for word in (".inf", ".Inf", ".INF") for sign in ("", "+", "-")},
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}  # fmt: skip


class _Merge(NamedTuple):
    """A merge key `<<`: where it stands, how many keys stand before it, what it merges and where that stands."""

    key: int
    before: int
    value: Any
    at: int


def scalar(text: str) -> Any:
    """A plain scalar by YAML 1.2's core rules: `no` and `on` are words, 1e-5 is a number.

    >>> scalar("3"), scalar("1e-5"), scalar("no"), scalar("3x3")
    (3, 1e-05, 'no', '3x3')
    """
    first = text[:1]
    if not first or first in "~nNtTfF" or (first in ".+-" and text in _WORDS):
        return _WORDS.get(text, text)
    if first in "0123456789+-.":
        if _INT.match(text):
            return int(text) if len(text) < 40 else text
        if _FLOAT.match(text):
            return float(text)
        if text[:2] in ("0x", "0o"):
            try:
                return int(text, 0)
            except ValueError:
                return text
    return text


def compose(text: str, file: str) -> Any:
    """Build values from libyaml's events, without PyYAML's node objects (a tenth of the time and memory)."""
    import yaml

    if "\\u" in text and text.lstrip()[:1] == "{":  # JSON writes a character beyond 16 bits as two halves
        text = _SURROGATES.sub(lambda m: m[1] + chr((int(m[2], 16) << 10) + int(m[3], 16) - 0x35FDC00), text)
    parser = yaml.CSafeLoader(text) if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader(text)
    anchors: dict[str, tuple[Any, int]] = {}
    stack: list[tuple[Any, str | None, str | None, int]] = []  # container, pending key, anchor, values before
    root: Any = None
    box: Any = None  # the container that is being filled
    key: str | None = None
    anchor: str | None = None
    merges: dict[int, _Merge] = {}  # by the mapping
    count = start = documents = 0

    def fail(code: str, message: str, mark: int, fix: str = "") -> ModelError:
        return _fail(code, message, file, text, mark // WIDTH, mark % WIDTH, fix)

    try:
        while True:
            event: Any = parser.get_event()
            name = event.__class__.__name__
            mark = event.start_mark
            at = (mark.line + 1) * WIDTH + min(mark.column + 1, WIDTH - 1) if mark else 0
            if name == "ScalarEvent":
                if event.tag is not None:
                    _allowed(event.tag, fail, at)
                value: Any = event.value
                if event.implicit[0] or event.tag in _TAGS:
                    value = scalar(value)
                if event.anchor:
                    anchors[event.anchor] = (value, 1)
                count += 1
            elif name in ("MappingStartEvent", "SequenceStartEvent"):
                if event.tag is not None:
                    _allowed(event.tag, fail, at)
                stack.append((box, key, anchor, start))
                if len(stack) > MAX_DEPTH:
                    raise fail("CNN-E501", f"more than {MAX_DEPTH} levels of nesting", at)
                if box.__class__ is Map and key is None:
                    raise fail("CNN-E102", "a key must be a plain word", at, "quote it, or use a list of mappings")
                box = Map(at) if name[0] == "M" else Seq(at)
                key, anchor, start = None, event.anchor, count
                count += 1
                continue
            elif name in ("MappingEndEvent", "SequenceEndEvent"):
                value, at = box, box.at
                if id(box) in merges:
                    value = _merged(box, merges.pop(id(box)), fail)
                if anchor:
                    anchors[anchor] = (value, count - start)
                box, key, anchor, start = stack.pop()
            elif name == "AliasEvent":
                if event.anchor not in anchors:
                    raise fail("CNN-E102", f"the alias *{event.anchor} has no anchor before it, or contains itself", at)
                value, size = anchors[event.anchor]
                count += size
            elif name == "DocumentStartEvent":
                documents += 1
                if documents > 1:
                    raise fail("CNN-E102", "a second document begins here", at, "keep one network per file")
                continue
            elif name == "StreamEndEvent":
                break
            else:
                continue
            if count > MAX_VALUES:
                raise fail("CNN-E501", f"the text holds more than {MAX_VALUES:,} values, aliases written out", at)
            if box is None:
                root = value
            elif box.__class__ is Seq:
                box.append(value)
                box.marks.append(at)
            elif key is None:
                if value.__class__ in (Map, Seq):
                    raise fail("CNN-E102", "a key must be a plain word", at)
                key = event.value if name == "ScalarEvent" else str(value)
                if key in box or (key == "<<" and id(box) in merges):
                    first = (box.mark(key) if key in box else merges[id(box)].key) // WIDTH
                    message = f"the key {quoted(key)} is written twice (first on line {first})"
                    raise fail("CNN-E104", message, at, "<<: [*a, *b]" if key == "<<" else "keep one")
                box.marks.append(at)
            else:
                if key == "<<":
                    merges[id(box)] = _Merge(box.marks.pop(), len(box), value, at)
                else:
                    box[key] = value
                    box.marks.append(at)
                key = None
    except yaml.YAMLError as error:
        raise _syntax(error, text, file) from None
    except ValueError as error:
        raise _fail("CNN-E102", str(error)[:200], file, text, 1, 1) from None
    finally:
        parser.dispose()
    return root


def _allowed(tag: str, fail: Any, at: int) -> None:
    """Refuse a tag that would ask for anything but plain values."""
    if tag not in _TAGS and tag not in _PLAIN_TAGS:
        shown = quoted(tag.replace("tag:yaml.org,2002:", "!!"))
        raise fail("CNN-E102", f"the tag {shown} means nothing here", at, "write the value without a tag")


def _merged(box: Map, merge: _Merge, fail: Any) -> Map:
    """A mapping with its merge key resolved: keys written out win, and the first source of several."""
    found = Map(box.at)
    keys = list(box)

    def keep(indices: range) -> None:
        for index in indices:
            found[keys[index]] = box[keys[index]]
            found.marks.extend(box.marks[2 * index : 2 * index + 2])

    keep(range(merge.before))
    for source in merge.value if isinstance(merge.value, Seq) else [merge.value]:
        if source.__class__ is not Map:
            raise fail("CNN-E102", "<< merges mappings only", merge.at)
        for index, (name, item) in enumerate(source.items()):
            if name not in found and name not in box:
                found[name] = item
                found.marks.extend(source.marks[2 * index : 2 * index + 2])
    keep(range(merge.before, len(keys)))
    return found


def _syntax(error: Any, text: str, file: str) -> ModelError:
    """Libyaml's complaint, as ours."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    message = " ".join(str(part) for part in (getattr(error, "context", ""), getattr(error, "problem", "")) if part)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    if hasattr(error, "character"):  # a ReaderError counts characters
        message, before = f"the character {error.character!r} cannot stand in YAML", text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
    fix, lines = "", Document(None, text, file)
    if not lines.line(line) and mark and mark.index >= len(text.rstrip()):  # at the end: show the last line
        line = text.rstrip().count("\n") + 1
        column = len(lines.line(line).rstrip()) + 1
    if "\t" in lines.line(line)[: max(column, 1)]:
        fix = "indent with spaces: YAML allows no tabs"
    elif "mapping values are not allowed" in message:
        fix = _missing_colon(lines, line)
    return _fail("CNN-E102", message or str(error)[:200], file, text, line, column, fix)


def _missing_colon(lines: Document, line: int) -> str:
    """The usual slips behind "mapping values are not allowed": `- relu` above `name: a`, and `conv: filters: 8`."""
    here = lines.line(line)
    if found := re.match(r"\s*(?:-\s+)?([\w.]+):\s+([\w.]+:\s+\S.*)", here):
        return f"write {found[1]}: {{{found[2].rstrip()}}}"
    above = next((text for n in range(line - 1, max(0, line - 20), -1) if (text := lines.line(n)).strip()), "")
    if found := re.fullmatch(r"\s*-\s+([\w.]+)\s*(?:#.*)?", above):
        return f"write - {found[1]}: with a colon, when keys stand below it"
    return "a value that holds a colon and a space must be quoted"


def _fail(code: str, message: str, file: str, text: str, line: int, column: int, fix: str = "") -> ModelError:
    return ModelError(
        [Problem(code, message, Place(file, line, column), Document(None, text, file).line(line), fix=fix)]
    )
