"""Nodes -> elements: a line for each layer at first, then known patterns as one: conv_norm_act, residual, branches.

Only what is a plain chain goes into a structure: nothing inside is used from outside, and nothing outside but the one
value that flows in is used inside. So no list but the outermost ever needs a name.
"""

from __future__ import annotations

from collections import Counter
from math import prod
from typing import Any

import msgspec
from msgspec.structs import astuple

from cnnshape.errors import ModelError, Place, Problem, quoted
from cnnshape.layers.base import Layer
from cnnshape.layers.conv import Conv
from cnnshape.network import Network, Node
from cnnshape.report import Report
from cnnshape.writers.yaml.items import DEFAULTS, Branches, Item, Leaf, Residual, lines


class Element(msgspec.Struct):
    """An item at its place in the outermost list: what it reads, what it gives."""

    item: Item
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    name: str = ""
    """As the network calls it, while the item is one layer."""
    share: str | None = None
    pinned: bool = False
    """Whether it must stay as it is: it shares weights, or has several outputs, or none to read."""
    even: bool = False
    """Whether its inputs have one shape, so that their order is nothing to a sum."""


class Uses(Counter[int]):
    """How often each value is read, by layers and as an output of the network."""


def elements(network: Network, report: Report) -> tuple[list[Element], Uses]:
    """The outermost list."""
    uses = Uses(network.outputs)
    owners = {node.share for node in network.nodes if node.share is not None}
    found: list[Element] = []
    layers = {node.name: node for node in network.nodes if node.name in owners}
    for node, row in zip(network.nodes, report.layers, strict=True):
        uses.update(node.inputs)
        if node.share is not None and node.layer != layers[node.share].layer:
            message = f"{node.name} shares weights with {node.share}, whose fields are others"
            raise ModelError([Problem("CNN-E702", message, Place(network.source, node.line, 0, node.name))])
        if node.layer is None:
            continue  # its problem is on record, and there is no report
        pinned = len(node.outputs) != 1 or not node.inputs or node.share is not None or node.name in owners
        even = len(set(row.input_shapes)) == 1
        layer = in_batch(node, network, report.batch)
        found.append(Element(leaf(layer, node), node.inputs, node.outputs, node.name, node.share, pinned, even))
    return joined(triples(found, uses), uses), uses


def in_batch(node: Node, network: Network, batch: int) -> Any:
    """The layer; a foreign one of another tool's file with the batch that its shapes and numbers were read in.

    A spec may be analysed in any batch, and such a row would not follow. What is stored in the file is as large in
    every batch, and so is a lone number. A row of a spec says itself what it holds for.
    """
    layer: Any = node.layer
    if layer.kind != "foreign" or layer.batch is not None or network.format == "cnnshape":
        return layer
    sizes = [prod(shape) for shape in layer.shapes if shape is not None]
    stored = layer.op.lower() == "constant" and not node.inputs and sum(sizes) <= max(1, layer.parameters or 0)
    if stored or not (sizes or layer.macs or (layer.operations is not None and any(astuple(layer.operations)))):
        return layer
    return msgspec.structs.replace(layer, batch=batch)


def leaf(layer: Layer, node: Node | None = None) -> Leaf:
    """A layer with the fields that are not as by default, or that often vary in layers that are otherwise equal."""
    fields = []
    varying = DEFAULTS.get(layer.kind, {})
    layer = plain(layer)
    for field in msgspec.structs.fields(type(layer)):
        value = getattr(layer, field.name)
        if (
            field.required
            or (field.name in varying and value.__class__ is int)
            or value != field.default
            or value.__class__ is not field.default.__class__
        ):
            if "${" in repr(value):
                message = f"{layer.kind} has the {field.name} {quoted(value)}, and a spec would fill in its ${{...}}"
                raise ModelError([Problem("CNN-E702", message, Place("", 0, 0, node.name if node else ""))])
            fields.append((field.name, value))
    frozen = node is not None and node.frozen
    counted = tuple(node.counted.items()) if node is not None and node.counted else ()
    return Leaf(layer.kind, tuple(fields), layer.shorthand, frozen, counted=counted)


def plain(layer: Layer) -> Layer:
    """The same layer with one number where every axis has that number, and with numbers for `same` and `valid`.

    Padding `same` is a number where the stride is 1 and the window has a middle.
    """
    if layer.kind not in _WINDOWED:
        return layer
    found: dict[str, Any] = {}
    for name in ("kernel_size", "stride", "padding", "dilation"):
        value = getattr(layer, name, None)
        if isinstance(value, tuple) and value:
            pair = isinstance(value[0], tuple)
            parts = set(value[0] if pair else value)
            if len(set(value)) == 1 and len(parts) == 1 and parts != {()}:
                found[name] = parts.pop()
    kernel, stride, dilation = [found.get(x, getattr(layer, x, 1)) for x in ("kernel_size", "stride", "dilation")]
    word = getattr(layer, "padding", None)
    if word == "valid":
        found["padding"] = 0
    elif word == "same" and stride == 1 and kernel.__class__ is int and dilation.__class__ is int:
        total = dilation * (kernel - 1)
        if total % 2 == 0:
            found["padding"] = total // 2
    return msgspec.structs.replace(layer, **found) if found else layer


#: Whose windows a number for each axis, or for all of them, says in full.
_WINDOWED = frozenset(["conv", "max_pool", "avg_pool"])


def follows(uses: Uses, before: Element, after: Element) -> bool:
    """Whether a value goes from one element to the next and nowhere else."""
    return not before.pinned and not after.pinned and after.ins == before.outs and uses[before.outs[0]] == 1


def triples(found: list[Element], uses: Uses) -> list[Element]:
    """Every convolution without bias, batch norm and plain activation is one conv_norm_act."""
    done: list[Element] = []
    at = 0
    while at < len(found):
        here = found[at : at + 3]
        if (
            len(here) == 3
            and len(here[0].ins) == 1
            and follows(uses, here[0], here[1])
            and follows(uses, here[1], here[2])
        ):
            made = conv_norm_act([element.item for element in here])
            if made is not None:
                done.append(Element(made, here[0].ins, here[2].outs))
                at += 3
                continue
        done.append(found[at])
        at += 1
    return done


#: Activations that the block takes by their names.
ACTS = frozenset(
    ["relu", "relu6", "silu", "mish", "gelu", "elu", "selu", "hardswish", "hardsigmoid", "sigmoid", "tanh"]
)


def conv_norm_act(items: list[Any]) -> Leaf | None:
    """The call of the block that says the same; None where it cannot."""
    conv, norm, act = items
    if (conv.kind, norm.kind) != ("conv", "batch_norm") or norm.fields or act.kind not in ACTS or act.fields:
        return None
    fields: dict[str, Any] = {**_conv(), **dict(conv.fields)}
    numbers = [fields[name] for name in ("kernel_size", "stride", "dilation", "padding")]
    beside = any(each.frozen or each.counted for each in items)
    if fields["bias"] or beside or any(x.__class__ is not int for x in numbers):
        return None
    kernel, stride, dilation, padding = numbers
    args: list[tuple[str, Any]] = [("out_channels", fields["out_channels"])]
    args += [("kernel_size", kernel), ("stride", stride), ("groups", fields["groups"])]
    if act.kind != "relu":
        args.append(("act", act.kind))
    if padding != dilation * (kernel - 1) // 2:
        args.append(("padding", padding))
    if dilation != 1:
        args.append(("dilation", dilation))
    return Leaf("conv_norm_act", tuple(args), "out_channels")


def _conv() -> dict[str, Any]:
    return {field.name: field.default for field in msgspec.structs.fields(Conv)}


def joined(found: list[Element], uses: Uses) -> list[Element]:
    """Every merge of chains that begin at one value is one structure, from the inside outwards."""
    done: list[Element] = []
    for element in found:
        if len(element.ins) < 2 or not _merges(element, done, uses):
            done.append(element)
    return done


def _merges(merge: Element, done: list[Element], uses: Uses) -> bool:
    """Put a structure in place of the chains at the end of the list that this merge joins."""
    item = merge.item
    if merge.pinned or merge.name == "" or not isinstance(item, Leaf) or item.shorthand != "from" or item.frozen:
        return False
    runs, at, entry = _runs(merge, done, uses)
    rest = [value for value in merge.ins if value not in runs]
    if not runs or entry is None or any(value != entry for value in rest) or len(merge.ins) < 2:
        return False
    chains = {value: tuple([element.item for element in run]) for value, run in runs.items()}
    order = [value for value in merge.ins if value in runs]
    executed = list(reversed(runs))
    made: Item
    if len(merge.ins) == 2 and not item.fields and (body := _body(merge, executed, item.kind)) is not None:
        side = chains[executed[1]] if len(executed) == 2 else ()
        size = 1 + lines(chains[body]) + (1 + lines(side) if side else 0) + (item.kind != "add")
        made = Residual(chains[body], side, item.kind, size)
    elif order == executed:
        parts = tuple([chains.get(value, ()) for value in merge.ins])
        size = 1 + sum(max(1, lines(part)) for part in parts) + (item.kind != "concat" or bool(item.fields))
        made = Branches(parts, item, size)
    else:
        return False
    uses[entry] -= len(merge.ins) - 1
    del done[at:]
    done.append(Element(made, (entry,), merge.outs))
    return True


def _runs(merge: Element, done: list[Element], uses: Uses) -> tuple[dict[int, list[Element]], int, int | None]:
    """The chains at the end of the list that end in the merge's inputs, last first; where they begin, and their entry."""
    runs: dict[int, list[Element]] = {}
    at, entry = len(done), None
    while at and len(runs) < len(merge.ins):
        last = done[at - 1]
        value = last.outs[0] if last.outs else -1
        if last.pinned or value not in merge.ins or value in runs or uses[value] != 1 or len(last.ins) != 1:
            break
        start = at - 1
        while start and len(done[start - 1].ins) == 1 and follows(uses, done[start - 1], done[start]):
            start -= 1
        if entry is not None and done[start].ins[0] != entry:
            break
        entry = done[start].ins[0]
        runs[value], at = done[start:at], start
    return runs, at, entry


def _body(merge: Element, executed: list[int], kind: str) -> int | None:
    """The input that is the body of a residual, whose merge has the shortcut first; None where the order forbids it."""
    body = executed[0]
    if merge.ins[1] == body or (kind == "add" and merge.even):
        return body
    return None
