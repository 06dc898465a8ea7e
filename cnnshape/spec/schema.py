"""The spec language as JSON Schema, so that editors complete and check it."""

from __future__ import annotations

from typing import Any

import msgspec

from cnnshape.layers import KINDS
from cnnshape.spec.aliases import FIELDS
from cnnshape.spec.blocks import library
from cnnshape.spec.fields import SPLIT, canonical
from cnnshape.spec.shapes import PROMISES


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
            elif name == "":
                body["properties"].setdefault(alias, {"description": "changes no number"})
        if "kernel_size" in body["properties"]:
            body["patternProperties"] = {SPLIT.pattern.replace("\\Z", "$"): {"type": ["integer", "string"]}}
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
    branch = {"anyOf": [layers, {"type": "null"}]}
    shortcut = {"anyOf": [layers, {"type": ["boolean", "string"]}]}
    merge = {"type": ["string", "object"]}
    count, names = {"type": ["integer", "string"]}, {"type": ["string", "array"], "items": {"type": "string"}}
    over = {"type": ["array", "string"]}
    structures = {
        "residual": {
            "anyOf": [layers, _object({"body": layers, "shortcut": shortcut, "merge": merge})],
            "description": "a body added to its own input",
        },
        "shortcut": shortcut,
        "branches": {"anyOf": [{"type": "array", "items": branch}, {"type": "object", "additionalProperties": branch}]},
        "merge": merge,
        "sequence": layers,
        "repeat": {"anyOf": [{"type": ["integer", "string"]}, _object({"times": count, "as": names, "over": over})]},
        "layers": layers,
        "share": {"type": "string"},
    }
    common = {
        "name": {"type": "string"},
        "from": {"$ref": "#/$defs/from"},
        "expect": {"$ref": "#/$defs/expect"},
        "frozen": {"type": ["boolean", "string"]},
        "counted": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
        "when": {"type": ["boolean", "string", "integer"]},
        "doc": {"type": "string"},
    }
    blocks: dict[str, Any] = {name: {} for name in library.names()}
    shape = {"type": ["string", "array", "integer"], "examples": ["3x224x224"]}
    size = {"type": ["integer", "number", "string"], "examples": ["5M", "512KiB"]}
    promise = {"type": ["integer", "string", "array"]}
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
            "expect": {"anyOf": [shape, _object(dict.fromkeys(PROMISES, promise) | {"shape": shape})]},
            "block": {
                **_object({"doc": {"type": "string"}, "args": {"type": ["object", "array"]}, "layers": layers}),
                "required": ["layers"],
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
            "expect": {"$ref": "#/$defs/expect"},
            "budget": _object({key: {"type": "object", "additionalProperties": size} for key in ("max", "min")}),
        },
        "$defs": components,
    }


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    """A mapping with these keys and no others."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _allow_text(spec: dict[str, Any]) -> None:
    """Where a number may stand, an expression may; in a list as well."""
    default = spec.pop("default", None)
    for part in [spec, *spec.get("anyOf", [])]:
        if isinstance(part.get("items"), dict):
            _allow_text(part["items"])
    inner = dict(spec)
    spec.clear()
    spec["anyOf"] = [*inner.get("anyOf", [inner]), {"type": "string"}]
    if default is not None:
        spec["default"] = list(default) if isinstance(default, tuple) else default
