"""`cnnshape solve`: the formula backwards."""

from __future__ import annotations

import re
from typing import Any, Optional

import typer
from typer.core import TyperCommand

from cnnshape import api
from cnnshape.cli import common
from cnnshape.errors import did_you_mean, one_of, quoted
from cnnshape.render.solution import FORMATS, render

app = typer.Typer(add_completion=False, rich_markup_mode=None)

#: What can be asked.
KINDS = ("conv", "conv_transpose", "max_pool", "avg_pool", "lp_pool")
FIELD = "receptive-field"
#: Values that a field can have, so that a range is no flood.
MOST_VALUES = 100_000
MOST_VALUE = 65_536
#: How many channels there can be.
MOST_CHANNELS = 2**31 - 1


class Arrow(TyperCommand):
    """Takes an arrow between the sizes for a word, not for an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the call."""
        return super().parse_args(ctx, ["to" if arg in ("->", "=>", "-->", "→") else arg for arg in args])


@app.command(cls=Arrow)
def solve(
    what: str = typer.Argument(
        ...,
        metavar="KIND",
        help=f"{', '.join(KINDS)}, or {FIELD}.",
        autocompletion=common.words((*KINDS, FIELD)),
    ),
    sizes: list[str] = typer.Argument(
        None, metavar="FROM TO", help="227 55, 227x341 to 55x83 or '227 -> 55'; 'same' keeps the size."
    ),
    kernel: str = typer.Option("", "--kernel", "-k", metavar="N", help="3, 1..7 or 1,3,5; 1..11 unless given."),
    stride: str = typer.Option("", "--stride", "-s", metavar="N", help="Every one that could fit, unless given."),
    padding: str = typer.Option("", "--padding", "-p", metavar="N", help="Less than the window, unless given."),
    dilation: str = typer.Option("", "--dilation", "-d", metavar="N", help="1 unless given; 1..3 for conv."),
    output_padding: str = typer.Option("", "--output-padding", metavar="N", help="Of conv_transpose."),
    asymmetric: bool = typer.Option(False, "--asymmetric", help="Also one position more behind than in front."),
    in_channels: Optional[int] = typer.Option(None, "--in-channels", metavar="N", help="Shows params and MACs."),
    out_channels: str = typer.Option(
        "",
        "--out-channels",
        metavar="N",
        help="Of several, the most that the budget pays for; as many as in, unless given.",
    ),
    groups: str = typer.Option("", "--groups", "-g", metavar="N", help="1 unless given."),
    max_params: str = typer.Option("", "--max-params", metavar="N", help="A budget: 10k, 5M."),
    max_macs: str = typer.Option("", "--max-macs", metavar="N", help="A budget: 600M, for one image."),
    rank: int = typer.Option(
        2,
        "--rank",
        metavar="N",
        min=1,
        max=3,
        help="Axes that a lone number stands for, for params and MACs: 2, an image.",
    ),
    bias: bool = typer.Option(True, "--bias/--no-bias", help="Count a bias."),
    growth: str = typer.Option("", "--growth", metavar="N", help=f"{FIELD}: the dilations' growth; 1,2 unless given."),
    depth: str = typer.Option("", "--depth", metavar="N", help=f"{FIELD}: how many layers; 1..32 unless given."),
    limit: int = typer.Option(20, "--limit", "-n", metavar="N", min=1, max=1_000_000, help="How many are shown."),
    form: str = typer.Option(
        "table", "--format", "-f", help=f"One of {', '.join(FORMATS)}.", autocompletion=common.words(FORMATS)
    ),
) -> None:
    """Every kernel, stride, padding and dilation that turns one size into another, the simplest first.

    Exit status: 0 something fits, 1 nothing does (the nearest is shown), 2 the usage is wrong.

    \b
    Examples:
      cnnshape solve conv 227 55 --stride 4
      cnnshape solve conv '224x224 -> 112x112' --kernel 3..7
      cnnshape solve conv 32 same --kernel 5
      cnnshape solve max_pool 112 to 56
      cnnshape solve conv_transpose 7 14 --kernel 2..4
      cnnshape solve conv 56 56 -k 1,3,5 --in-channels 64 --out-channels 16..256 --groups 1..64 --max-params 10k
      cnnshape solve receptive-field 224 --kernel 3 --stride 1..2
    """
    one_of(form, FORMATS, "format")
    if what.replace("_", "-") in (FIELD, "field"):
        given = {
            "--padding": padding, "--dilation": dilation, "--output-padding": output_padding, "--asymmetric": asymmetric,
            "--out-channels": out_channels, "--groups": groups, "--max-params": max_params, "--max-macs": max_macs,
        }  # fmt: skip
        refuse(FIELD, given)
        found = field(sizes or [], kernel, stride, growth, depth, in_channels, rank, limit)
    else:
        if what not in KINDS:
            known = (*KINDS, FIELD)
            raise api.usage(f"cannot solve for {what}", did_you_mean(what, known) or f"one of {', '.join(known)}")
        refuse(what, {"--growth": growth, "--depth": depth})
        if what != "conv_transpose":
            refuse(what, {"--output-padding": output_padding})
        if not what.startswith("conv"):
            refuse(what, {"--in-channels": in_channels, "--out-channels": out_channels, "--groups": groups})
        size, wanted = ends(what, sizes or [], stride)
        if in_channels is not None and len(size) == 1:
            size, wanted = size * rank, wanted * rank
        space = spaced(what, size, wanted, kernel, stride, padding, dilation, output_padding, asymmetric)
        budget = budgeted(in_channels, out_channels, groups, max_params, max_macs, bias)
        from cnnshape.solve import solve as solved

        try:
            found = solved(what, size, wanted, space, limit=limit, budget=budget)  # type: ignore[arg-type]
        except ValueError as error:
            raise api.usage(str(error), "narrow a field: --kernel 3, --stride 1..4, --padding 0..3") from None
    common.write(render(found, form))
    if not found.exact:
        raise typer.Exit(1)


def refuse(what: str, given: dict[str, Any]) -> None:
    """An option that this question does not have."""
    for name, value in given.items():
        if value not in ("", None, False):
            raise api.usage(f"{name} says nothing of {what}", f"leave out {name}")


def ends(what: str, words: list[str], stride: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The two sizes, however they are joined."""
    parts = [part for part in re.split(r"\s*(?:->|=>|→|\bto\b|\s)\s*", " ".join(words).strip()) if part]
    if parts and parts[-1] == "-":
        redirected(what, parts[0])
    if len(parts) != 2:
        number = "one size" if len(parts) == 1 else f"{len(parts)} sizes" if parts else "no sizes"
        raise api.usage(
            f"{what} needs the size before and the size after, not {number}", f"cnnshape solve {what} 227 55"
        )
    size = sized(parts[0])
    if parts[1] == "same":
        by = values(stride, "--stride", 1) or (1,)
        if len(by) > 1:
            raise api.usage(f"'same' is a size of its own for every stride, not for {stride}", "--stride 1")
        scale = -by[0] if what != "conv_transpose" else 1
        wanted = tuple(-(n // scale) if scale < 0 else n * by[0] for n in size)
    else:
        wanted = sized(parts[1])
    if len(size) != len(wanted):
        raise api.usage(f"{parts[0]} and {parts[1]} have different numbers of axes", f"{parts[0]} and as many sizes")
    return size, wanted


def redirected(what: str, size: str) -> None:
    """`227 -> 55` without quotes: the shell has taken `> 55` for a file, and this program gets `227 -`."""
    import os

    name = "a file"
    try:
        target = os.path.basename(os.readlink("/proc/self/fd/1"))  # noqa: PTH119, PTH115 - a name alone
    except OSError:
        target = ""
    wanted = target if re.fullmatch(r"\d+(x\d+)*", target) else "55"
    if wanted == target:
        name = f"the file {target}"
    raise api.usage(
        f"the shell took > for a redirection and wrote to {name}",
        f"cnnshape solve {what} {size} {wanted}, or '{size} -> {wanted}' in quotes",
    )


def sized(text: str) -> tuple[int, ...]:
    """One size per spatial axis."""
    parts = re.split("[x×]", text)
    if any(map(common.large, parts)):
        raise api.usage(f"{quoted(text)}: sizes go up to {common.MOST_SIZE:,}")
    if not re.fullmatch(r"\d+([x×]\d+){0,2}", text) or not all(map(int, parts)):
        raise api.usage(f"{text} is no size", "one to three positive numbers: 227 or 227x341, without channels")
    return tuple(int(part) for part in parts)


def values(text: str, option: str, least: int, most: int = MOST_VALUE) -> tuple[int, ...] | None:
    """3, 1..7 or 1,3,5, ascending; None when the option is not given.

    >>> values("1..4,7", "--kernel", 1), values("", "--kernel", 1)
    ((1, 2, 3, 4, 7), None)
    """
    if not text.strip():
        return None
    found: set[int] = set()
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d+)(?:\s*(?:\.\.|:|-)\s*(\d+))?\s*", part)
        if not match:
            raise api.usage(f"{option} {text}: write 3, 1..7 or 1,3,5")
        first, last = (int(n) if len(n) < 20 else most + 1 for n in (match[1], match[2] or match[1]))
        if not least <= first <= last <= most:
            raise api.usage(f"{option} {text}: values go from {least} to {most:,}, the smaller one first")
        if last - first >= MOST_VALUES:
            raise api.usage(f"{option} {text}: at most {MOST_VALUES:,} values")
        found.update(range(first, last + 1))
    return tuple(sorted(found))


def spaced(
    what: str, size: tuple[int, ...], wanted: tuple[int, ...], kernel: str, stride: str, padding: str, dilation: str,
    output_padding: str, asymmetric: bool,
) -> Any:  # fmt: skip
    """The values of every field: those that are given, or those that are usual."""
    from cnnshape.solve import Space

    kernels = values(kernel, "--kernel", 1)
    if kernels is None:
        one = {n for n, out in zip(size, wanted, strict=True) if out == 1 and n <= MOST_VALUE}
        kernels = tuple(sorted({*range(1, 12), *one}))
    strides = values(stride, "--stride", 1)
    if strides is None:
        big, small = (wanted, size) if what == "conv_transpose" else (size, wanted)
        # Where there is one window, its stride does not matter.
        ratios = [-(-b // s) + 1 if s > 1 else 1 for b, s in zip(big, small, strict=True)]
        strides = tuple(range(1, min(max(ratios), 64) + 1))
        if what == "conv_transpose" and 1 in size:
            strides = tuple(range(1, min(max(wanted), 64) + 1))
    return Space(
        kernels,
        strides,
        values(padding, "--padding", 0),
        values(dilation, "--dilation", 1) or ((1, 2, 3) if what == "conv" else (1,)),
        values(output_padding, "--output-padding", 0),
        asymmetric,
    )


def budgeted(
    in_channels: int | None, out_channels: str, groups: str, max_params: str, max_macs: str, bias: bool
) -> Any:
    """The channels and what they may cost; None where nothing is said of them."""
    from cnnshape.solve import Budget

    if in_channels is None:
        for name, given in (
            ("--out-channels", out_channels), ("--groups", groups), ("--max-params", max_params), ("--max-macs", max_macs),
        ):  # fmt: skip
            if given:
                raise api.usage(f"{name} needs --in-channels", f"--in-channels 64 {name} {given}")
        return None
    if not 1 <= in_channels <= MOST_CHANNELS:
        raise api.usage(f"--in-channels {in_channels}: a positive number up to {MOST_CHANNELS:,}")
    widths = values(out_channels, "--out-channels", 1, MOST_CHANNELS) or (in_channels,)
    return Budget(
        in_channels,
        widths,
        values(groups, "--groups", 1) or (1,),
        amount(max_params, "--max-params"),
        amount(max_macs, "--max-macs"),
        bias,
    )


def amount(text: str, option: str) -> int | None:
    """A number with a suffix."""
    from cnnshape.units import number_of

    try:
        return number_of(text) if text else None
    except ValueError:
        raise api.usage(f"{option} {text}: write a number such as 10k, 5M or 600000") from None


def field(
    words: list[str], kernel: str, stride: str, growth: str, depth: str, channels: int | None, rank: int, limit: int
) -> Any:
    """Chains for a receptive field."""
    from cnnshape.solve import chains

    if len(words) == 1 and common.large(words[0]):
        raise api.usage(f"{quoted(words[0])}: a field goes up to {common.MOST_SIZE:,} positions")
    if len(words) != 1 or not words[0].isdecimal() or not int(words[0]):
        raise api.usage(f"{FIELD} needs one number of positions", f"cnnshape solve {FIELD} 224")
    tried: dict[str, Any] = {
        "kernels": values(kernel, "--kernel", 1, 1024) or (3, 5, 7),
        "strides": values(stride, "--stride", 1, 64) or (1, 2),
        "growths": values(growth, "--growth", 1, 64) or (1, 2),
        "depth": values(depth, "--depth", 1, 256) or range(1, 33),
    }
    try:
        return chains(int(words[0]), **tried, channels=channels, rank=rank, limit=limit)
    except ValueError as error:
        raise api.usage(str(error), "narrow a field: --kernel 3, --stride 1,2, --depth 1..32") from None
