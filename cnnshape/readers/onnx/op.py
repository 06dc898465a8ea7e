"""One operator of an ONNX graph, and the small constants that decide shapes."""

from __future__ import annotations

from typing import Any

import msgspec


class Const(msgspec.Struct, frozen=True):
    """A small tensor whose values are known, flat and row-major; at most 65,536 elements."""

    shape: tuple[int, ...]
    kind: str
    """int, float, bool or string."""
    values: tuple[Any, ...]
    dtype: int = 0
    """ONNX's number of the element type; 0: the usual one of the kind (INT64, FLOAT, BOOL, STRING)."""


class Op(msgspec.Struct):
    """One node, as the file has it."""

    type: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]
    """int, float, str, a tuple of these, a Const for a tensor, a graph for a subgraph."""
    opset: int
