"""Rows -> totals: sums over the layers, with the status of each, and what only the whole network has."""

from __future__ import annotations

from collections import Counter

import msgspec

from cnnshape.facts import Facts
from cnnshape.liveness import Memory
from cnnshape.network import Network
from cnnshape.ops import OP_NAMES, Ops
from cnnshape.report import LayerReport, ReceptiveField, State, Status, Totals, Training


def added(found: list[Facts]) -> tuple[Ops, int]:
    """The operations and the new elements of all layers; equal layers share their facts: multiplied."""
    sums = [0] * len(OP_NAMES)
    kept = 0
    distinct = {id(one): one for one in found}
    for key, times in Counter(map(id, found)).items():
        one = distinct[key]
        kept += one.kept * times
        if one.ops is None:
            sums[0] += (one.macs or 0) * times
        else:
            for index, count in enumerate(msgspec.structs.astuple(one.ops)):
                if count:
                    sums[index] += count * times
    return Ops(*sums), kept


def totals(
    rows: list[LayerReport],
    found: list[Facts],
    memory: Memory,
    item: int,
    network: Network,
    names: list[str],
    field: ReceptiveField | None,
) -> Totals:
    """Add everything up; `item` is the bytes of one element."""
    params = sum([row.params or 0 for row in rows])
    trainable = sum([row.trainable_params or 0 for row in rows])
    buffers = sum([row.buffers or 0 for row in rows])
    ops, kept = added(found)
    return Totals(
        layers=len(rows),
        params=params,
        trainable_params=trainable,
        buffers=buffers,
        macs=ops.mac,
        flops=2 * ops.mac,
        ops=ops,
        param_bytes=params * item,
        buffer_bytes=buffers * item,
        input_bytes=memory.inputs * item,
        activation_bytes=kept * item,
        peak_activation_bytes=memory.peak * item,
        peak_at=None if memory.at is None else network.nodes[memory.at].name,
        peak_tensors=tuple([names[value] for value in memory.alive]),
        training_bytes=training(
            params * item, trainable * item, buffers * item, memory.saved * item + memory.mask_bytes
        ),
        receptive_field=field,
    )


def training(weights: int, gradients: int, buffers: int, saved: int) -> Training:
    """What one step of training keeps, in bytes; see docs/numbers.md."""
    optimizer = {"sgd": 0, "momentum": gradients, "adam": 2 * gradients}
    base = weights + gradients + buffers + saved
    return Training(weights, gradients, buffers, saved, optimizer, {k: base + v for k, v in optimizer.items()})


def status(network: Network, rows: list[LayerReport]) -> Status:
    """Whether each total counts every layer."""
    return Status(
        params=_state([row.params for row in rows]),
        macs=_state([row.macs for row in rows]),
        ops=_state([row.ops for row in rows]),
        memory=_state([row.activation_bytes for row in rows]) if rows else "complete",
        receptive_field=_field_state(network, rows),
    )


def _state(values: list[object]) -> State:
    """Whether every row knows its number."""
    unknown = values.count(None)
    return "complete" if not unknown else "unavailable" if unknown == len(values) else "partial"


def _field_state(network: Network, rows: list[LayerReport]) -> State:
    """Whether every layer that an input reaches has its receptive field known on every axis."""
    if not rows:
        return _own_field_state(network)
    fields = [row.receptive_field for row in rows]
    distinct = {id(field): field for field in fields}.values()
    if all(field is not None and None not in field.size for field in distinct):
        return "complete"
    reached = set(range(len(network.inputs)))
    known = []
    for node, field in zip(network.nodes, fields, strict=True):
        if reached.isdisjoint(node.inputs):
            continue  # a learned array and what is made of it sees no input
        reached.update(node.outputs)
        known.append(field is not None and None not in field.size)
    return "complete" if known and all(known) else "partial" if any(known) else "unavailable"


def _own_field_state(network: Network) -> State:
    """Whether a network without layers knows its field: its first output is an input, which sees itself.

    Fields are measured on the first input, and on others of its size; an input without spatial axes has none.
    """
    sizes = [tensor.shape[1:] for tensor in network.inputs]
    known = bool(network.outputs) and bool(sizes[0]) and sizes[network.outputs[0]] == sizes[0]
    return "complete" if known else "unavailable"
