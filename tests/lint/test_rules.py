"""Every rule: its examples, its place in the list, its page; and what is said of the zoo."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnnshape import api
from cnnshape.lint import every_rule, lint
from cnnshape.lint.doc import page
from cnnshape.lint.graph import Graph
from cnnshape.lint.registry import GROUPS, RULES, codes, rule_of
from cnnshape.lint.settings import OPTIONS, Settings
from cnnshape.spec.source import parse

ROOT = Path(__file__).parent.parent.parent
EVERY = every_rule()
IDS = [one.name for one in EVERY]


def look(text, severity="info"):
    document = parse(text)
    network, report = api.analyze_document(document)
    options = {name: int(value) for name, value in re.findall(r"# lint --option (\S+)=(\d+)", text)}
    return lint(network, report, document, Settings(severity=severity, options=options))


def test_there_are_at_least_40_rules_and_the_list_is_the_folder() -> None:
    files = {path.stem for path in (ROOT / "cnnshape/lint/rules").glob("*.py")} - {"__init__"}
    assert files == {name.replace("-", "_") for name in RULES.values()}
    assert len(RULES) >= 40
    assert len(set(RULES.values())) == len(RULES)
    assert list(RULES) == sorted(RULES)
    assert all(any(code.startswith(prefix) for prefix in GROUPS) for code in RULES)


@pytest.mark.parametrize("one", EVERY, ids=IDS)
def test_the_bad_example_makes_the_rule_speak_and_the_good_one_is_free_of_warnings(one) -> None:
    assert one.code in [finding.code for finding in look(one.bad)]
    good = look(one.good)
    assert one.code not in [finding.code for finding in good]
    assert not [finding for finding in good if finding.severity != "info"]


@pytest.mark.parametrize("one", EVERY, ids=IDS)
def test_a_rule_says_what_it_is(one) -> None:
    assert RULES[one.code] == one.name
    assert rule_of(one.code) is one
    assert re.fullmatch(r"CNN-L[1-6]\d\d", one.code)
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", one.name)
    assert one.what.endswith(".")
    assert one.why.endswith(".")
    assert one.source
    assert all(OPTIONS[name] == value for name, value in one.options.items())


@pytest.mark.parametrize("one", EVERY, ids=IDS)
def test_a_message_is_one_line_with_a_fix_and_a_place(one) -> None:
    for finding in look(one.bad):
        if finding.code == one.code:
            assert finding.line > 0
            assert finding.column > 0
            assert "\n" not in finding.message + finding.fix
            assert finding.fix
            assert not re.search(r"\bNone\b|\{|\(1, 2", finding.message)


def test_every_option_belongs_to_one_rule() -> None:
    named = [name for one in EVERY for name in one.options]
    assert sorted(named) == sorted(OPTIONS)


def test_a_rule_that_promises_a_fix_gives_one_in_its_example() -> None:
    for one in EVERY:
        fixable = any(finding.fixable for finding in look(one.bad) if finding.code == one.code)
        assert fixable == bool(one.fixes), one.name


def test_docs_rules_is_made_of_the_rules() -> None:
    # python -m cnnshape.lint.doc > docs/rules.md
    assert (ROOT / "docs/rules.md").read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("name", api.zoo_names())
def test_on_the_zoo_no_error_speaks_and_every_warning_is_explained(name) -> None:
    network, report = api.analyze_network(f"zoo:{name}")
    found = lint(network, report, api.document(f"zoo:{name}"), Settings(severity="info"))
    assert not [one for one in found if one.severity == "error"]
    for one in found:
        if one.severity == "warning":
            assert rule_of(one.code).on_the_zoo, one


@pytest.mark.parametrize(
    ("name", "feasible"),
    # rfa_toolbox says 75 and 427 for ResNet-50. VGG-16 by hand: 164 in front of its last convolution, 196 behind.
    [("resnet50", (75, 427)), ("vgg16", (164, 196))],
)
def test_feasible_inputs_are_those_of_rfa_toolbox(name, feasible) -> None:
    assert Graph(*api.analyze_network(f"zoo:{name}")).feasible == feasible


def test_the_shortest_way_is_that_of_every_path_walked() -> None:
    # Slow and obvious: every path from the input, one by one.
    text = """
input: 3x97x97
layers:
  - conv: {out_channels: 8, stride: 2, padding: 1}
  - residual: [conv: {out_channels: 8, kernel_size: 5, padding: 2}, relu]
  - residual:
      - max_pool: {kernel_size: 3, stride: 2, padding: 1}
      - conv: {out_channels: 8, padding: 1}
    shortcut: [conv: {out_channels: 8, kernel_size: 1, stride: 2}]
"""
    network, report = api.analyze_document(parse(text))
    graph = Graph(network, report)

    def paths(value):
        maker = graph.maker[value]
        if maker is None:
            return [(1, 1)]
        steps = [
            (size + (window.extent - 1) * jump, jump * window.stride)
            for source in graph.nodes[maker].inputs
            for size, jump in paths(source)
            for window in (graph.windows(maker) or [None])[:1]
            if window
        ]
        return steps or [way for source in graph.nodes[maker].inputs for way in paths(source)]

    for value in range(len(graph.shapes)):
        least = graph.least[value]
        assert least is not None
        assert least[0] == min(paths(value))


@pytest.mark.parametrize(
    ("word", "count"),
    [
        ("L1", 22),
        ("CNN-L1", 22),
        ("cnn-l101", 1),
        ("bias-before-norm", 1),
        ("ALL", len(RULES)),
        ("L", len(RULES)),
        ("X9", 0),
        ("", 0),
    ],
)
def test_a_word_means_the_rules_whose_code_it_begins_or_whose_name_it_is(word, count) -> None:
    assert len(codes(word)) == count


def test_the_fix_of_uneven_padding_keeps_the_shape_and_silences_the_rule() -> None:
    text = "input: 3x64x65\nlayers:\n  - conv: {out_channels: 8, stride: 2, padding: 1}\n  - relu\n"
    found = [one for one in look(text) if one.rule == "uneven-padding"]
    padding = found[0].fix.removesuffix(" says the same honestly")
    assert padding == "padding: [[1, 0], [1, 1]]"
    mended = text.replace("padding: 1", padding)
    assert api.analyze_text(mended).outputs == api.analyze_text(text).outputs
    assert "uneven-padding" not in [one.rule for one in look(mended)]


@pytest.mark.parametrize(
    "text",
    [
        "input: 24x5x6\nlayers:\n  - reshape: [3, 8, 5, 6]\n    name: r\n  - tanh\n  - add: [r, tanh1]\n",
        "inputs: {a: 3x5x6, b: 3x3x5x6}\nlayers:\n  - mul: [a, b]\n",
    ],
)
def test_merges_of_more_axes_than_the_input_has_are_no_traceback(text) -> None:
    assert "CNN-L115" not in {finding.code for finding in look(text)}
