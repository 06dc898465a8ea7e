"""What the docstrings of the kinds say, for programs: sections, formulas with numbers in them, docs/layers.md.

A formula is written for two spatial axes; for one or three it is rewritten by the axes' names.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from cnnshape.expression import evaluate
from cnnshape.layers.base import Layer
from cnnshape.shape import Shape

_SECTIONS = ("Shape", "Weights", "Buffers", "Ops", "Errors", "Source")
_AXES = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}
_TAPS = {1: ("kl",), 2: ("kh", "kw"), 3: ("kd", "kh", "kw")}


def sections(kind: type[Layer]) -> dict[str, list[str]]:
    """The docstring's sections, line by line; "" is the summary.

    >>> from cnnshape.layers.conv import Conv
    >>> sections(Conv)["Ops"][0]
    "mac = N * out_channels * H' * W' * (C // groups) * kh * kw"
    """
    found: dict[str, list[str]] = {"": []}
    name = ""
    for raw in (kind.__doc__ or "").split(">>>")[0].splitlines():
        line = raw.strip()
        head, sign, rest = line.partition(":")
        if sign and head in _SECTIONS:
            name = head
            found[name] = [rest.strip()] if rest.strip() else []
        elif line:
            found[name].append(line)
    return found


def for_rank(formula: str, rank: int) -> str:
    """A formula for `rank` spatial axes in place of two.

    >>> for_rank("N * H' * W' * kh * kw", 1)
    "N * L' * kl"
    """
    if rank == 2 or rank not in _AXES:
        return formula
    axes, taps = _AXES[rank], _TAPS[rank]
    formula = formula.replace("H' * W'", " * ".join(f"{a}'" for a in axes))
    formula = formula.replace("H * W", " * ".join(axes))
    return formula.replace("kh * kw", " * ".join(taps)).replace("kh, kw", ", ".join(taps))


def names(layer: Layer, y: Shape, *xs: Shape) -> dict[str, Any]:
    """The numbers behind the names of a kind's formulas."""
    x = xs[0]
    found: dict[str, Any] = {}
    for field in layer.__struct_fields__:
        value = getattr(layer, field)
        found[field] = "none" if value is None else value
    for shape, prime in ((x, ""), (y, "'")):
        found.update(zip(("N" + prime, "C" + prime), shape, strict=False))
        found.update({a + prime: n for a, n in zip(_AXES.get(len(shape) - 2, ()), shape[2:], strict=False)})
        found["numel" + prime] = shape.numel
    kernel = getattr(layer, "kernel_size", None)
    if kernel is not None:
        rank = len(x) - 2
        each = kernel if isinstance(kernel, tuple) else (kernel,) * rank
        found.update(zip(_TAPS.get(rank, ()), each, strict=False))
    if x:
        found["in_features"] = x[-1]
    found["inputs"] = len(xs)
    found.update(layer.terms(y, *xs))
    return found


def formulas(layer: Layer, y: Shape, *xs: Shape) -> list[tuple[str, str, str, int]]:
    """Every operation count as (type, formula, the same with numbers, value)."""
    if not xs:
        return []  # what reads nothing computes nothing
    known = names(layer, y, *xs)
    lines = " ".join(sections(type(layer)).get("Ops", [])).replace("  ", " ")
    found = []
    parts = re.split(r"(?:^|\s)(?=(?:mac|add|mul|div|cmp|exp|log|tanh|erf|sqrt|pow) = )", lines)
    for part in parts:
        name, sign, text = part.strip().partition(" = ")
        if not sign or not name.isidentifier():
            continue
        formula = for_rank(text, len(xs[0]) - 2)
        value = evaluate(formula.replace("'none'", '"none"'), known)
        found.append((name, formula, numbered(formula, known), 0 if value in (None, "none") else int(value)))
    return found


def numbered(formula: str, known: dict[str, Any]) -> str:
    """The formula with its names replaced by numbers; a condition is replaced by the side that holds."""

    def number(match: re.Match[str]) -> str:
        name = match[0]
        return str(known[name]) if isinstance(known.get(name), int) and not isinstance(known[name], bool) else name

    def side(match: re.Match[str]) -> str:
        return match[1] if evaluate(match[2], known) else match[3]

    previous = ""
    while previous != formula:  # inner conditions first
        previous = formula
        formula = re.sub(r"\(([^()]+?) if ([^()]+?) else ([^()]+?)\)", lambda m: f"({side(m)})", formula)
    formula = re.sub(r"^(.+?) if (.+?) else (.+)$", side, formula)
    return re.sub(r"[A-Za-z_]\w*'?", number, formula)


def markdown() -> str:
    """docs/layers.md: every kind with its fields, family by family."""
    from cnnshape.layers import KINDS

    lines = [
        "# Layer kinds",
        "",
        (
            "Generated from the docstrings by `python -m cnnshape.layers.doc`; a test holds it current. Formulas are "
            "written for two spatial axes. `N` is the batch, `C` the channels, `'` marks the output; a test evaluates every "
            "formula and compares it with what the calculator counts."
        ),
        "",
    ]
    family = ""
    for kind in KINDS:
        if kind.__module__ != family:
            family = kind.__module__
            lines += [f"## {family.rpartition('.')[2].replace('_', ' ')}", ""]
        parts = sections(kind)
        lines += [f"### {kind.kind}", "", " ".join(parts[""]), ""]
        if kind.shorthand:
            lines += [
                f"Shorthand: `- {kind.kind}: {'names of inputs' if kind.shorthand == 'from' else kind.shorthand}`",
                "",
            ]
        lines += ["```text"]
        for name in _SECTIONS:
            for index, text in enumerate(parts.get(name, [])):
                lines.append(f"{name + ':' if index == 0 else '':<9}{text}")
        lines += ["```", ""]
        fields = msgspec.structs.fields(kind)
        if fields:
            lines += ["| field | default |", "| --- | --- |"]
            lines += [f"| `{f.name}` | {'required' if f.required else f'`{f.default}`'} |" for f in fields]
            lines += [""]
    return "\n".join(lines)


if __name__ == "__main__":
    print(markdown())  # noqa: T201 - this is a command
