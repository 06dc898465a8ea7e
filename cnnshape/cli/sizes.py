"""`cnnshape sizes`: a network at many input sizes."""

from __future__ import annotations

import re
import sys
from typing import Any, Optional

import typer

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean, one_of, quoted
from cnnshape.render.sweep import FORMATS, PLOTS, csv, table, to_json

app = typer.Typer(add_completion=False, rich_markup_mode=None)

#: Sizes of one sweep.
MOST = 100_000


@app.command()
def sizes(
    model: str = common.MODEL,
    over: str = typer.Option(
        "", "--range", "-r", metavar="A:B", help="Sizes of all axes, both ends included; A:BxC:D for every pair."
    ),
    step: int = typer.Option(1, "--step", metavar="N", min=1, help="Every N-th size."),
    height: str = typer.Option("", "--height", metavar="A:B", help="The height alone changes."),
    width: str = typer.Option("", "--width", metavar="A:B", help="The width alone changes."),
    every: bool = typer.Option(False, "--all", "-a", help="A line for every size, not for some."),
    drawn: str = typer.Option(
        "",
        "--plot",
        metavar="WHAT",
        help=f"Draw {', '.join(PLOTS)}; macs in a terminal.",
        autocompletion=common.words(PLOTS),
    ),
    form: str = typer.Option(
        "table", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
    batch: Optional[int] = common.BATCH,
    dtype: str = common.DTYPE,
    input: list[str] = common.INPUT,
    set: list[str] = common.SETS,
) -> None:
    """Which input sizes work, which fit without a dropped pixel, and what they cost.

    Exit status: 0 some size works, 1 none does, 2 the input or usage is wrong.

    \b
    Examples:
      cnnshape sizes zoo:resnet50 --range 32:512
      cnnshape sizes zoo:unet --range 180:260 --plot macs
      cnnshape sizes zoo:vgg16 --range 32:512 --step 32 --format csv
      cnnshape sizes model.yaml --range 24:40x24:40 --format json
      cnnshape sizes zoo:resnet18 --width 64:512
    """
    one_of(form, FORMATS, "format")
    if drawn and drawn not in PLOTS:
        raise api.usage(f"cannot draw {drawn}", did_you_mean(drawn, tuple(PLOTS)) or f"one of {', '.join(PLOTS)}")
    api.held(batch, dtype)
    found = swept(model, over, height, width, step, batch, dtype, input, set)
    if form == "json":
        common.write(to_json(found))
    elif form == "csv":
        common.write(csv(found))
    else:
        from shutil import get_terminal_size

        terminal = common.in_terminal()
        plain = not (getattr(sys.stdout, "encoding", None) or "").lower().startswith("utf")
        what = drawn or ("macs" if terminal else "")
        room = get_terminal_size().columns
        common.write(table(found, every=every, drawn=what, room=min(room, 120), plain=plain))
    if not found.working:
        raise typer.Exit(1)


def swept(
    model: str, over: str, height: str, width: str, step: int, batch: int | None, dtype: str, inputs: list[str], sets: list[str]
) -> Any:  # fmt: skip
    """The sweep that the options ask for."""
    given = [name for name, text in (("--range", over), ("--height", height), ("--width", width)) if text]
    if "--range" in given and len(given) > 1:
        raise api.usage(f"{' and '.join(given)} say different things", "--height A:B --width C:D for every pair")
    pair = re.split(r"[x×]", over) if over else [height, width] if height and width else []
    ranges = [ranged(text, step) for text in pair if text]
    if len(pair) > 2 or len(ranges) != len(pair):
        raise api.usage(f"--range {over}: one range, or A:BxC:D", "--range 32:512")
    lines = ranged(height or width, step) if (height or width) and not pair else None
    network = api.load(model, **common.opening(batch, inputs, sets))
    options: dict[str, Any] = {"batch": batch or network.batch, "dtype": dtype}
    from cnnshape.sizes import NoAxisError, grid, sweep

    try:
        if len(ranges) == 2:
            if len(ranges[0]) * len(ranges[1]) > MOST:
                raise api.usage(f"{len(ranges[0]) * len(ranges[1]):,} sizes are more than {MOST:,}", "a larger --step")
            return grid(network, ranges[0], ranges[1], **options)
        if lines is not None:
            return sweep(network, lines, "height" if height else "width", **options)
        usual = next((max(t.shape[1:]) for t in network.inputs if len(t.shape) > 1), 1)
        return sweep(network, ranges[0] if ranges else range(1, min(2 * usual, 2048) + 1, step), **options)
    except NoAxisError as error:
        raise api.usage(f"{model}: {error}", "a network whose input is C x L, C x H x W or C x D x H x W") from None


def ranged(text: str, step: int) -> range:
    """A:B with both ends, or a single size.

    >>> ranged("32:512", 32)
    range(32, 513, 32)
    """
    match = re.fullmatch(r"\s*(\d+)(?:\s*(?::|\.\.|-)\s*(\d+))?\s*", text)
    if not match:
        raise api.usage(f"{text} is no range of sizes", "A:B, for example 32:512")
    words = match[1], match[2] or match[1]
    if any(map(common.large, words)):
        raise api.usage(f"{quoted(text)}: sizes go up to {common.MOST_SIZE:,}", "A:B, for example 32:512")
    first, last = map(int, words)
    if not 1 <= first <= last:
        low, high = sorted((max(first, 1), max(last, 1)))
        raise api.usage(f"{text}: sizes are positive, and the smaller one comes first", f"{low}:{high}")
    found = range(first, last + 1, step)
    if len(found) > MOST:
        raise api.usage(
            f"{text} has {len(found):,} sizes, more than {MOST:,}", f"--step {-(-len(found) // MOST) * step}"
        )
    return found
