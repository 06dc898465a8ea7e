"""`cnnshape layer`: one layer without a file."""

from __future__ import annotations

import json

import pytest


def test_the_lecture_example(run) -> None:
    done = run("layer", "conv", "3x32x32", "out_channels=10", "kernel_size=5", "padding=2")
    assert done.status == 0
    assert done.out.splitlines()[:2] == ["3x32x32 -> 10x32x32", "params 760, MACs 768,000"]
    assert "(32 - 5 + 2*2)/1 + 1 = 32" in done.out
    assert "10 * (75 + 1) = 760" in done.out


@pytest.mark.parametrize(
    ("args", "head"),
    [
        (["max_pool", "64x112x112", "kernel_size=3", "stride=2", "ceil_mode=true"], "64x112x112 -> 64x56x56"),
        (["max_pool", "64x112x112", "2"], "64x112x112 -> 64x56x56"),
        (["linear", "9216", "4096"], "9216 -> 4096"),
        (["relu", "3x7x11"], "3x7x11 -> 3x7x11"),
        (["add", "64x56x56,64x1x1"], "64x56x56,64x1x1 -> 64x56x56"),
        (["split", "6x7x11", "sections=2"], "6x7x11 -> 3x7x11 and 3x7x11"),
        (["conv", "3x13", "out_channels=5", "kernel_size=[3]"], "3x13 -> 5x11"),
        (["conv", "3x7x11", "out_channels=5", "padding=same"], "3x7x11 -> 5x7x11"),
        (["Conv2d", "3x7x11", "filters=5", "kernel=3"], "3x7x11 -> 5x5x9"),
        (["bottleneck", "64x7x11", "64"], "64x7x11 -> 256x7x11"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_kinds_blocks_aliases_and_shorthands(run, args, head) -> None:
    done = run("layer", *args)
    assert done.err == ""
    assert done.out.splitlines()[0] == head


def test_unknown_counts_are_not_zero(run) -> None:
    assert "params ?, MACs ?" in run("layer", "opaque", "3x7x11", "shape=5x7").out


def test_json_is_the_report(run) -> None:
    report = json.loads(run("layer", "conv", "3x7x11", "5", "-f", "json", "--batch", "2").out)
    assert report["layers"][0]["output_shapes"] == [[2, 5, 5, 9]]


@pytest.mark.parametrize(("form", "mark"), [("markdown", "### "), ("latex", r"\paragraph")])
def test_other_formats_hold_nothing_else(run, form, mark) -> None:
    assert run("layer", "conv", "3x7x11", "5", "-f", form).out.startswith(mark)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "KIND"),
        (["conv"], "INPUT"),
        (["convv", "3x7x11"], "did you mean conv?"),
        (["conv", "3x7x11"], "write out_channels=..."),
        (["conv", "3xx11", "5"], "INPUT 3xx11"),
        (["conv", "3x7x11", "out_channels"], "KEY=VALUE"),
        (["conv", "3x7x11", "out_channels="], "out_channels has no value"),
        (["conv", "3x7x11", "out_channels={"], "out_channels={"),
        (["conv", "3x7x11", "out_channels=5", "out_channels=7"], "given twice"),
        (["conv", "3x7x11", "5", "kernal_size=3"], "KEY=VALUE"),
        (["conv", "3x7x11", "out_channels=5", "kernal_size=3"], "did you mean kernel_size?"),
        (["conv", "3x7x11", "out_channels=5", "kernel_size=13"], "padding=3"),
        (["add", "3x7x11"], "fix: write every input, with commas: "),
        (["residual", "3x7x11"], "residual holds layers and is none itself"),
        (["conv", "3x7x11", "out_channels=5", "-f", "jsn"], "did you mean json?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_mistakes_are_explained_in_the_words_of_the_command(run, args, words) -> None:
    done = run("layer", *args)
    assert done.status == 2
    assert done.out == ""
    assert words in done.err
    assert "<data>" not in done.err
