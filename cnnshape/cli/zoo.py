"""`cnnshape zoo`: the bundled networks."""

from __future__ import annotations

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def zoo(
    action: str = typer.Argument(
        "list",
        metavar="[list|show]",
        help="list them, or show one's spec.",
        autocompletion=common.words(("list", "show")),
    ),
    name: str = typer.Argument(
        "",
        metavar="[NAME]",
        help="Which one to show.",
        autocompletion=lambda incomplete: [n for n in api.zoo_names() if n.startswith(incomplete)],
    ),
    form: str = typer.Option(
        "table", "--format", "-f", help="table or json.", autocompletion=common.words(("table", "json"))
    ),
) -> None:
    """List the bundled networks, or print one's spec.

    \b
    Examples:
      cnnshape zoo
      cnnshape zoo --format json
      cnnshape zoo show resnet50 > mine.yaml
    """
    if action == "show":
        if not name:
            raise api.usage("zoo show needs a NAME", f"one of {', '.join(api.zoo_names())}")
        common.write(api.zoo_path(name.removeprefix("zoo:")).read_text(encoding="utf-8"))
        return
    if action != "list":
        meant = f"zoo show {action}" if action.removeprefix("zoo:") in api.zoo_names() else ""
        near = did_you_mean(action, ("list", "show"))
        raise api.usage(f"zoo has no action {action}", f"write {meant}" if meant else near or "list or show NAME")
    if form not in ("table", "json"):
        raise api.usage(f"unknown format {form}", did_you_mean(form, ("table", "json")) or "table or json")
    rows = []
    for entry in api.zoo_names():
        report = api.analyze(f"zoo:{entry}")
        shape = str(report.inputs[0].shape)
        rows.append(
            {
                "name": entry,
                "title": report.model.name,
                "input": shape,
                "params": report.totals.params,
                "macs": report.totals.macs,
            }
        )
    if form == "json":
        import json

        common.write(json.dumps(rows, indent=2))
        return
    width = max(len(str(row["title"])) for row in rows)
    for row in rows:
        common.write(
            f"zoo:{row['name']:<18} {row['title']:<{width}}  {row['input']:>12}  {row['params']:>13,} params  {row['macs']:>16,} MACs"
        )
