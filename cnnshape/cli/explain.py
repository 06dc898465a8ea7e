"""`cnnshape explain`: where every number comes from."""

from __future__ import annotations

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    model: str = common.MODEL,
    layer: str = typer.Argument("", metavar="[LAYER]", help="A layer or block; all without it."),
    form: str = typer.Option("text", "--format", "-f", help="text, markdown or latex."),
    batch: int = common.BATCH,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Show each number as formula, substitution and result.

    \b
    Examples:
      cnnshape explain model.yaml conv1
      cnnshape explain zoo:alexnet
      cnnshape explain zoo:resnet50 stem --format markdown
    """
    from cnnshape.explain import explain as explained
    from cnnshape.render.story import PAINTERS

    if form not in PAINTERS:
        raise api.usage(f"unknown format {form}", "text, markdown or latex")
    network, report = api.analyze_network(
        model, batch=batch, input=common.shapes(input), sets=common.pairs(set, "--set")
    )
    try:
        stories = explained(network, report, layer)
    except KeyError:
        raise api.usage(
            f"{model} has no layer {layer}", did_you_mean(layer, [row.name for row in report.layers])
        ) from None
    common.write(PAINTERS[form](stories))
    if common.complain(report):
        raise typer.Exit(1)
