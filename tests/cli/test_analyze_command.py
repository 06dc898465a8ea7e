"""`cnnshape analyze`: formats, columns, folding, several models, exit status."""

from __future__ import annotations

import csv
import json

import pytest

import cnnshape
from cnnshape.render import FORMATS
from cnnshape.render.grid import COLUMNS

SMALL = "input: 3x7x11\nlayers:\n  - conv: {out_channels: 5, kernel_size: 3}\n  - relu\n"
BROKEN = "input: 3x7x11\nlayers:\n  - conv: {out_channels: 5, kernel_size: 13}\n"
PROMISE = "input: 3x7x11\nlayers:\n  - conv: {out_channels: 5, kernel_size: 3}\n    expect: 5x5x8\n"


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_goes_to_standard_output_alone(run, form) -> None:
    done = run("analyze", "zoo:lenet5", "--format", form)
    assert done.status == 0
    assert done.err == ""
    assert "c3" in done.out
    assert done.out.endswith("\n")


def test_a_table_in_a_pipe_is_plain_and_never_cut(run) -> None:
    done = run("analyze", "zoo:resnet152", "--columns", "all")
    report = cnnshape.analyze("zoo:resnet152")
    lines = done.out.splitlines()[4:]
    assert "\x1b" not in done.out
    for row, line in zip(report.layers, lines, strict=False):
        assert line.startswith(f"{row.name} ")
        assert f" {row.params:,} " in line
    assert max(map(len, lines)) > 200


@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_csv_has_keys_and_raw_numbers(run, form) -> None:
    done = run("analyze", "zoo:alexnet", "--columns", "all", "--format", form)
    rows = list(csv.DictReader(done.out.splitlines(), delimiter="," if form == "csv" else "\t"))
    assert list(rows[0]) == [column.key for column in COLUMNS]
    assert sum(int(row["params"]) for row in rows) == 61100840
    assert sum(int(row["macs"]) for row in rows) == 714188480
    assert rows[0]["output"] == "1x64x55x55"
    assert rows[0]["ops"] == "add 193600"


def test_several_models_in_csv_are_one_table(run) -> None:
    done = run("analyze", "zoo:lenet5", "zoo:alexnet", "-f", "csv", "-c", "name,params")
    rows = list(csv.DictReader(done.out.splitlines()))
    assert [row["model"] for row in rows].count("zoo:lenet5") == 12
    assert sum(int(row["params"]) for row in rows) == 61706 + 61100840


def test_several_models_in_json_are_an_array(run) -> None:
    both = json.loads(run("analyze", "zoo:lenet5", "zoo:alexnet", "-f", "json").out)
    assert [one["totals"]["params"] for one in both] == [61706, 61100840]
    assert json.loads(run("analyze", "zoo:lenet5", "-f", "json").out) == both[0]


def test_one_broken_model_does_not_hide_the_others(run, spec) -> None:
    done = run("analyze", spec(BROKEN), "zoo:nothing", "zoo:lenet5", "-f", "csv")
    assert done.status == 2
    assert "model.yaml:3:" in done.err
    assert "CNN-E401" in done.err
    assert "zoo:nothing" in done.err
    assert done.out.startswith("model,name,"), "the header depends on how many were asked for"
    assert "\nzoo:lenet5,c3," in done.out


def test_json_of_several_models_is_an_array_whatever_number_can_be_read(run) -> None:
    done = run("analyze", "zoo:lenet5", "zoo:nothing", "-f", "json")
    assert [one["model"]["source"] for one in json.loads(done.out)] == ["zoo:lenet5"]
    assert done.status == 2
    none = run("analyze", "nope.yaml", "zoo:nothing", "-f", "json")
    assert (none.status, json.loads(none.out)) == (2, [])
    assert run("analyze", "nope.yaml", "-f", "json").out == ""


def test_a_broken_promise_is_status_1_and_the_table_is_there(run, spec) -> None:
    done = run("analyze", spec(PROMISE))
    assert done.status == 1
    assert "model.yaml:3: CNN-E601: conv1: shape is 5x5x9, but 5x5x8 was expected" in done.err
    assert "5x5x9" in done.out


def test_wrong_wins_over_broken_promise(run, spec) -> None:
    done = run("analyze", spec(PROMISE), spec(BROKEN, "other.yaml"))
    assert done.status == 2
    assert "CNN-E601" in done.err
    assert "CNN-E401" in done.err


@pytest.mark.parametrize("text", ["", "   \n", "# nothing\n"])
def test_empty_standard_input_is_an_error(run, text) -> None:
    done = run("analyze", "-", stdin=text)
    assert done.status == 2
    assert done.out == ""
    assert done.err.startswith("<stdin>:")


def test_standard_input(run) -> None:
    done = run("analyze", "-", "-c", "output,params,name", "-f", "csv", stdin=SMALL)
    assert done.out.splitlines() == ["output,params,name", "1x5x5x9,140,conv1", "1x5x5x9,0,relu1"]


def test_batch_dtype_input_and_set_change_what_they_should(run, spec) -> None:
    name = spec("vars: {width: 5}\n" + SMALL.replace("out_channels: 5", "out_channels: width"))
    args = ("--batch", "2", "--dtype", "float16", "--input", "4x13x17", "--set", "width=7")
    report = json.loads(run("analyze", name, *args, "-f", "json").out)
    assert (report["batch"], report["dtype"]) == (2, "float16")
    assert report["outputs"][0]["shape"] == [2, 7, 11, 15]
    assert report["totals"]["params"] == 7 * (4 * 9 + 1)
    assert report["layers"][0]["activation_bytes"] == 2 * 7 * 11 * 15 * 2


@pytest.mark.parametrize("depth", [0, 1, 2, 3, 99])
def test_folding_keeps_the_sums(run, depth) -> None:
    done = run("analyze", "zoo:resnet50", "--depth", str(depth), "-f", "csv", "-c", "name,kind,params,macs,buffers")
    rows = list(csv.DictReader(done.out.splitlines()))
    totals = cnnshape.analyze("zoo:resnet50").totals
    assert sum(int(row["params"]) for row in rows) == totals.params
    assert sum(int(row["macs"]) for row in rows) == totals.macs
    assert sum(int(row["buffers"]) for row in rows) == totals.buffers
    assert all(row["name"].count(".") < max(depth, 1) for row in rows)
    assert len(rows) == {0: 1, 1: 6, 2: 11, 99: 175}.get(depth, len(rows))


def test_sorting_puts_the_largest_first_and_needs_no_column(run) -> None:
    done = run("analyze", "zoo:alexnet", "--sort", "params", "-c", "name", "-f", "csv")
    assert done.out.splitlines()[1:4] == ["repeat1.0.linear1", "repeat1.1.linear1", "linear1"]


def test_names_sort_as_people_count(run, spec) -> None:
    name = spec("input: 3x7x11\nlayers:\n" + "  - relu\n" * 11)
    done = run("analyze", name, "--sort", "name", "-c", "name", "-f", "csv")
    assert done.out.split()[1:] == [f"relu{i}" for i in range(1, 12)]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--format", "tabel"], "did you mean table?"),
        (["--columns", "name,parms"], "did you mean params?"),
        (["--columns", ","], "names no column"),
        (["--sort", "mac"], "did you mean macs?"),
        (["--depth", "-1"], "--depth -1"),
        (["--depth", "x"], "--depth"),
        (["--batch", "0"], "positive"),
        (["--batch", "x"], "--batch"),
        (["--dtype", "float3"], "did you mean float32?"),
        (["--input", "3xx2"], "CxHxW"),
        (["--input", "other=3x7x11"], "other"),
        (["--set", "width"], "NAME=VALUE"),
        (["--set", "width=3"], "no vars"),
        (["--set", "a=1", "--set", "a=2"], "given twice"),
        (["-i", "3x7x11", "-i", "3x11x13"], "--input 3x11x13: the shape is given twice"),
        (["-i", "input=3x7x11", "-i", "input=3x11x13"], "--input input=3x11x13: input is given twice"),
        (["-i", "input=3x7x11", "-i", "3x11x13"], "--input 3x11x13 names no input, and another one does"),
        (["--colums", "name"], "--columns"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_wrong_usage_is_status_2_and_says_what_is_right(run, args, words) -> None:
    done = run("analyze", "zoo:lenet5", *args)
    assert done.status == 2
    assert done.out == ""
    assert words in done.err
    assert "Traceback" not in done.err


@pytest.mark.parametrize("model", ["missing.yaml", ".", "zoo:", "zoo:../x", "zoo:lenet"])
def test_a_model_that_is_not_there_is_status_2(run, model) -> None:
    done = run("analyze", model)
    assert done.status == 2
    assert "CNN-E101" in done.err
    assert "fix:" in done.err


def test_an_empty_name_is_no_directory(run) -> None:
    done = run("analyze", "")
    assert (done.status, done.out) == (2, "")
    assert "CNN-E701: the name of a model is empty" in done.err


@pytest.mark.parametrize("words", ["analyze - -", "check - zoo:lenet5 - --max params=1", "lint - -", "diff - -"])
def test_standard_input_is_read_once(run, words) -> None:
    done = run(*words.split(), stdin=SMALL)
    assert (done.status, done.out) == (2, "")
    assert "CNN-E701: standard input is read once" in done.err


@pytest.mark.parametrize("form", FORMATS)
def test_names_of_files_cannot_steer_the_terminal(run, spec, form) -> None:
    name = spec(PROMISE, "e\x1b[31mv.yaml")
    done = run("analyze", name, "-f", form)
    assert "\x1b" not in done.out + done.err
    assert "31mv.yaml:3: CNN-E601" in done.err
    if form == "json":
        assert json.loads(done.out)["model"]["source"] == name
