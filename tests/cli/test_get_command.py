"""`cnnshape get`: bare values, one a line."""

from __future__ import annotations

import json

import pytest


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("totals.params", "61706"),
        ("params", "61706"),
        ("macs", "416520"),
        ("ops.tanh", "6508"),
        ("ops.exp", "0"),
        ("layers.c3.ops.sqrt", "0"),
        ("training_bytes.total.adam", "1023728"),
        ("totals.peak_at", "tanh1"),
        ("batch", "1"),
        ("dtype", "float32"),
        ("schema", "cnnshape/1"),
        ("model.name", "LeNet-5"),
        ("status.params", "complete"),
        ("inputs.0.shape", "1x1x32x32"),
        ("inputs.input.shape", "1x1x32x32"),
        ("outputs.0.name", "linear3"),
        ("layers", "12"),
        ("layers.c3.params", "2416"),
        ("layers.c3.output_shapes", "1x16x10x10"),
        ("layers.c3.weights.weight", "16x6x5x5"),
        ("layers.c3.receptive_field.size", "14x14"),
        ("layers.c3.inputs", "avg_pool1"),
        ("layers.0.name", "c1"),
        ("layers.-1.name", "linear3"),
        ("layers.c1.shared_with", ""),
        ("layers.c1.frozen", "false"),
        ("failed", "[]"),
    ],
)
def test_bare_values(run, key, value) -> None:
    done = run("get", "zoo:lenet5", key)
    assert done.out == value + "\n"
    assert done.status == 0


def test_several_keys_are_several_lines_in_order(run) -> None:
    assert run("get", "zoo:lenet5", "macs", "layers.c1.params", "params").out == "416520\n156\n61706\n"


def test_dotted_layer_names_are_found(run) -> None:
    assert run("get", "zoo:resnet50", "layers.stem.conv1.output_shapes").out == "1x64x112x112\n"


def test_what_is_no_bare_value_is_json(run) -> None:
    row = json.loads(run("get", "zoo:lenet5", "layers.c3").out)
    assert row["weights"] == {"weight": [16, 6, 5, 5], "bias": [16]}


def test_several_outputs_are_side_by_side(run) -> None:
    text = "input: 6x7x11\nlayers:\n  - split: 3\n    name: s\n"
    assert run("get", "-", "layers.s.output_shapes", stdin=text).out == "1x2x7x11 1x2x7x11 1x2x7x11\n"


def test_a_broken_promise_is_status_1(run) -> None:
    done = run("get", "-", "params", stdin="input: 3\nlayers:\n  - linear: 5\n    expect: {params: 7}\n")
    assert (done.status, done.out) == (1, "20\n")
    assert "CNN-E601" in done.err


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("parms", "did you mean params?"),
        ("totals.parms", "did you mean params?"),
        ("layers.c33.params", "did you mean c3?"),
        ("layers.c3.paramz", "did you mean params?"),
        ("layers.99", "one of c1"),
        ("layers.\N{SUPERSCRIPT TWO}", "there is no"),
        ("params.x", "nothing below params"),
        ("", "the key is empty"),
    ],
)
def test_an_unknown_key_offers_the_nearest(run, key, words) -> None:
    done = run("get", "zoo:lenet5", key)
    assert done.status == 2
    assert done.out == ""
    assert words in done.err


def test_a_key_is_needed(run) -> None:
    done = run("get", "zoo:lenet5")
    assert done.status == 2
    assert "KEY" in done.err


UNKNOWN = "input: 3x5x7\nlayers:\n  - foreign: {op: What, shapes: [[1, 2]], parameters: 11}\n    name: box\n"


def test_a_total_of_unknown_layers_is_an_empty_line_and_told_once(run) -> None:
    done = run("get", "-", "macs", "totals.flops", "params", "status.macs", "layers.0.macs", stdin=UNKNOWN)
    assert (done.status, done.out) == (0, "\n\n11\nunavailable\n\n")
    assert done.err.splitlines() == ["<stdin>: macs are unavailable: unknown for box"]


def test_a_partial_total_is_told_to_be_a_lower_bound(run) -> None:
    more = f"{UNKNOWN}  - linear: 13\n"
    done = run("get", "-", "macs", "ops.mac", "outputs.0.shape", stdin=more)
    assert (done.status, done.out) == (0, "26\n26\n1x13\n")
    assert done.err.splitlines() == [
        f"<stdin>: {what} are partial: unknown for box; the value is a lower bound" for what in ("macs", "ops")
    ]
    assert run("get", "-", "params", "layers", stdin=more).err == ""
