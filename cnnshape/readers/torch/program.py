"""An exported program as the two sources of it agree on it: a .pt2 file, or torch.export's own object."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec


class Ref(msgspec.Struct, frozen=True, gc=False):
    """A tensor by its name in the graph."""

    name: str


class Sym(msgspec.Struct, frozen=True, gc=False):
    """A whole number that the graph computes, by its name."""

    name: str


class Meta(msgspec.Struct, frozen=True, gc=False):
    """What is stated of a tensor: its whole shape (a symbolic size by the one it was traced with), its training."""

    shape: tuple[int, ...] | None = None
    grad: bool = False
    symbolic: tuple[int, ...] = ()
    """The dimensions that the program leaves open."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One input of the graph: what a user feeds ("user"), or an array of the module's ("parameter", "buffer")."""

    kind: str
    arg: str
    target: str
    """Its name in the module; two parameters that are one array have one `array`."""
    array: str = ""


class Call(msgspec.Struct, gc=False):
    """One operator: its name such as `conv2d.default`, arguments by name, outputs, and the modules around it."""

    target: str
    args: dict[str, Any]
    outputs: tuple[str, ...]
    stack: tuple[tuple[str, str], ...] = ()
    """(path, class) from the outermost module to the innermost."""

    @property
    def op(self) -> str:
        """The operator without its overload, and without the mark of one that works in place."""
        name = self.target.split(".")[0]
        return name[:-1] if name.endswith("_") and not name.endswith("__") else name


class Program(msgspec.Struct):
    """The graph; its calls are made one by one, so that a long one is never held as a whole."""

    name: str
    entries: list[Entry]
    outputs: list[str]
    calls: Iterable[Call]
    meta: Callable[[str], Meta]
    """What is stated of a tensor; an empty Meta for a name that is none."""
    hint: Callable[[str], int | None]
    """The number that a symbolic size had when the program was traced."""


def refs(value: Any) -> list[Ref]:
    """Every tensor in an argument."""
    if isinstance(value, Ref):
        return [value]
    if isinstance(value, (list, tuple)):
        return [item for item in value if isinstance(item, Ref)]
    return []


def first(call: Call) -> Ref:
    """The first tensor of a call; TypeError where there is none."""
    found = [ref for arg in call.args.values() for ref in refs(arg)]
    if not found:
        raise TypeError("a tensor is absent")
    return found[0]


def stack_of(text: str) -> tuple[tuple[str, str], ...]:
    """The modules around a node, from the one string that a file holds: key,path,class;key,path,class.

    >>> stack_of("L__self__,,m.Net;L__self___b,b.0@1,torch.nn.modules.conv.Conv2d")
    (('', 'm.Net'), ('b.0@1', 'torch.nn.modules.conv.Conv2d'))
    """
    found = []
    for part in text.split(";"):
        pieces = part.split(",")
        if len(pieces) >= 3 and not pieces[0].startswith("_empty_nn_module"):
            found.append((again(plain(pieces[1]), pieces[0]), pieces[-1]))
    return tuple(found)


def again(path: str, key: str) -> str:
    """The path with the number of the module's use behind it, b@1, which newer versions of torch keep in the key."""
    _, mark, times = key.rpartition("@")
    return f"{path}@{times}" if mark and times.isdigit() and "@" not in path else path


def plain(path: str) -> str:
    """A module's path as the user writes it; older versions of torch wrote L['self'].layer1[0]."""
    return path.removeprefix("L['self']").removeprefix("L__self__").lstrip("._")
