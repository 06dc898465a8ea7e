"""`cnnshape get`: bare values for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean
from cnnshape.ops import OP_NAMES
from cnnshape.render.notes import lacking
from cnnshape.render.safe import inline
from cnnshape.report import MISSING, STATES

if TYPE_CHECKING:
    from cnnshape.report import Report

app = typer.Typer(add_completion=False, rich_markup_mode=None)


def keys(ctx: Any, incomplete: str) -> list[str]:
    """Completion of KEY: totals by their own names, the parts of the report, and every layer."""
    from cnnshape.report import Report, Totals

    parts = [name for name in Report.__struct_fields__ if name not in ("totals", "layers")]
    known = [*Totals.__struct_fields__, *(f"totals.{name}" for name in Totals.__struct_fields__), *parts]
    if incomplete.startswith("layers."):
        known += [f"layers.{name}" for name in common.layers(ctx, incomplete.removeprefix("layers."))]
    return [name for name in (*known, "layers.") if name.startswith(incomplete)]


@app.command()
def get(
    model: str = common.MODEL,
    key: list[str] = typer.Argument(
        ..., metavar="KEY...", help="Dotted paths into the JSON report.", autocompletion=keys
    ),
    batch: Optional[int] = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Print bare values, one per line: numbers as they are, shapes as 1x64x56x56, what is not known as an empty line.

    A total that lacks layers is a lower bound, and standard error says so.

    \b
    Examples:
      cnnshape get model.yaml totals.params
      cnnshape get zoo:resnet50 params macs totals.peak_activation_bytes
      cnnshape get zoo:resnet50 layers.stem.conv1.output_shapes
      test $(cnnshape get model.yaml macs) -lt 600000000
    """
    import msgspec

    from cnnshape.render.json import document

    report = common.analyse(model, batch, dtype, input, set)
    data = msgspec.json.decode(msgspec.json.encode(document(report)))
    states = {path: state_of(report, data, path) for path in key}
    values = [(path, find(data, path)) for path in key]
    common.write("".join(f"{'' if states[path] == 'unavailable' else text(value)}\n" for path, value in values))
    tell_missing(report, data, key)
    if common.complain(report):
        raise typer.Exit(1)


def find(data: dict[str, Any], path: str) -> Any:
    """The value at a dotted path; layers by name (which may hold dots) or by number, totals by their own names too."""
    totals = data["totals"]
    value: Any = data
    rest, head = in_full(data, path), ""
    while True:
        above = head
        row = named(value, rest)
        if row is not None:
            value, rest, head = row, rest[len(row["name"]) + 1 :], ""
        else:
            head, _, rest = rest.partition(".")
            if isinstance(value, dict) and head in value:
                value = value[head]
            elif isinstance(value, list) and numbered(head) and -len(value) <= int(head) < len(value):
                value = value[int(head)]
            elif above == "ops" and isinstance(value, dict) and head in OP_NAMES:
                value = 0  # what does not occur is not written
            else:
                raise unknown(path, head, value, list(totals) if value is data else [])
        if not rest:
            return value


def in_full(data: dict[str, Any], path: str) -> str:
    """The path from the top: totals go by their own names too."""
    first = path.partition(".")[0]
    return f"totals.{path}" if first in data["totals"] and (first == path or first not in data) else path


def summed(data: dict[str, Any], path: str) -> str:
    """Which state the total has that a path reads: params, macs, ops or memory; "" where it reads none of these."""
    top, _, rest = in_full(data, path).partition(".")
    found = STATES.get(rest.partition(".")[0], "") if top == "totals" else ""
    return "" if found == "receptive_field" else found  # whose axes are unknown one by one


def state_of(report: Report, data: dict[str, Any], path: str) -> str:
    """Whether the total that a path reads counts every layer; anything else is what it is."""
    what = summed(data, path)
    return getattr(report.status, what) if what else "complete"


def tell_missing(report: Report, data: dict[str, Any], paths: list[str]) -> None:
    """Say once of each kind of total that is not complete which layers are not in it."""
    for what in dict.fromkeys(summed(data, path) for path in paths if state_of(report, data, path) != "complete"):
        names = [row.name for row in report.layers if getattr(row, MISSING.get(what, what)) is None]
        state = getattr(report.status, what)
        least = "; the value is a lower bound" if state == "partial" else ""
        common.say(f"{report.model.source}: {lacking(what, state, names)}{least}")


def named(value: Any, rest: str) -> Any:
    """The row whose name begins the rest of the path; the longest such name."""
    if not isinstance(value, list):
        return None
    names = [row for row in value if isinstance(row, dict) and "name" in row]
    fits = [row for row in names if rest == row["name"] or rest.startswith(row["name"] + ".")]
    return max(fits, key=lambda row: len(row["name"]), default=None)


def numbered(head: str) -> bool:
    """Whether this is an index."""
    return head.removeprefix("-").isascii() and head.removeprefix("-").isdigit() and len(head) < 10


def unknown(path: str, head: str, value: Any, more: list[str]) -> Exception:
    """The error of a key that is not there, with the nearest one that is."""
    known = more
    if isinstance(value, dict):
        known = [*value, *more]
    elif isinstance(value, list):
        known = [row["name"] for row in value if isinstance(row, dict) and "name" in row]
    if not known:
        return api.usage(
            f"{path}: there is nothing below {path.removesuffix(head).rstrip('.')}" if head else "empty key"
        )
    listed = ", ".join(map(str, known[:20])) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return api.usage(
        f"{path}: there is no {head}" if head else "the key is empty", did_you_mean(head, known) or f"one of {listed}"
    )


def text(value: Any) -> str:
    """A value as a shell likes it: one line; shapes as 1x64x56x56, unknown as nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return inline(value)
    if isinstance(value, list) and value and all(n is None or isinstance(n, (int, float)) for n in value):
        return "x".join("?" if n is None else str(n) for n in value)
    if isinstance(value, list) and value and all(isinstance(v, list) for v in value):
        return " ".join(text(v) for v in value)
    if isinstance(value, list) and value and all(isinstance(v, str) for v in value):
        return " ".join(map(inline, value))
    if isinstance(value, (dict, list)):
        import json

        return json.dumps(value)
    return str(value)
