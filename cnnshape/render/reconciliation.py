"""What `reconcile` found: for a terminal, for a page, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.render.escape import md
from cnnshape.render.safe import inline, padded, width
from cnnshape.render.units import marked

if TYPE_CHECKING:
    from cnnshape.conventions.count import Change, Figure, Reconciliation

#: One tool's steps under a heading: where they begin, what that is called, the steps, where they end.
Fall = tuple["Figure", int, str, "list[Change]"]

_HEAD = ("tool", "version", "params", "reports", "", "to our MACs")


def to_json(found: Reconciliation) -> str:
    """The contract cnnshape-reconcile/1; docs/reconcile.md describes it."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


def table(found: Reconciliation, falls: list[Fall]) -> str:
    """One line for each tool, then the steps of each that differs."""
    rows = [_HEAD, *[_cells(found, one) for one in found.figures]]
    widths = [max(width(row[i]) for row in rows) for i in range(len(_HEAD))]
    numbers = (False, False, True, True, False, True)
    lines = [_heading(found), ""]
    lines += [
        "  ".join(padded(cell, w, right=n) for cell, w, n in zip(row, widths, numbers, strict=True)).rstrip()
        for row in rows
    ]
    lines.insert(3, "-" * (sum(widths) + 2 * (len(widths) - 1)))
    for figure, start, origin, steps in falls:
        lines += ["", f"{figure.title} {figure.version}".rstrip()]
        if figure.word and figure.count is not None:
            amounts = [f"{start:,}", *[f"{abs(step.amount):,}" for step in steps], f"{figure.count:,}"]
            wide = max(map(len, amounts))
            lines.append(f"    {amounts[0]:>{wide}}  {origin}")
            lines += [
                f"  {'-' if step.amount < 0 else '+'} {amount:>{wide}}  {_told(step)}"
                for step, amount in zip(steps, amounts[1:-1], strict=True)
            ]
            lines.append(f"  = {amounts[-1]:>{wide}}  {figure.word}{_lacking(figure)}")
        lines += [
            f"  params {'-' if step.amount < 0 else '+'} {abs(step.amount):,}  {_told(step)}"
            for step in figure.params_steps
        ]
        lines += [f"  {remark}" for remark in figure.remarks]
        lines.append(f"  source: {figure.source}")
    return "\n".join(map(inline, lines)) + "\n"


def markdown(found: Reconciliation, falls: list[Fall]) -> str:
    """The same for a page."""
    lines = [
        f"### {md(_heading(found))}",
        "",
        "| " + " | ".join(_HEAD) + " |",
        "| --- | --- | ---: | ---: | --- | ---: |",
    ]
    lines += ["| " + " | ".join(md(inline(cell)) for cell in _cells(found, one)) + " |" for one in found.figures]
    for figure, start, origin, steps in falls:
        title = f"{figure.title} {figure.version}".rstrip()
        lines += ["", f"**{md(title)}**", ""]
        if figure.word and figure.count is not None:
            lines += ["| | what |", "| ---: | --- |", f"| {start:,} | {md(inline(origin))} |"]
            lines += [f"| {step.amount:+,} | {md(inline(_told(step)))} |" for step in steps]
            lines += [f"| **= {figure.count:,}** | {md(figure.word)}{_lacking(figure)} |", ""]
        lines += [f"- params {step.amount:+,}: {md(inline(_told(step)))}" for step in figure.params_steps]
        lines += [f"- {md(text)}" for text in (*figure.remarks, f"source: {figure.source}")]
    return "\n".join(lines) + "\n"


def _heading(found: Reconciliation) -> str:
    functions = f"; called as functions: {', '.join(found.functions[:3])}" if found.functions else ""
    more = f" and {len(found.functions) - 3} more" if len(found.functions) > 3 else ""
    batch = f", batch {found.batch}" if found.batch > 1 else ""
    return inline(f"{found.model.name}{batch}: what each tool reports{functions}{more}")


def _cells(found: Reconciliation, figure: Figure) -> tuple[str, ...]:
    params = marked(figure.params or 0, figure.params_state)
    if not figure.word:
        return figure.tool, figure.version, params, "-", "", ""
    count = marked(figure.count or 0, figure.count_state)
    share = ""
    if figure.count is not None and found.macs:
        share = "=" if figure.count == found.macs else f"x {figure.count / found.macs:.4f}"
    return figure.tool, figure.version, params, count, figure.word, share


def _told(step: Change) -> str:
    """A step in words, with the number of layers of each kind."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in step.kinds.items())
    return f"{step.what} ({kinds})" + (f": {step.why}" if step.why else "")


def _lacking(figure: Figure) -> str:
    return "" if figure.count_state == "complete" else ", of the layers that are known"


def falls(found: Reconciliation, chain: Any = None) -> list[Fall]:
    """The steps to show: each from our MACs, or, with a way to compare two figures, each from the one before."""
    shown: list[Fall] = []
    before: Figure | None = None
    for figure in found.figures:
        if chain is not None and before is not None and figure.count is not None and figure.word:
            shown.append((figure, before.count or 0, f"{before.word} of {before.title}", chain(before, figure)))
        else:
            shown.append((figure, found.macs, "MACs of cnnshape", figure.steps))
        before = figure if figure.count is not None and figure.word else before
    return shown
