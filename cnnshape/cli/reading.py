"""The options of every command that takes a MODEL: how its file is to be read. Said once here, not in each command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer

from cnnshape.errors import usage
from cnnshape.readers import FORMATS

#: What was said of the model of this run.
SAID: dict[str, Any] = {}


app = typer.Typer(add_completion=False, rich_markup_mode=None)


def _formats(incomplete: str) -> list[str]:
    """Completion of --from."""
    return [form for form in FORMATS if form.startswith(incomplete)]


@app.command()
def _reading(
    source_format: str = typer.Option(
        "",
        "--from",
        metavar="FORMAT",
        help=f"Read the file as {', '.join(FORMATS)}; its content tells otherwise.",
        autocompletion=_formats,
    ),
    strict: bool = typer.Option(False, "--strict", help="An operator that is not known is an error."),
    import_python: bool = typer.Option(
        False, "--import-python", help="Allow MODULE:NAME as the model, which runs that code."
    ),
) -> None:
    """Take the options."""
    SAID.update(form=source_format, strict=strict, import_python=import_python)


def _once(values: dict[str, Any]) -> None:
    """Refuse standard input for several models: the second one would find it empty."""
    models = values["model"]
    named = [*(models if isinstance(models, list) else [models]), values.get("after")]
    if named.count("-") > 1:
        raise usage("standard input is read once, and - stands for more than one model", "name files for the others")


def reads_a_model(command: Any) -> Any:
    """The command with these options, when it takes a model."""
    if all(param.name != "model" for param in command.params):
        return command
    inner: Callable[..., Any] = command.callback
    options = typer.main.get_command(app).params
    names = [option.name for option in options]

    def callback(**values: Any) -> Any:
        _reading(**{name: values.pop(name) for name in names})
        _once(values)
        return inner(**values)

    command.callback = callback
    command.params = [*command.params, *options]
    return command
