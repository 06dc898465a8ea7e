"""Where a written layer stands: the names it can use, the variables it sees, and how it will be called."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnshape.spec.source import Map

#: What an expression knows of the tensor that flows in.
FACTS = ("in_channels", "in_size", "in_shape")

#: The fix of a wrong name.
NAMES = "use letters, digits, _ - and ., up to 100 of them"


def is_name(text: str) -> bool:
    r"""Whether a text may name something: short, of one line, without anything that a terminal obeys.

    >>> is_name("block 1.conv"), is_name("x[1]"), is_name("\x1b[2J"), is_name(" x")
    (True, False, False, False)
    """
    return 0 < len(text) <= 100 and text.isprintable() and "[" not in text and text == text.strip()


class Scope:
    """One list of layers being written out. Names and variables are looked up here first, then further out."""

    __slots__ = (
        "counts", "depth", "entry", "home", "items", "left", "parent", "path", "prefix", "share", "taken", "values", "vars",
    )  # fmt: skip

    def __init__(
        self,
        parent: Scope | None,
        path: tuple[str, ...],
        variables: dict[str, Any],
        entry: int | None = None,
        share: tuple[str, str] | None = None,
    ) -> None:
        """`entry` is the value that `input` means here; `share` maps the prefix of a second use to the first."""
        self.parent, self.path, self.vars = parent, path, variables
        self.prefix = ".".join(path) + "." if path else ""
        self.values: dict[str, tuple[int, ...]] = {}
        """The values of each name; several for a layer with several outputs."""
        self.items: dict[str, tuple[Any, int]] = {}
        """The written item of each name, with its mark, for `share`."""
        self.counts: dict[str, int] = {}
        self.taken: frozenset[str] = frozenset()
        self.left: frozenset[str] = frozenset()
        """The names of items that their own `when` left out."""
        self.entry = entry
        self.share: tuple[str, str] | None = share if share is not None else parent.share if parent else None
        self.depth: int = parent.depth + 1 if parent else 0
        self.home: Scope | None = None
        """While something is shared here: where it was written, which is where its names are looked up."""

    def expects(self, items: list[Any]) -> None:
        """Note the names that are written out in a list, so that no automatic name takes one of them."""
        names = [item["name"] for item in items if item.__class__ is Map and "name" in item]
        self.taken = frozenset(name for name in names if isinstance(name, str))

    def outwards(self) -> Iterator[Scope]:
        """The scopes in which names are looked up, from here outwards."""
        scope: Scope | None = self
        while scope is not None:
            scope = scope.home or scope
            yield scope
            scope = scope.parent

    def left_out(self, name: str) -> bool:
        """Whether an item of this name was left out, here or further out."""
        return any(name in scope.left for scope in self.outwards())

    def automatic(self, kind: str) -> str:
        """The next free name for an unnamed layer: conv1, conv2, ..."""
        kind = kind[:40]
        number = self.counts.get(kind, 0) + 1
        while f"{kind}{number}" in self.taken:
            number += 1
        self.counts[kind] = number
        return f"{kind}{number}"

    def owner(self, name: str) -> str | None:
        """The layer whose weights a layer of this full name uses again; None for its own."""
        if self.share is None or not f"{name}.".startswith(f"{self.share[0]}."):
            return None
        return self.share[1] + name[len(self.share[0]) :]


class Names:
    """What an expression may mention: variables from here outwards, then facts of the incoming tensor."""

    __slots__ = ("builder", "scope", "value")

    def __init__(self, builder: Any, scope: Scope, value: int | None) -> None:
        """`value` is the tensor that enters the item."""
        self.builder, self.scope, self.value = builder, scope, value

    def __getitem__(self, name: str) -> Any:
        """A variable's value; KeyError when there is none."""
        scope: Scope | None = self.scope
        while scope is not None:  # as `outwards` goes, without a generator: every expression comes here
            scope = scope.home or scope
            if name in scope.vars:
                return scope.vars[name]
            scope = scope.parent
        if name in FACTS and self.value is not None:
            shape = self.builder.shape(self.value)
            if name == "in_shape":
                return list(shape[1:])
            if len(shape) < 2:
                raise KeyError(name)
            return shape[1] if name == "in_channels" else list(shape[2:])
        raise KeyError(name)

    def __contains__(self, name: str) -> bool:
        """Whether the name means anything here."""
        try:
            self[name]
        except KeyError:
            return False
        return True

    def spend(self, steps: int) -> None:
        """Count work that a long list makes."""
        self.builder.steps += steps

    def value_of(self, text: str) -> Any:
        """The value of an expression here."""
        return self.builder.value_of(text, self.scope, self.value)

    def filled(self, text: str) -> Any:
        """A string with its ${...} filled in from here."""
        return self.builder.filled(text, self.scope, self.value)

    def known(self) -> tuple[str, ...]:
        """Every name that has a value here, for "did you mean"."""
        names: dict[str, None] = {}
        for scope in self.scope.outwards():
            names.update(dict.fromkeys(scope.vars))
        return (*names, *FACTS) if self.value is not None else tuple(names)
