"""Draws docs/table.svg, the picture in the README: `python tests/docs/make_table_svg.py`."""

from __future__ import annotations

import io
from pathlib import Path

import cnnshape
from cnnshape.render.terminal import show

PICTURE = Path(__file__).parent.parent.parent / "docs" / "table.svg"
WIDTH = 144


def draw() -> str:
    """The table of a terminal of 144 columns, as rich draws it; the fixed id makes it the same every time."""
    console = show(cnnshape.analyze("zoo:alexnet"), width=WIDTH, file=io.StringIO())
    return console.export_svg(title="cnnshape analyze zoo:alexnet", unique_id="cnnshape")


if __name__ == "__main__":
    PICTURE.write_text(draw(), encoding="utf-8")
