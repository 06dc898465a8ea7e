"""Residual, branches, sequence, repeat, share, blocks, conditions, variables, names: what each writes out."""

from __future__ import annotations

import pytest

import cnnshape
from cnnshape.errors import ModelError


def run(body: str, **options):
    head = "" if "input" in body.split("layers:", maxsplit=1)[0] else "input: 3x17x19\n"
    return cnnshape.analyze_text(head + body, **options)


def names(report) -> list[str]:
    return [row.name for row in report.layers]


def wrong(body: str, **options) -> list[tuple[str, int]]:
    with pytest.raises(ModelError) as caught:
        run(body, **options)
    return [(p.code, p.place.line) for p in caught.value.problems]


def test_a_residual_adds_its_body_to_its_input() -> None:
    report = run("layers:\n  - residual:\n      - conv: {out_channels: 3, padding: 1}\n      - relu\n")
    assert names(report) == ["residual1.conv1", "residual1.relu1", "residual1.add1"]
    assert set(report.layers[2].inputs) == {"input", "residual1.relu1"}


def test_a_shortcut_may_be_layers_a_condition_or_nothing() -> None:
    body = "layers:\n  - residual: {body: [{conv: {out_channels: 5, padding: 1}}], shortcut: [{conv: {out_channels: 5, kernel_size: 1}}], merge: concat}\n"
    report = run(body)
    assert str(report.outputs[0].shape) == "1x10x17x19"
    assert names(report)[:2] == ["residual1.conv1", "residual1.shortcut.conv1"]
    beside = run(
        "layers:\n  - residual:\n      - conv: {out_channels: 5, padding: 1}\n    shortcut:\n      - conv: {out_channels: 5, kernel_size: 1}\n    merge: concat\n"
    )
    assert beside.totals.params == report.totals.params
    off = run("layers:\n  - residual:\n      - conv: 5\n    shortcut: in_channels == 5\n")
    assert names(off) == ["residual1.conv1"]
    assert wrong("layers:\n  - residual:\n      - relu\n    shortcut: maybe\n") == [("CNN-E206", 5)]


def test_branches_lie_side_by_side_named_or_not() -> None:
    unnamed = run(
        "layers:\n  - branches:\n      - - conv: {out_channels: 5, kernel_size: 1}\n      - - conv: {out_channels: 7, kernel_size: 1}\n      - []\n"
    )
    named = run(
        "layers:\n  - branches:\n      left:\n        - conv: {out_channels: 5, kernel_size: 1}\n      right:\n        - conv: {out_channels: 7, kernel_size: 1}\n      rest:\n"
    )
    assert str(unnamed.outputs[0].shape) == str(named.outputs[0].shape) == "1x15x17x19"
    assert names(unnamed)[:2] == ["branches1.branch1.conv1", "branches1.branch2.conv1"]
    assert names(named)[:2] == ["branches1.left.conv1", "branches1.right.conv1"]
    assert (
        str(run("layers:\n  - branches: [[relu], [tanh]]\n    merge: {concat: {dim: 2}}\n").outputs[0].shape)
        == "1x3x34x19"
    )
    assert names(run("layers:\n  - branches: {a: [relu], b: [tanh]}\n    merge: mul\n"))[-1] == "branches1.mul1"


def test_a_sequence_is_its_list() -> None:
    assert names(run("layers:\n  - sequence: [relu, tanh]\n    name: tail\n  - relu:\n    from: tail\n")) == [
        "tail.relu1",
        "tail.tanh1",
        "relu1",
    ]


@pytest.mark.parametrize(
    ("repeat", "channels"),
    [
        ("3", [4, 4, 4]), ("n", [4, 4]), ("n + 2", [4, 4, 4, 4]), ("0", []), ("{times: 3, as: i}", [4, 5, 6]), ("{times: n, as: i}", [4, 5]),
        ("{over: [3, 1], as: i}", [7, 5]), ("{over: wide, as: i}", [9, 11]), ("{over: [[3, 1], [2, 2]], as: [i, j]}", [8, 8]),
        ("{over: [], as: i}", []),
    ],
)  # fmt: skip
def test_repeat_in_all_its_forms(repeat, channels) -> None:
    out = "4 + i + j" if "j]" in repeat else "4 + i" if "as" in repeat else "4"
    report = run(
        f"vars: {{n: 2, wide: [5, 7]}}\nlayers:\n  - repeat: {repeat}\n    layers:\n      - conv: {{out_channels: {out}, kernel_size: 1}}\n"
    )
    assert [row.output_shapes[0][1] for row in report.layers] == channels
    assert names(report) == [f"repeat1.{i}.conv1" for i in range(len(channels))]


def test_a_shared_layer_counts_its_weights_once_and_its_work_twice() -> None:
    once = run("layers:\n  - conv: {out_channels: 3, padding: 1}\n    name: c\n")
    twice = run("layers:\n  - conv: {out_channels: 3, padding: 1}\n    name: c\n  - share: c\n    name: again\n")
    assert twice.totals.params == once.totals.params == 84
    assert twice.totals.macs == 2 * once.totals.macs
    assert twice.layer("again").params == 0
    assert twice.layer("again").weights == twice.layer("c").weights
    other = run(
        "layers:\n  - conv: {out_channels: 3, stride: 2}\n    name: c\n  - relu:\n    from: input\n  - share: c\n"
    )
    assert other.totals.params == 84, "another input of the same channels"


def test_a_shared_block_shares_everything_in_it() -> None:
    block = "blocks:\n  b: [{conv: {out_channels: 3, padding: 1}}, batch_norm, {linear: 19}]\nlayers:\n  - b:\n    name: first\n"
    once, twice = run(block), run(block + "  - share: first\n    name: second\n")
    assert twice.totals.params == once.totals.params == 84 + 6 + 380
    assert twice.totals.buffers == once.totals.buffers
    assert twice.totals.macs == 2 * once.totals.macs
    assert [row.params for row in twice.layers[3:]] == [0, 0, 0]
    assert [n for n in names(twice) if n.startswith("second")] == [
        "second.conv1",
        "second.batch_norm1",
        "second.linear1",
    ]


def test_sharing_what_does_not_fit_or_does_not_exist() -> None:
    assert wrong("layers:\n  - conv: 5\n    name: c\n  - share: c\n") == [("CNN-E304", 5)]
    assert wrong("layers:\n  - share: c\n") == [("CNN-E301", 3)]
    assert wrong("layers:\n  - share: {c: 1}\n") == [("CNN-E203", 3)]


def test_a_block_has_arguments_with_defaults_that_see_one_another() -> None:
    block = "blocks:\n  b:\n    args: {width: , deep: 2 * width, act: relu}\n    layers:\n      - conv: {out_channels: deep, kernel_size: 1}\n      - ${act}\n"
    for call, channels, kind in (
        ("5", 10, "relu"),
        ("{width: 5}", 10, "relu"),
        ("{width: 5, deep: 7}", 7, "relu"),
        ("{width: in_channels, act: tanh}", 6, "tanh"),
    ):
        report = run(f"{block}layers:\n  - b: {call}\n")
        assert report.layers[0].output_shapes[0][1] == channels
        assert report.layers[1].kind == kind
    assert wrong(f"{block}layers:\n  - b\n") == [("CNN-E207", 9)]
    assert wrong(f"{block}layers:\n  - b: {{width: 5, wide: 1}}\n") == [("CNN-E207", 9)]
    listed = "blocks:\n  b: {args: [n], layers: [{conv: n}]}\nlayers: [{b: 5}]\n"
    assert str(run(listed).outputs[0].shape) == "1x5x15x17"


def test_a_block_that_counts_down_ends() -> None:
    block = "blocks:\n  b:\n    args: {n: }\n    layers:\n      - relu\n      - b: n - 1\n        when: n > 1\n"
    assert len(run(f"{block}layers:\n  - b: 5\n").layers) == 5


def test_a_block_reads_names_outside_and_hides_those_inside() -> None:
    spec = "blocks:\n  b:\n    - relu:\n      name: x\n    - add: [x, stem]\nlayers:\n  - relu:\n    name: stem\n  - b\n  - b\n"
    assert names(run(spec)) == ["stem", "b1.x", "b1.add1", "b2.x", "b2.add1"]
    assert wrong(spec + "  - relu:\n    from: x\n") == [("CNN-E301", 13)]
    assert run(spec + "  - relu:\n    from: b1.x\n").layers[-1].inputs == ("b1.x",)


def test_variables_depend_on_those_before_and_yield_to_the_command_line() -> None:
    spec = "vars: {width: 4, twice: 2 * width, act: relu}\nlayers:\n  - conv: {out_channels: twice, kernel_size: 1}\n  - ${act}\n"
    assert run(spec).layers[0].output_shapes[0][1] == 8
    assert run(spec, sets={"width": "5"}).layers[0].output_shapes[0][1] == 10
    assert run(spec, sets={"twice": "width + 3"}).layers[0].output_shapes[0][1] == 7
    assert run(spec, sets={"act": "tanh"}).layers[1].kind == "tanh"
    assert wrong(spec, sets={"widht": "5"})[0][0] == "CNN-E206"
    assert wrong(spec, sets={"width": "-5"}) == [("CNN-E203", 4)]


def test_when_leaves_a_layer_out() -> None:
    spec = "vars: {deep: false}\nlayers:\n  - relu:\n    when: deep\n  - tanh:\n    when: not deep and in_channels == 3\n  - relu:\n    when: in_size[0] > 17\n"
    assert names(run(spec)) == ["tanh1"]
    assert names(run(spec, sets={"deep": "true"})) == ["relu1"]


def test_from_names_layers_outputs_and_inputs() -> None:
    report = run(
        "input: 6x7x11\nlayers:\n  - split: 3\n    name: s\n  - relu:\n    from: s[2]\n  - concat: [s, 's[1]', relu1]\n  - add:\n    from: ['s[0]', relu1]\n"
    )
    assert report.layers[1].inputs == ("s[2]",)
    assert report.layers[2].inputs == ("s[0]", "s[1]", "relu1")
    two = run("inputs: {left: 3x7x11, right: 5x7x11}\nlayers:\n  - concat: [left, right]\n  - relu\n")
    assert str(two.outputs[0].shape) == "1x8x7x11"
    other = run(
        "inputs: {left: 3x7x11, right: 5x7x11}\nlayers:\n  - concat: [left, right]\n", input={"right": (2, 7, 11)}
    )
    assert str(other.outputs[0].shape) == "1x5x7x11"
    assert wrong("inputs: {left: 3x7x11, right: 5x7x11}\nlayers:\n  - relu\n") == [("CNN-E303", 3)]


def test_outputs_are_the_last_layer_or_those_that_are_named() -> None:
    body = "layers:\n  - relu:\n    name: a\n  - flatten:\n    name: b\n"
    assert [t.name for t in run(body).outputs] == ["b"]
    assert [t.name for t in run("outputs: [a, b]\n" + body).outputs] == ["a", "b"]
    assert [t.name for t in run("outputs: a\n" + body).outputs] == ["a"]
    assert wrong("outputs: [c]\n" + body) == [("CNN-E301", 2)]


def test_expectations_hold_or_are_told_with_both_values() -> None:
    good = "layers:\n  - conv: {out_channels: 5, kernel_size: [3, 5]}\n    expect: {shape: 5x15x15, params: 5 * 46, receptive_field: [3, 5], macs: 50625}\nexpect: {shape: [5, 15, 15], params: 230}\n"
    assert run(good).failed == []
    for old, new, what in (
        ("5x15x15", "5x15x17", "shape"),
        ("5 * 46", "231", "params"),
        ("[3, 5], macs", "[5, 3], macs", "receptive_field"),
        ("50625", "1", "macs"),
        ("230", "229", "params"),
    ):
        assert old in good
        (failed,) = run(good.replace(old, new)).failed
        assert failed.what == what
        assert failed.expected != failed.found
    assert len(run("layers:\n  - conv: 5\n    expect: 5x1x1\nexpect: 1x1x1\n").failed) == 2
    assert run("layers:\n  - conv: 5\n    expect: {receptive_field: 3}\n").failed == []
    assert wrong("layers:\n  - conv: 5\n    expect: {parms: 3}\n") == [("CNN-E202", 4)]
    assert wrong("layers:\n  - conv: 5\n    expect: {receptive_field: word}\n") == [("CNN-E206", 4)]


def test_frozen_weights_are_not_trained() -> None:
    report = run("vars: {cold: true}\nlayers:\n  - conv: 5\n    frozen: cold\n  - conv: 7\n    frozen: 1 > 2\n")
    assert [(row.params, row.trainable_params) for row in report.layers] == [(140, 0), (322, 322)]
    assert (report.totals.params, report.totals.trainable_params) == (462, 322)


def test_arrays_may_be_counted_elsewhere() -> None:
    text = "layers:\n  - conv: 5\n  - conv: 5\n    counted: {bias: 0}\n    frozen: true\n  - batch_norm:\n"
    report = run(text + "    counted: {weight: 2, running_var: 0}\n")
    found = [(row.params, row.trainable_params, row.buffers) for row in report.layers]
    assert found == [(140, 140, 0), (225, 0, 0), (7, 7, 5)]
    assert report.totals.params == 140 + 225 + 7
    assert report.layers[1].weights == {"weight": (5, 5, 3, 3), "bias": (5,)}


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("conv: 5\n    counted: {bais: 0}", ("CNN-E304", 3)),
        ("conv: 5\n    counted: {bias: -1}", ("CNN-E203", 4)),
        ("conv: 5\n    counted: {bias: true}", ("CNN-E203", 4)),
        ("conv: 5\n    counted: 0", ("CNN-E203", 4)),
        ("conv_norm_act: 5\n    counted: {bias: 0}", ("CNN-E203", 4)),
        ("sequence: [relu]\n    counted: {bias: 0}", ("CNN-E203", 4)),
    ],
)
def test_what_counted_does_not_take(item, problem) -> None:
    assert wrong(f"layers:\n  - {item}\n") == [problem]


@pytest.mark.parametrize("name", ["a[0]", " a", "a ", "", "a\nb", "x" * 101])
def test_what_no_layer_may_be_called(name) -> None:
    with pytest.raises(ModelError, match="is no name"):
        cnnshape.analyze_data({"input": "3x4x5", "layers": [{"relu": None, "name": name}]})


def test_automatic_names_avoid_those_that_are_written() -> None:
    assert names(run("layers:\n  - relu\n  - relu:\n    name: relu1\n  - relu\n")) == ["relu2", "relu1", "relu3"]
