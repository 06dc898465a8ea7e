"""`cnnshape diff`: what changed from one network to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import typer

from cnnshape.cli import common
from cnnshape.errors import one_of

if TYPE_CHECKING:
    from cnnshape.network import Network
    from cnnshape.report import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None)

FORMATS = ("table", "markdown", "json")


@app.command()
def diff(
    model: str = typer.Argument(
        ..., metavar="BEFORE", help="A model file, zoo:NAME, or git:REF:path.", autocompletion=common.models
    ),
    after: str = typer.Argument(
        ..., metavar="AFTER", help="Another; the formats may differ.", autocompletion=common.models
    ),
    form: str = typer.Option(
        "table", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
    fail_on: list[str] = typer.Option(
        [],
        "--fail-on",
        metavar="TOTAL:CHANGE",
        help="Exit 1 when a total changes by more: params:+5%, macs:+10M, layers:any.",
    ),
    every: bool = typer.Option(False, "--all", "-a", help="List the layers that stayed the same as well."),
    batch: Optional[int] = typer.Option(
        None,
        "--batch",
        "-b",
        metavar="N",
        help="Examples per batch, of both; without it, the one that both state, or 1.",
    ),
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
) -> None:
    """Layers added, removed and changed, and every total with its change. Layers are matched by what they are.

    Exit status: 0 fine, 1 a --fail-on is broken, 2 the input or usage is wrong.

    \b
    Examples:
      cnnshape diff zoo:resnet18 zoo:resnet34
      cnnshape diff git:HEAD:model.yaml model.yaml --fail-on params:+5%
      cnnshape diff model.yaml model.onnx
      cnnshape diff zoo:alexnet zoo:vgg16 --format markdown
    """
    from cnnshape.compare import compare, guard

    one_of(form, FORMATS, "format")
    guards = [guard(text) for text in fail_on]
    found = compare(*_both((model, after), batch, dtype, input), guards)
    from cnnshape.render import difference

    if form == "table":
        common.write(difference.table(found, every=every))
    else:
        common.write(difference.markdown(found) if form == "markdown" else difference.to_json(found))
    for text in found.broken:
        common.say(f"{found.after}: {text}")
    if found.broken:
        raise typer.Exit(1)


def _both(
    models: tuple[str, str], batch: int | None, dtype: str, inputs: list[str]
) -> tuple[tuple[Network, Report], tuple[Network, Report]]:
    """Both networks in one batch: a file may state another one than a spec has, and a few work in no other."""
    before, after = (common.opened(model, batch, dtype, inputs) for model in models)
    if before[1].batch != after[1].batch:
        before, after = (common.opened(model, 1, dtype, inputs) for model in models)
    return before, after
