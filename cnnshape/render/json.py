"""The JSON contract; docs/json.md describes it, `cnnshape schema report` prints its JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.report import SCHEMA, LayerReport, Report
from cnnshape.text import named

if TYPE_CHECKING:
    from cnnshape.ops import Ops

_FIRST = ("schema", "model", "batch", "dtype", "inputs", "outputs", "totals", "status", "layers", "failed")


def to_json(reports: list[Report], convention: str = "", *, several: bool = False) -> str:
    """One report as an object, several as an array; `convention` says whose figures stand in params and macs.

    `several` asks for the array whatever number of them there is.
    """
    written = [_written(report, {"convention": convention} if convention else {}) for report in reports]
    if len(written) == 1 and not several:
        return written[0].decode()
    return "[\n  " + b",\n".join(written).decode().replace("\n", "\n  ") + "\n]" if written else "[]"


def _written(report: Report, named: dict[str, str]) -> bytearray:
    """One report, row after row: all rows as objects at once would take several times the text."""
    fields = {**_document(report), **named}
    last = list(fields)[-1]
    text = bytearray(b"{\n")
    for name, value in fields.items():
        text += b'  "%s": ' % name.encode()
        if name != "layers" or not report.layers:
            text += _indented(value, b"\n  ")
        else:
            text += b"[\n    "
            for number, layer in enumerate(report.layers):
                text += b",\n    " if number else b""
                text += _indented(_row(report, layer), b"\n    ")
            text += b"\n  ]"
        text += b",\n" if name != last else b"\n}"
    return text


def _indented(value: Any, line: bytes) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).replace(b"\n", line)


def document(report: Report) -> dict[str, Any]:
    """The contract's object, in the contract's order."""
    return {**_document(report), "layers": [_row(report, layer) for layer in report.layers]}


def _document(report: Report) -> dict[str, Any]:
    """The object, with its layers as they are."""
    fields = {name: getattr(report, name) for name in _FIRST}
    fields["model"] = {name: named(value) for name, value in msgspec.structs.asdict(report.model).items()}
    fields["totals"] = {**msgspec.structs.asdict(report.totals), "ops": counted(report.totals.ops)}
    if report.status.memory != "complete":
        fields["outputs"] = [{"name": t.name, "shape": t.shape if t.shape.known else None} for t in report.outputs]
    return fields


def _row(report: Report, layer: LayerReport) -> dict[str, Any]:
    """One layer of it."""
    row = {**msgspec.structs.asdict(layer), "ops": None if layer.ops is None else counted(layer.ops)}
    if report.status.memory != "complete":
        for name in ("input_shapes", "output_shapes"):
            row[name] = [shape if shape.known else None for shape in row[name]]
    return row


def counted(ops: Ops) -> dict[str, int]:
    """The operation types that occur."""
    return {name: count for name, count in msgspec.structs.asdict(ops).items() if count}


def schema() -> dict[str, Any]:
    """The JSON Schema of the contract: a report always has every field, and counts only the operations that occur."""
    found = msgspec.json.schema(Report, schema_hook=lambda _: {"type": ["array", "null"], "items": {"type": "integer"}})
    for name, part in found["$defs"].items():
        if name != "Ops":
            part["required"] = list(part["properties"])
    found["$defs"]["Report"]["properties"]["schema"] = {"const": SCHEMA}
    # Only with `analyze --convention`: whose figures stand in params and macs.
    found["$defs"]["Report"]["properties"]["convention"] = {"type": "string"}
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = f"{SCHEMA} report"
    return found
