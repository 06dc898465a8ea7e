"""Conventions applied to a network: every layer's figure, and the steps from our MACs to the tool's figure, summed."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import msgspec

from cnnshape.conventions.step import BLACK_BOXES, MAC_KINDS, Convention, Step
from cnnshape.conventions.terms import terms
from cnnshape.conventions.written import MEAN
from cnnshape.errors import ModelError, Place, Problem
from cnnshape.expression import ExpressionError, evaluate
from cnnshape.network import Network
from cnnshape.report import LayerReport, Model, Report, State

SCHEMA = "cnnshape-reconcile/1"


class Change(msgspec.Struct, frozen=True):
    """One step: how many operations (or params) more or less, in how many layers of which kinds, and why."""

    what: str
    amount: int
    layers: int
    kinds: dict[str, int]
    """How many layers of each kind."""
    why: str


class Figure(msgspec.Struct, frozen=True):
    """What one tool reports of the network."""

    tool: str
    title: str
    version: str
    word: str
    """What the tool calls its figure; "" where it counts no operations."""
    unit: int
    count: int | None
    """The tool's figure, in its own unit; null where it has none or none can be known."""
    count_state: State
    steps: list[Change]
    """From our MACs: they and these amounts add up to `count`."""
    params: int | None
    params_state: State
    params_steps: list[Change]
    source: str
    remarks: tuple[str, ...]


class Reconciliation(msgspec.Struct):
    """Every tool's figures for one network."""

    model: Model
    batch: int
    macs: int
    macs_state: State
    params: int
    params_state: State
    functions: tuple[str, ...]
    """The layers that are taken for calls of functions, which only some tools see."""
    figures: list[Figure]
    schema: str = SCHEMA


class Counted(msgspec.Struct):
    """One convention on one network: a number for every row, and the steps by name."""

    counts: list[int | None]
    params: list[int | None]
    steps: list[Change]
    params_steps: list[Change]


def reconcile(
    network: Network, report: Report, conventions: Collection[Convention], functions: Collection[str] = ()
) -> Reconciliation:
    """What each tool reports, and why it is not our figure."""
    names = [_terms(network, report, index, functions) for index in range(len(report.layers))]
    figures = [_figure(one, counted(one, report, names)) for one in conventions]
    totals, status = report.totals, report.status
    return Reconciliation(
        report.model,
        report.batch,
        totals.macs,
        status.macs,
        totals.params,
        status.params,
        tuple(row.name for row in report.layers if _is_function(row, functions)),
        figures,
    )


def in_convention(network: Network, report: Report, convention: Convention, functions: Collection[str] = ()) -> Report:
    """The report with one tool's figures in place of our params and MACs; FLOPs stay 2 x our MACs."""
    names = [_terms(network, report, index, functions) for index in range(len(report.layers))]
    found = counted(convention, report, names)
    counts: list[int | None] = found.counts if convention.word else [None] * len(names)
    replace = msgspec.structs.replace
    rows = [
        replace(row, macs=count, params=params)
        for row, count, params in zip(report.layers, counts, found.params, strict=True)
    ]
    totals = replace(
        report.totals, macs=sum(count or 0 for count in counts), params=sum(count or 0 for count in found.params)
    )
    status = replace(report.status, macs=summed(counts), params=summed(found.params))
    return replace(report, layers=rows, totals=totals, status=status)


def between(a: Figure, b: Figure) -> list[Change]:
    """From one tool's figure to the next: what only one of them counts, or counts in another amount."""
    left = [(change.kinds, change.amount) for change in b.steps]
    gone = []
    for change in a.steps:
        key = (change.kinds, change.amount)
        if key in left:
            left.remove(key)
        else:
            gone.append(msgspec.structs.replace(change, what=f"without {change.what}", amount=-change.amount))
    new = []
    for change in b.steps:
        key = (change.kinds, change.amount)
        if key in left:
            left.remove(key)
            new.append(change)
    return gone + new


def counted(convention: Convention, report: Report, names: list[dict[str, Any] | None]) -> Counted:
    """Every row's figures in one convention."""
    known = {kind for step in convention.steps for kind in step.kinds} | {*convention.covers}
    counts: list[int | None] = []
    params: list[int | None] = []
    tally, params_tally = _Tally(), _Tally()
    two = Step(f"{convention.unit} for each multiply-accumulate", MAC_KINDS, "", "a multiplication and an addition")
    blind = Step("layers that it counts nobody knows how", (), "", "what they do is not known")
    for row, found in zip(report.layers, names, strict=True):
        mac = row.macs or 0
        unknown = row.macs is None or row.kind in BLACK_BOXES or found is None
        if unknown or (
            convention.rest == "unknown" and not (row.kind in known and _fits(convention, row, found or {}))
        ):
            counts.append(None)
            tally.add(blind, row, -mac)
        else:
            tally.add(two, row, (convention.unit - 1) * mac)
            more = _applied(convention.steps, row, found or {}, tally)
            counts.append(convention.unit * mac + more)
        if row.params is None or found is None:
            params.append(None)
        else:
            params.append(row.params + _applied(convention.params, row, found, params_tally))
    return Counted(counts, params, tally.changes(), params_tally.changes())


class _Tally:
    """Sums by step, in the order of the convention."""

    def __init__(self) -> None:
        self.steps: dict[Step, tuple[int, dict[str, int]]] = {}

    def add(self, step: Step, row: LayerReport, amount: int) -> None:
        """One layer's part of a step."""
        if amount:
            total, kinds = self.steps.setdefault(step, (0, {}))
            kinds[row.kind] = kinds.get(row.kind, 0) + 1
            self.steps[step] = (total + amount, kinds)

    def changes(self) -> list[Change]:
        """The steps that change anything."""
        return [
            Change(step.what, total, sum(kinds.values()), kinds, step.why)
            for step, (total, kinds) in self.steps.items()
        ]


def _applied(steps: tuple[Step, ...], row: LayerReport, names: dict[str, Any], tally: _Tally) -> int:
    """What all steps of a convention add to one layer."""
    more = 0
    for step in steps:
        if (not step.kinds or row.kind in step.kinds) and (not step.where or evaluate(step.where, names)):
            amount = _amount(step, row, names)
            tally.add(step, row, amount)
            more += amount
    return more


def _amount(step: Step, row: LayerReport, names: dict[str, Any]) -> int:
    """A step's operations for one layer."""
    try:
        return int(evaluate(step.count, names))
    except ExpressionError as error:
        place = Place("cnnshape", layer=row.name)
        raise ModelError([Problem("CNN-E501", f"{step.what} are too many to count: {error}", place)]) from None


def _fits(convention: Convention, row: LayerReport, names: dict[str, Any]) -> bool:
    """Whether a layer fulfils the conditions of the steps for its kind."""
    return all(evaluate(step.where, names) for step in convention.steps if step.where and row.kind in step.kinds)


def _terms(network: Network, report: Report, index: int, functions: Collection[str]) -> dict[str, Any] | None:
    """The names of one row; None where its shapes are not known."""
    layer, row = network.nodes[index].layer, report.layers[index]
    if layer is None or not all(shape.known for shape in (*row.input_shapes, *row.output_shapes)):
        return None
    return terms(layer, row, module=not _is_function(row, functions), seen=_is_seen(row, functions))


def _is_function(row: LayerReport, functions: Collection[str]) -> bool:
    """Whether a layer, or its kind, was named as one that the model calls as a function."""
    return row.name in functions or row.kind in functions or not _is_seen(row, functions)


def _is_seen(row: LayerReport, functions: Collection[str]) -> bool:
    """Whether it is a call that a counter could see at all."""
    return f"{MEAN}{row.name}" not in functions and f"{MEAN}{row.kind}" not in functions


def _figure(convention: Convention, found: Counted) -> Figure:
    """The sums."""
    has = bool(convention.word)
    state = summed(found.counts) if has else "unavailable"
    params_state = summed(found.params)
    return Figure(
        convention.name,
        convention.title,
        convention.version,
        convention.word,
        convention.unit,
        sum(count or 0 for count in found.counts) if state != "unavailable" else None,
        state,
        found.steps if has else [],
        sum(count or 0 for count in found.params) if params_state != "unavailable" else None,
        params_state,
        found.params_steps,
        convention.source,
        convention.remarks,
    )


def summed(values: list[int | None]) -> State:
    """Whether a sum counts every layer."""
    unknown = values.count(None)
    return "complete" if not unknown else "unavailable" if unknown == len(values) else "partial"


def schema() -> dict[str, Any]:
    """The JSON Schema of the contract: a reconciliation always has every field."""
    found = msgspec.json.schema(Reconciliation)
    for part in found["$defs"].values():
        part["required"] = list(part["properties"])
    found["$defs"]["Reconciliation"]["properties"]["schema"] = {"const": SCHEMA}
    found["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    found["title"] = f"{SCHEMA} reconciliation"
    return found
