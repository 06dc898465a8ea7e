"""Budgets: any number of the report, in total or layer by layer, held against a largest or smallest value.

A number that is not known in full can break a budget, when the known part does, but never keep one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from cnnshape.budget.written import Limit, Side, limit, limits, table
from cnnshape.errors import did_you_mean, quoted
from cnnshape.finding import About, Finding
from cnnshape.promises import in_words
from cnnshape.report import DTYPES, NUMBERS, LayerReport, Report

__all__ = ["ABOUT", "LAYER", "Limit", "Verdict", "findings", "hold", "limit", "limits", "table"]

#: The code of a number over or under its budget, and of a number that is not known.
CODE, UNKNOWN_CODE, PROMISE_CODE = "CNN-B101", "CNN-B102", "CNN-E601"

#: What a layer's row may be held to.
LAYER = (
    "params",
    "trainable_params",
    "buffers",
    "macs",
    "flops",
    "activation_bytes",
    "receptive_field",
    "jump",
    "dropped",
)
#: How many of the layers that weigh most are named.
HEAVIEST = 5

#: The column of a layer's row that a total is the sum of, and whether the total is the bytes of what it counts.
_SUMS = {
    **{name: (name, False) for name in ("params", "trainable_params", "buffers", "macs", "flops", "activation_bytes")},
    "param_bytes": ("params", True),
    "buffer_bytes": ("buffers", True),
    "training_bytes.weights": ("params", True),
    "training_bytes.gradients": ("trainable_params", True),
    "training_bytes.buffers": ("buffers", True),
}

#: What the faces of findings say of the codes.
ABOUT = (
    About(CODE, "over-budget", "error", "A number is over, or under, its budget.", "The budget says why."),
    About(
        UNKNOWN_CODE, "unknown-number", "error", "A number is not known, so its budget is not held.", "See the layer."
    ),
    About(PROMISE_CODE, "broken-expectation", "error", "An expectation of the spec does not hold.", "See the spec."),
)


class Verdict(msgspec.Struct, frozen=True):
    """One budget held against one number. `found` is None where it is not known."""

    limit: Limit
    layer: str
    found: int | float | None
    ok: bool
    partial: bool = False
    """Whether `found` is only the part that is known."""
    heaviest: tuple[tuple[str, int, float], ...] = ()
    """The layers that weigh most: name, value, share of the total in percent."""

    @property
    def over(self) -> int | float:
        """By how much the number that is known breaks the budget; 0 where it does not."""
        if self.found is None:
            return 0
        off = self.found - self.limit.value
        return max(0, off if self.limit.side == "max" else -off)

    @property
    def said(self) -> str:
        """The verdict in words.

        >>> Verdict(Limit("max", "params", 1000, "1k"), "", 1500, ok=False).said
        'params is 1,500, over the budget of 1,000 by 500 (50.0 %)'
        """
        limit, most = self.limit, self.limit.side == "max"
        what = f"{self.layer}: {limit.path.rpartition('.')[2]}" if self.layer else limit.path
        wanted, word = f"{limit.value:,}", "budget" if most else "least"
        if self.found is None:
            return f"{what} is not known, so the {word} of {wanted} is not held"
        found = f"{'>= ' if self.partial else ''}{self.found:,}"
        if self.ok:
            return f"{what} is {found}, {'within' if most else 'at least'} {wanted}"
        if not self.over:
            return f"{what} is {found} and more that is not known, so the {word} of {wanted} is not held"
        by = f"{self.over:,}" + (f" ({100 * self.over / limit.value:.1f} %)" if limit.value else "")
        return f"{what} is {found}, {'over the budget' if most else 'under the least'} of {wanted} by {by}"


def hold(report: Report, budgets: Iterable[Limit]) -> list[Verdict]:
    """Every budget held against what was found; a budget of every layer tells the worst of each that breaks it.

    Errors: ModelError CNN-E701 with the nearest name for a number that the report does not have, CNN-E202 where a file
            writes it; CNN-E301 there for a layer that the report does not have
    """
    found = []
    for one in budgets:
        verdicts = [_judged(one, layer, value, partial) for layer, value, partial in _numbers(report, one)]
        broken = [verdict for verdict in verdicts if not verdict.ok]
        if one.path.startswith("layer.") and not broken:
            verdicts = [_furthest(verdicts)] if verdicts else []
        elif one.path.startswith("layer."):
            verdicts = sorted(broken, key=lambda verdict: -verdict.over)
        else:
            verdicts = [_weighed(report, verdict) if not verdict.ok else verdict for verdict in verdicts]
        found.extend(verdicts)
    return found


def findings(report: Report, verdicts: Iterable[Verdict]) -> list[Finding]:
    """What is broken, promises of the spec included, as every face of findings shows it."""
    lines = {row.name: row.line for row in report.layers}
    found = [
        _finding(report, PROMISE_CODE, f"expect {failed.what}", failed.layer, failed.line, in_words(failed))
        for failed in report.failed
    ]
    for one in verdicts:
        if not one.ok:
            code = UNKNOWN_CODE if one.found is None or not one.over else CODE
            line = one.limit.line or lines.get(one.layer, 0)
            message = one.said.removeprefix(f"{one.layer}: ") if one.layer else one.said
            held = f"budget {one.limit.side}.{one.limit.path}"  # one layer may break several
            found.append(_finding(report, code, held, one.layer, line, message))
    return found


def _judged(one: Limit, layer: str, value: float | None, partial: bool) -> Verdict:
    """A number against its budget; what is known in part keeps none, unless more can only help."""
    if value is None:
        return Verdict(one, layer, None, ok=False)
    fits = value <= one.value if one.side == "max" else value >= one.value
    return Verdict(one, layer, value, ok=fits and (not partial or one.side == "min"), partial=partial)


def _furthest(verdicts: list[Verdict]) -> Verdict:
    """Of the layers that keep a budget, the one that is nearest to it."""
    largest = verdicts[0].limit.side == "max"
    return (max if largest else min)(verdicts, key=lambda verdict: verdict.found or 0)


def _numbers(report: Report, one: Limit) -> Iterator[tuple[str, int | float | None, bool]]:
    """What a path means: (layer or "", number, whether only a part of it is known)."""
    path = one.path
    if path.startswith("layer."):
        field = path.removeprefix("layer.")
        _known(one, field, LAYER)
        for row in report.layers:
            yield row.name, _of_row(row, field, one.side), False
    elif path.startswith("layers."):
        name, _, field = path.removeprefix("layers.").rpartition(".")
        _known(one, field, LAYER)
        try:
            yield name, _of_row(report.layer(name), field, one.side), False
        except KeyError:
            names = [row.name for row in report.layers]
            message = f"{path}: there is no layer {name}"
            raise one.refused("CNN-E301", message, did_you_mean(name, names)) from None
    else:
        state = report.status.of(path.split(".")[0])
        value = _of_totals(report, one)
        yield "", None if state == "unavailable" else value, state == "partial"


def _of_totals(report: Report, one: Limit) -> int | float | None:
    """A number of the whole network, by its dotted path below `totals`."""
    totals, path, side = report.totals, one.path, one.side
    if path == "jump":
        return _axes(totals.receptive_field.jump if totals.receptive_field else None, side)
    value: Any = totals
    for word in path.split("."):
        known = list(value) if isinstance(value, dict) else list(getattr(value, "__struct_fields__", ()))
        if value is totals:
            known = list(NUMBERS)
        _known(one, word, known)
        value = value[word] if isinstance(value, dict) else getattr(value, word)
    if path == "receptive_field":
        return _axes(value and value.size, side)
    if value is not None and (isinstance(value, (dict, msgspec.Struct)) or not isinstance(value, (int, float))):
        fields = list(value) if isinstance(value, dict) else list(getattr(value, "__struct_fields__", ()))
        raise one.refused(
            "CNN-E202", f"{path} is no number", f"one of {', '.join(f'{path}.{name}' for name in fields)}"
        )
    return value


def _of_row(row: LayerReport, field: str, side: Side) -> int | float | None:
    """A number of one layer."""
    if field == "receptive_field":
        return _axes(row.receptive_field.size if row.receptive_field else None, side)
    if field == "jump":
        return _axes(row.receptive_field.jump if row.receptive_field else None, side)
    if field == "dropped":
        return 0 if row.dropped is None else _axes(row.dropped, "max")
    value: int | None = getattr(row, field)
    return value


def _axes(values: tuple[int | float | None, ...] | None, side: Side) -> int | float | None:
    """One number of one per axis: the largest for a largest value, else the smallest."""
    if not values or None in values:
        return None
    numbers = [value for value in values if value is not None]
    return max(numbers) if side == "max" else min(numbers)


def _weighed(report: Report, verdict: Verdict) -> Verdict:
    """A broken total with the layers that weigh most in it, where it is a sum over the layers."""
    path = verdict.limit.path
    if verdict.limit.side == "min":
        return verdict
    if path == "peak_activation_bytes":
        each = _alive(report)
    elif path in _SUMS:
        field, in_bytes = _SUMS[path]
        item = DTYPES[report.dtype] if in_bytes else 1
        each = [(row.name, item * (getattr(row, field) or 0)) for row in report.layers]
    else:
        return verdict
    total = sum(value for _, value in each) or 1
    most = sorted(each, key=lambda pair: -pair[1])[:HEAVIEST]
    return msgspec.structs.replace(
        verdict, heaviest=tuple([(name, value, 100 * value / total) for name, value in most if value])
    )


def _alive(report: Report) -> list[tuple[str, int]]:
    """The tensors that are alive at the peak, with their bytes."""
    item = DTYPES[report.dtype]
    sizes = {tensor.name: tensor.shape.numel for tensor in report.inputs}
    for row in report.layers:
        names = (
            [row.name] if len(row.output_shapes) == 1 else [f"{row.name}[{k}]" for k in range(len(row.output_shapes))]
        )
        sizes.update(
            {name: shape.numel if shape.known else 0 for name, shape in zip(names, row.output_shapes, strict=True)}
        )
    return [(name, sizes.get(name, 0) * item) for name in report.totals.peak_tensors]


def _known(one: Limit, word: str, names: Iterable[str]) -> None:
    """Refuse a word that is none of the names."""
    names = list(names)
    if word not in names:
        fix = did_you_mean(word, names) or f"one of {', '.join(names)}"
        raise one.refused("CNN-E202", f"the report has no number {quoted(one.path)}", fix)


def _finding(report: Report, code: str, rule: str, layer: str, line: int, message: str) -> Finding:
    return Finding(code, rule, "error", layer, report.model.source, line, 1 if line else 0, message)
