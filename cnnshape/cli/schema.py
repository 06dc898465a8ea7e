"""`cnnshape schema`: JSON Schemas for editors and for programs."""

from __future__ import annotations

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

#: What has a schema, and the module that knows it.
SCHEMAS = {
    "spec": "cnnshape.spec.schema",
    "report": "cnnshape.render.json",
    "lint": "cnnshape.render.findings.json",
    "solve": "cnnshape.solve.answer",
    "sizes": "cnnshape.sizes.result",
    "reconcile": "cnnshape.conventions.count",
}

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def schema(
    what: str = typer.Argument(
        "spec",
        metavar=f"[{'|'.join(SCHEMAS)}]",
        help="The spec language, or what a command writes as JSON.",
        autocompletion=common.words(SCHEMAS),
    ),
) -> None:
    """Print the JSON Schema of the spec language (for editors), of the report, or of another command's JSON.

    \b
    Examples:
      cnnshape schema > cnnshape.schema.json
      cnnshape schema report
      cnnshape schema sizes
    In a spec, for editors: # yaml-language-server: $schema=cnnshape.schema.json
    """
    import json
    from importlib import import_module

    if what not in SCHEMAS:
        raise api.usage(f"unknown schema {what}", did_you_mean(what, tuple(SCHEMAS)) or f"one of {', '.join(SCHEMAS)}")
    common.write(json.dumps(import_module(SCHEMAS[what]).schema(), indent=2))
