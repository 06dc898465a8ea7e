"""What `solve` found, as a table, JSON or CSV."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from cnnshape.render.safe import padded, width

if TYPE_CHECKING:
    from cnnshape.solve import Answer, Chains, Solution

#: The formats that `solve --format` knows.
FORMATS = ("table", "json", "csv")


def render(found: Solution | Chains, form: str) -> str:
    """Text in a format."""
    if form == "json":
        return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()
    rows = [_chain(chain) for chain in found.chains] if hasattr(found, "chains") else _answers(found, raw=form == "csv")
    if form == "csv":
        return _csv(rows)
    head, notes = _story(found)
    return "\n".join([head, "", *_table(rows), *notes]) + "\n"


def _answers(found: Solution, *, raw: bool) -> list[dict[str, str]]:
    """One line for each answer; a table leaves out the columns in which nothing happens."""
    rows = [_answer(found.kind, answer, raw) for answer in found.answers]
    if raw:
        return rows
    dull = {"dilation": "1", "output_padding": "0", "lost": "0", "groups": "1"}
    gone = {key for key, value in dull.items() if all(row.get(key, value) == value for row in rows)}
    gone |= {"output"} if found.exact else set()
    return [{key: value for key, value in row.items() if key not in gone} for row in rows]


def _answer(kind: str, answer: Answer, raw: bool) -> dict[str, str]:
    def number(value: int) -> str:
        return str(value) if raw else f"{value:,}"

    row = {
        "kernel": str(answer.kernel_size),
        "stride": str(answer.stride),
        "padding": str(answer.padding) if answer.padding == answer.after else f"{answer.padding}+{answer.after}",
        "dilation": str(answer.dilation),
        "output_padding": str(answer.output_padding),
        "output": _joined(answer.out),
        "left_over": _joined(answer.left_over),
        "lost": _joined(answer.lost),
    }
    if kind == "conv_transpose":
        del row["left_over"]
    cost = answer.cost
    if cost is not None:
        row |= {
            "in": number(cost.in_channels),
            "out": number(cost.out_channels),
            "groups": number(cost.groups),
            "params": number(cost.params),
            "MACs": number(cost.macs),
        }
    if not raw:
        row["layer"] = _written(answer.fields(kind))
    return row


def _chain(chain: Any) -> dict[str, str]:
    row = {
        "layers": str(chain.layers),
        "kernel": str(chain.kernel_size),
        "strides": _run(chain.strides),
        "dilations": _run(chain.dilations),
        "field": str(chain.field),
        "jump": str(chain.jump),
    }
    return row if chain.params is None else {**row, "params": f"{chain.params:,}"}


def _run(values: tuple[int, ...]) -> str:
    """Values in a row, equal ones counted.

    >>> _run((2, 2, 1)), _run((1, 1, 1))
    ('2 2 1', '1 (all)')
    """
    if len(values) > 1 and len(set(values)) == 1:
        return f"{values[0]} (all)"
    return " ".join(map(str, values))


def _joined(values: tuple[int, ...]) -> str:
    """Equal axes once."""
    return str(values[0]) if len(set(values)) == 1 else "x".join(map(str, values))


def _written(fields: dict[str, Any]) -> str:
    """Fields as a spec writes them."""
    return "{" + ", ".join(f"{name}: {_value(value)}" for name, value in fields.items()) + "}"


def _value(value: Any) -> str:
    return f"[{', '.join(map(_value, value))}]" if isinstance(value, tuple) else str(value)


def _story(found: Any) -> tuple[str, list[str]]:
    """The line above the table, and those below."""
    if hasattr(found, "chains"):
        if not found.exact:
            return f"no chain sees {found.wanted:,} positions; those that see most", []
        return f"receptive field {found.wanted:,}: {found.count:,} shortest chains", _more(found.count, found.chains)
    size, wanted = "x".join(map(str, found.size)), "x".join(map(str, found.wanted))
    plural = "" if found.tried == 1 else "s"
    head = f"{found.kind} {size} -> {wanted}: {found.tried:,} combination{plural} tried, "
    if found.exact:
        return f"{head}{found.count:,} fit", _more(found.count, found.answers)
    if not found.answers:
        return f"{head}none is possible", []
    if found.short_of == "budget":
        return f"{head}none keeps the budget; the cheapest", []
    if found.answers[0].out == found.wanted:
        return f"{head}none fits exactly; those that lose the fewest input positions", _more(found.count, found.answers)
    notes = _more(found.count, found.answers)
    if found.kind != "conv_transpose" and found.size == found.wanted:
        notes.append("an even window keeps the size only with one position more behind: --asymmetric, or padding: same")
    return f"{head}none gives that size; the nearest", notes


def _more(count: int, shown: list[Any]) -> list[str]:
    return ["", f"{count - len(shown):,} more: --limit {count}"] if count > len(shown) else []


def _table(rows: list[dict[str, str]]) -> list[str]:
    """Aligned columns."""
    if not rows:
        return []
    keys = list(rows[0])
    titles = {key: key.replace("_", " ") for key in keys}
    wide = {key: max(width(titles[key]), *[width(row[key]) for row in rows]) for key in keys}

    def line(cells: dict[str, str]) -> str:
        return "  ".join(
            padded(cells[key], wide[key], right=key not in ("layer", "strides", "dilations")) for key in keys
        ).rstrip()

    return [line(titles), "-" * (sum(wide.values()) + 2 * (len(keys) - 1)), *map(line, rows)]


def _csv(rows: list[dict[str, str]]) -> str:
    import csv
    import io

    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return out.getvalue()
