"""Published figures of the bundled networks beside the calculated ones.

`zoo/figures.yaml` has a list of rows for each network. A row is quantities and a `source`, and perhaps the `input` and
`set` with which they were found; where one of them is not ours, `differs` says why. A figure counts as written: `4.230`
is held to three digits behind the point, `25557032` to the last one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from cnnshape.bundled import ZOO
from cnnshape.report import Report, Totals

#: What a figure may be, and how it follows from the report.
QUANTITIES: dict[str, Callable[[Totals], Decimal]] = {
    "params": lambda found: Decimal(found.params),
    "mparams": lambda found: Decimal(found.params) / 10**6,
    "params_and_statistics": lambda found: Decimal(found.params + found.buffers),
    "macs": lambda found: Decimal(found.macs),
    "mmacs": lambda found: Decimal(found.macs) / 10**6,
    "gmacs": lambda found: Decimal(found.macs) / 10**9,
    "gflops": lambda found: Decimal(2 * found.macs) / 10**9,
}


class Figure(NamedTuple):
    """One published number beside ours."""

    quantity: str
    published: str
    calculated: Decimal
    source: str
    differs: str
    """Why it is not ours; "" where it is."""
    at: str
    """The input and variables with which it was found; "" for the spec's own."""

    @property
    def same(self) -> bool:
        """Whether ours, rounded to the published digits, is the published one."""
        return agrees(self.published, self.calculated)


def agrees(published: str, calculated: Decimal) -> bool:
    """Whether a number rounds to the one that is printed; a half may go either way.

    >>> agrees("4.230", Decimal("4.2296")), agrees("4.230", Decimal("4.2306")), agrees("2.5", Decimal("2.45"))
    (True, False, True)
    """
    digits = Decimal(1).scaleb(Decimal(published).as_tuple().exponent)  # type: ignore[arg-type]
    rounded = {calculated.quantize(digits, rounding) for rounding in (ROUND_HALF_EVEN, ROUND_HALF_UP)}
    return Decimal(published) in rounded


def rows(name: str) -> list[dict[str, Any]]:
    """What is written about one network, as it is written."""
    text = (ZOO / "figures.yaml").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(name)}:\n((?:[ #].*\n)+)", text, re.MULTILINE)
    if found is None:
        return []
    import yaml

    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # every value a text: the digits are the precision
    return list(yaml.load(found[1], Loader=loader))  # noqa: S506 - a safe loader


def figures(name: str, analyse: Callable[..., Report]) -> list[Figure]:
    """The figures of one network; `analyse` is called once for each input and set of variables."""
    reports: dict[str, Report] = {}
    found = []
    for row in rows(name):
        sets = row.get("set", {})
        at = " ".join([*([row["input"]] if "input" in row else []), *(f"{key}={value}" for key, value in sets.items())])
        if at not in reports:
            reports[at] = analyse(f"zoo:{name}", input=row.get("input"), sets=sets)
        for quantity, calculate in QUANTITIES.items():
            if quantity in row:
                ours = calculate(reports[at].totals)
                found.append(Figure(quantity, row[quantity], ours, row["source"], row.get("differs", ""), at))
    return found
