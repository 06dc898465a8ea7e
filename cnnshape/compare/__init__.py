"""Two networks side by side: layers matched by what they are and where they stand, not by name; totals with changes.

A shortest edit script over the layers' kinds and fields finds what stayed. Between what stayed, a removed and an added
layer of one kind are one layer that changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from cnnshape.compare.align import matched
from cnnshape.compare.notation import differing, said
from cnnshape.errors import did_you_mean, usage
from cnnshape.network import Network
from cnnshape.report import MISSING, STATES, LayerReport, Report
from cnnshape.report import State as Known
from cnnshape.units import number_of

SCHEMA = "cnnshape-diff/1"

#: The totals that are compared.
TOTALS = (
    "layers",
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "flops",
    "param_bytes",
    "activation_bytes",
    "peak_activation_bytes",
)
#: What is compared of two layers that are one.
NUMBERS = ("params", "macs", "activation_bytes")

#: The kinds whose inputs may stand in any order.
COMMUTING = ("add", "mul", "mean", "maximum", "minimum")

State = Literal["same", "affected", "changed", "added", "removed"]


class Pair(msgspec.Struct, frozen=True):
    """One layer before and after; None where it was not there."""

    state: State
    before: str | None
    after: str | None
    kind: str
    fields: dict[str, tuple[Any, Any]]
    """Fields with other values: before, after."""
    numbers: dict[str, tuple[Any, Any]]
    """Shapes and numbers with other values: before, after."""

    @property
    def renamed(self) -> bool:
        """Whether the layer is there under another name."""
        return self.before is not None and self.after is not None and self.before != self.after


class Total(msgspec.Struct, frozen=True):
    """One total before and after; `percent` is None where there was nothing before."""

    name: str
    before: int | None
    after: int | None
    change: int | None
    """None where it cannot be known: a total is not complete, and not for the same layers on both sides."""
    percent: float | None
    status: tuple[Known, Known] = ("complete", "complete")
    """Whether each counts every layer; a partial one is a lower bound."""


class Difference(msgspec.Struct, frozen=True):
    """All of it."""

    before: str
    after: str
    totals: tuple[Total, ...]
    layers: tuple[Pair, ...]
    broken: tuple[str, ...] = ()
    """What `--fail-on` refuses, in words."""
    unknown: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    """The layers without params, MACs or memory, before and after, where there are any."""

    @property
    def equal(self) -> bool:
        """Whether nothing changed but names."""
        return all(pair.state == "same" for pair in self.layers) and not any(t.change for t in self.totals)


class Guard(msgspec.Struct, frozen=True):
    """`--fail-on params:+5%`: the total, which way, how much, and whether in percent."""

    name: str
    way: Literal["+", "-", ""]
    amount: float
    percent: bool
    text: str


def compare(before: tuple[Network, Report], after: tuple[Network, Report], guards: Sequence[Guard] = ()) -> Difference:
    """What changed from one network to the other."""
    (old, was), (new, now) = before, after
    names = [node.name for node in old.nodes], [node.name for node in new.nodes]
    tokens = _tokens(old, was), _tokens(new, now)
    found = matched(*tokens, names)
    wired = _rewired(old, new, found)
    pairs = [
        _pair(
            was.layers[i] if i is not None else None,
            now.layers[j] if j is not None else None,
            tokens[0][i] if i is not None else None,
            tokens[1][j] if j is not None else None,
            wired.get(j),
        )
        for i, j in found
    ]
    unknown = {what: (was.lacking(what), now.lacking(what)) for what in MISSING}
    unknown = {what: names for what, names in unknown.items() if any(names)}
    stayed = {
        (pair.before, pair.after)
        for pair, (i, j) in zip(pairs, found, strict=True)
        if pair.state == "same" and was.layers[i or 0].input_shapes == now.layers[j or 0].input_shapes
    }
    alike = {
        what
        for what, (old_names, new_names) in unknown.items()
        if len(old_names) == len(new_names) and stayed.issuperset(zip(old_names, new_names, strict=True))
    }
    totals = tuple([_total(name, was, now, alike) for name in TOTALS])
    return Difference(was.model.source, now.model.source, totals, tuple(pairs), tuple(_broken(totals, guards)), unknown)


def guard(text: str) -> Guard:
    """A `--fail-on` option. ModelError CNN-E701 for what is none."""
    name, sign, amount = text.partition(":")
    if name in TOTALS and not sign:
        raise usage(f"--fail-on {text}: which change of {name} is not said", f"{name}:+5%, {name}:-10 or {name}:any")
    if name not in TOTALS:
        fix = did_you_mean(name, TOTALS) or f"one of {', '.join(TOTALS)}, for example params:+5%"
        raise usage(f"--fail-on {text}: {name or 'nothing'} is no total", fix)
    way, rest = (amount[0], amount[1:]) if amount[:1] in ("+", "-") else ("", amount)
    if rest in ("any", ""):
        return Guard(name, way, 0, percent=False, text=text)  # type: ignore[arg-type]
    try:
        value = float(rest[:-1]) if rest.endswith("%") else float(number_of(rest))
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        raise usage(f"--fail-on {text}: {rest[:40]} is no amount", "params:+5%, macs:+10M or params:any")
    return Guard(name, way, value, rest.endswith("%"), text)  # type: ignore[arg-type]


def _tokens(network: Network, report: Report) -> list[Any]:
    """What each layer says, without its notation."""
    return [said(node.layer, row.input_shapes) for node, row in zip(network.nodes, report.layers, strict=True)]


def _rewired(
    old: Network, new: Network, pairs: Sequence[tuple[int | None, int | None]]
) -> dict[int | None, tuple[Any, Any]]:
    """The layers of the new network that read other tensors than before, though both are still there."""
    twin = {value: value for value in range(min(len(old.inputs), len(new.inputs)))}
    for i, j in pairs:
        if i is not None and j is not None:
            twin.update(zip(old.nodes[i].outputs, new.nodes[j].outputs, strict=False))
    there = set(twin.values())
    before, after = old.value_names(), new.value_names()
    found: dict[int | None, tuple[Any, Any]] = {}
    for i, j in pairs:
        if i is None or j is None:
            continue
        reads, read = new.nodes[j].inputs, old.nodes[i].inputs
        moved = [twin.get(v) for v in read]
        if getattr(new.nodes[j].layer, "kind", "") in COMMUTING and Counter(moved) == Counter(reads):
            continue
        if len(reads) == len(read) and any(
            m is not None and v in there and m != v for m, v in zip(moved, reads, strict=True)
        ):
            found[j] = (tuple(before[v] for v in read), tuple(after[v] for v in reads))
    return found


def _pair(
    was: LayerReport | None, now: LayerReport | None, old: Any, new: Any, wired: tuple[Any, Any] | None = None
) -> Pair:
    """One layer before and after."""
    if was is None or now is None:
        row: Any = was or now
        state: State = "removed" if was is not None else "added"
        numbers = {name: getattr(row, name) for name in NUMBERS}
        numbers["output"] = row.output_shapes
        each = {k: (v, None) if was is not None else (None, v) for k, v in numbers.items()}
        return Pair(state, was.name if was else None, now.name if now else None, row.kind, {}, each)
    fields = differing(old, new)
    if wired is not None:
        fields["from"] = wired
    both = {name: (getattr(was, name), getattr(now, name)) for name in NUMBERS}
    both["output"] = (was.output_shapes, now.output_shapes)
    numbers = {name: pair for name, pair in both.items() if pair[0] != pair[1]}
    state = "changed" if fields else "affected" if numbers else "same"
    return Pair(state, was.name, now.name, now.kind, fields, numbers)


def _total(name: str, was: Report, now: Report, alike: set[str]) -> Total:
    """One total; None where a report cannot know it. `alike` is what the same layers lack on both sides."""
    status = was.status.of(name), now.status.of(name)
    before, after = (
        None if known == "unavailable" else getattr(report.totals, name)
        for known, report in zip(status, (was, now), strict=True)
    )
    # A peak is no sum: what is missing on both sides does not cancel.
    cancels = STATES.get(name) in alike and name != "peak_activation_bytes"
    if before is None or after is None or ("partial" in status and not cancels):
        return Total(name, before, after, None, None, status)
    return Total(name, before, after, after - before, 100 * (after - before) / before if before else None, status)


def _broken(totals: Sequence[Total], guards: Sequence[Guard]) -> list[str]:
    """Each guard that a change breaks, in words; a change that cannot be known breaks it."""
    by_name = {total.name: total for total in totals}
    found = []
    for one in guards:
        total = by_name[one.name]
        if total.change is None:
            how = "known in part" if "partial" in total.status and "unavailable" not in total.status else "not known"
            found.append(f"{one.name} is {how}, so {one.text} is not held")
            continue
        change = total.change if one.way != "-" else -total.change
        size = abs(change) if not one.way else change
        if one.percent:
            base = total.before or 0
            over = size * 100 > one.amount * base
        else:
            over = size > one.amount
        if over and size > 0:
            percent = "" if total.percent is None else f" ({total.percent:+.2f} %)"
            found.append(f"{one.name} changed by {total.change:+,}{percent}, more than {one.text} allows")
    return found
