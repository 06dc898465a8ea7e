"""`cnnshape get`: bare values for scripts."""

from __future__ import annotations

from typing import Any

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean

app = typer.Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def get(
    model: str = common.MODEL,
    key: list[str] = typer.Argument(..., metavar="KEY...", help="Dotted paths into the JSON report."),
    batch: int = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Print bare values, one per line: numbers as they are, shapes as 1x64x56x56.

    \b
    Examples:
      cnnshape get model.yaml totals.params
      cnnshape get zoo:resnet50 params macs totals.peak_activation_bytes
      cnnshape get zoo:resnet50 layers.layer1.0.conv1.output_shapes
      test $(cnnshape get model.yaml macs) -lt 600000000
    """
    import msgspec

    from cnnshape.render.json import document

    report = common.analyse(model, batch, dtype, input, set)
    data = msgspec.json.decode(msgspec.json.encode(document(report)))
    common.write("\n".join(text(find(data, path)) for path in key))
    if common.complain(report):
        raise typer.Exit(1)


def find(data: dict[str, Any], path: str) -> Any:
    """The value at a dotted path; layers by name (which may hold dots) or by number."""
    if path in data["totals"]:
        path = f"totals.{path}"
    value: Any = data
    rest = path
    while rest:
        if isinstance(value, list) and value and isinstance(value[0], dict) and "name" in value[0]:
            named = [row for row in value if rest == row["name"] or rest.startswith(row["name"] + ".")]
            if named:
                row = max(named, key=lambda row: len(row["name"]))
                value, rest = row, rest[len(row["name"]) + 1 :]
                continue
        head, _, tail = rest.partition(".")
        if isinstance(value, dict) and head in value:
            value = value[head]
        elif isinstance(value, list) and head.lstrip("-").isdigit() and -len(value) <= int(head) < len(value):
            value = value[int(head)]
        else:
            known = (
                list(value)
                if isinstance(value, dict)
                else [r["name"] for r in value if isinstance(r, dict)]
                if isinstance(value, list)
                else []
            )
            fix = did_you_mean(head, known) or (f"one of {', '.join(map(str, known[:20]))}" if known else "")
            raise api.usage(f"{path}: there is no {head}", fix)
        rest = tail
    return value


def text(value: Any) -> str:
    """A value as a shell likes it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list) and value and all(isinstance(v, int) for v in value):
        return "x".join(map(str, value))
    if (
        isinstance(value, list)
        and value
        and all(isinstance(v, list) and all(isinstance(n, int) for n in v) for v in value)
    ):
        return " ".join("x".join(map(str, v)) for v in value)
    if isinstance(value, (dict, list)):
        import json

        return json.dumps(value)
    return str(value)
