"""`cnnshape reconcile`: what each counting tool reports, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.conventions import NAMES
from cnnshape.errors import did_you_mean, one_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cnnshape.conventions.step import Convention
    from cnnshape.network import Network
    from cnnshape.render.grid import Counting
    from cnnshape.report import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None)

FORMATS = ("table", "markdown", "json")


def some_tools(incomplete: str) -> list[str]:
    """Completion of --with: the word after the last comma."""
    before, comma, last = incomplete.rpartition(",")
    return [f"{before}{comma}{name}" for name in NAMES if name.startswith(last)]


@app.command()
def reconcile(
    model: str = common.MODEL,
    tools: str = typer.Option(
        "", "--with", "-w", metavar="A,B,...", help=f"Some of {', '.join(NAMES)}.", autocompletion=some_tools
    ),
    chain: bool = typer.Option(False, "--chain", help="Explain each tool from the one before, not from our MACs."),
    functions: Optional[str] = typer.Option(
        None,
        "--functional",
        metavar="A,B,...",
        help="Layers, or kinds of them, that the model calls as functions (F.relu) and not as modules.",
    ),
    form: str = typer.Option(
        "table", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
    batch: Optional[int] = common.BATCH,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """What each counting tool reports for a network, and why: every difference from our MACs named and counted.

    Exit status: 0 fine, 2 the input or usage is wrong.

    \b
    Examples:
      cnnshape reconcile zoo:resnet50
      cnnshape reconcile zoo:resnet50 --with fvcore,ptflops --chain
      cnnshape reconcile model.yaml --with torchinfo,thop --format markdown
      cnnshape reconcile zoo:alexnet --functional relu,adaptive_avg_pool1
      cnnshape reconcile zoo:vgg16 --format json
    """
    one_of(form, FORMATS, "format")
    from cnnshape.conventions.count import between
    from cnnshape.conventions.count import reconcile as reconciled
    from cnnshape.render import reconciliation

    wanted = [convention(name) for name in chosen(tools)]
    network, report = common.opened(model, batch, "float32", input, set)
    found = reconciled(network, report, wanted, called(report, functions))
    if form == "json":
        common.write(reconciliation.to_json(found))
    else:
        falls = reconciliation.falls(found, between if chain else None)
        common.write((reconciliation.table if form == "table" else reconciliation.markdown)(found, falls))


def chosen(tools: str) -> list[str]:
    """The tools of --with, each once; all where none is named."""
    names = list(dict.fromkeys(name.strip() for name in tools.split(",") if name.strip()))
    if tools and not names:
        raise api.usage("--with names no tool", f"some of {', '.join(NAMES)}")
    return names or list(NAMES)


def convention(name: str) -> Convention:
    """A convention by its name."""
    if name not in NAMES:
        raise api.usage(f"unknown tool {name}", did_you_mean(name, NAMES) or f"one of {', '.join(NAMES)}")
    from cnnshape.conventions import by_name

    return by_name()[name]


def called(report: Report, functions: str | None) -> tuple[str, ...]:
    """The layers that the model calls as functions: those of --functional, else those that are known of the zoo."""
    from cnnshape.conventions.written import MEAN
    from cnnshape.conventions.written import functions as known

    if functions is None:
        return known(report.model.source)
    names = tuple(name.strip() for name in functions.split(",") if name.strip())
    there = {word for row in report.layers for word in (row.name, row.kind)}
    for name in (name.removeprefix(MEAN) for name in names):
        if name not in there:
            near = did_you_mean(name, tuple(there))
            raise api.usage(f"--functional: no layer and no kind of this model is called {name}", near)
        if any(row.weights for row in report.layers if name in (row.name, row.kind)):
            raise api.usage(f"--functional {name}: it has weights", "activations, pools and resampling alone")
    return names


def counting(name: str) -> tuple[Callable[[Network, Report], Report], Counting]:
    """How a report becomes that of another tool, and how the table says so: for `analyze --convention`."""
    from cnnshape.conventions.count import in_convention
    from cnnshape.render.grid import Counting

    wanted = convention(name)

    def convert(network: Network, report: Report) -> Report:
        return in_convention(network, report, wanted, called(report, None))

    tool = f"{wanted.title} {wanted.version}".rstrip()
    note = f"counted as {tool} does; cnnshape reconcile says how that differs"
    return convert, Counting(wanted.name, wanted.name, wanted.word, note)
