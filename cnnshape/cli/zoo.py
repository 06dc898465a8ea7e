"""`cnnshape zoo`: the bundled networks."""

from __future__ import annotations

import typer

from cnnshape import api
from cnnshape.cli import common

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def zoo(
    action: str = typer.Argument("list", metavar="[list|show]", help="list them, or show one's spec."),
    name: str = typer.Argument(
        "", metavar="[NAME]", autocompletion=lambda incomplete: [n for n in api.zoo_names() if n.startswith(incomplete)]
    ),
    form: str = typer.Option("table", "--format", "-f", help="table or json."),
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
    if action != "list" or form not in ("table", "json"):
        raise api.usage(f"zoo {action} --format {form}: write zoo, zoo --format json, or zoo show NAME")
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
