"""Every table, parsed back: its cells are the report's, its columns sum to the totals it prints."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from networks import ZOO, bundled, network_of, reports
from parsers import PARSERS
from samples import SAMPLES

import cnnshape
from cnnshape.calculate import calculate
from cnnshape.render import render
from cnnshape.render.grid import BY_KEY
from cnnshape.render.notes import notes
from cnnshape.render.safe import inline, width

KEYS = ("name", "kind", "output", "params", "trainable", "buffers", "macs", "flops")
SUMMED = {"params": "params", "trainable": "trainable_params", "buffers": "buffers", "macs": "macs", "flops": "flops"}
UNKNOWN = {"": None, "?": None}


def number(cell: str) -> int | None:
    return None if cell in UNKNOWN else int(cell.replace(",", "").removeprefix(">= "))


def check(report, form: str) -> None:
    text = render([report], form, columns=KEYS)
    head, rows, totals = PARSERS[form](text, len(KEYS))
    raw = form in ("csv", "tsv")
    assert head == [key if raw else BY_KEY[key].title for key in KEYS]
    assert len(rows) == len(report.layers)
    for cells, row in zip(rows, report.layers, strict=True):
        found = dict(zip(KEYS, cells, strict=True))
        assert found["name"] == inline(row.name)
        assert found["kind"].split(" ")[0] == row.kind
        assert found["output"].split(" ") == [str(shape) for shape in row.output_shapes]
        for key, field in SUMMED.items():
            assert number(found[key]) == getattr(row, field), (row.name, key)
    for key, field in SUMMED.items():
        cells = [number(row[KEYS.index(key)]) for row in rows]
        total = getattr(report.totals, field)
        assert sum(cell or 0 for cell in cells) == total
        if totals is not None:
            printed = totals[KEYS.index(key)]
            if set(cells) == {None}:
                assert printed == "?"
            else:
                assert number(printed) == total
                assert printed.startswith(">= ") == (None in cells), "a sum over unknowns is a lower bound"


@pytest.mark.parametrize("form", PARSERS)
@pytest.mark.parametrize("name", ZOO)
def test_tables_of_the_zoo(name, form) -> None:
    check(bundled(name), form)


@pytest.mark.parametrize("form", PARSERS)
@settings(max_examples=30)
@given(reports())
def test_tables_of_every_kind(form, report) -> None:
    check(report, form)


@pytest.mark.parametrize("form", ["csv", "tsv", "markdown", "latex", "html"])
@settings(max_examples=30)
@given(reports(nasty=True))
def test_tables_hold_names_as_words_whatever_they_are(form, report) -> None:
    check(report, form)


@pytest.mark.parametrize("name", ZOO)
def test_every_column_of_a_folded_table_still_sums(name) -> None:
    report = bundled(name)
    for depth in (0, 1, 2, 3):
        text = render([report], "csv", columns=KEYS, depth=depth)
        _, rows, _ = PARSERS["csv"](text, len(KEYS))
        for key, field in SUMMED.items():
            assert sum(number(row[KEYS.index(key)]) for row in rows) == getattr(report.totals, field)
        assert rows[-1][KEYS.index("output")] == str(report.outputs[0].shape)


@pytest.mark.parametrize("name", ZOO)
def test_shares_sum_to_a_hundred(name) -> None:
    _, rows, _ = PARSERS["csv"](render([bundled(name)], "csv", columns=("params_share", "macs_share")), 2)
    for index in (0, 1):
        assert sum(float(row[index]) for row in rows) == pytest.approx(100, abs=0.1)


def test_notes_tell_what_is_dropped_and_unknown() -> None:
    report = cnnshape.analyze_text(
        "input: 3x32x30\nlayers:\n  - conv: {out_channels: 5, kernel_size: 4, stride: 3}\n"
        "  - opaque: {shape: 5x7}\n    name: box\n"
    )
    text = render([report], "table")
    assert "conv1 never reads 1 of 32 rows and 2 of 30 columns" in text
    assert "params are partial: unknown for box" in text
    assert "params >= 245" in text


def test_what_is_left_out_on_purpose_is_no_loss() -> None:
    assert "never reads" not in render([bundled("unet")], "table")


def test_wide_letters_keep_the_columns_straight() -> None:
    report = calculate(network_of(SAMPLES[:2], ["畳み込み", "conv"]), 2)
    lines = render([report], "table", columns=("name", "kind")).split("\n")[4:6]
    assert [width(line.rpartition("conv")[0]) for line in lines] == [10, 10]


BOX = "{input: 3x5x7, layers: [%s{foreign: {op: What, shapes: [[1, 2]]%s}, name: box}]}"


@pytest.mark.parametrize(
    ("before", "said", "lines"),
    [
        ("", ", parameters: 11", ["params 11 (44 B)", "FLOPs as 2 x MACs ?", "sgd 516 B"]),
        ("", "", ["params ? (?)", "FLOPs as 2 x MACs ?", "sgd >= 428 B"]),
        ("{linear: 11}, ", "", ["params >= 88 (>= 352 B)", "FLOPs as 2 x MACs >= 2,310", "sgd >= "]),
    ],
)
@pytest.mark.parametrize("form", ["table", "markdown"])
def test_no_total_of_unknown_numbers_is_shown_as_the_whole(before, said, lines, form) -> None:
    shown = render([cnnshape.analyze_text(BOX % (before, said))], form).replace("\\", "").replace("&gt;", ">")
    for line in lines:
        assert line in shown


def test_our_flops_are_marked_by_our_own_rows_under_another_convention() -> None:
    report = cnnshape.analyze_text("{input: 3x5x7, layers: [{linear: 11}]}")
    rows = [msgspec.structs.replace(row, macs=None) for row in report.layers]  # a tool that counts params alone
    status = msgspec.structs.replace(report.status, macs="unavailable")
    other = msgspec.structs.replace(report, layers=rows, status=status)
    assert "; FLOPs as 2 x MACs 2,310" in "\n".join(notes(other))
