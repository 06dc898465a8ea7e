"""The table of all operators in docs/readers/onnx.md: `python tests/readers/onnx_operators.py` prints it.

The list of operators is the onnx package's own, so that nothing can be left out.
"""

from __future__ import annotations

import onnx

from cnnshape.readers.onnx.costs import COSTS, PRODUCTS
from cnnshape.readers.onnx.mapping import BUILDERS
from cnnshape.readers.onnx.shapes.table import SHAPES

MARKS = ("covered", "elementwise", "shape-only", "unavailable")
#: Operators whose shape only the values decide, besides those whose rule is called unknown.
DATA = frozenset({"NonZero", "Unique", "NonMaxSuppression", "Compress", "StringSplit", "Loop", "Scan"})


def operators() -> list[str]:
    """Every operator of the ai.onnx domain that is not deprecated, in the newest opset that onnx knows."""
    newest: dict[str, tuple[int, bool]] = {}
    for schema in onnx.defs.get_all_schemas_with_history():
        if schema.domain == "":
            newest[schema.name] = max(newest.get(schema.name, (0, False)), (schema.since_version, schema.deprecated))
    return sorted(name for name, (_, deprecated) in newest.items() if not deprecated)


def mark(name: str) -> str:
    """How much is known of an operator's rows.

    covered: shape, weights and MACs, by a layer kind where one says it, or nothing is computed; elementwise: shape, no
    MACs, one result for each element or sum; shape-only: the shape; unavailable: only what the file states.
    """
    rule = SHAPES.get(name, "unknown")
    if rule.endswith("unknown") or name in DATA:
        return "unavailable"
    if name in BUILDERS or COSTS.get(name) == "free":
        return "covered"
    plain = rule.startswith("elementwise.") or COSTS.get(name, "unknown") != "unknown"
    return "elementwise" if plain and name not in PRODUCTS else "shape-only"


def table() -> str:
    """The operators by their marks."""
    found: dict[str, list[str]] = {each: [] for each in MARKS}
    for name in operators():
        found[mark(name)].append(f"`{name}`")
    lines = ["| | operators | which |", "|---|---|---|"]
    lines.extend(f"| {each} | {len(names)} | {', '.join(names)} |" for each, names in found.items())
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())  # noqa: T201 - that is what it is for
