"""`cnnshape check`: budgets and expectations, held; for builds."""

from __future__ import annotations

from typing import Any, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import ModelError, one_of
from cnnshape.finding import Checked
from cnnshape.text import named

app = typer.Typer(add_completion=False, rich_markup_mode=None)

FORMATS = ("text", "markdown", "json", "sarif", "junit", "github")


@app.command()
def check(
    model: list[str] = common.MODEL,
    largest: list[str] = typer.Option(
        [], "--max", metavar="NAME=SIZE", help="The most that a number may be: params=5M, layer.macs=100M."
    ),
    least: list[str] = typer.Option(
        [], "--min", metavar="NAME=SIZE", help="The least that a number may be: receptive_field=224."
    ),
    form: str = typer.Option(
        "text", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
    config: str = typer.Option(
        "", "--config", metavar="FILE", help="A cnnshape.toml or pyproject.toml; the nearest one otherwise."
    ),
    batch: Optional[int] = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Hold budgets over any number of the report, and the spec's expectations.

    Budgets come from --max and --min, from the spec's own budget:, and from [budget] in cnnshape.toml
    or [tool.cnnshape.budget] in pyproject.toml. NAME is a total (params, macs, peak_activation_bytes, ops.add,
    training_bytes.total.adam, receptive_field, ...), layer.X for every layer, or layers.NAME.X for one.

    Exit status: 0 all kept, 1 one is broken, 2 the input or usage is wrong.

    \b
    Examples:
      cnnshape check zoo:mobilenet_v2 --max params=5M --max macs=600M
      cnnshape check zoo:resnet50 --max peak_activation_bytes=10MB --min receptive_field=224
      cnnshape check zoo:squeezenet1_1 --max layer.macs=100M --format json
    """
    from cnnshape import budget, promises

    one_of(form, FORMATS, "format")
    asked = [*budget.limits(largest, "max"), *budget.limits(least, "min")]
    checked: list[tuple[Any, Any]] = []
    problems: list[Checked] = []
    promised = False
    for name in model:
        try:
            network, report = common.opened(name, batch, dtype, input, set)
            promised = promised or promises.promised(network)
            file = report.model.source
            written = [budget.limit(side, path, size, path, line, file) for side, path, size, line in network.budget]
            checked.append((report, budget.hold(report, [*asked, *written, *_configured(name, config)])))
        except ModelError as error:
            if len(model) == 1:
                raise
            common.say(str(error))
            problems.append(Checked(name, (), str(error)))
    if not promised and not problems and not any(verdicts for _, verdicts in checked):
        raise api.usage("there is nothing to check", "--max params=5M, or a budget: in the spec")
    if checked or form != "text":  # of no model at all there is nothing to tell a person
        common.write(_shown(checked, problems, form, several=len(model) > 1))
    if problems:
        raise typer.Exit(2)
    if any(report.failed or not all(one.ok for one in verdicts) for report, verdicts in checked):
        raise typer.Exit(1)


def _configured(name: str, config: str) -> list[Any]:
    """The budgets of the project's settings."""
    from cnnshape.budget import table
    from cnnshape.config import section

    written, file = section("budget", name, config)
    return table(written, named(file)) if written else []


def _shown(checked: list[tuple[Any, Any]], problems: list[Checked], form: str, *, several: bool) -> str:
    """All verdicts in one of the formats, and what could not be analysed; `several` when more models were named."""
    from cnnshape import budget
    from cnnshape.render import budget as face

    if form == "text":
        return face.table(checked)
    if form == "markdown":
        return face.markdown(checked, problems)
    if form == "json":
        return face.to_json(checked, several=several)
    from cnnshape import __version__
    from cnnshape.render.findings import findings

    found = [Checked(report.model.source, tuple(budget.findings(report, verdicts))) for report, verdicts in checked]
    return findings([*found, *problems], form, budget.ABOUT, "check", __version__)
