"""`cnnshape convert`: the network as a file of another tool."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any, BinaryIO

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

if TYPE_CHECKING:
    from cnnshape.forward.weights import Weights

app = typer.Typer(add_completion=False, rich_markup_mode=None)

#: What an output may end in, and what writes it.
SUFFIXES = (".onnx",)
FILLINGS = ("random", "zeros", "none")


@app.command()
def convert(
    model: str = common.MODEL,
    output: str = typer.Option(..., "--output", "-o", metavar="FILE.onnx", help="The file to write; - for a pipe."),
    weights: str = typer.Option(
        "random",
        "--weights",
        "-w",
        help="random, zeros, or none: the shapes alone.",
        autocompletion=common.words(FILLINGS),
    ),
    seed: int = typer.Option(0, "--seed", metavar="N", min=0, help="Same seed, same weights."),
    batch: int = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Write the network as ONNX, with the layers' names and random weights, zeros or none.

    Needs the package onnx: pip install 'cnnshape[onnx]'.

    \b
    Examples:
      cnnshape convert model.yaml -o model.onnx
      cnnshape convert zoo:resnet50 -o resnet50.onnx --weights none
      cnnshape convert zoo:vgg16 -o vgg16.onnx --batch 8 --seed 7
      cnnshape convert zoo:lenet5 -o - | gzip > lenet5.onnx.gz
    """
    check(output, weights)
    network, report = api.analyze_network(
        model, batch=batch, dtype=dtype, input=common.shapes(input), sets=common.pairs(set, "--set")
    )
    from cnnshape.writers.onnx import hold_dtype, write_onnx

    hold_dtype(network, report)

    def fill(out: BinaryIO) -> None:
        write_onnx(out, network, report, weights=made(weights, seed, dtype), indices=True)

    whole(output, fill)
    if common.complain(report):
        raise typer.Exit(1)


def check(output: str, weights: str) -> None:
    """Refuse what cannot be written before anything is read."""
    if weights not in FILLINGS:
        raise api.usage(
            f"unknown --weights {weights}", did_you_mean(weights, FILLINGS) or f"one of {', '.join(FILLINGS)}"
        )
    if output == "-":
        if sys.stdout.isatty():
            raise api.usage("-o - writes a binary file, and a terminal cannot show one", "-o model.onnx, or a pipe")
        return
    path = Path(output)
    if path.suffix.lower() not in SUFFIXES:
        ending = f"the ending {path.suffix}" if path.suffix else "no ending"
        raise api.usage(
            f"-o {output} has {ending}, which names no format",
            f"-o {path.with_suffix('.onnx') if path.name else 'model.onnx'}",
        )
    if path.is_dir():
        raise api.usage(f"-o {output} is a directory", f"-o {path / 'model.onnx'}")
    if not path.parent.is_dir():
        raise api.usage(f"-o {output}: there is no directory {path.parent}", f"mkdir -p {path.parent}")


def made(weights: str, seed: int, dtype: str) -> Weights | None:
    """What makes the numbers; None where there are none."""
    if weights == "none":
        return None
    from cnnshape.forward.weights import Weights

    return Weights(seed, dtype, zeros=weights == "zeros")


def whole(output: str, fill: Callable[[BinaryIO], None]) -> None:
    """A file that is there in full or not at all."""
    if output == "-":
        fill(sys.stdout.buffer)
        sys.stdout.buffer.flush()
        return
    try:
        with _beside(Path(output)) as out:
            fill(out)
    except OSError as error:
        raise api.usage(f"{output} cannot be written: {error.strerror or error}") from None


@contextmanager
def _beside(path: Path) -> Iterator[Any]:
    """A temporary file in the same directory; it takes the name when all went well, and is gone otherwise."""
    path = path.resolve()  # a link keeps pointing where it points
    handle, name = mkstemp(dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix)
    try:
        with os.fdopen(handle, "wb") as out:
            yield out
        # mkstemp lets nobody else read; a file of the user's own has the mode that the user chose.
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
