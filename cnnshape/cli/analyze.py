"""`cnnshape analyze`: the table."""

from __future__ import annotations

from typing import Any, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import one_of
from cnnshape.render import FORMATS, render

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def one_column(incomplete: str) -> list[str]:
    """Completion of --sort."""
    from cnnshape.render.grid import BY_KEY

    return [key for key in BY_KEY if key.startswith(incomplete)]


def some_columns(incomplete: str) -> list[str]:
    """Completion of --columns: the word after the last comma."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{key}" for key in ("all", *one_column("")) if key.startswith(last)]


def one_tool(incomplete: str) -> list[str]:
    """Completion of --convention."""
    from cnnshape.conventions import NAMES

    return [name for name in NAMES if name.startswith(incomplete)]


@app.command()
def analyze(
    model: list[str] = common.MODEL,
    form: str = typer.Option(
        "table", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
    columns: str = typer.Option(
        "",
        "--columns",
        "-c",
        metavar="A,B,...",
        help="Which columns, in which order; 'all' for every one.",
        autocompletion=some_columns,
    ),
    sort: str = typer.Option(
        "", "--sort", metavar="COLUMN", help="Order by a column, largest number first.", autocompletion=one_column
    ),
    depth: Optional[int] = typer.Option(
        None, "--depth", metavar="N", help="Fold blocks below this depth into one row; 0 folds everything."
    ),
    unfold: bool = typer.Option(False, "--unfold", help="In a terminal, show equal blocks one by one."),
    layout: str = typer.Option(
        "NCHW",
        "--layout",
        help="NCHW or NHWC: where the shapes of images show their channels.",
        autocompletion=common.words(("NCHW", "NHWC")),
    ),
    convention: str = typer.Option(
        "",
        "--convention",
        metavar="TOOL",
        help="Params and MACs as another tool counts them; see reconcile.",
        autocompletion=one_tool,
    ),
    batch: Optional[int] = common.BATCH,
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
      cnnshape analyze zoo:resnet18 zoo:resnet50 --depth 0
      cnnshape analyze a.yaml b.yaml --format json
      cnnshape analyze zoo:resnet50 --convention fvcore
      cat model.yaml | cnnshape analyze - -c name,output,params -f csv
    """
    one_of(form, FORMATS, "format")
    if layout.upper() not in ("NCHW", "NHWC"):
        raise api.usage(f"unknown layout {layout}", "NCHW or NHWC")
    if sort:
        asked(sort)
    if depth is not None and depth < 0:
        raise api.usage(f"--depth {depth}: the depth counts from 0, the whole network in one row")
    options: dict[str, Any] = {"columns": asked(columns), "sort": sort, "depth": depth}
    if convention:
        from cnnshape.cli.reconcile import counting

        convert, options["counting"] = counting(convention)
    else:
        convert = None
    found, failed = common.reports(model, convert=convert, batch=batch, dtype=dtype, inputs=input, sets=set)
    shown = found
    if layout.upper() != "NCHW":
        from cnnshape.render.layout import laid

        shown = [laid(report, layout.upper()) for report in found]
    if found and form == "table" and common.in_terminal():
        from cnnshape.render.terminal import painted

        common.write("\n".join(painted(report, every=unfold, **options) for report in shown), painted=True)
    elif found or (form == "json" and len(model) > 1):  # an array, even of none
        common.write(render(shown, form, several=len(model) > 1, **options))
    broken = [common.complain(report) for report in found]
    if failed:
        raise typer.Exit(2)
    if any(broken):
        raise typer.Exit(1)


def asked(columns: str) -> tuple[str, ...]:
    """The columns of --columns: known ones, each once."""
    if not columns:
        return ()
    from cnnshape.render.grid import COLUMNS, column

    if columns.strip() == "all":
        return tuple(c.key for c in COLUMNS)
    keys = dict.fromkeys(key.strip() for key in columns.split(",") if key.strip())
    if not keys:
        raise api.usage("--columns names no column", f"some of {', '.join(c.key for c in COLUMNS)}, or all")
    return tuple(column(key).key for key in keys)
