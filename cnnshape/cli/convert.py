"""`cnnshape convert`: the network as a file of another tool, or as a spec."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any, BinaryIO, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

if TYPE_CHECKING:
    from cnnshape.forward.weights import Weights
    from cnnshape.network import Network
    from cnnshape.report import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None)

#: What an output may end in, and the format that it means.
SUFFIXES = {".onnx": "onnx", ".yaml": "yaml", ".yml": "yaml"}
FORMATS = ("onnx", "yaml")
FILLINGS = ("random", "zeros", "none")


@app.command()
def convert(
    model: str = common.MODEL,
    output: str = typer.Option(..., "--output", "-o", metavar="FILE", help="A file.onnx or file.yaml; - for a pipe."),
    to: str = typer.Option(
        "",
        "--to",
        metavar="FORMAT",
        help="onnx or yaml; the ending of FILE tells otherwise, and - is ONNX.",
        autocompletion=common.words(FORMATS),
    ),
    weights: str = typer.Option(
        "random",
        "--weights",
        "-w",
        help="random, zeros, or none: the shapes alone.",
        autocompletion=common.words(FILLINGS),
    ),
    seed: int = typer.Option(0, "--seed", metavar="N", min=0, help="Same seed, same weights."),
    batch: Optional[int] = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Write the network as ONNX with random weights, zeros or none, or as a spec of this package in YAML.

    A spec is written short, with blocks and repeats, and read back: every layer has the same numbers.
    ONNX needs the package onnx: pip install 'cnnshape[onnx]'.

    \b
    Examples:
      cnnshape convert model.yaml -o model.onnx
      cnnshape convert zoo:resnet50 -o resnet50.onnx --weights none
      cnnshape convert zoo:vgg16 -o vgg16.onnx --batch 8 --seed 7
      cnnshape convert zoo:lenet5 -o - | gzip > lenet5.onnx.gz
      cnnshape convert model.onnx -o short.yaml
      cnnshape convert zoo:resnet50 -o - --to yaml
    """
    form = check(output, weights, to)
    network, report = common.opened(model, batch, dtype, input, set)
    if form == "yaml":
        text = spec(network, report).encode()

        def say(out: BinaryIO) -> None:
            out.write(text)

        whole(output, say)
        tell_batch(network, report)
        if common.complain(report):
            raise typer.Exit(1)
        return
    from cnnshape.writers.onnx import hold_dtype, miscounted, write_onnx

    hold_dtype(network, report)

    def fill(out: BinaryIO) -> None:
        write_onnx(out, network, report, weights=made(weights, seed, dtype), indices=True)

    whole(output, fill)
    tell_params(miscounted(network, report), report.model.source)
    if common.complain(report):
        raise typer.Exit(1)


def spec(network: Network, report: Report) -> str:
    """The network in our own language, read back and held against the report.

    In the network's own order, or branch by branch where that is a tenth shorter and changes no number.
    """
    from cnnshape.calculate import calculate
    from cnnshape.errors import ModelError, Place, Problem
    from cnnshape.writers.yaml import written
    from cnnshape.writers.yaml.held import unmoved
    from cnnshape.writers.yaml.order import branchwise

    text = written(network, report)
    moved = branchwise(network)
    if moved is not None:
        other = calculate(moved, report.batch, report.dtype)
        if not unmoved(report, other):
            shorter = written(moved, other)
            if 10 * shorter.count("\n") <= 9 * text.count("\n") and not untold(shorter, other):
                return shorter
    told = untold(text, report)
    if told:
        message = f"the written spec would not give the same numbers: {told}"
        raise ModelError([Problem("CNN-E702", message, Place(report.model.source))])
    return text


def tell_batch(network: Network, report: Report) -> None:
    """Say that a spec holds for one batch alone, where it does."""
    from cnnshape.facts import fixed_batch
    from cnnshape.render.notes import together
    from cnnshape.writers.yaml.reduce import in_batch

    fixed = [node.name for node in network.nodes if fixed_batch(in_batch(node, network, report.batch)) is not None]
    if fixed:
        held = f"the written spec holds for a batch of {report.batch} alone"
        common.say(f"{report.model.source}: {held}: it states the shapes of {together(fixed)} whole")


def tell_params(more: dict[str, int], source: str) -> None:
    """Say by how many params the written arrays differ from what the layers count."""
    from cnnshape.render.notes import together

    for word, names in (("fewer", [x for x in more if more[x] < 0]), ("more", [x for x in more if more[x] > 0])):
        if names:
            count = abs(sum(more[name] for name in names))
            common.say(f"{source}: the written file has {count:,} {word} params than the network, at {together(names)}")


def untold(text: str, report: Report) -> str:
    """The first number that a written spec gives otherwise than the report; "" when there is none."""
    from cnnshape.calculate import calculate
    from cnnshape.errors import ModelError
    from cnnshape.spec import load, parse
    from cnnshape.writers.yaml.held import difference

    again, problems = load(parse(text, "the written spec"))
    if problems:
        raise ModelError(problems)
    return difference(report, calculate(again, report.batch, report.dtype))


def check(output: str, weights: str, to: str = "") -> str:
    """Refuse what cannot be written before anything is read; the format."""
    if to and to not in FORMATS:
        raise api.usage(f"unknown --to {to}", did_you_mean(to, FORMATS) or f"one of {', '.join(FORMATS)}")
    if weights not in FILLINGS:
        raise api.usage(
            f"unknown --weights {weights}", did_you_mean(weights, FILLINGS) or f"one of {', '.join(FILLINGS)}"
        )
    if output == "-":
        if sys.stdout is None:
            raise api.usage("-o - writes to standard output, which is closed", "-o model.onnx")
        if to != "yaml" and sys.stdout.isatty():
            raise api.usage("-o - writes a binary file, and a terminal cannot show one", "-o model.onnx, or a pipe")
        return to or "onnx"
    path = Path(output)
    if not to and path.suffix.lower() not in SUFFIXES:
        ending = f"the ending {path.suffix}" if path.suffix else "no ending"
        raise api.usage(
            f"-o {output} has {ending}, which names no format",
            f"-o {path.with_suffix('.onnx') if path.name else 'model.onnx'}",
        )
    if path.is_dir():
        raise api.usage(f"-o {output} is a directory", f"-o {path / 'model.onnx'}")
    if not path.parent.is_dir():
        raise api.usage(f"-o {output}: there is no directory {path.parent}", f"mkdir -p {path.parent}")
    return to or SUFFIXES[path.suffix.lower()]


def made(weights: str, seed: int, dtype: str) -> Weights | None:
    """What makes the numbers; None where there are none."""
    if weights == "none":
        return None
    from cnnshape.forward.weights import Weights

    return Weights(seed, dtype, zeros=weights == "zeros")


def whole(output: str, fill: Callable[[BinaryIO], None]) -> None:
    """A file that is there in full or not at all; a pipe or a device gets what goes into a file, and stays."""
    if output == "-":
        try:
            fill(sys.stdout.buffer)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            common.nowhere(sys.stdout)
        return
    path = Path(output)
    try:
        # Only a regular file may be replaced by another one of its name.
        with path.open("wb") if path.exists() and not path.is_file() else _beside(path) as out:
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
