"""Findings as SARIF 2.1.0, which code scanning reads."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from cnnshape.finding import About, Checked, Finding, Tool

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
#: A byte of a file's name that is no text, as `text.named` writes it.
_BYTE = re.compile(r"\\u(dc[89a-f][0-9a-f])")
_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def show(checked: Sequence[Checked], about: Sequence[About], tool: Tool) -> str:
    """One run of one tool."""
    found = [one for file in checked for one in file.findings]
    known = {one.code: one for one in about}
    codes = sorted({one.code for one in found} | set(known))
    rules = [_rule(code, known.get(code), found) for code in codes]
    problems = [file for file in checked if file.problem]
    driver: dict[str, Any] = {"name": f"cnnshape {tool.name}", "rules": rules}
    if tool.version:
        driver["version"] = tool.version
    run: dict[str, Any] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, codes.index(one.code), known.get(one.code)) for one in found],
        "invocations": [
            {
                "executionSuccessful": not problems,
                "toolExecutionNotifications": [
                    {"level": "error", "message": {"text": file.problem}, "locations": [_location(file.file)]}
                    for file in problems
                ],
            }
        ],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rule(code: str, about: About | None, found: Sequence[Finding]) -> dict[str, Any]:
    """What a rule says of itself; what its findings tell where nothing else is known."""
    if about is None:
        name = next(one.rule for one in found if one.code == code)
        return {"id": code, "name": name}
    return {
        "id": code,
        "name": about.name,
        "shortDescription": {"text": about.what},
        "fullDescription": {"text": about.why},
        "defaultConfiguration": {"level": _LEVELS[about.severity]},
    }


def _location(file: str, line: int = 0, column: int = 0, layer: str = "") -> dict[str, Any]:
    """A place; a line of 0 is no line, and a layer is a logical place."""
    physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(file)}}
    if line:
        physical["region"] = {"startLine": line, **({"startColumn": column} if column else {})}
    found: dict[str, Any] = {"physicalLocation": physical}
    if layer:
        found["logicalLocations"] = [{"fullyQualifiedName": layer, "kind": "element"}]
    return found


def _uri(file: str) -> str:
    """A file as an address; a byte that is no text, which its name shows as a code, is that byte again."""
    raw = _BYTE.sub(lambda match: chr(int(match[1], 16)), file)
    return quote(raw.replace("\\", "/"), safe="/:", errors="surrogateescape")


def _result(one: Finding, index: int, about: About | None) -> dict[str, Any]:
    """One finding; its fingerprint stays when lines move, and tells apart what is held of one layer."""
    name = f"{one.code}\0{one.file}\0{one.layer}"
    if about is not None and one.rule != about.name:  # a rule's own name says no more than its code
        name += f"\0{one.rule}"
    text = f"{one.layer}: {one.message}" if one.layer else one.message
    return {
        "ruleId": one.code,
        "ruleIndex": index,
        "level": _LEVELS[one.severity],
        "message": {"text": f"{text} (fix: {one.fix})" if one.fix else text},
        "locations": [_location(one.file, one.line, one.column, one.layer)],
        "partialFingerprints": {"cnnshape/v1": sha256(name.encode()).hexdigest()},
    }
