"""What a spec's text says beside its network: names, variables and blocks as they are written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from cnnshape.lint.found import Change, Found
from cnnshape.spec.blame import every_mapping

if TYPE_CHECKING:
    from cnnshape.spec.source import Document

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)+")
_WORD = re.compile(r"[A-Za-z_]\w*")


def top(document: Document | None) -> Any:
    """The spec's own mapping; an empty one where there is no text of ours."""
    data = document.data if document is not None else None
    return data if hasattr(data, "marks") and isinstance(data, dict) else {}


def texts(value: Any) -> Iterator[str]:
    """Every key and text inside a written value."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            yield from one
            stack.extend(one.values())
        elif isinstance(one, list):
            stack.extend(one)


def words(value: Any) -> set[str]:
    """Every word inside a written value that might be a name."""
    return {word for text in texts(value) for word in _WORD.findall(text)}


def unused(section: Any, name: str, below: str, message: str) -> Found:
    """A name below a key of the top that nothing uses: where it is written, and that it may go."""
    return Found(None, message, "leave it out, or use it", change=Change("unwrite", name, below), at=section.mark(name))


def sources(document: Document | None) -> Iterator[tuple[str, int]]:
    """Every name that a `from`, a `share`, a merge's shorthand or `outputs` mentions, with its packed place.

    So does every dotted word that an argument hands to a block.
    """
    data = top(document)
    if not data:
        return
    for _, item in every_mapping(data):
        for key, value in item.items():
            if isinstance(value, str) and key not in ("name", "doc", "from", "share") and _DOTTED.fullmatch(value):
                yield value, item.mark(key, value=True)
        for key in ("from", "share", "outputs", "add", "concat", "mul", "sub", "div", "maximum", "minimum", "mean"):
            value = item.get(key)
            mark = item.mark(key, value=True) if value is not None else 0
            if isinstance(value, str):
                yield value, mark
            elif isinstance(value, list):
                for index, one in enumerate(value):
                    if isinstance(one, str):
                        yield one, value.mark(index) if hasattr(value, "mark") else mark


def names(document: Document | None) -> set[str]:
    """Every name that is written out."""
    return {str(item["name"]) for _, item in every_mapping(top(document)) if "name" in item}
