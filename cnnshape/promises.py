"""What a spec promises under `expect`, held against what was found.

Promises are about one image in single precision: `calculate` asks for them there, whatever batch is shown.
"""

from __future__ import annotations

from typing import Any

from cnnshape.network import Network
from cnnshape.report import Expectation, Report


def promised(network: Network) -> bool:
    """Whether there is anything to hold."""
    return bool(network.expect) or any(node.expect for node in network.nodes)


def unkept(network: Network, report: Report) -> list[Expectation]:
    """Every promise that does not hold: those of the layers in order, then those of the whole network."""
    failed: list[Expectation] = []
    for node, row in zip(network.nodes, report.layers, strict=True):
        if node.expect:
            failed.extend(_held(node.name, node.line, node.expect, row, row.output_shapes[0]))
    if network.expect:
        shape = report.outputs[0].shape if report.outputs else ()
        failed.extend(_held("", network.expect_line, network.expect, report.totals, shape))
    return failed


def _held(name: str, line: int, expect: dict[str, Any], found: Any, shape: tuple[int, ...]) -> list[Expectation]:
    """Compare one layer's, or the network's, promises one by one."""
    failed = []
    wanted: Any
    got: Any
    for what, expected in expect.items():
        if what == "shape":
            wanted, got = expected, tuple(shape[1:])
        elif what == "receptive_field":
            field = found.receptive_field
            got = list(field.size) if field else None
            wanted = [expected] * len(got) if got and isinstance(expected, int) else expected
        else:
            wanted, got = expected, getattr(found, what, None)
        if wanted != got:
            failed.append(Expectation(name, line, what, wanted, got))
    return failed


def in_words(failed: Expectation) -> str:
    """A promise that does not hold, in words, without its layer."""
    expected, found = (
        "x".join(map(str, v)) if isinstance(v, (tuple, list)) else v for v in (failed.expected, failed.found)
    )
    return f"{failed.what} is {found}, but {expected} was expected"
