"""A change in the words of the language -> the same text with a few characters changed; comments and layout stay.

The text is never written anew: a change is one splice at the places that the YAML parser names. What cannot be said
as one is left alone: None.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnshape.lint.found import Change
from cnnshape.spec.aliases import KINDS, plain
from cnnshape.spec.fields import canonical
from cnnshape.spec.items import COMMON

#: Characters that a plain word may hold in a block, but not inside braces.
_FLOW = set(",[]{}")


def edited(text: str, line: int, column: int, kind: str, change: Change) -> str | None:
    """The text with one change; line and column name the layer, `kind` what it must be there."""
    import yaml

    try:
        root: Any = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError:
        return None
    if not isinstance(root, yaml.MappingNode):
        return None
    if change.way == "promise":
        return _promised(text, root, change.value)
    if change.way == "unwrite":
        return _unwritten(text, root, change)
    for parent in _sequences(root):
        for index, item in enumerate(parent.value):
            if (item.start_mark.line + 1, item.start_mark.column + 1) == (line, column):
                if change.way == "remove":
                    return _removed(text, parent, index, kind)
                return _set(text, item, kind, change)
    return None


def _sequences(root: Any) -> Iterator[Any]:
    """Every sequence, each once however often aliases repeat it."""
    stack, seen = [root], set()
    while stack:
        node = stack.pop()
        if id(node) in seen or isinstance(node.value, str):
            continue
        seen.add(id(node))
        if node.id == "sequence":
            yield node
            stack.extend(node.value)
        else:
            stack.extend(value for _, value in node.value)


def _head(item: Any, kind: str) -> Any:
    """The key that names the kind, and its value; None where the item is something else."""
    if item.id == "scalar":
        return (item, None) if _means(item.value, kind) else None
    if item.id != "mapping":
        return None
    heads = [(key, value) for key, value in item.value if key.value not in COMMON]
    return heads[0] if len(heads) == 1 and _means(heads[0][0].value, kind) else None


def _means(word: Any, kind: str) -> bool:
    """Whether a written word is this kind: not a block that holds it, and nothing with a variable in it."""
    return isinstance(word, str) and (word == kind or KINDS.get(plain(word)) == kind or plain(word) == plain(kind))


def _set(text: str, item: Any, kind: str, change: Change) -> str | None:
    """A layer with one field set."""
    head = _head(item, kind)
    if head is None:
        return None
    key, body = head
    value = _yaml(change.value)
    if body is None or (body.id == "scalar" and body.start_mark.index == body.end_mark.index):
        at = key.end_mark.index  # `- batch_norm`, or `- batch_norm:`
        colon = text[at : at + 1] == ":"
        return _spliced(text, at + colon, at + colon, f"{'' if colon else ':'} {{{change.field}: {value}}}")
    from cnnshape.layers import BY_NAME

    if body.id != "mapping":
        shorthand = BY_NAME[kind].shorthand
        if not shorthand or shorthand == "from":
            return None
        start, end = body.start_mark.index, body.end_mark.index
        raw = text[start:end].rstrip()
        if "\n" in raw or shorthand == change.field:
            return _spliced(text, start, start + len(raw), value) if shorthand == change.field else None
        if body.id == "scalar" and not body.style and _FLOW & set(raw):
            raw = '"' + raw.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return _spliced(
            text, start, start + len(text[start:end].rstrip()), f"{{{shorthand}: {raw}, {change.field}: {value}}}"
        )
    for name, old in body.value:
        if canonical(BY_NAME[kind], name.value) == change.field:
            start, end = old.start_mark.index, old.end_mark.index
            end = start + len(text[start:end].rstrip())
            return None if "\n" in text[start:end] else _spliced(text, start, end, value)
    if body.flow_style:
        end = body.end_mark.index - 1
        inner = text[body.start_mark.index + 1 : end]
        at = body.start_mark.index + 1 + len(inner.rstrip())
        comma = ", " if inner.strip() else ""
        return _spliced(text, at, at, f"{comma}{change.field}: {value}")
    first = body.value[0][0]
    indent = " " * first.start_mark.column
    last = body.value[-1][1]
    if last.id == "scalar" and last.style not in ("|", ">") and last.end_mark.line == last.start_mark.line:
        end = _line_end(text, last.end_mark.index)
        return _spliced(text, end, end, f"{_break(text)}{indent}{change.field}: {value}")
    at = first.start_mark.index
    return _spliced(text, at, at, f"{change.field}: {value}{_break(text)}{indent}")


def _removed(text: str, parent: Any, index: int, kind: str) -> str | None:
    """A list without one of its items; a list must keep one."""
    item = parent.value[index]
    if len(parent.value) < 2 or _head(item, kind) is None:
        return None
    if parent.flow_style:
        if index:
            return _spliced(text, parent.value[index - 1].end_mark.index, item.end_mark.index, "")
        return _spliced(text, item.start_mark.index, parent.value[1].start_mark.index, "")
    start = _line_start(text, item.start_mark.index)
    if text[start : item.start_mark.index].strip() != "-":
        return None
    return _spliced(text, start, _after_line(text, _end(item)), "")


def _unwritten(text: str, root: Any, change: Change) -> str | None:
    """A section without one key; an empty section goes as a whole."""
    sections = [(key, value) for key, value in root.value if key.value == change.value]
    if not sections or sections[0][1].id != "mapping":
        return None
    key, section = sections[0]
    pairs = section.value
    index = next((i for i, (name, _) in enumerate(pairs) if name.value == change.field), None)
    if index is None:
        return None
    if len(pairs) == 1:
        if root.flow_style:
            return None
        return _spliced(text, _line_start(text, key.start_mark.index), _after_line(text, _end(section)), "")
    name, value = pairs[index]
    if section.flow_style:
        if index:
            return _spliced(text, _end(pairs[index - 1][1]), _end(value), "")
        return _spliced(text, name.start_mark.index, pairs[1][0].start_mark.index, "")
    return _spliced(text, _line_start(text, name.start_mark.index), _after_line(text, _end(value)), "")


def _promised(text: str, root: Any, value: str) -> str | None:
    """The text with a promise at its end."""
    if root.flow_style or root.start_mark.column:
        return None
    broken = "" if text.endswith(("\n", "\r")) else _break(text)
    return f"{text}{broken}expect: {value}{_break(text)}"


def _end(node: Any) -> int:
    """Where a node's own characters end: a block's mark stands behind the comments that follow it."""
    if node.id == "scalar" or node.flow_style or not node.value:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _spliced(text: str, start: int, end: int, new: str) -> str:
    return text[:start] + new + text[end:]


def _break(text: str) -> str:
    """The line break that the text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    """The end of a line, in front of its break."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    return end - 1 if text[end - 1 : end] == "\r" else end


def _after_line(text: str, at: int) -> int:
    """The start of the next line; `at` may stand on it already, behind a block scalar."""
    if at and text[at - 1] == "\n":
        return at
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _yaml(value: Any) -> str:
    """A value as a spec writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
