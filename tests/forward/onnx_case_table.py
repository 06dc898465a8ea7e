"""Writes docs/onnx_node_cases.md: python tests/forward/onnx_case_table.py > docs/onnx_node_cases.md"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict

from onnx_cases import outcomes

HEAD = """# The node tests of ONNX

Written by `tests/forward/onnx_case_table.py` from onnx {version}, and held current by a test.

ONNX ships test cases for every operator: a node, its inputs and the outputs that its reference expects. Every case of
an operator that some layer kind covers is run through the kernels of `cnnshape/forward/`, with the node's attributes
as fields and its constant inputs as weights, and compared with a relative tolerance of 1e-4.

**{passed} of {cases} cases pass, {failed} fail**, and {rest} ask for something that no layer kind states.

- Where a case gives several outputs of which a layer has one (indices, masks, last states), that one is compared.
- Layers compute in single and double precision: cases of other types are run as doubles where an operator only moves
  or picks numbers, and do not apply elsewhere.
- Norms have torch's eps and no field for another: the kernel's constant is set to what a case asks for.
- Cases that are written out in other operators (`_expanded`) are not counted.

| operator | cases | pass | do not apply, and why |
|---|---:|---:|---|
"""


def table() -> str:
    """The page."""
    import onnx

    rows = defaultdict(list)
    for outcome in outcomes():
        rows[outcome.op].append(outcome)
    lines = []
    for op, found in sorted(rows.items(), key=lambda item: item[0].lower()):
        reasons = Counter(_plain(outcome.reason) for outcome in found if outcome.reason)
        why = "; ".join(f"{count} {reason}" for reason, count in sorted(reasons.items(), key=lambda r: (-r[1], r[0])))
        lines.append(f"| {op} | {len(found)} | {sum(o.passed for o in found)} | {why} |")
    every = outcomes()
    head = HEAD.format(
        version=onnx.__version__,
        passed=sum(o.passed for o in every),
        cases=len(every),
        failed=sum(not o.passed and not o.reason for o in every),
        rest=sum(bool(o.reason) for o in every),
    )
    return head + "\n".join(lines) + "\n"


def _plain(reason: str) -> str:
    """Every type that layers do not compute in is one reason."""
    kind = reason.removeprefix("dtype ")
    if kind == reason:
        return reason
    return "half precision" if "float" in kind else "integers"


if __name__ == "__main__":
    sys.stdout.write(table())
