"""What `sizes` found, as a table with a plot, CSV or JSON."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

from cnnshape.render.plot import plot
from cnnshape.render.safe import inline, padded, width
from cnnshape.render.units import size as in_bytes

if TYPE_CHECKING:
    from cnnshape.sizes import Sizes
    from cnnshape.sizes.result import Law, Pattern, Row

#: The formats that `sizes --format` knows.
FORMATS = ("table", "json", "csv")
#: What can be drawn: the columns of a row with numbers.
PLOTS = {"macs": "MACs", "params": "params", "activation_bytes": "memory", "peak_activation_bytes": "peak"}
#: A table shows about so many sizes, unless all are asked for.
_ROWS = 20
#: And so many lines of each finding.
_LINES = 5


def to_json(found: Sizes) -> str:
    """The contract cnnshape-sizes/1; docs/sizes.md describes it."""
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


def csv(found: Sizes) -> str:
    """One line for each size, with raw numbers."""
    import csv as writing
    import io

    out = io.StringIO()
    writer = writing.writer(out, lineterminator="\n")
    numbers = ("params", "macs", "activation_bytes", "peak_activation_bytes")
    writer.writerow(["size", "works", "fits", "same_weights", "dropping", "outputs", *numbers, "problem"])
    for row in found.rows:
        same = "" if row.same_weights is None else str(row.same_weights).lower()
        problem = "" if row.problem is None else found.problems[row.problem].layer
        cells = [_joined(row.size), str(row.works).lower(), str(row.fits).lower(), same, row.dropping, _outputs(row)]
        writer.writerow([*cells, *[getattr(row, name) for name in numbers], inline(problem)])
    return out.getvalue()


def table(found: Sizes, *, every: bool = False, drawn: str = "", room: int = 80, plain: bool = False) -> str:
    """Findings first, then the sizes, then perhaps a plot of one number over them."""
    parts = [*_story(found), "", *_rows(found, every)]
    if drawn and len(found.rows) > 1 and found.mode != "grid":
        axis = max(range(len(found.own)), key=lambda a: found.rows[-1].size[a] - found.rows[0].size[a])
        points = [(row.size[axis], getattr(row, drawn)) for row in found.rows if row.works]
        known = [(n, value) for n, value in points if value is not None]
        show = in_bytes if drawn.endswith("bytes") else _short
        if known:
            parts += ["", *plot(known, f"{PLOTS[drawn]} by size", show, room=room, plain=plain)]
    return "\n".join(parts) + "\n"


def _story(found: Sizes) -> list[str]:
    """What was found, a line for each thing."""
    first, last = found.rows[0].size, found.rows[-1].size
    by = f", every {found.step}" if found.step > 1 else ""
    head = (
        f"{found.model.name}: {len(found.rows):,} sizes from {_joined(first)} to {_joined(last)}{by}, "
        f"batch {found.batch}, {found.dtype}"
    )
    total = len(found.rows)
    smallest = "" if found.smallest is None else f"; the smallest is {_joined(found.smallest)}"
    lines = [
        inline(head),
        "",
        f"works    {found.working:,} of {total:,}{_which(found.works, found.working == total)}{smallest}",
        f"fits     {found.fitting:,} of {total:,} without a dropped pixel{_which(found.fits, found.fitting == total)}",
    ]
    if found.period is not None:
        lines.append(f"period   {found.period}: with so much more input every size inside has grown by a fixed number")
    if found.mode != "grid":
        lines += [f"{'MACs' if not i else '':<9}{line}" for i, line in enumerate(_law(found.macs))]
    lines += _lines("drops", [f"{d.layer}: {d.sizes:,} sizes, {d.lost:,} at {_joined(d.first)}" for d in found.drops])
    weights = [f"{w.layer}: {w.weight} is {_joined(w.own)} at {_joined(found.own)} alone" for w in found.weights]
    same = sum(row.same_weights is True for row in found.rows)
    lines += _lines(
        "weights", [*weights[:_LINES], f"trained at {_joined(found.own)}: {same:,} sizes"] if weights else []
    )
    refused = [
        f"{p.layer}: {p.sizes:,} sizes, {_joined(p.first)} to {_joined(p.last)}"
        + (f": {p.message}" if p.message else "")
        for p in found.problems
    ]
    return lines + _lines("refused", refused)


def _lines(name: str, texts: list[str]) -> list[str]:
    shown = (
        texts[: _LINES + 1] if len(texts) <= _LINES + 1 else [*texts[:_LINES], f"and {len(texts) - _LINES} layers more"]
    )
    return [f"{name if not i else '':<9}{inline(text)}" for i, text in enumerate(shown)]


def _which(found: Pattern | None, all_of_them: bool) -> str:
    """A pattern in words."""
    if found is None or all_of_them:
        return ""
    if found.modulus == 1:
        return f", every one from {found.first} on"
    if found.remainders == (0,):
        return f", the multiples of {found.modulus} from {found.first} on"
    some = ", ".join(map(str, found.remainders[:8])) + (", ..." if len(found.remainders) > 8 else "")
    plural = "remainders" if len(found.remainders) > 1 else "the remainder"
    return f", from {found.first} on those with {plural} {some} by {found.modulus}"


def _law(law: Law) -> list[str]:
    """The law in words, for one remainder where there are several."""
    if not law.holds:
        return [f"no law: {law.reason}"] if law.reason else []
    piece = law.pieces[0]
    parts = []
    for coefficient, term in zip(law.coefficients_of(piece), law.terms, strict=True):
        if coefficient:
            number = f"{coefficient.numerator:,}" + (
                f"/{coefficient.denominator}" if coefficient.denominator > 1 else ""
            )
            parts.append(number if term == "1" else f"{number}*{term}")
    text = " + ".join(parts).replace("+ -", "- ") or "0"
    several = len(law.pieces) > 1
    where = f" for multiples of {law.period}" if several and piece.remainder == 0 else ""
    if several and piece.remainder:
        where = f" for the remainder {piece.remainder} by {law.period}"
    checked = f"held on {piece.sizes:,} sizes" + (f" and {law.rectangles:,} rectangles" if law.rectangles else "")
    lines = [f"{text}{where} ({checked})"]
    if several:
        lines.append(f"and {len(law.pieces) - 1} other remainders, each with a law of its own: --format json")
    return lines


def _rows(found: Sizes, every: bool) -> list[str]:
    """The sizes, or some of them: the first, the last, and steps of the period between."""
    rows, skipped = found.rows, ""
    if not every and len(rows) > _ROWS + 4:
        chosen = _some(found)
        skipped = f"{len(rows) - len(chosen):,} sizes more: --all"
        rows = chosen
    titles = ["size", "output", "fits", "params", "MACs", "memory", "peak"]
    cells = [_cells(row) for row in rows]
    wide = [max(width(line[i]) for line in (titles, *cells)) for i in range(len(titles))]

    def line(texts: list[str]) -> str:
        return "  ".join(
            padded(text, cell, right=i not in (0, 1, 2)) for i, (text, cell) in enumerate(zip(texts, wide, strict=True))
        ).rstrip()

    rule = "-" * (sum(wide) + 2 * (len(wide) - 1))
    return [line(titles), rule, *map(line, cells), *(["", skipped] if skipped else [])]


def _some(found: Sizes) -> list[Row]:
    """About twenty sizes that work: multiples of the period where they do, else those that fit."""
    by = found.period or found.step
    axis = max(range(len(found.own)), key=lambda a: found.rows[-1].size[a] - found.rows[0].size[a])
    working = [row for row in found.rows if row.works]
    wanted = (
        [row for row in working if found.mode != "grid" and row.size[axis] % by == 0],
        [row for row in working if row.fits],
        working,
    )
    round_ones = next((rows for rows in wanted if len(rows) >= 4), found.rows)
    step = -(-len(round_ones) // _ROWS)
    return round_ones[::step]


def _cells(row: Row) -> list[str]:
    if not row.works:
        return [_joined(row.size), "refused", "", "", "", "", ""]
    fits = "yes" if row.fits else f"drops in {row.dropping}"
    if row.same_weights is False:
        fits += ", other weights"

    def number(value: int | None) -> str:
        return "?" if value is None else f"{value:,}"

    memory = ["?" if v is None else in_bytes(v) for v in (row.activation_bytes, row.peak_activation_bytes)]
    return [_joined(row.size), _outputs(row), fits, number(row.params), number(row.macs), *memory]


def _outputs(row: Row) -> str:
    return " ".join("?" if shape is None else _joined(shape) for shape in row.outputs or ())


def _joined(values: tuple[int, ...]) -> str:
    return "x".join(map(str, values))


def _short(value: int) -> str:
    """A count with a suffix.

    >>> _short(4089184256), _short(0)
    ('4.09G', '0')
    """
    number = Fraction(value)
    for sign in ("", "k", "M", "G", "T"):
        if number < 1000 or sign == "T":
            return f"{float(number):.3g}{sign}"
        number /= 1000
    return str(value)
