"""Shared set-up: deterministic Hypothesis, the samples and drawn networks importable, the command line in process."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, settings

from cnnshape.cli import main

sys.path[:0] = [str(Path(__file__).parent / room) for room in ("layers", "render")]

settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("ci")


class Done(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)

    def call(*args: str, stdin: str = "") -> Done:
        monkeypatch.setattr(sys, "argv", ["cnnshape", *args])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        return Done(status, *capsys.readouterr())

    return call


@pytest.fixture
def spec(tmp_path):
    def write(text: str, name: str = "model.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write
