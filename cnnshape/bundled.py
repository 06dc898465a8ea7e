"""The networks that ship with the package: `zoo/NAME.yaml`, and those that `zoo/index.yaml` makes of a family's spec.

A line of the index is `NAME: {spec: FAMILY, name: TITLE, input: CxHxW, set: {variable: value}}`, all but `spec` optional.
What it sets is written into the family's text, so that `zoo show` prints a spec that stands on its own, and a place in
it is a place in what is printed. The index and the figures are read by line, only the line that is asked for is parsed.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path

from cnnshape.errors import ModelError, Place, Problem, did_you_mean, quoted
from cnnshape.spec.source import parse

ZOO = Path(__file__).parent / "zoo"
_NOT_SPECS = ("index", "figures")


@cache
def _lines() -> dict[str, str]:
    """The lines of the index, by name."""
    text = (ZOO / "index.yaml").read_text(encoding="utf-8")
    return dict(re.findall(r"^([\w.-]+): (\{.*\})$", text, re.MULTILINE))


def specs() -> list[str]:
    """The files."""
    return sorted(path.stem for path in ZOO.glob("*.yaml") if path.stem not in _NOT_SPECS)


def families() -> dict[str, list[str]]:
    """The names of each file; a file that the index uses has those names only that the index gives it."""
    found: dict[str, list[str]] = {spec: [] for spec in specs()}
    for name, line in _lines().items():
        found.setdefault(line[len("{spec: ") :].partition(",")[0].rstrip("}"), []).append(name)
    return {spec: named or [spec] for spec, named in found.items()}


def names() -> list[str]:
    """Every bundled network."""
    return sorted(name for named in families().values() for name in named)


def text(name: str) -> str:
    """The spec of a bundled network. Errors: ModelError for an unknown name."""
    line = _lines().get(name)
    if line is not None:
        entry = parse(line).data
        return _written(_read(entry["spec"]), {key: entry[key] for key in ("name", "input") if key in entry}, entry)
    if name in _NOT_SPECS or "/" in name or not (ZOO / f"{name}.yaml").is_file():
        fix = did_you_mean(name, names()) or "see cnnshape zoo"
        raise ModelError([Problem("CNN-E101", f"the zoo has no {quoted(name)}", Place(f"zoo:{name}"[:80]), fix=fix)])
    return _read(name)


def _read(spec: str) -> str:
    return (ZOO / f"{spec}.yaml").read_text(encoding="utf-8")


def _written(spec: str, top: dict[str, str], entry: dict[str, dict[str, object]]) -> str:
    """A family's text with other values: each stands on a line of its own. KeyError for one that it does not have."""
    values = {**top, **{f"  {key}": value for key, value in entry.get("set", {}).items()}}
    for key, value in values.items():
        said = f"{key}: {value if isinstance(value, str) else json.dumps(value)}"
        spec, times = re.subn(
            rf"^{key}:(?= )[^#\n]*?(?=( +#.*)?$)", said.replace("\\", r"\\"), spec, count=1, flags=re.MULTILINE
        )
        if not times:
            raise KeyError(key)
    if values:  # what the file promises of itself is not promised of its family
        spec = re.sub(r"^expect:.*\n", "", spec, flags=re.MULTILINE)
    return spec
