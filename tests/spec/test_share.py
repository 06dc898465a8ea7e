"""A share is the same layer once more: what it owns, and where what is written in it is looked up."""

from __future__ import annotations

import pytest

from cnnshape.api import analyze_text
from cnnshape.spec import load
from cnnshape.spec.source import parse

CONV = "  - conv: {out_channels: 8, padding: 1}\n    name: "


def shared(text: str) -> dict[str, str | None]:
    report = analyze_text(f"input: 8x33x33\n{text}")
    return {row.name: row.shared_with for row in report.layers}


def sizes(text: str) -> list[int]:
    return [row.output_shapes[0][-1] for row in analyze_text(f"input: 8x33x33\n{text}").layers]


def test_a_name_that_begins_like_another_is_another() -> None:
    tail = "  - sequence: [relu, {share: tower}]\n    name: s\n  - share: s\n    name: t\n"
    found = shared(f"layers:\n{CONV}tower\n{CONV}sower\n{tail}")
    assert found["s.tower1"] == found["t.tower1"] == "tower"


def test_what_is_shared_can_be_shared_again() -> None:
    text = f"layers:\n{CONV}one\n  - share: one\n    name: two\n  - share: two\n    name: three\n"
    assert shared(text) == {"one": None, "two": "one", "three": "one"}
    list_ = "layers:\n  - sequence: [conv: {out_channels: 8, padding: 1}]\n    name: one\n"
    again = "  - share: one\n    name: two\n  - share: two\n    name: three\n"
    assert shared(list_ + again)["three.conv1"] == "one.conv1"


@pytest.mark.parametrize(
    "text",
    [
        (
            "vars: {p: 1}\nlayers:\n  - conv: {out_channels: 8, padding: p}\n    name: c\n"
            "  - repeat: {times: 3, as: p}\n    layers:\n      - share: c\n"
        ),
        (
            "vars: {stride: 1}\nblocks:\n  head:\n    args: {stride: 2}\n    layers:\n      - share: c\n"
            "layers:\n  - conv: {out_channels: 8, padding: 1, stride: stride}\n    name: c\n  - head\n"
        ),
        (
            "vars: {p: 1}\nlayers:\n  - sequence: [conv: {out_channels: 8, padding: p}]\n    name: c\n"
            "  - repeat: {times: 2, as: p}\n    layers:\n      - share: c\n        name: d\n      - share: d\n"
        ),
    ],
    ids=["a repeat's variable", "a block's argument", "a share of a share"],
)
def test_variables_are_those_of_the_place_where_it_was_written(text) -> None:
    assert set(sizes(text)) == {33}


def test_names_are_those_of_the_place_where_it_was_written() -> None:
    text = (
        f"layers:\n  - relu:\n    name: far\n{CONV}c\n  - sequence:\n      - tanh\n      - add: [tanh1, c]\n    name: unit\n"
        "  - sequence:\n      - relu:\n        name: c\n      - share: unit\n    name: outer\n"
    )
    network, problems = load(parse(f"input: 8x33x33\n{text}"), None, {})
    assert not problems
    nodes = {node.name: node for node in network.nodes}
    assert nodes["outer.unit1.add1"].inputs[1] == nodes["c"].outputs[0]


def failed(text: str) -> list[tuple[str, int, list[int]]]:
    report = analyze_text(f"input: 8x33x33\n{text}")
    return [(one.layer, one.line, list(one.expected)) for one in report.failed]


def test_what_a_share_promises_is_read_where_it_stands() -> None:
    text = "vars: {n: 8}\nlayers:\n  - conv: {out_channels: n, padding: 1}\n    name: c\n  - repeat: {times: 1, as: n}\n    layers:\n"
    assert failed(text + '      - share: c\n        expect: {shape: ["${n + 8}", 33, 33]}\n') == []
    broken = text + '      - share: c\n        expect: {shape: ["${n + 16}", 33, 33]}\n'
    assert failed(broken) == [("repeat1.0.c1", 8, [16, 33, 33])]


@pytest.mark.parametrize(
    "kind", ["conv: {out_channels: 8, padding: 1}", "sequence: [conv: {out_channels: 8, padding: 1}]"]
)
def test_a_promise_of_a_share_is_held(kind) -> None:
    text = f"layers:\n  - {kind}\n    name: c\n  - share: c\n    expect: {{shape: 8x33x33}}\n"
    assert failed(text) == []
    assert failed(text.replace("8x33x33}", "8x32x32}")) == [("c1", 5, [8, 32, 32])]
