"""`cnnshape explain`: where every number comes from."""

from __future__ import annotations

from typing import Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean, one_of

FORMATS = ("text", "markdown", "latex")

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(
    model: str = common.MODEL,
    layer: str = typer.Argument(
        "", metavar="[LAYER]", help="A layer or block; all without it.", autocompletion=common.layers
    ),
    form: str = typer.Option(
        "text", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
    batch: Optional[int] = common.BATCH,
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

    one_of(form, FORMATS, "format")
    network, report = common.opened(model, batch, inputs=input, sets=set)
    try:
        stories = explained(network, report, layer)
    except KeyError:
        if not report.layers:
            raise api.usage(f"{model} has no layer {layer}, for it has no layers", f"leave out {layer}") from None
        known = list(
            dict.fromkeys(".".join(row.path[:n]) for row in report.layers for n in range(len(row.path), 0, -1))
        )
        listed = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
        raise api.usage(f"{model} has no layer {layer}", did_you_mean(layer, known) or f"one of {listed}") from None
    common.write(PAINTERS[form](stories))
    if common.complain(report):
        raise typer.Exit(1)
