"""Blocks: named lists of layers with arguments, the user's own and the library in blocks/*.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from cnnshape.errors import quoted
from cnnshape.spec.source import Document, Map, Seq, parse

FOLDER = Path(__file__).parent / "blocks"


class Block(msgspec.Struct, frozen=True, eq=False):
    """Layers with arguments; an argument whose default is None must be given. The first is the shorthand."""

    name: str
    args: dict[str, Any]
    layers: Any
    mark: int = 0
    doc: str = ""
    document: Document | None = None
    """Where a library block stands; None for the user's own."""


def written(name: str, body: Any, mark: int, document: Document | None = None) -> Block | str:
    """A block from its mapping, or what is wrong with it."""
    if isinstance(body, Seq):
        return Block(name, {}, body, mark, "", document)
    if not isinstance(body, Map) or not isinstance(body.get("layers"), Seq):
        return f"the block {quoted(name)} needs layers: [...]"
    unknown = [key for key in body if key not in ("name", "args", "layers", "doc")]
    if unknown:
        return f"a block has no key {quoted(unknown[0])}"
    args: Any = body.get("args") or {}
    if isinstance(args, list):
        args = dict.fromkeys(map(str, args))
    if not isinstance(args, dict):
        return f"args of the block {quoted(name)} are names with defaults"
    return Block(name, args, body["layers"], mark, str(body.get("doc", "")), document)


class _Library:
    """The blocks that ship with the package, each read when it is first asked for."""

    @staticmethod
    @cache
    def names() -> tuple[str, ...]:
        """Every library block."""
        return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))

    @cache  # noqa: B019 - one instance for the life of the process
    def __call__(self, name: str) -> Block | None:
        """The block of this name; None when the library has none."""
        if name not in self.names():
            return None
        path = FOLDER / f"{name}.yaml"
        document = parse(path.read_text(encoding="utf-8"), str(path))
        block = written(name, document.data, 0, document)
        if isinstance(block, str):
            raise TypeError(block)
        return block


library = _Library()
