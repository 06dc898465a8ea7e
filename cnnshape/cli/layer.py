"""`cnnshape layer`: one layer without a file."""

from __future__ import annotations

from typing import Any

import typer

from cnnshape import api
from cnnshape.cli import common

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def kinds(incomplete: str) -> list[str]:
    """Completion of KIND."""
    from cnnshape.layers import BY_NAME

    return [name for name in BY_NAME if name.startswith(incomplete)]


@app.command()
def layer(
    kind: str = typer.Argument(
        ..., metavar="KIND", help="A layer kind or block of docs/layers.md.", autocompletion=kinds
    ),
    shape: str = typer.Argument(..., metavar="INPUT", help="CxHxW; several inputs with commas."),
    keys: list[str] = typer.Argument(None, metavar="[KEY=VALUE...]", help="The layer's fields."),
    form: str = typer.Option("text", "--format", "-f", help="text, json or markdown."),
    batch: int = common.BATCH,
) -> None:
    """One layer: its output, params, MACs, and how they come about.

    \b
    Examples:
      cnnshape layer conv 3x32x32 out_channels=10 kernel_size=5 padding=2
      cnnshape layer max_pool 64x112x112 kernel_size=3 stride=2 ceil_mode=true
      cnnshape layer add 64x56x56,64x1x1
      cnnshape layer conv 3x227x227 out_channels=96 kernel_size=11 stride=4 --format json
    """
    from cnnshape.spec.source import parse

    body: dict[str, Any] = {}
    for name, text in common.pairs(keys or [], "").items():
        body[name] = parse(text, "<value>").data
    shapes = shape.split(",")
    names = ["input"] if len(shapes) == 1 else [f"input{i + 1}" for i in range(len(shapes))]
    item: dict[str, Any] = {kind: body or None, "from": names}
    data = {"name": kind, "inputs": dict(zip(names, shapes, strict=True)), "layers": [item]}
    network, report = api.analyze_data_network(data, batch=batch)
    if form == "json":
        from cnnshape.render import render

        common.write(render([report], "json"))
        return
    from cnnshape.explain import explain
    from cnnshape.render.story import PAINTERS

    if form not in PAINTERS:
        raise api.usage(f"unknown format {form}", "text, json, markdown or latex")
    totals = report.totals
    if form == "text":
        outputs = " and ".join("x".join(map(str, t.shape[1:])) for t in report.outputs)
        common.write(f"{shape} -> {outputs}\nparams {totals.params:,}, MACs {totals.macs:,}\n")
    common.write(PAINTERS[form](explain(network, report)))
