"""`cnnshape zoo`: the bundled networks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from cnnshape import api, bundled
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

if TYPE_CHECKING:
    from cnnshape.published import Figure

app = typer.Typer(add_completion=False, rich_markup_mode=None)

#: Columns of the list where it is not narrower.
PAGE = 110


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
    totals: bool = typer.Option(False, "--totals", "-t", help="Analyse each one, for its params and MACs."),
    form: str = typer.Option(
        "table", "--format", "-f", help="table or json (with totals).", autocompletion=common.words(("table", "json"))
    ),
) -> None:
    """List the bundled networks, or print one's spec, with its published figures beside the calculated ones.

    \b
    Examples:
      cnnshape zoo
      cnnshape zoo --totals
      cnnshape zoo show resnet50 > mine.yaml
    """
    if action == "show":
        if not name:
            raise api.usage("zoo show needs a NAME", f"one of {', '.join(api.zoo_names())}")
        name = name.removeprefix("zoo:")
        common.write(api.zoo_text(name) + figures(name))
        return
    if action != "list":
        meant = f"zoo show {action}" if action.removeprefix("zoo:") in api.zoo_names() else ""
        near = did_you_mean(action, ("list", "show"))
        raise api.usage(f"zoo has no action {action}", f"write {meant}" if meant else near or "list or show NAME")
    if form not in ("table", "json"):
        raise api.usage(f"unknown format {form}", did_you_mean(form, ("table", "json")) or "table or json")
    if form == "json":
        import json

        common.write(json.dumps([row(entry) for entry in api.zoo_names()], indent=2))
    elif totals:
        rows = [row(entry) for entry in api.zoo_names()]
        names, titles = (max(len(str(one[key])) for one in rows) for key in ("name", "title"))
        for one in rows:
            common.write(
                f"zoo:{one['name']:<{names}}  {one['title']:<{titles}}  {one['input']:>12}  "
                f"{one['params']:>13,} params  {one['macs']:>16,} MACs"
            )
    else:
        from shutil import get_terminal_size
        from textwrap import fill

        width = max(map(len, bundled.families())) + 2
        room = min(get_terminal_size().columns, PAGE) if common.in_terminal() else PAGE
        for family, named in bundled.families().items():
            text = f"{family:<{width}}{' '.join(named)}"
            # A name longer than the line is no shorter for being cut.
            common.write(
                fill(text, room, subsequent_indent=" " * width, break_long_words=False, break_on_hyphens=False)
            )


def row(name: str) -> dict[str, Any]:
    """What a list tells of one network."""
    report = api.analyze(f"zoo:{name}")
    return {
        "name": name,
        "title": report.model.name,
        "input": str(report.inputs[0].shape),
        "params": report.totals.params,
        "macs": report.totals.macs,
    }


def figures(name: str) -> str:
    """The published figures as comments, so that what is shown stays a spec."""
    from cnnshape.published import figures as found

    rows = found(name, api.analyze)
    if not rows:
        return ""
    return "\n# Published | calculated:\n" + "".join(map(line, rows))


def line(one: Figure) -> str:
    """One published figure beside ours."""
    sign = "=" if one.same else "but"
    exact = f"{one.calculated.normalize():f}" if "." in one.published else f"{one.calculated:.0f}"
    at = f" at {one.at}" if one.at else ""
    why = f": {one.differs}" if one.differs else ""
    return f"#   {one.quantity} {one.published} {sign} {exact}{at} ({one.source}){why}\n"
