"""What `check` found: for a terminal, for a pull request, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.promises import in_words
from cnnshape.render.escape import md
from cnnshape.render.safe import inline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnshape.budget import Verdict
    from cnnshape.finding import Checked
    from cnnshape.report import Expectation, Report

SCHEMA = "cnnshape-check/1"


def to_json(checked: list[tuple[Report, list[Verdict]]], *, several: bool = False) -> str:
    """The contract cnnshape-check/1, one object for one model, an array for several; docs/check.md describes it.

    `several` asks for the array whatever number of them there is.
    """
    documents = [_document(report, verdicts) for report, verdicts in checked]
    data = msgspec.json.encode(documents[0] if len(documents) == 1 and not several else documents)
    return msgspec.json.format(data, indent=2).decode()


def _document(report: Report, verdicts: list[Verdict]) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "model": report.model.source,
        "ok": all(one.ok for one in verdicts) and not report.failed,
        "budgets": [
            {
                "side": one.limit.side,
                "what": one.limit.path,
                "budget": one.limit.value,
                "layer": one.layer or None,
                "found": one.found,
                "partial": one.partial,
                "ok": one.ok,
                "over": one.over,
                "message": one.said,
                "heaviest": [
                    {"layer": name, "value": value, "percent": round(share, 2)} for name, value, share in one.heaviest
                ],
            }
            for one in verdicts
        ],
        "expectations": [msgspec.structs.asdict(failed) for failed in report.failed],
    }


def table(checked: list[tuple[Report, list[Verdict]]]) -> str:
    """A line per budget, the heaviest layers below a broken one, then the verdict."""
    lines: list[str] = []
    for report, verdicts in checked:
        name = inline(report.model.source)
        for one in verdicts:
            lines.append(f"{name}: {'ok  ' if one.ok else 'FAIL'}  {inline(one.said)}")
            lines += [f"    {value:>15,}  {share:5.1f} %  {inline(layer)}" for layer, value, share in one.heaviest]
        lines += [f"{name}: FAIL  {inline(_promise(failed))}" for failed in report.failed]
    kept = [ok for _, verdicts in checked for ok in _kept(verdicts)]
    unkept = sum(len(report.failed) for report, _ in checked)
    promises = f"; {unkept} expectation{'s' if unkept != 1 else ''} of the spec not kept" if unkept else ""
    lines.append(f"{sum(kept)} of {len(kept)} budgets kept{promises}")
    return "\n".join(lines) + "\n"


def _kept(verdicts: list[Verdict]) -> list[bool]:
    """Whether each budget is kept; one of every layer is one budget, however many layers break it."""
    found: dict[int, bool] = {}
    for one in verdicts:
        found[id(one.limit)] = found.get(id(one.limit), True) and one.ok
    return list(found.values())


def markdown(checked: list[tuple[Report, list[Verdict]]], problems: Sequence[Checked] = ()) -> str:
    """For a comment on a pull request, with what could not be analysed."""
    lines = ["| model | | what |", "| --- | --- | --- |"]
    for report, verdicts in checked:
        name = md(inline(report.model.source))
        for one in verdicts:
            heavy = ", ".join(f"{layer} {value:,} ({share:.1f} %)" for layer, value, share in one.heaviest)
            more = f"; heaviest: {heavy}" if heavy else ""
            lines.append(f"| {name} | {':white_check_mark:' if one.ok else ':x:'} | {md(inline(one.said + more))} |")
        lines += [f"| {name} | :x: | {md(inline(_promise(failed)))} |" for failed in report.failed]
    for file in problems:
        first = file.problem.partition("\n")[0]
        lines.append(f"| {md(inline(file.file))} | :x: | could not be analysed: {md(inline(first))} |")
    return "\n".join(lines) + "\n"


def _promise(failed: Expectation) -> str:
    """An expectation that is not kept, with its layer."""
    return (f"{failed.layer}: " if failed.layer else "") + in_words(failed)
