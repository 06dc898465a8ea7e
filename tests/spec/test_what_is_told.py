"""Every promise is held, every error is told once, at its place and under its name, with a fix that works."""

from __future__ import annotations

import pytest

import cnnshape
from cnnshape.errors import ModelError, Problem

HEAD = "input: 3x32x32\n"


def failed(layers: str) -> list[tuple[str, int, str]]:
    report = cnnshape.analyze_text(HEAD + layers)
    return [(one.layer, one.line, "x".join(map(str, one.expected))) for one in report.failed]


def problems(text: str) -> list[Problem]:
    with pytest.raises(ModelError) as caught:
        cnnshape.analyze_text(text)
    return list(caught.value.problems)


def told(text: str) -> list[tuple[str, int, int]]:
    return [(p.code, p.place.line, p.place.column) for p in problems(text)]


def fixes(layers: str) -> list[str]:
    return [p.fix for p in problems(f"{HEAD}layers:\n{layers}")]


# promises


def test_a_structure_and_its_last_layer_promise_apart() -> None:
    text = "layers: [{sequence: [{conv: 8, expect: 8x30x30}], expect: 9x9x9, name: stem}]\n"
    assert failed(text) == [("stem", 2, "9x9x9")]
    assert failed(text.replace("8x30x30", "8x1x1")) == [("stem.conv1", 2, "8x1x1"), ("stem", 2, "9x9x9")]
    nested = "layers:\n  - sequence:\n      - sequence: [conv: 8]\n        expect: 8x1x1\n    expect: 8x2x2\n"
    assert failed(nested) == [("sequence1.sequence1", 4, "8x1x1"), ("sequence1", 3, "8x2x2")]


def test_a_structure_that_writes_nothing_promises_what_it_hands_on() -> None:
    empty = "  - sequence: []\n    expect: 9x9x9\n"
    assert failed(f"layers:\n{empty}") == [("sequence1", 3, "9x9x9")]
    assert failed(f"layers:\n  - conv: 8\n{empty}") == [("sequence1", 4, "9x9x9")]
    assert failed(f"layers:\n{empty.replace('9x9x9', '3x32x32')}") == []
    split = "layers:\n  - split: {sizes: [1, 2]}\n    name: s\n  - sequence: []\n    from: 's[1]'\n    expect: "
    assert failed(f"{split}2x32x32\n") == []
    assert failed(f"{split}1x32x32\n") == [("sequence1", 5, "1x32x32")]


def test_where_nothing_flows_nothing_can_be_promised() -> None:
    text = "inputs: {a: 3x4x5, b: 3x4x5}\nlayers:\n  - sequence: []\n    expect: 3x4x5\n  - add: [a, b]\n"
    assert told(text) == [("CNN-E303", 4, 13)]


def test_what_a_layer_or_structure_cannot_promise() -> None:
    text = f"{HEAD}layers:\n  - conv: 8\n    expect: {{peak_activation_bytes: 4}}\n"
    assert told(text) == [("CNN-E203", 4, 14)]
    text = f"{HEAD}layers:\n  - sequence: [relu]\n    name: s\n    expect: {{shape: 3x32x32, params: 4}}\n"
    (problem,) = problems(text)
    assert (problem.code, problem.place.layer, problem.place.column) == ("CNN-E203", "s", 30)
    assert cnnshape.analyze_text(f"{HEAD}layers: [relu]\nexpect: {{peak_activation_bytes: 4}}\n").failed


# names


@pytest.mark.parametrize("swapped", [False, True])
def test_no_two_rows_have_one_name(swapped) -> None:
    items = ["  - sequence: [{conv: 8, name: a}]\n    name: b\n", "  - conv: 4\n    name: b.a\n"]
    (problem,) = problems(f"{HEAD}layers:\n{''.join(items[::-1] if swapped else items)}")
    assert (problem.code, problem.place.line) == ("CNN-E302", 5)
    assert "b.a is used twice (first on line 3)" in problem.message


def test_an_input_and_a_layer_have_different_names() -> None:
    text = "inputs: {b.a: 3x4x5}\nlayers:\n  - sequence: [{relu: , name: a}]\n    name: b\n"
    assert told(text) == [("CNN-E302", 3, 16)]
    assert told("input: 3x4x5\ninputs: {input: 3x4x5}\nlayers: [relu]\n") == [("CNN-E302", 2, 10)]


def test_errors_beside_a_layer_name_that_layer() -> None:
    text = (
        f"{HEAD}layers:\n  - conv: 8\n    frozen: maybe\n  - conv: 8\n    name: a\n    counted: 3\n"
        "  - sequence: [relu]\n    name: s\n    frozen: maybe\n    expect: 3x0\n  - conv: 8\n    expect: 8x0\n"
    )
    assert [p.place.layer for p in problems(text)] == ["conv1", "a", "s", "s", "conv2"]


# variables in arguments


def test_a_misspelt_variable_in_an_argument_is_told_there_once() -> None:
    head = "input: 64x32x32\nvars: {width: 16}\n"
    (problem,) = problems(f"{head}layers:\n  - bottleneck: 2 * widht\n")
    assert (problem.code, problem.place.line, problem.place.column) == ("CNN-E206", 4, 17)
    assert "widht" in problem.message
    assert problem.fix == "did you mean width?"
    text = (
        f"{head}layers:\n  - bottleneck: {{channels: 2 * widht, stride: 1 // 0}}\n    name: b\n  - relu:\n    from: b\n"
    )
    assert told(text) == [("CNN-E206", 4, 28), ("CNN-E205", 4, 47)]
    block = "blocks: {b: {args: {h: 2 * widht}, layers: [conv: h]}}\n"
    assert told(f"{head}{block}layers: [b]\n") == [("CNN-E206", 3, 24)]
    assert told(f"{head}layers:\n  - repeat: {{as: i, over: [1, 2 * widht]}}\n    layers: [conv: i]\n") == [
        ("CNN-E206", 4, 31)
    ]


@pytest.mark.parametrize("act", ["relu", "hard-swish"])
def test_a_word_is_still_an_argument(act) -> None:
    report = cnnshape.analyze_text(f"{HEAD}layers: [conv_norm_act: {{out_channels: 8, act: {act}}}]\n")
    assert report.layers[-1].kind == act.replace("-", "")


def test_every_missing_argument_is_told() -> None:
    text = f"{HEAD}blocks: {{b: {{args: {{one: , two: }}, layers: [relu]}}}}\nlayers: [b]\n"
    assert [p.message for p in problems(text)] == ["the block b needs one", "the block b needs two"]


# what follows from an error is not told


@pytest.mark.parametrize("shape", ["[3, 32.0, 32]", "(3, 32, 32)", "3x0x32", ""])
def test_a_bad_input_is_one_error(shape) -> None:
    items = "[{split: 3, name: s}, {relu: , from: 's[1]'}, conv: 8, conv: in_channels * 2]"
    (problem,) = problems(f"input: {shape}\nlayers: {items}\n")
    assert problem.place.line == 1
    assert "CxHxW" in problem.fix


def test_a_bad_input_hides_nothing_that_does_not_follow() -> None:
    text = "inputs: {a: 3x0x4, b: 3x9x9}\nlayers:\n  - conv: 8\n    from: a\n  - conv: {out_channels: 8, kernel_size: 11}\n    from: b\n"
    assert told(text) == [("CNN-E203", 1, 13), ("CNN-E401", 5, 42)]
    assert told("input: 3x0x4\nlayers: [conv: 8, relo]\n") == [("CNN-E203", 1, 8), ("CNN-E201", 2, 19)]


@pytest.mark.parametrize("head", ["inputs: [3x4x5]", "Input: 3x4x5", "INPUT: 3x4x5", "Inputs: {a: 3x4x5}"])
def test_a_misspelt_input_is_not_missing_too(head) -> None:
    (problem,) = problems(f"{head}\nlayers: [{{relu: , from: {'a' if 'a:' in head else 'input'}}}]\n")
    assert problem.place.line == 1


# all that is wrong is told in one run


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("layers: [conv: {out_channels: 8, kernal_size: 3, stride: 0}]", [("E202", 34), ("E203", 58)]),
        (
            "layers: [conv: {out_channels: 8, kernel_size: 7 +, stride: 0, bias: 5}]",
            [("E205", 47), ("E203", 60), ("E203", 69)],
        ),
        (
            "budget: {max: {parms: 4, macs: x}, mn: {}}\nlayers: [relu]",
            [("E202", 16), ("E206", 32), ("E202", 36)],
        ),
        ("expect: {params: 1M, foo: 3}\nlayers: [relu]", [("E205", 18), ("E202", 22)]),
        ("layers: [{relu: , expect: {params: 1M, foo: 3}}]", [("E205", 36), ("E202", 40)]),
    ],
)
def test_independent_errors_come_together(text, places) -> None:
    assert told(f"{HEAD}{text}\n") == [(f"CNN-{code}", 2, column) for code, column in places]


def test_a_wrong_promise_does_not_hide_what_follows() -> None:
    text = "layers:\n  - relu:\n    expect: {foo: 3}\n  - conv: {out_channels: 8, kernel_size: 99}\n"
    assert [code for code, _, _ in told(HEAD + text)] == ["CNN-E202", "CNN-E401"]


# messages that are true, and fixes that work


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ("- share: input", "input is an input, not a layer"),
        ("- residual: [relu]\n  name: unit\n- share: unit.relu1", "unit.relu1 stands inside another item"),
        ("- relu:\n  from: '${in_channels}'", "in_channels is not known here"),
        ("- relu:\n  name: a\n  when: false\n- relu:\n  from: a", "the layer a is left out: its when: is false"),
        ("- relu:\n  name: a\n  when: false\n- share: a", "the layer a is left out: its when: is false"),
        ("- conv: 0\n  name: a\n- share: a", "out_channels must be"),
    ],
)
def test_no_message_contradicts_itself(items, message) -> None:
    (problem,) = problems(f"{HEAD}layers:\n{items}\n")
    assert message in problem.message
    assert "did you mean" not in problem.fix


def test_the_facts_of_a_tensor_are_no_variables() -> None:
    (problem,) = problems(f"vars: {{w: in_channels * 2}}\n{HEAD}layers: [relu]\n")
    assert "in_channels is not known here" in problem.message


def test_no_fix_leads_to_the_next_error() -> None:
    assert fixes("- conv2d: {in_channels: 3, out_channels: 8}") == ["leave it out: it follows from the input"]
    (twice,) = fixes("- conv: {out_channels: 8, kernal_size: 3, kernel_size: 3}")
    assert twice.startswith("conv takes out_channels")
    for item in ("- conv: 8\n  merge: add", "- conv: 8\n  foo: 3", "- conv: 8\n  out_channels: 8"):
        (fix,) = fixes(item)
        assert fix.startswith("leave it out: ")
    assert fixes("- conv: 8\n  kernel_h: 3") == ["write it inside: conv: {out_channels: 8, kernel_h: 3}"]
    assert fixes("- max_pool: {kernel_size: 2, padding: 3}") == ["padding: 0"]


def test_yes_is_a_word() -> None:
    fix = "write true or false: YAML 1.2 does not know yes"
    assert fixes("- conv: {out_channels: 8, bias: yes}") == [fix]
    assert fixes("- max_pool: {kernel_size: 2, ceil_mode: yes}") == [fix]
    assert fixes("- conv: 8\n  when: yes") == fixes("- conv: 8\n  frozen: yes") == [fix]
    (number,) = fixes("- conv: {out_channels: 8, stride: yes}")
    assert number.startswith("write a number")


@pytest.mark.parametrize(
    ("field", "range_"),
    [
        ("out_channels: 9999999999", "from 1 to 2147483647"),
        ("padding: 99999999999", "from 0 to 2147483647"),
        ("out_channels: 0", "of at least 1"),
    ],
)
def test_a_limit_is_told_where_it_is_broken(field, range_) -> None:
    (problem,) = problems(f"{HEAD}layers: [conv: {{{field}{', out_channels: 8' if 'pad' in field else ''}}}]\n")
    assert f"an integer {range_}" in problem.message


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("blocks: {residual: [relu]}\nlayers: [relu]", "CNN-E207"),
        ("blocks: {expect: [relu]}\nlayers: [relu]", "CNN-E207"),
        ("layers: [{residual: {body: [relu], merge: add}, merge: mul}]", "CNN-E202"),
        ("layers: [{residual: {body: [relu], shortcut: true}, shortcut: false}]", "CNN-E202"),
        ("layers: [{repeat: {times: 2, as: 5}, layers: [relu]}]", "CNN-E203"),
        ("layers: [{repeat: {times: 2, as: [i]}, layers: [relu]}]", "CNN-E203"),
        ("layers: [{repeat: {over: [[1, 2]], as: [a, a]}, layers: [relu]}]", "CNN-E302"),
        ("layers: [{repeat: {over: [1], as: a, times: 2}, layers: [relu]}]", "CNN-E202"),
        ("doc: [1]\nlayers: [relu]", "CNN-E203"),
        ("layers: [{relu: , doc: [1]}]", "CNN-E203"),
        ("layers: [{sequence: [relu], doc: 3}]", "CNN-E203"),
        ("blocks: {b: {doc: [1], layers: [relu]}}\nlayers: [b]", "CNN-E203"),
    ],
)
def test_what_would_be_ignored_is_refused(text, code) -> None:
    assert [p.code for p in problems(f"{HEAD}{text}\n")] == [code]


def test_a_structure_has_one_output_and_the_fix_names_the_layer_that_has_more() -> None:
    layers = "  - sequence: [split: {sections: 3, dim: 1}]\n    name: seq\n  - relu:\n    from: seq[1]\n"
    assert fixes(layers) == ["a structure or block has one output: take seq.split1[1]"]
    assert cnnshape.analyze_text(f"{HEAD}layers:\n{layers.replace('seq[1]', 'seq.split1[1]')}").layers


def test_what_reaches_into_an_item_that_could_not_be_written_is_not_told() -> None:
    layers = "  - relu\n  - repeat: 2\n    name: r\n    from: nowhere\n    layers:\n      - relu:\n        name: q\n"
    assert told(f"{HEAD}layers:\n{layers}outputs: [r.0.q]\n") == [("CNN-E301", 6, 11)]
