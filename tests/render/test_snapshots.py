"""A few rendered outputs, letter by letter. `python tests/render/test_snapshots.py` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest

import cnnshape
from cnnshape.api import analyze_data_network
from cnnshape.explain import explain
from cnnshape.render import render
from cnnshape.render.story import PAINTERS
from cnnshape.render.terminal import layout

FOLDER = Path(__file__).parent / "snapshots"
LECTURE = {"input": "3x32x32", "layers": [{"conv": {"out_channels": 10, "kernel_size": 5, "padding": 2}}]}
LOSSY = {"input": "4x32x33", "layers": [{"conv": {"out_channels": 6, "kernel_size": 4, "stride": 3, "groups": 2}}]}


def table(form: str) -> str:
    return render([cnnshape.analyze("zoo:lenet5")], form) + "\n"


def screen(name: str, room: int) -> str:
    lines = layout(cnnshape.analyze(f"zoo:{name}"), room)
    return "\n".join("".join(cell.text for cell in line).rstrip() for line in lines) + "\n"


def stories(data: dict, form: str) -> str:
    return PAINTERS[form](explain(*analyze_data_network(data))) + "\n"


MADE = {
    **{f"lenet5.{form}": (table, form) for form in ("table", "json", "csv", "tsv", "markdown", "latex", "html")},
    "lenet5.screen80": (screen, "lenet5", 80),
    "resnet18.screen80": (screen, "resnet18", 80),
    "alexnet.screen132": (screen, "alexnet", 132),
    **{f"conv.{form}": (stories, LECTURE, form) for form in PAINTERS},
    "lossy.text": (stories, LOSSY, "text"),
}


@pytest.mark.parametrize("name", MADE)
def test_output_is_as_it_was(name) -> None:
    make, *args = MADE[name]
    assert make(*args) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, (make, *args) in MADE.items():
        (FOLDER / f"{name}.txt").write_text(make(*args), encoding="utf-8")
