"""`cnnshape solve`: sizes however they are joined, ranges, formats, exit statuses, mistakes."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import pytest
from jsonschema import Draft202012Validator

ALEXNET = ("--kernel", "11", "--stride", "4")


@pytest.mark.parametrize(
    "sizes",
    [
        ("227", "55"),
        ("227", "to", "55"),
        ("227 -> 55",),
        ("227->55",),
        ("227", "->", "55"),
        ("227", "→", "55"),
        ("227 to 55",),
    ],
    ids=" ".join,
)
def test_the_sizes_may_be_joined_in_many_ways(run, sizes) -> None:
    done = run("solve", "conv", *sizes, "--stride", "4", "--dilation", "1")
    assert done.status == 0
    assert done.out.startswith("conv 227 -> 55: ")
    assert "{kernel_size: 11, stride: 4}" in done.out


def test_two_axes_and_three(run) -> None:
    assert "227x341 -> 55x83" in run("solve", "conv", "227x341", "55x83", *ALEXNET, "-p", "0").out.replace("\n", " ")
    assert run("solve", "conv", "7x9x11", "same", "-k", "3").status == 0


def test_same_keeps_the_size_or_what_the_stride_leaves_of_it(run) -> None:
    rows = json.loads(run("solve", "conv", "31", "same", "-k", "1..5", "-f", "json").out)["answers"]
    assert {(row["kernel_size"], row["padding"]) for row in rows if row["dilation"] == 1} == {(1, 0), (3, 1), (5, 2)}
    assert json.loads(run("solve", "conv", "31", "same", "-s", "2", "-f", "json").out)["wanted"] == [16]
    assert json.loads(run("solve", "conv_transpose", "31", "same", "-s", "2", "-f", "json").out)["wanted"] == [62]


def test_an_even_window_keeps_no_size_unless_it_may_lean(run) -> None:
    done = run("solve", "conv", "32", "same", "-k", "4", "-d", "1")
    assert done.status == 1
    assert "--asymmetric" in done.out
    assert run("solve", "conv", "32", "same", "-k", "4", "-d", "1", "--asymmetric").status == 0


def test_what_loses_positions_is_shown_with_how_many(run) -> None:
    done = run("solve", "conv", "10", "4", "-k", "3", "-s", "2", "-p", "0", "-f", "json")
    assert done.status == 1
    (answer,) = json.loads(done.out)["answers"]
    assert (answer["out"], answer["lost"]) == ([4], [1])
    text = run("solve", "conv", "10", "4", "-k", "3", "-s", "2", "-p", "0").out
    assert "none fits exactly" in text


def test_the_trap_of_the_shell_is_told(run) -> None:
    done = run("solve", "conv", "227", "-", "--stride", "4")
    assert (done.status, done.out) == (2, "")
    assert "the shell took >" in done.err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the name of a redirection's file is told on Linux")
def test_the_trap_names_the_file_that_the_shell_made(tmp_path) -> None:
    with (tmp_path / "55").open("w") as file:
        done = subprocess.run(
            [sys.executable, "-m", "cnnshape", "solve", "conv", "227", "-"],
            stdout=file, stderr=subprocess.PIPE, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
    assert done.returncode == 2
    assert "the file 55" in done.stderr
    assert "cnnshape solve conv 227 55" in done.stderr


@pytest.mark.parametrize(
    "args",
    [
        ("conv", "227", "55"),
        ("conv", "10", "4", "-k", "3", "-s", "2", "-p", "0"),
        ("conv_transpose", "7", "14"),
        ("conv", "56", "56", "--in-channels", "64", "--groups", "1..64"),
        ("receptive-field", "224"),
        ("receptive-field", "15", "--in-channels", "8", "-k", "3"),
    ],
    ids=" ".join,
)
def test_json_is_what_its_schema_says_and_csv_has_the_same_rows(run, args) -> None:
    validator = Draft202012Validator(json.loads(run("schema", "solve").out))
    data = json.loads(run("solve", *args, "-f", "json").out)
    validator.validate(data)
    assert not validator.is_valid({key: value for key, value in data.items() if key != "schema"})
    rows = list(csv.DictReader(io.StringIO(run("solve", *args, "-f", "csv").out)))
    assert [row["kernel"] for row in rows] == [
        str(row["kernel_size"]) for row in data.get("answers", data.get("chains"))
    ]


@pytest.mark.parametrize("args", ["conv {} 55", "conv 227 55 -k 3..{}", "receptive-field {}"])
def test_more_digits_than_python_reads_are_no_fault_of_the_program(run, args) -> None:
    done = run("solve", *args.format("9" * 5000).split())
    assert (done.status, done.out) == (2, "")
    assert "CNN-E701" in done.err


def test_a_lone_number_is_an_image_where_channels_are_given(run) -> None:
    cost = json.loads(run("solve", "conv", "56", "56", "-k", "3", "-d", "1", "--in-channels", "64", "-f", "json").out)
    assert cost["answers"][0]["cost"] == {
        "in_channels": 64,
        "out_channels": 64,
        "groups": 1,
        "params": 36928,
        "macs": 56 * 56 * 36864,
    }
    args = ("solve", "conv", "56", "56", "-k", "3", "--in-channels", "64", "--rank", "1", "-f", "json")
    assert json.loads(run(*args).out)["answers"][0]["cost"]["params"] == 64 * 64 * 3 + 64


def test_a_budget_in_words(run) -> None:
    args = ("solve", "conv", "56", "56", "-k", "3", "-d", "1", "--in-channels", "64", "--max-params")
    assert run(*args, "37k").status == 0
    none = run(*args, "36k")
    assert none.status == 1
    assert "none keeps the budget" in none.out


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), "KIND"),
        (("conv",), "not no sizes"),
        (("conv", "227"), "not one size"),
        (("conv", "227", "55", "13"), "not 3 sizes"),
        (("convv", "227", "55"), "did you mean conv?"),
        (("conv", "227", "0"), "0 is no size"),
        (("conv", "3x3x3x3", "55"), "3x3x3x3 is no size"),
        (("conv", "2147483647", "1"), "2147483647: sizes go up to 999,999,999"),
        (("conv", "227", "9" * 40), "sizes go up to 999,999,999"),
        (("conv", "227", "55", "-k", "9" * 40), "values go from 1 to 65,536"),
        (("conv", "227", "55", "--in-channels", "2147483648"), "a positive number up to 2,147,483,647"),
        (("receptive-field", "1000000000"), "1000000000: a field goes up to 999,999,999 positions"),
        (("conv", "227x227", "55"), "different numbers of axes"),
        (("conv", "227", "same", "-s", "1..2"), "--stride 1"),
        (("conv", "227", "55", "-k", "7..3"), "the smaller one first"),
        (("conv", "227", "55", "-k", "a"), "1..7"),
        (("conv", "227", "55", "-k", "1..9999999"), "--kernel"),
        (("conv", "227", "55", "-k", "1..2000", "-s", "1..2000", "-p", "0..2000"), "narrow a field"),
        (("receptive-field", "9", "-k", "1..99", "-s", "1..64", "--depth", "1..256"), "3,206,016 families of chains"),
        (("conv", "227", "55", "--max-params", "10k"), "needs --in-channels"),
        (("conv", "227", "55", "--in-channels", "8", "--max-params", "ten"), "write a number"),
        (("conv", "227", "55", "--in-channels", "0"), "a positive number"),
        (("conv", "227", "55", "--output-padding", "1"), "says nothing of conv"),
        (("conv", "227", "55", "--in-channels", "3", "-g", "2"), "groups 2 does not divide 3, the channels in"),
        (("conv", "9", "9", "--in-channels", "12", "-g", "5,7", "-f", "json"), "none of the groups 5, 7 divides 12"),
        (("conv", "9", "9", "--in-channels", "4", "--out-channels", "3,5", "-g", "2,3"), "2 does not divide any of 3, 5"),
        (("max_pool", "227", "55", "--groups", "2"), "says nothing of max_pool"),
        (("receptive-field", "224", "--padding", "1"), "says nothing of receptive-field"),
        (("receptive-field",), "one number"),
        (("conv", "227", "55", "--depth", "3"), "says nothing of conv"),
        (("conv", "227", "55", "-f", "jsn"), "did you mean json?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)  # fmt: skip
def test_mistakes_are_explained(run, args, words) -> None:
    done = run("solve", *args)
    assert (done.status, done.out) == (2, "")
    assert words in done.err
