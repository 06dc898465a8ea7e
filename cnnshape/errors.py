"""What can go wrong, and where: the error tree, and the place an error points at.

Low floors raise a bare `LayerError` with facts ("groups=3 does not divide in_channels=64"). The floor that knows
the place turns it into a `Problem` with file, line, column and layer path. A run collects every independent
problem and raises them once, as one `ModelError`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

#: Every permanent error code with its title. `docs/errors.md` holds one tested example for each.
CODES: dict[str, str] = {
    # reading the file
    "CNN-E101": "the file cannot be read",
    "CNN-E102": "the text is not valid YAML, JSON or TOML",
    "CNN-E103": "the text is not a network",
    "CNN-E104": "a key is written twice",
    "CNN-E105": "the format cannot be told",
    "CNN-E106": "the file is broken",
    "CNN-E107": "the file would run code",
    # the language
    "CNN-E201": "unknown layer kind",
    "CNN-E202": "unknown key",
    "CNN-E203": "wrong type or value",
    "CNN-E204": "a required key is missing",
    "CNN-E205": "an expression cannot be evaluated",
    "CNN-E206": "unknown variable",
    "CNN-E207": "a block is used wrongly",
    # the graph
    "CNN-E301": "unknown layer name",
    "CNN-E302": "a name is used twice",
    "CNN-E303": "wrong number of inputs",
    "CNN-E304": "a layer is shared wrongly",
    # the shapes
    "CNN-E401": "the window is larger than its input",
    "CNN-E402": "groups do not divide the channels",
    "CNN-E403": "the shapes do not fit together",
    "CNN-E404": "the input has the wrong number of dimensions",
    "CNN-E405": "a size does not match the input",
    "CNN-E406": "a value does not fit the input",
    # the limits
    "CNN-E501": "the network is too large",
    "CNN-E502": "blocks are nested without end",
    # the promises
    "CNN-E601": "an expectation does not hold",
    # the call
    "CNN-E701": "the command is used wrongly",
    "CNN-E702": "the network cannot be written in that format",
    "CNN-E703": "a library is missing",
    "CNN-E704": "a layer cannot be run",
    "CNN-E705": "it would take more memory than is allowed",
    # other tools' files
    "CNN-E801": "an operator is not known",
    "CNN-E802": "a size is not stated",
    "CNN-E803": "an operator's fields are wrong",
}


class Place(NamedTuple):
    """A position in the user's own text; line and column count from 1, 0 means unknown."""

    file: str = ""
    line: int = 0
    column: int = 0
    layer: str = ""

    def __str__(self) -> str:
        """`file:line:column`, as editors and terminals link it."""
        parts = [self.file or "<spec>"]
        if self.line:
            parts.append(str(self.line))
            if self.column:
                parts.append(str(self.column))
        return ":".join(parts)


class Problem(NamedTuple):
    """One thing that is wrong, with all that a person needs to mend it."""

    code: str
    message: str
    place: Place = Place()
    source_line: str = ""
    notes: tuple[str, ...] = ()
    fix: str = ""
    field: str = ""
    """The field that is to blame, for whoever can find where it is written."""

    def __str__(self) -> str:
        """The problem as text: place, code and message, source line with a caret, notes, fix."""
        lines = [printable(f"{self.place}: {self.code}: {self.message}")]
        if self.place.layer:
            lines.append(printable(f"  in layer {self.place.layer}"))
        if self.source_line:
            # A very long line is shown around its caret; tabs keep their width so the caret stays below its column.
            column = max(self.place.column, 1) - 1
            first = max(0, column - 60)
            text = printable(self.source_line[first : first + 120].rstrip(), one_wide=True)
            indent = "".join("\t" if char == "\t" else " " for char in text[: column - first])
            lines.append(f"  {self.place.line:>5} | {text}")
            if self.place.column:
                lines.append(f"        | {indent}^")
        lines.extend(printable(f"  = {note}") for note in self.notes)
        if self.fix:
            lines.append(printable(f"  fix: {self.fix}"))
        return "\n".join(lines)


class CnnshapeError(Exception):
    """The root of every error that this package raises on purpose."""


class LayerError(CnnshapeError):
    """A layer cannot take its input: bare facts, raised by a floor that knows no file.

    `fixes` are candidate changes of the layer's own fields; whoever shows the error tries each of them and shows
    only those that work. `field` is the one to blame; by default the first that a fix changes.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *notes: str,
        fixes: tuple[dict[str, Any], ...] = (),
        advice: str = "",
        field: str = "",
    ) -> None:
        """Keep the facts apart, so that the floor above can lay them out."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.notes = notes
        self.fixes = fixes
        self.advice = advice
        self.field = field or next((name for change in fixes for name in change), "")


class ModelError(CnnshapeError):
    """A model cannot be analysed; holds every independent problem that was found."""

    def __init__(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        """Keep the problems in the order of the user's text."""
        self.problems = tuple(sorted(problems, key=lambda p: (p.place.file, p.place.line, p.place.column)))
        super().__init__("\n".join(str(p) for p in self.problems))


def usage(message: str, fix: str = "") -> ModelError:
    """An error of the call itself, and of no file."""
    return ModelError([Problem("CNN-E701", message, Place("cnnshape"), fix=fix)])


def one_of(word: str, known: Iterable[str], what: str) -> None:
    """Refuse a word that is none of those that are known, with the nearest one."""
    known = tuple(known)
    if word not in known:
        raise usage(f"unknown {what} {word}", did_you_mean(word, known) or f"one of {', '.join(known)}")


def printable(text: str, one_wide: bool = False) -> str:
    r"""The text without anything that a terminal would obey; `one_wide` keeps every column where it is.

    >>> printable("a\x1b[2Jb\u202ec")
    'a\\x1b[2Jb\\u202ec'
    """
    if text.isprintable():
        return text
    keep = " \t" if one_wide else " "
    return "".join(
        char if char.isprintable() or char in keep else "\ufffd" if one_wide else ascii(char)[1:-1] for char in text
    )


def quoted(value: object, limit: int = 60) -> str:
    """A written value as a message shows it: as the spec writes it, and never long.

    >>> quoted(True), quoted([1, None, "a"]), quoted(10**99, 9)
    ('true', '[1, null, a]', '100000...')
    """
    text = _written(value, limit)
    return text if len(text) <= limit else text[: max(1, limit - 3)] + "..."


def _written(value: object, limit: int) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, int):
        return str(value) if value.bit_length() < 1024 else f"{'-' * (value < 0)}a number of {value.bit_length()} bits"
    if isinstance(value, float) and value - value != 0:
        return ".nan" if value != value else "-.inf" if value < 0 else ".inf"  # noqa: PLR0124 - that is what NaN is
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(quoted(item, limit) for item in value[:limit])}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {quoted(item, limit)}' for key, item in [*value.items()][:limit])}}}"
    return str(value)[: limit + 1] or "''"


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """The fix that offers the nearest known word, or "" when nothing is near.

    >>> did_you_mean("kernal_size", ["kernel_size", "stride"])
    'did you mean kernel_size?'
    """
    from difflib import get_close_matches

    near = get_close_matches(word[:80], known, n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else ""
