"""What several commands share: reading options, writing results."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from glob import escape
from typing import TYPE_CHECKING, Any

import typer

from cnnshape import api
from cnnshape.errors import ModelError
from cnnshape.promises import in_words
from cnnshape.readers import FORMATS
from cnnshape.report import DTYPES

if TYPE_CHECKING:
    from cnnshape.network import Network
    from cnnshape.report import Report


#: What the files of all formats are called.
SUFFIXES = tuple(end for ends in FORMATS.values() for end in ends)


def models(incomplete: str) -> list[str]:
    """Completion of MODEL: the zoo and the specs of this folder; where neither fits, the shell completes files."""
    from pathlib import Path

    found = [f"zoo:{name}" for name in api.zoo_names() if f"zoo:{name}".startswith(incomplete)]
    specs = () if "/" in incomplete or ":" in incomplete else Path().glob(f"{escape(incomplete)}*")
    return [*found, *sorted(path.name for path in specs if path.name.lower().endswith(SUFFIXES))]


def layers(ctx: Any, incomplete: str) -> list[str]:
    """Completion of a layer's or block's name in the model that stands before."""
    try:
        report = api.analyze(str(ctx.params.get("model")))
    except (ModelError, OSError):
        return []
    names = dict.fromkeys(".".join(row.path[:n]) for row in report.layers for n in range(1, len(row.path) + 1))
    return [name for name in names if name.startswith(incomplete)]


def words(known: Iterable[str]) -> Callable[[str], list[str]]:
    """Completion of an option that takes one of a few words."""

    def found(incomplete: str) -> list[str]:
        return [word for word in known if word.startswith(incomplete)]

    return found


MODEL = typer.Argument(
    ...,
    metavar="MODEL",
    help="A spec, ONNX, Keras, Caffe, Darknet or .pt2 file, - for standard input, or zoo:NAME.",
    autocompletion=models,
)
BATCH: Any = typer.Option(None, "--batch", "-b", metavar="N", help="Examples per batch; what the file states, or 1.")
DTYPE = typer.Option(
    "float32", "--dtype", help="float64, float32, float16, bfloat16 or int8.", autocompletion=words(DTYPES)
)
INPUT = typer.Option(
    [], "--input", "-i", metavar="CxHxW", help="Another input shape; NAME=CxHxW where there are several."
)
SETS = typer.Option([], "--set", "-s", metavar="NAME=VALUE", help="Another value for a variable of the spec.")


def pairs(texts: list[str], option: str) -> dict[str, str]:
    """NAME=VALUE options."""
    found: dict[str, str] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise api.usage(f"{option} {text}: write NAME=VALUE".lstrip())
        if name in found:
            raise api.usage(f"{option} {text}: {name} is given twice".lstrip())
        found[name] = value
    return found


def shapes(texts: list[str]) -> Any:
    """--input options: one shape, or several by name."""
    if not texts:
        return None
    found: dict[str, str] = {}
    for text in texts:
        name, _, value = text.rpartition("=")
        if name in found:
            raise api.usage(f"--input {text}: {name or 'the shape'} is given twice", "each input once")
        found[name] = value
    if "" in found and len(found) > 1:
        raise api.usage(f"--input {found['']} names no input, and another one does", f"--input NAME={found['']}")
    return found


def analyse(model: str, batch: int | None, dtype: str, inputs: list[str], sets: list[str]) -> Report:
    """A report from the common options."""
    return opened(model, batch, dtype, inputs, sets)[1]


def opened(
    model: str,
    batch: int | None = None,
    dtype: str = "float32",
    inputs: Iterable[str] = (),
    sets: Iterable[str] = (),
) -> tuple[Network, Report]:
    """A network and its report, from the common options and those of `reading`."""
    return api.analyze_network(model, dtype=dtype, **opening(batch, inputs, sets))


def opening(batch: int | None, inputs: Iterable[str], sets: Iterable[str]) -> dict[str, Any]:
    """How a model is opened, as `api` asks for it: the common options and those of `reading`."""
    from cnnshape.cli.reading import SAID

    return {"batch": batch, "input": shapes([*inputs]), "sets": pairs([*sets], "--set"), **SAID}


#: The largest size that a command takes.
MOST_SIZE = 10**9 - 1


def large(word: str) -> bool:
    """Whether this is a number that no size can be; it may have more digits than Python reads."""
    return word.isdecimal() and len(word.lstrip("0")) > len(str(MOST_SIZE))


def write(text: str, *, painted: bool = False) -> None:
    """A result, to standard output; `painted` text brings colours of its own and is safe already."""
    from cnnshape.render.safe import encodable, visible

    if sys.stdout is None:  # closed by whoever called
        return
    if not text.endswith("\n"):
        text += "\n"
    try:
        sys.stdout.write(encodable(text if painted else visible(text), sys.stdout.encoding or "utf-8"))
        sys.stdout.flush()
    except BrokenPipeError:
        nowhere(sys.stdout)


def nowhere(stream: Any) -> None:
    """Nobody reads this stream any more: what is still to come goes nowhere, and the status stays the result's.

    Python flushes its streams once more at exit, and would complain if they led to a closed pipe.
    """
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def in_terminal() -> bool:
    """Whether a person reads the result."""
    return sys.stdout is not None and sys.stdout.isatty()


def say(text: str) -> None:
    """Everything else, to standard error."""
    from cnnshape.render.safe import encodable, visible

    if sys.stderr is not None:
        try:
            sys.stderr.write(encodable(visible(text), sys.stderr.encoding or "utf-8") + "\n")
            sys.stderr.flush()
        except BrokenPipeError:
            nowhere(sys.stderr)


def complain(report: Report) -> bool:
    """Tell which promises do not hold; whether there are any."""
    for failed in report.failed:
        where = f"{report.model.source}:{failed.line}" if failed.line else report.model.source
        layer = f"{failed.layer}: " if failed.layer else ""
        say(f"{where}: CNN-E601: {layer}{in_words(failed)}")
    return bool(report.failed)


def reports(
    names: list[str], convert: Callable[[Network, Report], Report] | None = None, **options: Any
) -> tuple[list[Report], bool]:
    """Every model that can be analysed, perhaps converted; the others are told. Whether any failed."""
    found, failed = [], False
    for name in names:
        try:
            network, report = opened(name, **options)
            found.append(report if convert is None else convert(network, report))
        except ModelError as error:
            if len(names) == 1:
                raise
            say(str(error))
            failed = True
    return found, failed
