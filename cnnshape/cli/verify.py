"""`cnnshape verify`: every number proved by a real forward pass."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

if TYPE_CHECKING:
    from cnnshape.network import Network
    from cnnshape.report import Report
    from cnnshape.verify import Verification

app = typer.Typer(add_completion=False, rich_markup_mode=None)

ENGINES = ("onnxruntime", "torch")


@app.command()
def verify(
    model: str = common.MODEL,
    layers: str = typer.Option("", "--layers", metavar="A,B,...", help="Check these layers or blocks alone."),
    batch: Optional[int] = common.BATCH,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
    seed: int = typer.Option(0, "--seed", min=0, metavar="N", help="Same seed, same digits."),
    dtype: str = typer.Option("float32", "--dtype", help="float32 or float64."),
    max_memory: str = typer.Option("8GB", "--max-memory", metavar="SIZE", help="Refuse to take more than this."),
    direct: bool = typer.Option(False, "--direct", help="Perform every multiplication: no faster algorithm instead."),
    against: Optional[str] = typer.Option(None, "--against", help="Compare the outputs with onnxruntime or torch."),
    form: str = typer.Option("table", "--format", "-f", help="table or json."),
) -> None:
    """Run the network in NumPy on random numbers, count what really happens, and hold it against the report.

    Output shapes, params, buffers, operations, receptive fields, dropped pixels and peak memory are measured, not
    calculated; docs/verify.md tells how.
    Exit status: 0 all agree, 1 something differs, 2 the input or usage is wrong.

    \b
    Examples:
      cnnshape verify model.yaml
      cnnshape verify zoo:alexnet --layers conv1,conv2
      cnnshape verify zoo:lenet5 --batch 2 --dtype float64 --format json
      cnnshape verify zoo:resnet18 --against onnxruntime
    """
    if form not in ("table", "json"):
        raise api.usage(f"unknown format {form}", "table or json")
    if dtype not in ("float32", "float64"):
        raise api.usage(f"verify computes in float32 or float64, not in {dtype}")
    if against is not None and against not in ENGINES:
        raise api.usage(f"unknown engine {against}", did_you_mean(against, ENGINES) or " or ".join(ENGINES))
    if against is not None:
        present(against)
    network, report = common.opened(model, batch, dtype, input, set)
    chosen = [name.strip() for name in layers.split(",") if name.strip()] or None
    allow(report, max_memory, keep=against is not None)
    from cnnshape.verify import verify as run

    with progress(network) as told:
        try:
            found = run(
                network,
                report,
                layers=chosen,
                seed=seed,
                against=against,
                told=told,
                mode="direct" if direct else "fast",
            )
        except KeyError as error:
            names = [row.name for row in report.layers]
            raise api.usage(f"{model} has no layer {error.args[0]}", did_you_mean(error.args[0], names)) from None
        except MemoryError:
            raise too_much("there is not as much memory as it takes") from None
    from cnnshape.render.verification import table, to_json

    common.write(
        to_json(found)
        if form == "json"
        else table(found, arithmetic(network, report, found), detailed=chosen is not None)
    )
    if not found.verified:
        raise typer.Exit(1)


def present(engine: str) -> None:
    """Refuse at once when the engine is not installed, not after the run."""
    from importlib.util import find_spec

    from cnnshape.against import missing

    for library in ("onnx", "onnxruntime") if engine == "onnxruntime" else ("torch",):
        if find_spec(library) is None:
            raise missing(library, f"'cnnshape[{engine}]'")


def allow(report: Report, limit: str, *, keep: bool) -> None:
    """Say what a run will take, before it takes anything; ModelError when that is more than allowed."""
    from cnnshape.render.units import size
    from cnnshape.units import number_of
    from cnnshape.verify import needs

    try:
        most = number_of(limit)
    except ValueError as error:
        raise api.usage(f"--max-memory: {error}", "for example 8GB or 512MiB") from None
    wanted = needs(report, keep=keep)
    peak = size(report.totals.peak_activation_bytes)
    told = f"verify takes about {size(wanted)} of memory (activations {peak} at their peak, beside weights and space to work in)"
    if wanted > most:
        raise too_much(
            f"{told}, but {limit} is allowed", f"--max-memory {-(-wanted // 10**6)}MB, or a smaller --input or --batch"
        )
    typer.echo(told, err=True)


def too_much(message: str, fix: str = "a smaller --input or --batch") -> Exception:
    """The error of a network that is too large to run."""
    from cnnshape.errors import ModelError, Place, Problem

    return ModelError([Problem("CNN-E705", message, Place("cnnshape"), fix=fix)])


@contextmanager
def progress(network: Network) -> Iterator[Any]:
    """A bar with the layer's name on standard error, in a terminal alone."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from cnnshape.render.safe import inline

    columns = (TextColumn("{task.description:<33.33}", markup=False), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(network.nodes) + len(network.inputs[0].shape) - 1)
        yield lambda step: bar.update(task, advance=1, description=inline(step))


def arithmetic(network: Network, report: Report, found: Verification) -> dict[str, list[str]]:
    """The calculator's own arithmetic of every layer that differs."""
    from cnnshape.explain import explain
    from cnnshape.render.story import equation

    told = {}
    for layer in found.layers:
        if not layer.ok:
            told[layer.name] = [
                f"{line.topic}: {equation(line)}" for line in explain(network, report, layer.name)[0].lines
            ]
    return told
