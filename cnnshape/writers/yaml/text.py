"""Items -> lines of YAML, in the short forms that a person would write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from math import copysign, isinf
from typing import Any

import msgspec

from cnnshape.writers.yaml.items import DEFAULTS, Branches, Item, Leaf, Repeat, Residual
from cnnshape.writers.yaml.tidy import Block

#: Words that YAML reads as words, and nothing else, in any script.
_PLAIN = re.compile(r"[^\W\d][\w.-]*\Z")
#: In place of infinity, which a spec has not: the largest number in single precision, ONNX's own bound where none is said.
LARGEST = 3.4028234663852886e38
_READ = frozenset(["true", "false", "null", "none", "yes", "no", "on", "off", "y", "n", "inf", "nan"])


def scalar(value: Any) -> str:
    """One value in flow style."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value if _PLAIN.match(value) and value.lower() not in _READ else _quoted(value)
    if isinstance(value, msgspec.Struct):
        pairs = [(name, getattr(value, name)) for name in value.__struct_fields__]
        return flow([pair for pair in pairs if pair[1]] or pairs[:1])
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(scalar, value))}]"
    if isinstance(value, float) and isinf(value):
        value = copysign(LARGEST, value)
    return repr(value)


def _quoted(value: str) -> str:
    """A text in quotes, with everything that does not show as YAML escapes it."""
    text = json.dumps(value, ensure_ascii=False)
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else f"\\u{ord(char):04x}" if char <= "\uffff" else f"\\U{ord(char):08x}"
        for char in text
    )


def flow(pairs: Iterable[tuple[str, Any]]) -> str:
    """A mapping in flow style."""
    return f"{{{', '.join(f'{name}: {scalar(value)}' for name, value in pairs)}}}"


def item(made: Item, indent: str, beside: dict[str, Any] | None = None) -> Iterator[str]:
    """The lines of one item of a list; `beside` are keys such as name and from."""
    beside = dict(beside or {})
    inner = indent + "  "
    if isinstance(made, Leaf):
        if made.frozen:
            beside["frozen"] = True
        if made.counted:
            beside["counted"] = dict(made.counted)
        yield f"{indent}- {_leaf(made, beside)}"
    elif isinstance(made, Residual):
        yield f"{indent}- residual:"
        yield from listed(made.body, inner + "  ")
        if made.shortcut:
            yield f"{inner}shortcut:"
            yield from listed(made.shortcut, inner + "  ")
        if made.merge != "add":
            yield f"{inner}merge: {made.merge}"
    elif isinstance(made, Branches):
        yield f"{indent}- branches:"
        for part in made.parts:
            if not part:
                yield f"{inner}  - []"
                continue
            first = True
            for line in listed(part, inner + "    "):
                yield f"{inner}  - {line.lstrip()}" if first else line
                first = False
        if made.merge.fields:
            yield f"{inner}merge: {{{made.merge.kind}: {flow(made.merge.fields)}}}"
        elif made.merge.kind != "concat":
            yield f"{inner}merge: {made.merge.kind}"
    else:
        yield from _repeat(made, indent)
    for key, value in beside.items():
        yield f"{inner}{key}: {flow(value.items()) if isinstance(value, dict) else scalar(value)}"


def listed(items: Iterable[Item], indent: str) -> Iterator[str]:
    """A list of items that need no names."""
    for made in items:
        yield from item(made, indent)


def _repeat(made: Repeat, indent: str) -> Iterator[str]:
    inner = indent + "  "
    if not made.names:
        yield f"{indent}- repeat: {scalar(made.times)}"
    else:
        single = len(made.names) == 1
        cells = [row[0] if single else list(row) for row in made.rows]
        yield f"{indent}- repeat:"
        yield f"{inner}  as: {made.names[0] if single else scalar(list(made.names))}"
        yield f"{inner}  over: {scalar(cells)}"
    yield f"{inner}layers:"
    yield from listed(made.body, inner + "  ")


def _leaf(made: Leaf, beside: dict[str, Any]) -> str:
    """A layer behind its dash: alone, with its one natural value, or with fields."""
    if made.shorthand == "from" and not made.fields and isinstance(beside.get("from"), list) and beside["from"]:
        return f"{made.kind}: {scalar(beside.pop('from'))}"
    plain = DEFAULTS.get(made.kind, {})
    fields = [(name, value) for name, value in made.fields if name not in plain or plain[name] != value]
    if not fields:
        return f"{made.kind}:" if beside else made.kind
    (name, value), *more = fields
    if not more and name == made.shorthand and value is not None:
        return f"{made.kind}: {scalar(value)}"
    return f"{made.kind}: {flow(fields)}"


def block(made: Block) -> Iterator[str]:
    """A block's definition."""
    yield f"  {made.name}:"
    if made.args:
        yield f"    args: {{{', '.join(f'{name}: ' for name in made.args)}}}"
    yield "    layers:"
    yield from listed(made.items, "      ")
