"""Whether a change of the text changed the network as it says, and in nothing else.

A text can say more than one thing at once: an automatic name counts the layers before it, an anchor is written once
and used twice. So it is the two networks that are compared, layer by layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cnnshape.lint.found import Change

if TYPE_CHECKING:
    from cnnshape.layers.base import Layer
    from cnnshape.network import Network, Node
    from cnnshape.report import LayerReport, Report

#: Fields whose change is said to resize what follows; no other change may move a shape.
RESIZING = frozenset({"padding"})


def as_said(change: Change, at: Iterable[int], before: tuple[Network, Report], after: tuple[Network, Report]) -> bool:
    """Whether `after` is `before` with the change made at these layers and every other layer as it was.

    What a layer reads is followed through layers that are removed. Numbers of learned parameters may change in the
    layers that are meant, nowhere else.
    """
    (old, old_report), (new, new_report) = before, after
    gone = set(at) if change.way == "remove" else set()
    meant = set(at) if change.way == "set" else set()
    kept = [n for n in range(len(old.nodes)) if n not in gone]
    if len(kept) != len(new.nodes) or _inputs(old) != _inputs(new) or any(old.nodes[n].expect for n in gone):
        return False
    now = _renumbered(old, gone)
    names = {old.nodes[n].name: node.name for n, node in zip(kept, new.nodes, strict=True)}
    if [now[value] for value in old.outputs] != list(new.outputs):
        return False
    for n, node, row in zip(kept, new.nodes, new_report.layers, strict=True):
        was = old.nodes[n]
        if [now[value] for value in was.inputs] != list(node.inputs) or _said(was, names) != _said(node, {}):
            return False
        if not _same_layer(was.layer, node.layer, change.field if n in meant else ""):
            return False
        if not _same_numbers(old_report.layers[n], row, meant=n in meant, resized=change.field in RESIZING):
            return False
    return True


def _inputs(network: Network) -> list[Any]:
    """What the network reads, without the places of the text."""
    return [(one.name, one.shape, [(p.wanted, p.output) for p in one.expect]) for one in network.inputs]


def _said(node: Node, names: dict[str, str]) -> Any:
    """What a layer's item says beside its fields and inputs, without the places of the text."""
    share = names.get(node.share, node.share) if node.share is not None else None
    return share, node.frozen, node.counted, [(promise.wanted, promise.output) for promise in node.expect]


def _renumbered(network: Network, gone: set[int]) -> list[int | None]:
    """The new number of every value; a removed layer's one result is what it read, and of several none is left."""
    now: list[int | None] = list(range(len(network.inputs)))
    count = len(now)
    for n, node in enumerate(network.nodes):
        if n not in gone:
            now.extend(range(count, count + len(node.outputs)))
            count += len(node.outputs)
        elif len(node.outputs) == 1 and node.inputs:
            now.append(now[node.inputs[0]])
        else:
            now.extend([None] * len(node.outputs))
    return now


def _same_layer(was: Layer | None, layer: Layer | None, but: str) -> bool:
    """Whether two layers are alike, but for one field perhaps."""
    if not but or was is None or layer is None or type(was) is not type(layer):
        return was == layer
    return all(getattr(was, name) == getattr(layer, name) for name in was.__struct_fields__ if name != but)


def _same_numbers(was: LayerReport, row: LayerReport, *, meant: bool, resized: bool) -> bool:
    """Whether shapes and params are what they were, as far as the change says so."""
    if not resized and (was.input_shapes, was.output_shapes) != (row.input_shapes, row.output_shapes):
        return False
    return meant or was.params == row.params
