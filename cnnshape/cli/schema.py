"""`cnnshape schema`: JSON Schemas for editors and for programs."""

from __future__ import annotations

import typer

from cnnshape import api
from cnnshape.cli import common

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def schema(
    what: str = typer.Argument(
        "spec",
        metavar="[spec|report]",
        help="The spec language, or the JSON report.",
        autocompletion=common.words(("spec", "report")),
    ),
) -> None:
    """Print the JSON Schema of the spec language (for editors) or of the report.

    \b
    Examples:
      cnnshape schema > cnnshape.schema.json
      cnnshape schema report
    In a spec, for editors: # yaml-language-server: $schema=cnnshape.schema.json
    """
    import json

    if what == "spec":
        from cnnshape.spec.schema import schema as found
    elif what == "report":
        from cnnshape.render.json import schema as found
    else:
        raise api.usage(f"unknown schema {what}", "spec or report")
    common.write(json.dumps(found(), indent=2))
