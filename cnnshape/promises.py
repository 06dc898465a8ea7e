"""What a spec promises under `expect`, held against what was found.

Promises are about one image in single precision: `calculate` asks for them there, whatever batch is shown.
"""

from __future__ import annotations

from typing import Any

from cnnshape.network import Network, Promise
from cnnshape.report import Expectation, Report


def promised(network: Network) -> bool:
    """Whether there is anything to hold."""
    of_inputs = any(tensor.expect for tensor in network.inputs)
    return bool(network.expect) or of_inputs or any(node.expect for node in network.nodes)


def unkept(network: Network, report: Report) -> list[Expectation]:
    """Every promise that does not hold: those of layers and structures in order, then those of the whole network."""
    failed: list[Expectation] = []
    for tensor, arrived in zip(network.inputs, report.inputs, strict=True):
        for promise in tensor.expect:  # of a shape alone: only structures promise anything of an input
            failed.extend(_held(promise, None, arrived.shape))
    for node, row in zip(network.nodes, report.layers, strict=True):
        for promise in node.expect:
            failed.extend(_held(promise, row, row.output_shapes[promise.output]))
    if network.expect:
        shape = report.outputs[0].shape if report.outputs else ()
        failed.extend(_held(Promise("", network.expect_line, network.expect), report.totals, shape))
    return failed


def _held(promise: Promise, found: Any, shape: tuple[int, ...]) -> list[Expectation]:
    """Compare what one layer, structure or the network promises, one by one."""
    failed = []
    wanted: Any
    got: Any
    for what, expected in promise.wanted.items():
        if what == "shape":
            wanted, got = expected, tuple(shape[1:])
        elif what == "receptive_field":
            field = found.receptive_field
            got = list(field.size) if field else None
            wanted = [expected] * len(got) if got and isinstance(expected, int) else expected
        else:
            wanted, got = expected, getattr(found, what, None)
        if wanted != got:
            failed.append(Expectation(promise.name, promise.line, what, wanted, got))
    return failed


def in_words(failed: Expectation) -> str:
    """A promise that does not hold, in words, without its layer."""
    expected, found = (
        "x".join(map(str, v)) if isinstance(v, (tuple, list)) else v for v in (failed.expected, failed.found)
    )
    return f"{failed.what} is {found}, but {expected} was expected"
