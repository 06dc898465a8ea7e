"""The JSON contract; docs/json.md describes it, `cnnshape schema report` prints its JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.report import SCHEMA, Report

if TYPE_CHECKING:
    from cnnshape.ops import Ops

_FIRST = ("schema", "model", "batch", "dtype", "inputs", "outputs", "totals", "status", "layers", "failed")


def to_json(reports: list[Report]) -> str:
    """One report as an object, several as an array."""
    documents = [document(report) for report in reports]
    data = msgspec.json.encode(documents[0] if len(documents) == 1 else documents)
    return msgspec.json.format(data, indent=2).decode()


def document(report: Report) -> dict[str, Any]:
    """The contract's object, in the contract's order."""
    fields = {name: getattr(report, name) for name in _FIRST}
    fields["model"] = {name: _text(value) for name, value in msgspec.structs.asdict(report.model).items()}
    fields["totals"] = {**msgspec.structs.asdict(report.totals), "ops": counted(report.totals.ops)}
    fields["layers"] = [
        {**msgspec.structs.asdict(row), "ops": None if row.ops is None else counted(row.ops)} for row in report.layers
    ]
    return fields


def _text(value: str) -> str:
    """A file's name may hold bytes that are no text: JSON gets their codes."""
    return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()


def counted(ops: Ops) -> dict[str, int]:
    """The operation types that occur."""
    return {name: count for name, count in msgspec.structs.asdict(ops).items() if count}


def schema() -> dict[str, Any]:
    """The JSON Schema of the contract: a report always has every field, and counts only the operations that occur."""
    found = msgspec.json.schema(Report, schema_hook=lambda _: {"type": "array", "items": {"type": "integer"}})
    for name, part in found["$defs"].items():
        if name != "Ops":
            part["required"] = list(part["properties"])
    found["$defs"]["Report"]["properties"]["schema"] = {"const": SCHEMA}
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = f"{SCHEMA} report"
    return found
