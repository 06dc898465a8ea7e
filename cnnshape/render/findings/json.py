"""Findings for programs: one document, its schema beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from cnnshape.finding import About, Checked, Tool

#: The version of the contract.
SCHEMA = "cnnshape-findings/1"


class Document(msgspec.Struct, frozen=True):
    """What `--format json` prints."""

    schema: str
    tool: str
    files: tuple[Checked, ...]


def show(checked: Sequence[Checked], about: Sequence[About], tool: Tool) -> str:  # noqa: ARG001 - one signature for all
    """The document."""
    text = msgspec.json.encode(Document(SCHEMA, tool.name, tuple(checked)))
    return msgspec.json.format(text, indent=2).decode()


def schema() -> dict[str, Any]:
    """The JSON Schema of the document."""
    found = msgspec.json.schema(Document)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "cnnshape findings", **found}
