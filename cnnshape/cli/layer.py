"""`cnnshape layer`: one layer without a file."""

from __future__ import annotations

import re
from typing import Any, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import ModelError, Place, Problem, one_of
from cnnshape.render.units import marked

FORMATS = ("text", "json", "markdown", "latex")

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def kinds(incomplete: str) -> list[str]:
    """Completion of KIND: kinds, and blocks of the library."""
    from cnnshape.layers import BY_NAME
    from cnnshape.spec.blocks import library

    return [name for name in (*BY_NAME, *library.names()) if name.startswith(incomplete)]


@app.command()
def layer(
    kind: str = typer.Argument(
        ..., metavar="KIND", help="A layer kind or block of docs/layers.md.", autocompletion=kinds
    ),
    shape: str = typer.Argument(..., metavar="INPUT", help="CxHxW; several inputs with commas."),
    keys: list[str] = typer.Argument(
        None, metavar="[KEY=VALUE...]", help="The layer's fields; one VALUE alone is the kind's shorthand."
    ),
    form: str = typer.Option(
        "text", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
    batch: Optional[int] = common.BATCH,
) -> None:
    """One layer: its output, params, MACs, and how they come about.

    \b
    Examples:
      cnnshape layer conv 3x32x32 out_channels=10 kernel_size=5 padding=2
      cnnshape layer max_pool 64x112x112 kernel_size=3 stride=2 ceil_mode=true
      cnnshape layer linear 9216 4096
      cnnshape layer add 64x56x56,64x1x1
      cnnshape layer conv 3x227x227 out_channels=96 kernel_size=11 -f json
    """
    from cnnshape.spec.heads import STRUCTURES

    one_of(form, FORMATS, "format")
    if kind in STRUCTURES:
        raise api.usage(
            f"{kind} holds layers and is none itself", "write it in a file, for analyze, or give one layer here"
        )
    shapes = [checked(part.strip()) for part in shape.split(",")]
    names = ["input"] if len(shapes) == 1 else [f"input{i + 1}" for i in range(len(shapes))]
    item: dict[str, Any] = {kind: fields(keys or []), "from": names}
    data = {"name": kind, "inputs": dict(zip(names, shapes, strict=True)), "layers": [item]}
    try:
        network, report = api.analyze_data_network(data, batch=batch)
    except ModelError as error:
        raise ModelError([spoken(problem) for problem in error.problems]) from None
    if form == "json":
        from cnnshape.render import render

        common.write(render([report], "json"))
        return
    from cnnshape.explain import explain
    from cnnshape.render.story import PAINTERS

    totals = report.totals
    head = ""
    if form == "text":
        outputs = " and ".join("x".join(map(str, t.shape[1:])) for t in report.outputs)
        params, macs = marked(totals.params, report.status.params), marked(totals.macs, report.status.macs)
        head = f"{shape} -> {outputs}\nparams {params}, MACs {macs}\n\n"
    common.write(head + PAINTERS[form](explain(network, report)))


def checked(text: str) -> Any:
    """An input shape, or the error of this call."""
    from cnnshape.spec.fields import Fault
    from cnnshape.spec.shapes import shape_of

    try:
        return list(shape_of(text, None))
    except Fault as fault:
        raise api.usage(f"INPUT {text}: {fault}", fault.fix) from None


def fields(texts: list[str]) -> Any:
    """KEY=VALUE words as a layer's fields; one value alone is the kind's shorthand."""
    if len(texts) == 1 and "=" not in texts[0] and not texts[0].isidentifier():
        return value(texts[0], "VALUE")
    try:
        found = common.pairs(texts, "")
    except ModelError as error:
        raise ModelError([p._replace(message=p.message.replace("NAME=", "KEY=")) for p in error.problems]) from None
    return {name: value(text, name) for name, text in found.items()} or None


def value(text: str, name: str) -> Any:
    """A value as a spec would read it."""
    from cnnshape.spec.source import parse

    if not text.strip():
        raise api.usage(f"{name} has no value", f"write {name}=VALUE")
    try:
        return parse(text, name).data
    except ModelError as error:
        raise api.usage(f"{name}={text}: {error.problems[0].message}", error.problems[0].fix) from None


def spoken(problem: Problem) -> Problem:
    """A problem of a spec in the words of this command: its place is the call, its fixes are KEY=VALUE."""
    fix = re.sub(r"^write \w+: \{(\w+): \.\.\.\}$", r"write \1=...", problem.fix)
    fix = re.sub(r"\b([a-z_]+): (?=[\w\[-])", r"\1=", fix)
    if "from=" in fix:  # a spec names its inputs; here they are all in the call
        fix = "write every input, with commas: 64x56x56,64x56x56"
    return problem._replace(place=Place("cnnshape layer"), fix=fix)
