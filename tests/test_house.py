"""The checks that guard the code are part of the tests: ruff, mypy, the floors, small rooms."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "ruff", "check", "--no-cache", "cnnshape", "tests"),
        ("-m", "ruff", "format", "--no-cache", "--check", "cnnshape", "tests"),
        ("-m", "mypy"),
    ],
    ids=["ruff check", "ruff format", "mypy"],
)
def test_checker(command) -> None:
    run(sys.executable, *command)


def test_floors_and_nevers() -> None:
    run(str(BIN / "lint-imports"), "--no-cache")


def test_rooms_are_small() -> None:
    # Past 300 lines ask what wants to move out; past 400 something must.
    long = {p.name: n for p in (ROOT / "cnnshape").rglob("*.py") if (n := len(p.read_text().splitlines())) > 400}
    assert not long


def test_heavy_libraries_stay_in_their_rooms() -> None:
    for path in (ROOT / "cnnshape").rglob("*.py"):
        text = path.read_text()
        room = path.relative_to(ROOT / "cnnshape").parts[0]
        if room not in ("forward", "verify", "writers", "against", "solve", "solve.py", "sizes", "sizes.py"):
            assert not re.search(r"^\s*(from|import) numpy", text, re.MULTILINE), path
        for library, rooms in {
            "onnx": ("writers",),
            "onnxruntime": ("against",),
            "torch": ("against", "readers"),
        }.items():
            if room not in rooms:
                assert not re.search(rf"^\s*(from|import) {library}\b", text, re.MULTILINE), path
        assert not re.search(r"\b(import pickle|from pickle|unpickler|torch\.load\b)", text, re.IGNORECASE), path
        if room not in ("render", "cli"):
            assert not re.search(r"^\s*(from|import) rich", text, re.MULTILINE), path


STARTUP = """
import sys, io
from cnnshape.cli import app
try:
    app({args!r}, standalone_mode=False)
except SystemExit:
    pass
heavy = [name for name in ("numpy", "rich", "pydantic", "onnx", "torch", "hypothesis", "tomllib") if name in sys.modules]
print(heavy, file=sys.stderr)
"""


@pytest.mark.parametrize("args", [["analyze", "zoo:resnet50", "--format", "json"], ["analyze", "zoo:lenet5"]], ids=str)
def test_a_pipe_imports_neither_numpy_nor_rich(args) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTUP.format(args=args)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stderr.strip() == "[]"
