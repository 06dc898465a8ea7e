"""`cnnshape analyze`: the table."""

from __future__ import annotations

import sys
from typing import Any, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean
from cnnshape.render import FORMATS, render

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def analyze(
    model: list[str] = common.MODEL,
    form: str = typer.Option("table", "--format", "-f", help=f"One of {', '.join(FORMATS)}."),
    columns: str = typer.Option(
        "", "--columns", "-c", metavar="A,B,...", help="Which columns, in which order; 'all' for every one."
    ),
    sort: str = typer.Option("", "--sort", metavar="COLUMN", help="Order by a column, largest number first."),
    depth: Optional[int] = typer.Option(
        None, "--depth", metavar="N", help="Fold blocks below this depth into one row."
    ),
    batch: int = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Every layer's output shape, params, MACs, memory and receptive field.

    Exit status: 0 fine, 1 an expectation of the spec failed, 2 the input or usage is wrong.

    \b
    Examples:
      cnnshape analyze model.yaml
      cnnshape analyze zoo:resnet50 --depth 1
      cnnshape analyze zoo:vgg16 --input 3x256x256 --batch 8
      cnnshape analyze a.yaml b.yaml --format json
      cat model.yaml | cnnshape analyze - --columns name,output,params --format csv
    """
    if form not in FORMATS:
        raise api.usage(f"unknown format {form}", did_you_mean(form, FORMATS) or f"one of {', '.join(FORMATS)}")
    if depth is not None and depth < 1:
        raise api.usage(f"--depth {depth}: the depth counts from 1")
    found, failed = common.reports(model, batch=batch, dtype=dtype, inputs=input, sets=set)
    from cnnshape.render.grid import COLUMNS

    chosen = (
        tuple(c.key for c in COLUMNS) if columns == "all" else tuple(c.strip() for c in columns.split(",") if c.strip())
    )
    options: dict[str, Any] = {"columns": chosen, "sort": sort, "depth": depth}
    if found and form == "table" and sys.stdout.isatty():
        from cnnshape.render.terminal import show

        for report in found:
            show(report, **options)
    elif found:
        common.write(render(found, form, **options))
    broken = [common.complain(report) for report in found]
    if failed:
        raise typer.Exit(2)
    if any(broken):
        raise typer.Exit(1)
