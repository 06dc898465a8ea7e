"""The table in a terminal: as many columns as really fit, blocks as a tree, kinds in colour, shares as bars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from cnnshape.render.grid import DEFAULT, Column, Grid, Row, grid
from cnnshape.render.safe import elided, inline, padded, width
from cnnshape.render.tree import Line, tree

if TYPE_CHECKING:
    from rich.console import Console

    from cnnshape.report import Report

#: The colours of families, by a word of the kind; the others are dim.
_COLOURS = {
    "conv": "cyan", "linear": "magenta", "bilinear": "magenta", "embedding": "magenta", "matmul": "magenta",
    "attention": "magenta", "rnn": "magenta", "lstm": "magenta", "gru": "magenta", "pool": "green", "norm": "yellow",
    "add": "blue", "sub": "blue", "mul": "blue", "div": "blue", "concat": "blue", "maximum": "blue",
    "minimum": "blue", "mean": "blue", "block": "bold",
}  # fmt: skip

#: What a terminal always shows, and what it adds while there is room, the most wanted first.
_ALWAYS = ("name", "kind", "output", "params", "macs")
_WANTED = ("macs_share", "params_share", "memory", "field", "input")
_GAP = 2
#: Cells of a bar: the fewest that tell anything, and the most that anybody needs.
_BAR, _LONG_BAR = 5, 10
#: The narrowest that words are squeezed to where the numbers need the room.
_SQUEEZED = {"name": 24, "kind": 16, "output": 24, "input": 24}


class Cell(NamedTuple):
    """Text with a style."""

    text: str
    style: str = ""


class Part(NamedTuple):
    """One column, laid out: its cells from top to bottom, and how wide it is."""

    column: Column
    cells: list[Cell]
    total: str
    width: int


def colour(kind: str) -> str:
    """The colour of a kind's family."""
    return next((_COLOURS[word] for word in kind.split("_") if word in _COLOURS), "dim")


def show(report: Report, width: int | None = None, file: Any = None, *, every: bool = False, **options: Any) -> Console:
    """Print a report to a terminal; the console, so that it can be saved as a picture.

    `every` shows equal blocks one by one.
    """
    console = _console(width=width, file=file, record=file is not None)
    plain = not (console.encoding or "").lower().startswith("utf")
    for line in layout(report, console.width, plain=plain, every=every, **options):
        _say(console, line)
    return console


def painted(report: Report, **options: Any) -> str:
    """What `show` prints to this terminal, as text with its colours."""
    console = _console()
    plain = not (console.encoding or "").lower().startswith("utf")
    with console.capture() as found:
        for line in layout(report, console.width, plain=plain, **options):
            _say(console, line)
    return found.get()


def _console(**options: Any) -> Console:
    """A console that has room: where COLUMNS is 0, which says nothing, rich would print nothing either."""
    from shutil import get_terminal_size

    from rich.console import Console

    console = Console(highlight=False, **options)
    if console.width < 1:
        console.width = get_terminal_size().columns
    return console


def _say(console: Console, cells: list[Cell]) -> None:
    from rich.text import Text

    text = Text()
    for cell in cells:
        text.append(cell.text, cell.style)
    text.rstrip()
    console.print(text, soft_wrap=True)


def layout(report: Report, room: int, *, plain: bool = False, every: bool = False, **options: Any) -> list[list[Cell]]:
    """The lines of the table for a terminal of `room` cells; `plain` keeps to ASCII."""
    asked = bool(options.get("columns"))
    if not asked:
        options["columns"] = tuple(key for key in ("name", "kind", "input", *DEFAULT[2:]) if key in _ALWAYS + _WANTED)
    cells = grid(report, **options)
    first = cells.columns[0].key == "name"
    flat = not first or bool(options.get("sort"))
    lines = [Line(0, row.cells[0], row) for row in cells.rows] if flat else tree(cells.rows, once=not every)
    lines = [line._replace(label=inline(line.label)) for line in lines]
    parts = [_part(cells, lines, index, plain) for index in range(len(cells.columns))]
    blocks = _split(parts, room, first) if asked else [_chosen(parts, room, plain, bare=not _telling(lines))]
    out = [*[[Cell(piece, "italic")] for piece in wrapped(cells.title, room)], []]
    for block in blocks:
        out += _table(block, lines, room, plain)
    notes = [[Cell(piece, "dim")] for note in cells.notes for piece in wrapped(note, room)]
    return [*out, *notes]


def _part(cells: Grid, lines: list[Line], index: int, plain: bool) -> Part:
    """One column with its cells."""
    column = cells.columns[index]
    if column.key == "name":
        texts = [Cell("  " * line.depth + line.label, _of(line.row)) if line.row else Cell("") for line in lines]
    else:
        texts = [_cell(line.row, column, index, plain) for line in lines]
    total = cells.totals[index]
    return Part(column, texts, total, max(width(column.title), width(total), *[width(c.text) for c in texts], 0))


def _of(row: Row) -> str:
    """The style of a layer's name: its family's colour, but never dim."""
    style = colour(row.layer.kind)
    return "" if style == "dim" else style


def _cell(row: Row | None, column: Column, index: int, plain: bool) -> Cell:
    if row is None:
        return Cell("")
    text, value = row.cells[index], row.values[index]
    if column.key.endswith("_share"):
        return Cell(f"{bar(value, _BAR, plain)} {text:>5}" if value else "", "cyan")
    if column.key == "kind":
        return Cell(text, colour(row.layer.kind))
    return Cell(text, "dim" if text == "0" else "")


def _telling(lines: list[Line]) -> bool:
    """Whether kinds say more than the names: relu1 is a relu."""
    rows = [(line.label.rpartition(".")[2], line.row.layer.kind) for line in lines if line.row]
    return any(kind != "block" and name.removeprefix(kind).strip("0123456789") for name, kind in rows)


def _chosen(parts: list[Part], room: int, plain: bool, *, bare: bool) -> list[Part]:
    """The columns that fit; with room to spare, longer bars. `bare`: kinds may go where the shares need the room."""
    by_key = {part.column.key: part for part in parts}
    for key, least in _SQUEEZED.items():
        over = _span([by_key[k] for k in _ALWAYS]) - room
        if over > 0 and key in _ALWAYS:
            by_key[key] = _squeezed(by_key[key], max(least, by_key[key].width - over))
    taken = [key for key in _ALWAYS if key in by_key]
    always = len(taken)
    if bare and _span([by_key[key] for key in (*taken, *_WANTED[:2])]) > room:
        taken.remove("kind")
        always -= 1
    while len(taken) > 2 and _span([by_key[key] for key in taken]) > room:
        taken.remove(next(key for key in ("kind", "macs", "output", "params") if key in taken))
    for key in _WANTED if len(taken) == always else ():
        if _span([by_key[k] for k in (*taken, key)]) <= room:
            taken.append(key)
    chosen = [by_key[part.column.key] for part in parts if part.column.key in taken]
    longer = [_longer(part, plain) if part.column.key.endswith("_share") else part for part in chosen]
    return longer if _span(longer) <= room else chosen


def _squeezed(part: Part, most: int) -> Part:
    """The same words in a narrower column: their middle is left out."""
    cells = [cell._replace(text=elided(cell.text, most)) for cell in part.cells]
    total = elided(part.total, most)
    return Part(part.column, cells, total, max(width(part.column.title), width(total), *[width(c.text) for c in cells]))


def _longer(part: Part, plain: bool) -> Part:
    """The same shares with bars of full length."""
    cells = []
    for cell in part.cells:
        percent = cell.text.split()[-1] if cell.text else ""
        cells.append(Cell(f"{bar(float(percent), _LONG_BAR, plain)} {percent:>5}" if percent else "", cell.style))
    return part._replace(cells=cells, width=max(part.width, *[width(cell.text) for cell in cells], 0))


def _span(parts: list[Part]) -> int:
    return sum(part.width for part in parts) + _GAP * (len(parts) - 1)


def _split(parts: list[Part], room: int, first: bool) -> list[list[Part]]:
    """Columns that were asked for and do not fit beside each other: several tables, the names before each."""
    parts = [_squeezed(p, max(_SQUEEZED[p.column.key], room // 2)) if p.column.key in _SQUEEZED else p for p in parts]
    lead = parts[:1] if first else []
    blocks: list[list[Part]] = []
    current: list[Part] = []
    for part in parts[len(lead) :]:
        if current and _span([*lead, *current, part]) > room:
            blocks.append([*lead, *current])
            current = []
        current.append(part)
    return [*blocks, [*lead, *current]]


def _table(parts: list[Part], lines: list[Line], room: int, plain: bool) -> list[list[Cell]]:
    """Heading, layers, totals."""
    rule = [Cell(("-" if plain else "─") * min(_span(parts), room), "dim")]
    out = [_line([Cell(part.column.title, "bold") for part in parts], parts), rule]
    for at, line in enumerate(lines):
        if line.row is None:
            times = f"  {line.times} times, shown once" if line.times > 1 else ""
            label = elided(line.label, max(room - 2 * line.depth - len(times), 8))
            out.append([Cell("  " * line.depth + label, "bold"), Cell(times, "dim")])
        else:
            out.append(_line([part.cells[at] for part in parts], parts))
    return [*out, rule, _line([Cell(part.total, "bold") for part in parts], parts), []]


def _line(cells: list[Cell], parts: list[Part]) -> list[Cell]:
    found = []
    for index, (cell, part) in enumerate(zip(cells, parts, strict=True)):
        gap = " " * _GAP if index else ""
        found.append(Cell(gap + padded(cell.text, part.width, right=part.column.number), cell.style))
    return found


def wrapped(note: str, room: int) -> list[str]:
    """A note in lines that fit, the further ones indented; a long name is never cut."""
    from textwrap import wrap

    return wrap(note, max(room, 20), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def bar(percent: float, cells: int = _LONG_BAR, plain: bool = False) -> str:
    """A bar, an eighth of a cell fine; in ASCII a whole cell fine.

    >>> bar(50, 4), bar(50, 4, plain=True)
    ('██  ', '##  ')
    """
    if plain:
        return ("#" * round(percent / 100 * cells)).ljust(cells)
    full, rest = divmod(round(percent / 100 * cells * 8), 8)
    return ("█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")).ljust(cells)
