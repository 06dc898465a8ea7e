"""What several commands share: reading options, writing results."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import typer

from cnnshape import api
from cnnshape.errors import ModelError

if TYPE_CHECKING:
    from cnnshape.report import Report


def models(incomplete: str) -> list[str]:
    """Completion of MODEL: the zoo; the shell itself completes files."""
    return [f"zoo:{name}" for name in api.zoo_names() if f"zoo:{name}".startswith(incomplete)]


MODEL = typer.Argument(
    ..., metavar="MODEL", help="A spec file, - for standard input, or zoo:NAME.", autocompletion=models
)
BATCH = typer.Option(1, "--batch", "-b", metavar="N", help="Examples per batch.")
DTYPE = typer.Option("float32", "--dtype", help="float64, float32, float16, bfloat16 or int8.")
INPUT = typer.Option(
    [], "--input", "-i", metavar="CxHxW", help="Another input shape; NAME=CxHxW where there are several."
)
SETS = typer.Option([], "--set", "-s", metavar="NAME=VALUE", help="Another value for a variable of the spec.")


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """NAME=VALUE options."""
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise api.usage(f"{option} {text}: write NAME=VALUE")
        found[name] = value
    return found


def shapes(texts: list[str]) -> Any:
    """--input options: one shape, or several by name."""
    if not texts:
        return None
    return {name: value for name, _, value in (t.rpartition("=") for t in texts)}


def analyse(model: str, batch: int, dtype: str, inputs: list[str], sets: list[str]) -> Report:
    """A report from the common options."""
    return api.analyze(model, batch=batch, dtype=dtype, input=shapes(inputs), sets=pairs(sets, "--set"))


def write(text: str) -> None:
    """A result, to standard output."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding) if encoding.lower() != "utf-8" else text)
    if not text.endswith("\n"):
        sys.stdout.write("\n")
    sys.stdout.flush()


def complain(report: Report) -> bool:
    """Tell which promises do not hold; whether there are any."""
    for failed in report.failed:
        where = f"{report.model.source}:{failed.line}" if failed.line else report.model.source
        what = f"{failed.layer}: {failed.what}" if failed.layer else failed.what
        expected, found = (
            "x".join(map(str, v)) if isinstance(v, tuple) else v for v in (failed.expected, failed.found)
        )
        typer.echo(f"{where}: CNN-E601: {what} is {found}, but {expected} was expected", err=True)
    return bool(report.failed)


def reports(names: list[str], **options: Any) -> tuple[list[Report], bool]:
    """Every model that can be analysed; the others are told. Whether any failed."""
    found, failed = [], False
    for name in names:
        try:
            found.append(analyse(name, **options))
        except ModelError as error:
            if len(names) == 1:
                raise
            typer.echo(str(error), err=True)
            failed = True
    return found, failed
