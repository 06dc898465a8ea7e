"""The table in a terminal: nothing wider than the screen, no number cut, every layer in its place in the tree."""

from __future__ import annotations

import io
import re
from shutil import get_terminal_size

import pytest
from hypothesis import given, settings
from networks import ZOO, bundled, network_of, reports
from samples import SAMPLES

import cnnshape
from cnnshape.calculate import calculate
from cnnshape.render.grid import COLUMNS, grid
from cnnshape.render.safe import width
from cnnshape.render.terminal import bar, layout, painted, show
from cnnshape.render.tree import tree

WIDTHS = (40, 60, 80, 100, 132, 200)
ALL = tuple(column.key for column in COLUMNS)


def lines_of(report, room: int, **options) -> list[str]:
    return ["".join(cell.text for cell in line).rstrip() for line in layout(report, room, **options)]


def table_of(lines: list[str]) -> list[str]:
    """The lines from the first rule to the totals."""
    first, last = [i for i, line in enumerate(lines) if set(line) in ({"─"}, {"-"})][:2]
    return [lines[first - 1], *lines[first:last], lines[last + 1]]


@pytest.mark.parametrize("room", WIDTHS)
@pytest.mark.parametrize("name", ZOO)
def test_no_line_of_the_table_is_wider_than_the_screen(name, room) -> None:
    for line in table_of(lines_of(bundled(name), room)):
        assert width(line) <= room, line


@pytest.mark.parametrize("room", WIDTHS)
@pytest.mark.parametrize("name", ["alexnet", "resnet50", "googlenet"])
def test_no_number_is_ever_cut(name, room) -> None:
    report = bundled(name)
    text = "\n".join(table_of(lines_of(report, room, every=True)))
    counts = re.findall(r"(?<![\d,x])\d[\d,]*(?![\d,x%.])", text)
    for row in report.layers:
        assert f"{row.params:,}" in counts
    assert f"{report.totals.params:,}" in counts
    assert "…" not in text


@pytest.mark.parametrize("name", ZOO)
def test_the_tree_holds_every_layer_once_and_in_order(name) -> None:
    report = bundled(name)
    rows = grid(report).rows
    path: list[str] = []
    found = []
    for line in tree(rows, once=False):
        path = [*path[: line.depth], line.label]
        if line.row is not None:
            found.append(".".join(path))
            assert line.row.layer.name == found[-1]
    assert found == [row.name for row in report.layers]


@pytest.mark.parametrize("name", ZOO)
def test_blocks_shown_once_stand_for_all_of_them(name) -> None:
    report = bundled(name)
    params = macs = layers = 0
    factors: list[int] = []
    for line in tree(grid(report).rows):
        factors = factors[: line.depth]
        if line.row is None:
            factors.append((factors[-1] if factors else 1) * line.times)
        else:
            times = factors[-1] if factors else 1
            layers += times
            params += times * line.row.layer.params
            macs += times * line.row.layer.macs
    assert (layers, params, macs) == (report.totals.layers, report.totals.params, report.totals.macs)


def test_a_long_run_of_equal_blocks_is_short() -> None:
    shown = lines_of(bundled("resnet152"), 80)
    assert any("35 times, shown once" in line for line in shown)
    assert len(shown) < 160 < len(lines_of(bundled("resnet152"), 80, every=True))


@pytest.mark.parametrize("room", WIDTHS)
def test_columns_that_were_asked_for_are_all_there_in_several_tables(room) -> None:
    lines = lines_of(bundled("lenet5"), room, columns=ALL)
    text = "\n".join(lines)
    for column in COLUMNS:
        assert column.title in text
    heads = [line for line in lines if line.startswith("layer")]
    assert (len(heads) == 1) == (room > 220)
    for line in lines[: lines.index(next(line for line in lines if line.startswith("params ")))]:
        assert width(line) <= room


def test_wide_screens_have_more_columns_and_longer_bars() -> None:
    heads = [table_of(lines_of(bundled("lenet5"), room))[0].split() for room in WIDTHS]
    assert [len(head) for head in heads] == sorted(len(head) for head in heads)
    assert heads[0] == ["layer", "output", "params", "MACs"]
    assert {"input", "memory", "field"} <= set(heads[-1])
    bars = [max(map(len, re.findall("█+", "\n".join(lines_of(bundled("lenet5"), room))))) for room in (80, 200)]
    assert bars == [3, 7]


def test_bars_are_visible_at_ordinary_widths() -> None:
    for name, room in (
        *((name, 100) for name in ZOO),
        ("lenet5", 80),
        ("alexnet", 80),
        ("resnet50", 80),
        ("vgg16", 80),
    ):
        assert any(re.search("[█▏▎▍▌▋▊▉]", line) for line in lines_of(bundled(name), room)), name


def test_kinds_give_way_to_shares_only_where_names_say_them() -> None:
    assert "kind" not in lines_of(bundled("alexnet"), 80)[2]
    named = cnnshape.analyze_text(
        "input: 3x224x224\nlayers:\n  - adaptive_avg_pool: 7\n    name: features_of_the_stem\n"
    )
    assert "kind" in lines_of(named, 66)[2]


def test_a_long_name_loses_its_middle_and_never_a_number() -> None:
    name = "encoder_" + "x" * 80 + "_conv"
    report = calculate(network_of(SAMPLES[:1], [name]), 2)
    (line,) = [line for line in lines_of(report, 60) if line.startswith("encoder_")]
    assert "..." in line
    assert line.split()[0].endswith("_conv")
    assert "190" in line
    assert width(line) <= 60


def test_notes_wrap_and_no_name_in_them_is_cut() -> None:
    report = bundled("resnet50")
    notes = lines_of(report, 60)
    at = next(index for index, line in enumerate(notes) if line.startswith("params "))
    assert report.totals.peak_at in "".join(notes[at:]).replace("  ", " ")


def test_plain_terminals_get_ascii_alone() -> None:
    text = "\n".join(lines_of(bundled("alexnet"), 80, plain=True))
    assert text.isascii()
    assert "#" in text


@settings(max_examples=30)
@given(reports(nasty=True))
def test_names_are_never_markup_nor_control(report) -> None:
    console = show(report, width=300, file=io.StringIO())
    text = console.export_text()
    for char in "\x1b\x9b\t\u202e":
        assert char not in text


def test_markup_in_a_name_is_shown_as_it_is() -> None:
    report = calculate(network_of(SAMPLES[:2], ["[red]a[/red]", "b[1]"]), 2)
    text = show(report, width=120, file=io.StringIO()).export_text()
    assert "[red]a[/red]" in text
    assert "b[1]" in text


def test_what_a_terminal_gets_has_no_colours_where_there_is_no_terminal() -> None:
    text = painted(bundled("lenet5"))
    assert "\x1b" not in text
    assert "linear1" in text


@pytest.mark.parametrize(("percent", "cells"), [(0, ""), (100, "█" * 10), (50, "█" * 5), (5, "▌"), (99.9, "█" * 10)])
def test_bars(percent, cells) -> None:
    assert bar(percent).rstrip() == cells
    assert len(bar(percent)) == 10


@pytest.mark.parametrize("columns", ["0", "61"])
def test_a_width_of_nothing_is_that_of_the_terminal_or_the_usual_one(monkeypatch, columns) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    text = painted(bundled("lenet5"))
    assert "linear1" in text
    assert max(map(width, table_of(text.splitlines()))) <= get_terminal_size().columns
