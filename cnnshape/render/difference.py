"""What `diff` found: for a terminal, for a pull request, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.render.escape import md
from cnnshape.render.notes import lacking
from cnnshape.render.safe import inline, padded, width
from cnnshape.render.units import marked, size
from cnnshape.report import MISSING

if TYPE_CHECKING:
    from cnnshape.compare import Difference, Pair, Total

_SIGNS = {"added": "+", "removed": "-", "changed": "~", "affected": " ", "same": " "}
_WORDS = {"macs": "MACs", "activation_bytes": "memory"}


def to_json(found: Difference) -> str:
    """The contract cnnshape-diff/1; docs/diff.md describes it."""
    layers = [{**msgspec.structs.asdict(pair), "renamed": pair.renamed} for pair in found.layers]
    fields = {
        "schema": "cnnshape-diff/1",
        "before": found.before,
        "after": found.after,
        "equal": found.equal,
        "totals": [
            {**msgspec.structs.asdict(total), "percent": None if total.percent is None else round(total.percent, 2)}
            for total in found.totals
        ],
        "layers": layers,
        "broken": found.broken,
        "unknown": found.unknown,
    }
    data = msgspec.to_builtins(fields)
    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def table(found: Difference, *, every: bool = False) -> str:
    """Layers that are not the same, totals, and what is refused."""
    lines = [f"--- {inline(found.before)}", f"+++ {inline(found.after)}", ""]
    shown = [pair for pair in found.layers if every or pair.state != "same"]
    rows = [(_SIGNS[pair.state], _name(pair), pair.kind, told(pair)) for pair in shown]
    wide = max([width(row[1]) for row in rows], default=0)
    kinds = max([len(row[2]) for row in rows], default=0)
    lines += [f"{sign} {padded(name, wide)}  {kind:<{kinds}}  {what}".rstrip() for sign, name, kind, what in rows]
    lines += [""] if rows else []
    lines.append(counted(found))
    lines.append("")
    cells = [("", "before", "after", "change", "%"), *[_cells(total) for total in found.totals]]
    widths = [max(len(row[i]) for row in cells) for i in range(5)]
    lines += [
        "  ".join(
            [row[0].ljust(widths[0]), *[cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True)]]
        ).rstrip()
        for row in cells
    ]
    lines += ["", *[inline(line) for line in missing(found)]] if found.unknown else []
    return "\n".join(lines) + "\n"


def missing(found: Difference) -> list[str]:
    """Which totals are not complete, on which side, for want of which layers."""
    totals = {total.name: total for total in found.totals}
    return [
        f"{when}: {lacking(what, totals[MISSING[what]].status[side], found.unknown[what][side])}"
        for side, when in enumerate(("before", "after"))
        for what in found.unknown
        if found.unknown[what][side]
    ]


def markdown(found: Difference) -> str:
    """For a comment on a pull request: the totals first, the layers folded away."""
    lines = [f"**{md(found.before)}** → **{md(found.after)}**", ""]
    lines += ["| total | before | after | change | % |", "| --- | ---: | ---: | ---: | ---: |"]
    for total in found.totals:
        cells = _cells(total)
        bold = "**" if total.change else ""
        lines.append("| " + " | ".join(f"{bold}{cell}{bold}" if cell else "" for cell in cells) + " |")
    lines += ["", *[f"> :x: {md(text)}" for text in found.broken], *([""] if found.broken else [])]
    lines += [*[f"- {md(line)}" for line in missing(found)], ""] if found.unknown else []
    shown = [pair for pair in found.layers if pair.state != "same"]
    if shown:
        lines += [f"<details><summary>{counted(found)}</summary>", "", "| | layer | kind | change |"]
        lines += ["| --- | --- | --- | --- |"]
        lines += [f"| {_SIGNS[p.state].strip()} | {md(_name(p))} | {p.kind} | {md(told(p))} |" for p in shown]
        lines += ["", "</details>"]
    else:
        lines.append(counted(found))
    return "\n".join(lines) + "\n"


def counted(found: Difference) -> str:
    """How many layers there are of each state."""
    states = [pair.state for pair in found.layers]
    words = [f"{states.count(state)} {state}" for state in ("added", "removed", "changed", "affected", "same")]
    renamed = sum(pair.renamed for pair in found.layers)
    return "layers: " + ", ".join(words) + (f"; {renamed} renamed" if renamed else "")


def told(pair: Pair) -> str:
    """What changed in one layer, in one line."""
    parts = [f"{name} {_value(a)} -> {_value(b)}" for name, (a, b) in pair.fields.items()]
    for name, (a, b) in pair.numbers.items():
        word = _WORDS.get(name, name)
        if pair.state in ("added", "removed"):
            value = a if pair.state == "removed" else b
            if value or name == "output":
                parts.append(f"{word} {_number(name, value)}")
        else:
            parts.append(f"{word} {_number(name, a)} -> {_number(name, b)}")
    return ", ".join(parts)


def _name(pair: Pair) -> str:
    if pair.renamed:
        return f"{inline(pair.before or '')} -> {inline(pair.after or '')}"
    return inline(pair.after or pair.before or "")


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _number(name: str, value: Any) -> str:
    if value is None:
        return "?"
    if name == "output":
        return " ".join(map(str, value))
    return size(value) if name.endswith("bytes") else f"{value:,}"


def _cells(total: Total) -> tuple[str, str, str, str, str]:
    values = [
        "?" if value is None else marked(value, state)
        for value, state in zip((total.before, total.after), total.status, strict=True)
    ]
    change = "?" if total.change is None else f"{total.change:+,}" if total.change else "="
    percent = f"{total.percent:+.2f}" if total.percent and total.change else ""
    return total.name, values[0], values[1], change, percent
