"""Every number proved by a real forward pass: runs `forward/` and holds what it measured against the report.

docs/verify.md says what is proved, why it is independent, and what it cannot prove.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from time import perf_counter
from typing import Any

import msgspec

from cnnshape.errors import ModelError, Place, Problem
from cnnshape.forward.run import Ran, Stuck, execute, feed, needed
from cnnshape.forward.thin import SLIDING
from cnnshape.forward.trials import Unknown, unread
from cnnshape.forward.weights import Weights
from cnnshape.network import Network, Node
from cnnshape.report import DTYPES, LayerReport, Report
from cnnshape.verify.fields import fields
from cnnshape.verify.result import Check, Instead, LayerChecks, Verification, equal

__all__ = ["Check", "Instead", "LayerChecks", "Verification", "needs", "verify"]

#: Beside weights and activations: columns, padded copies, and the trials.
WORKING_SPACE = 100 * 2**20


def needs(report: Report, *, keep: bool = False) -> int:
    """Bytes that a run will take, from the report: weights, activations at their peak, and working space.

    Weights are made when a layer runs and given back after it, unless `keep`.
    """
    item = DTYPES[report.dtype]
    each = [
        sum(prod(shape) for shape in (*(row.weights or {}).values(), *row.buffer_shapes.values()))
        for row in report.layers
        if row.shared_with is None
    ]
    weights = (sum(each) if keep else max(each, default=0)) * item
    return weights + report.totals.peak_activation_bytes * 3 // 2 + WORKING_SPACE


def verify(
    network: Network,
    report: Report,
    *,
    layers: list[str] | None = None,
    seed: int = 0,
    against: str | None = None,
    receptive_fields: bool = True,
    mode: str = "fast",
    told: Callable[[str], None] | None = None,
) -> Verification:
    """Run the network and hold what really happened against its report.

    `told` hears of each step before it is taken: the layers by name, then the axes along which fields are tried.
    `mode` is fast, direct (which performs every multiplication that it counts) or reference (plain loops).

    Shape:  batch and dtype are the report's
    Errors: KeyError for a layer that the network does not have; ModelError where another engine is missing
    """
    started = perf_counter()
    names = [node.name for node in network.nodes]
    wanted = set(names if layers is None else _chosen(names, layers))
    only = None if layers is None else needed(network, [i for i, name in enumerate(names) if name in wanted])
    weights = Weights(seed, report.dtype, keep=against is not None)
    inputs = feed(network, weights, report.batch)
    try:
        outputs, ran = execute(
            network, list(inputs), weights, only=only, told=told and (lambda node: told(node.name)), mode=mode
        )
    except Stuck as stuck:
        place = Place(network.source, stuck.node.line, stuck.node.column, stuck.node.name)
        fix = "verify the layers before it with --layers"
        raise ModelError([Problem("CNN-E704", f"{stuck.why}: nothing can run it", place, fix=fix)]) from None
    rows = {row.name: row for row in report.layers}
    nodes = {node.name: node for node in network.nodes}
    seen = fields(network, report, wanted, told) if receptive_fields else {}
    owned: set[str] = set()
    unreads: dict[Any, int | None] = {}
    found = []
    for one in ran:
        name = one.node.name
        checks = ran_checks(one, rows[name], owned) + seen.get(name, []) + dropped(nodes[name], rows[name], unreads)
        if name in wanted:
            found.append(LayerChecks(name, rows[name].kind, checks, instead(one)))
    # Without a layer the run leaves nothing but the inputs that are the outputs.
    peak = max([one.alive for one in ran]) if ran else sum(array.nbytes for array in outputs.values())
    totals = [] if layers is not None else total_checks(ran, report, peak)
    if against is not None and layers is None:
        from cnnshape.verify.against import compared

        totals += compared(network, report, weights, inputs, outputs, against)
    every = [check for layer in found for check in layer.checks] + totals
    failed = sum(check.ok is False for check in every)
    return Verification(
        failed == 0,
        report.model.name,
        report.batch,
        report.dtype,
        seed,
        found,
        totals,
        round(perf_counter() - started, 6),
        peak,
        sum(check.ok is not None for check in every),
        failed,
        sum(check.ok is None for check in every),
        against,
    )


def _chosen(names: list[str], layers: list[str]) -> list[str]:
    """The layers of these names, or inside blocks of these names."""
    found = []
    for wanted in layers:
        hits = [name for name in names if name == wanted or name.startswith(wanted + ".")]
        if not hits:
            raise KeyError(wanted)
        found.extend(hits)
    return found


def ran_checks(one: Ran, row: LayerReport, owned: set[str]) -> list[Check]:
    """Shapes, weights and operations of one layer; `owned` are the layers whose weights were counted already."""
    owner = one.node.share or one.node.name
    first = owner not in owned
    owned.add(owner)
    params = sum(_sizes(one.used, one.node).values()) if first else 0
    buffers = sum(_sizes(one.kept, one.node).values()) if first else 0
    checks = [
        equal("output_shapes", [list(s) for s in row.output_shapes], [list(s) for s in one.shapes]),
        equal("params", row.params, params),
        equal("buffers", row.buffers, buffers),
        equal("weights", _listed(row.weights), _listed(one.used)),
        equal("activation_bytes", row.activation_bytes, one.new),
    ]
    counted: dict[str, int] = (
        {} if row.ops is None else {n: v for n in row.ops.__struct_fields__ if (v := getattr(row.ops, n))}
    )
    for name in dict.fromkeys([*counted, *one.tally]):
        calculated = None if row.ops is None else counted.get(name, 0)
        checks.append(equal(f"ops.{name}", calculated, one.tally.get(name, 0)))
    return checks


def instead(one: Ran) -> Instead | msgspec.UnsetType:
    """What was performed in place of the layer's multiply-accumulates."""
    return Instead(one.way, one.tally["mac"], one.performed) if one.way else msgspec.UNSET


def _sizes(shapes: Any, node: Node) -> dict[str, int]:
    """How many numbers each array brings: all of its own, unless some are stated to be counted elsewhere."""
    return {name: (node.counted or {}).get(name, prod(shape)) for name, shape in shapes.items()}


def _listed(shapes: Any) -> dict[str, list[int]] | None:
    return None if shapes is None else {name: list(shape) for name, shape in shapes.items()}


def dropped(node: Node, row: LayerReport, known: dict[Any, int | None]) -> list[Check]:
    """Input positions of a sliding layer that change nothing, by trying every one of them."""
    layer: Any = node.layer
    if row.kind not in SLIDING or row.kind in ("crop", "pad", "conv_transpose") or len(row.input_shapes[0]) < 3:
        return []
    sizes = row.input_shapes[0][2:]
    counts = []
    for axis, n in enumerate(sizes):
        key = (layer, axis, n)
        if key not in known:
            try:
                known[key] = unread(layer, axis, len(sizes), n) if n <= 1 << 13 else None
            except Unknown:
                known[key] = None
        counts.append(known[key])
    measured = None if None in counts else counts
    if row.dropped is None and row.kind in ("upsample", "adaptive_avg_pool", "adaptive_max_pool"):
        return []
    return [equal("dropped", list(row.dropped or [0] * len(sizes)), measured)]


def total_checks(ran: list[Ran], report: Report, peak: int) -> list[Check]:
    """What the whole network claims."""
    totals = report.totals
    sizes: dict[tuple[str, str], int] = {}
    kept: dict[tuple[str, str], int] = {}
    for one in ran:
        owner = one.node.share or one.node.name
        for name, size in _sizes(one.used, one.node).items():
            sizes.setdefault((owner, name), size)
        for name, size in _sizes(one.kept, one.node).items():
            kept.setdefault((owner, name), size)
    at = next((one.node.name for one in ran if one.alive == peak), None)
    macs = sum(one.tally.get("mac", 0) for one in ran)
    checks = [
        equal("params", totals.params, sum(sizes.values())),
        equal("buffers", totals.buffers, sum(kept.values())),
        equal("macs", totals.macs if report.status.macs == "complete" else None, macs),
        equal("peak_activation_bytes", totals.peak_activation_bytes, peak),
    ]
    # In a network without layers no layer runs at the peak, and none is claimed.
    return [*checks, equal("peak_at", totals.peak_at, at)] if ran or totals.peak_at is not None else checks
