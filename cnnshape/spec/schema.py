"""The spec language as JSON Schema, so that editors complete and check it."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnshape.layers import KINDS
from cnnshape.spec.aliases import FIELDS
from cnnshape.spec.blocks import library
from cnnshape.spec.fields import canonical


def schema() -> dict[str, Any]:
    """One definition per kind, one for the structures, one for a list of layers."""
    _, components = msgspec.json.schema_components(KINDS, ref_template="#/$defs/{name}")
    items: dict[str, Any] = {}
    for kind in KINDS:
        body = components[kind.__name__]
        for spec in body["properties"].values():
            _allow_text(spec)
        for alias in FIELDS:
            name = canonical(kind, alias)
            if name and name != alias and name in body["properties"]:
                body["properties"].setdefault(alias, {"description": f"the same as {name}", **body["properties"][name]})
        body.pop("title", None)
        body.pop("required", None)  # an alias may stand in its place
        body["description"] = (kind.__doc__ or "").split("\n\n")[0]
        shorthand: list[Any] = [{"$ref": f"#/$defs/{kind.__name__}"}, {"type": "null"}]
        if kind.shorthand == "from":
            shorthand.append({"$ref": "#/$defs/from"})
        elif kind.shorthand:
            shorthand.append(body["properties"][kind.shorthand])
        items[kind.kind] = {"anyOf": shorthand, "description": body["description"]}
    layers = {"$ref": "#/$defs/layers"}
    structures = {
        "residual": {"anyOf": [layers, {"type": "object"}], "description": "a body added to its own input"},
        "shortcut": {"anyOf": [layers, {"type": ["boolean", "string"]}]},
        "branches": {"anyOf": [{"type": "array", "items": layers}, {"type": "object", "additionalProperties": layers}]},
        "merge": {"anyOf": [{"type": "string"}, {"type": "object"}]},
        "sequence": layers,
        "repeat": {"type": ["integer", "string", "object"]},
        "layers": layers,
        "share": {"type": "string"},
    }
    common = {
        "name": {"type": "string"},
        "from": {"$ref": "#/$defs/from"},
        "expect": {"type": ["string", "array", "object", "integer"]},
        "frozen": {"type": ["boolean", "string"]},
        "when": {"type": ["boolean", "string", "integer"]},
        "doc": {"type": "string"},
    }
    blocks: dict[str, Any] = {name: {} for name in library.names()}
    shape = {"type": ["string", "array", "integer"], "examples": ["3x224x224"]}
    components.update(
        {
            "from": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "layers": {"type": "array", "items": {"$ref": "#/$defs/item"}},
            "item": {
                "anyOf": [
                    {"type": "string", "examples": [kind.kind for kind in KINDS]},
                    # other frameworks' names and the user's own blocks are keys as well
                    {"type": "object", "properties": {**items, **blocks, **structures, **common}},
                ]
            },
            "block": {
                "type": "object",
                "properties": {"doc": {"type": "string"}, "args": {"type": ["object", "array"]}, "layers": layers},
            },
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "cnnshape spec",
        "type": "object",
        "additionalProperties": False,
        "required": ["layers"],
        "properties": {
            "name": {"type": "string"},
            "doc": {"type": "string"},
            "input": shape,
            "inputs": {"type": "object", "additionalProperties": shape},
            "vars": {"type": "object"},
            "blocks": {"type": "object", "additionalProperties": {"anyOf": [{"$ref": "#/$defs/block"}, layers]}},
            "layers": layers,
            "outputs": {"$ref": "#/$defs/from"},
            "expect": {"type": ["object", "string", "array"]},
            "budget": {"type": "object"},
        },
        "$defs": components,
    }


def _allow_text(spec: dict[str, Any]) -> None:
    """Where a number may stand, an expression may."""
    default = spec.pop("default", None)
    inner = dict(spec)
    spec.clear()
    spec["anyOf"] = [*inner.get("anyOf", [inner]), {"type": "string"}]
    if default is not None:
        spec["default"] = default
