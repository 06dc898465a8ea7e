"""Text, numbers and lists of text, taken as they are: typer would load pydantic to check them, a third of a short run.

A value that is not plainly right goes the usual way, so that typer itself says what is wrong with it. So does every
value in a typer that keeps its checks elsewhere.
"""

from __future__ import annotations

from typing import Any, Optional

#: A number that may be left out, as typer writes it.
OPTIONAL: Any = Optional[int]


class Plain:
    """Stands in for typer's check of one parameter until a value needs it."""

    __slots__ = ("annotation", "least", "most")

    def __init__(self, annotation: Any, least: int | None = None, most: int | None = None) -> None:
        """`annotation` is the type that the command asks for, `least` and `most` are where its numbers end."""
        self.annotation, self.least, self.most = annotation, least, most

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value, when it is one of the type already, or a number in plain digits; otherwise what typer says."""
        many = param.multiple or param.nargs == -1
        if value is None:
            return () if many else None
        kind = self.annotation
        if many:
            if kind == list[str] and value.__class__ in (list, tuple) and all(v.__class__ is str for v in value):
                return list(value)
        elif value.__class__ is kind:
            return value
        elif (
            kind in (int, OPTIONAL)
            and value.__class__ is str
            and value.isascii()
            and value.isdigit()
            and len(value) < 19
            and self.within(int(value))
        ):
            return int(value)
        param._runtime_param = None
        return param.get_runtime_param().coerce(value, param=param, ctx=ctx)

    def within(self, number: int) -> bool:
        """Whether the command takes this number."""
        return (self.least is None or number >= self.least) and (self.most is None or number <= self.most)


def plain(params: list[Any]) -> list[Any]:
    """The same parameters, each with the quick check in front of typer's own."""
    for param in params:
        if getattr(param, "_runtime_param", param) is None and hasattr(param, "get_runtime_param"):
            kind = param.type_descriptor
            info = getattr(kind, "parameter_info", None)
            param._runtime_param = Plain(kind.annotation, getattr(info, "min", None), getattr(info, "max", None))
    return params
