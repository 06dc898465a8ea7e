"""The project's own settings: the nearest cnnshape.toml, or [tool.cnnshape] of the nearest pyproject.toml, upward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from cnnshape.errors import ModelError, Place, Problem, did_you_mean, quoted

NAMES = ("cnnshape.toml", "pyproject.toml")
#: The tables that they may have.
TABLES = ("budget", "lint")
#: Larger files are no settings.
MAX_BYTES = 1 << 20


def section(name: str, near: str | Path, given: str = "") -> tuple[dict[str, Any], str]:
    """One table of the settings that hold for a file, and the name of the file they stand in ("" for none).

    `near` is the model's path; a model that has none ("-", "zoo:NAME") has the settings of the current directory.
    `given` is a file that was named on the command line.
    Errors: ModelError CNN-E102 for a file that is no TOML, CNN-E101 for a named one that cannot be read,
            CNN-E202 for a table that no command reads
    """
    if given:
        found = _table(Path(given), name)
        return ({} if found is None else found), given
    path = Path(near)
    start = path.parent if path.is_file() else Path()
    folder = start.resolve()
    for here in (folder, *folder.parents):
        for file in NAMES:
            if (here / file).is_file() and (found := _table(here / file, name)) is not None:
                return found, str(here / file)
        if (here / ".git").exists():
            break
    return {}, ""


def _table(path: Path, name: str) -> dict[str, Any] | None:
    """The table of one file; None where the file says nothing of this package."""
    import tomllib

    try:
        if path.stat().st_size > MAX_BYTES:
            raise _wrong("CNN-E101", path, f"the file holds more than {MAX_BYTES:,} bytes")
        data: Any = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        raise _wrong("CNN-E102", path, f"the TOML cannot be read: {error}") from None
    except (OSError, ValueError) as error:
        raise _wrong(
            "CNN-E101", path, f"the file cannot be read: {getattr(error, 'strerror', None) or error}"
        ) from None
    except RecursionError:
        raise _wrong("CNN-E102", path, "the values are nested too deep") from None
    if path.name == "pyproject.toml":
        tool = data.get("tool")
        data = tool.get("cnnshape") if isinstance(tool, dict) else None
        if not isinstance(data, dict):
            return None
    for key in data:
        if key not in TABLES:  # a misspelt table would hold no budget and choose no rule
            fix = did_you_mean(key, TABLES) or f"one of {', '.join(TABLES)}"
            raise _wrong("CNN-E202", path, f"the settings have no table {quoted(key)}", fix)
    found = data.get(name, {})
    if not isinstance(found, dict):
        raise _wrong("CNN-E203", path, f"{name} is a table, not {type(found).__name__}")
    return found


def _wrong(code: str, path: Path, message: str, fix: str = "") -> ModelError:
    return ModelError([Problem(code, message, Place(str(path)), fix=fix)])
