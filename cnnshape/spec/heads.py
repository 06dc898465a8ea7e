"""What an item is: the key that names its kind, the keys that may stand beside it, and what a word means."""

from __future__ import annotations

from typing import Any

from cnnshape.errors import quoted
from cnnshape.layers import BY_NAME
from cnnshape.layers.base import Layer
from cnnshape.spec.advice import meant
from cnnshape.spec.aliases import KINDS as ALIASES
from cnnshape.spec.aliases import plain
from cnnshape.spec.blocks import Block, library
from cnnshape.spec.builder import Builder
from cnnshape.spec.fields import Fault, field_of
from cnnshape.spec.source import Map

#: Keys that may stand beside any kind.
COMMON = ("name", "from", "expect", "frozen", "counted", "when", "doc")
#: Structures, and the keys that belong to them.
STRUCTURES: dict[str, tuple[str, ...]] = {
    "residual": ("shortcut", "merge"),
    "branches": ("merge",),
    "sequence": (),
    "repeat": ("layers",),
    "share": (),
}
_PLAIN_KINDS = {plain(name): name for name in BY_NAME}


def meaning(found: Block | type[Layer] | None, key: str) -> str | None:
    """The argument or field that a key stands for inside a block or kind; None when it has none of that name."""
    if found is None or isinstance(found, Block):
        return key if found is not None and key in found.args else None
    return field_of(found, key)


class Heads:
    """Reads the heads of items; `blocks` are the user's own."""

    def __init__(self, builder: Builder, blocks: dict[str, Block]) -> None:
        """Start with nothing written."""
        self.builder, self.blocks = builder, blocks

    def head(self, item: Map) -> str:
        """The key that says what an item is; "" when that is not clear."""
        if (fault := no_text(item)) is not None:
            self.builder.fault(fault, item.at)
        for word, keys in STRUCTURES.items():
            if word in item:
                allowed = (*COMMON, *keys, word)
                for key in item:
                    if key not in allowed:
                        fix = meant(key, allowed, item) or f"{word} takes {', '.join(allowed)}"
                        self.builder.wrong("CNN-E202", f"{word} has no key {quoted(key)}", item.mark(key), fix=fix)
                return word
        words = [key for key in item if key not in COMMON]
        if len(words) == 1 and words[0]:
            return words[0]
        if not words or words == [""]:
            self.builder.wrong("CNN-E204", "this item names no layer kind", item.at, fix="for example conv: 64")
            return ""
        known = [word for word in words if self.resolve(word) is not None]
        if len(known) == 1:
            for word in words:
                if word not in known:
                    fix = meant(word, COMMON, item) or self.inside_of(known[0], word, item)
                    self.builder.wrong(
                        "CNN-E202", f"{quoted(word)} cannot stand beside {known[0]}", item.mark(word), fix=fix
                    )
            return known[0]
        both = f"one item names several kinds: {quoted(', '.join(words[:4]))}"
        self.builder.wrong("CNN-E202", both, item.mark(words[1]), fix="begin each layer with a dash of its own")
        return ""

    def inside_of(self, kind: str, word: str, item: Map) -> str:
        """How a key that stands beside a kind is written inside it, where the kind has it."""
        found, body = self.resolve(kind), item[kind]
        takes: tuple[str, ...] = ()
        first = ""
        if isinstance(found, Block):
            first, takes = next(iter(found.args), ""), tuple(found.args)
        elif found is not None:
            first, takes = found.shorthand, found.__struct_fields__
        inside = body if isinstance(body, Map) else {}
        said = {meaning(found, key) for key in inside} if inside or body is None else {first}
        if (means := meaning(found, word)) is None or (means and means in said):
            fix = f"inside it {kind} takes {', '.join(takes)}" if takes else f"{kind} takes nothing inside"
            return f"leave it out: {fix}; beside it stand {', '.join(COMMON)}"
        before = f"{first}: {quoted(body)}, " if first and isinstance(body, (str, int, float, list)) else ""
        before = "..., " if inside else before
        return f"write it inside: {kind}: {{{before}{word}: {quoted(item[word])}}}"

    def resolve(self, word: str) -> Block | type[Layer] | None:
        """What a word means: a block of the user's, a kind, a block of the library, another framework's kind."""
        found: Block | type[Layer] | None = self.blocks.get(word) or BY_NAME.get(word)
        if found is None:
            found = library(word)
        if found is None:
            name = plain(word)
            found = BY_NAME.get(_PLAIN_KINDS.get(name) or ALIASES.get(name, ""))
        return found


def counted(raw: Any) -> dict[str, int]:
    """How many numbers some arrays bring, as it is written."""
    if not isinstance(raw, Map) or not raw or any(type(value) is not int or value < 0 for value in raw.values()):
        message = f"counted says how many numbers an array brings, not {quoted(raw)}"
        raise Fault("CNN-E203", message, "counted", "counted: {bias: 0}", at_value=True)
    return dict(raw)


def no_text(item: Map) -> Fault | None:
    """What is wrong with the free text of an item, a block or a spec."""
    raw = item.get("doc")
    if raw is None or isinstance(raw, str):
        return None
    return Fault(
        "CNN-E203",
        f"doc is free text, not {quoted(raw)}",
        "doc",
        "write it in quotes",
        mark=item.mark("doc", value=True),
    )
