"""Budgets: what is held, what is told, and what is refused."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cnnshape import api, budget
from cnnshape.errors import ModelError

SPEC = """\
input: 3x13x17
layers:
  - conv: {out_channels: 5, kernel_size: 3}
    name: first
  - relu
  - conv: {out_channels: 7, kernel_size: 3}
    name: second
"""
PARAMS = 5 * 3 * 9 + 5 + 7 * 5 * 9 + 7
MACS = 5 * 27 * 11 * 15 + 7 * 45 * 9 * 13


def report(text: str = SPEC):
    return api.analyze_document(api.parse(text))[1]


def held(side: str, path: str, value: int | str, text: str = SPEC):
    one = budget.Limit(side, path, value, "") if isinstance(value, int) else budget.limit(side, path, value, "x")
    return budget.hold(report(text), [one])


NUMBERS = {
    "params": PARAMS,
    "macs": MACS,
    "flops": 2 * MACS,
    "ops.add": 5 * 11 * 15 + 7 * 9 * 13,
    "layers": 3,
    "param_bytes": 4 * PARAMS,
    "peak_activation_bytes": 2 * 4 * 5 * 11 * 15,
    "receptive_field": 5,
    "jump": 1,
    "layers.first.params": 5 * 27 + 5,
    "layers.second.receptive_field": 5,
    "layers.first.macs": 5 * 27 * 11 * 15,
}


@pytest.mark.parametrize("path", NUMBERS)
@given(st.integers(-3, 3))
def test_a_budget_is_kept_up_to_its_value_and_not_one_further(path, off) -> None:
    value = NUMBERS[path] + off
    assert [one.ok for one in held("max", path, value)] == [off >= 0]
    assert [one.ok for one in held("min", path, value)] == [off <= 0]
    assert held("max", path, value)[0].over == max(0, -off)


def test_a_budget_of_every_layer_names_those_that_break_it_the_worst_first() -> None:
    broken = held("max", "layer.params", 100)
    assert [(one.layer, one.found) for one in broken] == [("second", 322), ("first", 140)]
    kept = held("max", "layer.params", 400)
    assert [(one.layer, one.found, one.ok) for one in kept] == [("second", 322, True)]


def test_sizes_have_suffixes() -> None:
    assert held("max", "params", "0.4k")[0].limit.value == 400
    assert held("max", "peak_activation_bytes", "6KiB")[0].limit.value == 6144


def test_the_layers_that_weigh_most_are_told_with_their_shares() -> None:
    one = held("max", "params", 10)[0]
    assert [(name, value) for name, value, _ in one.heaviest] == [("second", 322), ("first", 140)]
    assert sum(share for *_, share in one.heaviest) == pytest.approx(100)
    peak = held("max", "peak_activation_bytes", 10)[0]
    assert {name for name, *_ in peak.heaviest} == {"first", "relu1"}


@pytest.mark.parametrize(
    ("path", "each"),
    [
        ("param_bytes", [("second", 4 * 322), ("first", 4 * 140)]),
        ("training_bytes.weights", [("second", 4 * 322), ("first", 4 * 140)]),
        ("training_bytes.gradients", [("second", 4 * 322), ("first", 4 * 140)]),
        ("training_bytes.buffers", []),
        ("training_bytes.saved_activations", []),
        ("training_bytes.total.adam", []),
        ("training_bytes.optimizer.adam", []),
    ],
)
def test_what_layers_weigh_is_told_in_the_number_that_is_held_or_not_at_all(path, each) -> None:
    one = budget.hold(report(), [budget.Limit("max", path, -1, "-1")])[0]
    assert [(name, value) for name, value, _ in one.heaviest] == each
    assert not each or sum(value for _, value in each) == one.found


def test_what_is_not_known_in_full_keeps_no_upper_budget_and_may_keep_a_lower_one() -> None:
    box = SPEC + "  - opaque: {shape: 5x7}\n    name: box\n"
    most = held("max", "params", 10_000, box)[0]
    assert not most.ok
    assert most.partial
    assert "not known" in most.said
    assert held("min", "params", 100, box)[0].ok
    assert "over the budget" in held("max", "params", 10, box)[0].said
    assert not held("max", "layers.box.params", 10, box)[0].ok
    assert "not known" in held("max", "layers.box.macs", 10, box)[0].said


@pytest.mark.parametrize(
    "path",
    [
        "parms",
        "layer",
        "layer.parms",
        "layers.third.params",
        "layers.first.parms",
        "ops",
        "ops.mak",
        "peak_at",
        "schema",
        "",
    ],
)
def test_a_number_that_there_is_not_is_refused_with_the_nearest(path) -> None:
    with pytest.raises(ModelError, match="CNN-E701"):
        held("max", path, 3)


@pytest.mark.parametrize("text", ["params", "=3", "params=", "params=x", "params=-3", "params=5Q", "params=1e400"])
def test_wrong_options_are_refused(text) -> None:
    with pytest.raises(ModelError, match="CNN-E701"):
        budget.limits([text], "max")


def test_the_command(run, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.yaml").write_text(SPEC)
    kept = run("check", "m.yaml", "--max", "params=1k", "--min", "receptive_field=5")
    assert (kept.status, kept.out.splitlines()[-1]) == (0, "2 of 2 budgets kept")
    broken = run("check", "m.yaml", "--max", "params=400")
    assert broken.status == 1
    assert "params is 462, over the budget of 400 by 62 (15.5 %)" in broken.out
    assert run("check", "m.yaml").status == 2
    assert run("check", "m.yaml", "--max", "parms=3").status == 2
    assert run("check", "m.yaml", "--max", "params=3", "-f", "xml").status == 2
    assert run("check", "none.yaml", "m.yaml", "--max", "params=1k").status == 2
    data = json.loads(run("check", "m.yaml", "--max", "params=400", "-f", "json").out)
    assert (data["schema"], data["ok"], data["budgets"][0]["over"]) == ("cnnshape-check/1", False, 62)
    assert ":x:" in run("check", "m.yaml", "--max", "params=400", "-f", "markdown").out


def test_a_budget_of_every_layer_is_one_budget(run, spec) -> None:
    asked = ["--max", "layer.params=1", "--max", "layer.dropped=0", "--max", "jump=1", "--min", "jump=1"]
    told = run("check", spec(SPEC), *asked)
    assert told.status == 1
    assert told.out.count("FAIL") == 2, "one line for each layer"
    assert told.out.splitlines()[-1] == "3 of 4 budgets kept"
    assert run("check", "model.yaml", "model.yaml", *asked).out.splitlines()[-1] == "6 of 8 budgets kept"


def test_json_of_several_models_is_an_array_whatever_number_can_be_read(run, spec) -> None:
    spec(SPEC)
    for others, count in ((["model.yaml"], 2), (["none.yaml"], 1)):
        told = run("check", "model.yaml", *others, "--max", "params=1k", "-f", "json")
        assert [one["ok"] for one in json.loads(told.out)] == [True] * count
    assert json.loads(run("check", "none.yaml", "nor.yaml", "--max", "params=1", "-f", "json").out) == []
    assert run("check", "none.yaml", "nor.yaml", "--max", "params=1").out == ""


def test_what_cannot_be_analysed_is_in_every_face_of_several(run, spec) -> None:
    spec(SPEC)
    for form, mark in (
        ("markdown", "| none.yaml | :x: | could not be analysed: "),
        ("junit", '<testsuite name="none.yaml"'),
    ):
        told = run("check", "none.yaml", "model.yaml", "--max", "params=1k", "-f", form)
        assert told.status == 2
        assert mark in told.out
    assert 'errors="1"' in told.out
    sarif = json.loads(run("check", "none.yaml", "model.yaml", "--max", "params=1k", "-f", "sarif").out)
    assert not sarif["runs"][0]["invocations"][0]["executionSuccessful"]


def test_what_is_held_of_one_layer_are_findings_of_their_own(run, spec) -> None:
    spec(SPEC + "expect: {params: 1, macs: 1}\n")
    asked = [
        word for name in ("params", "macs", "jump", "layer.macs", "layer.flops") for word in ("--max", f"{name}=0")
    ]
    results = json.loads(run("check", "model.yaml", *asked, "-f", "sarif").out)["runs"][0]["results"]
    assert len({one["partialFingerprints"]["cnnshape/v1"] for one in results}) == len(results) == 9
    names = re.findall('<testcase name="([^"]*)"', run("check", "model.yaml", *asked, "-f", "junit").out)
    assert len(set(names)) == len(names) == 9
    assert {"CNN-B101 budget max.jump", "CNN-B101 budget max.layer.flops first", "CNN-E601 expect macs"} <= set(names)


def test_shares_in_json_have_two_digits(run, spec) -> None:
    data = json.loads(run("check", spec(SPEC), "--max", "params=400", "-f", "json").out)
    assert [one["percent"] for one in data["budgets"][0]["heaviest"]] == [69.7, 30.3]


@pytest.mark.parametrize(
    ("file", "text", "fix"),
    [
        ("cnnshape.toml", "[budgets.max]\nparams = 1\n", "did you mean budget?"),
        ("cnnshape.toml", "[max]\nparams = 1\n", "one of budget, lint"),
        ("pyproject.toml", "[tool.cnnshape.budgets.max]\nparams = 1\n", "did you mean budget?"),
    ],
)
def test_a_table_that_no_command_reads_is_refused(run, tmp_path, spec, file, text, fix) -> None:
    spec(SPEC + "expect: {params: 462}\n")
    (tmp_path / file).write_text(text)
    for command in ("check", "lint"):
        told = run(command, "model.yaml")
        assert (told.status, told.out) == (2, "")
        assert f"{file}: CNN-E202: the settings have no table " in told.err
        assert fix in told.err


def test_the_specs_own_budget_and_expectations_are_held(run, tmp_path) -> None:
    file = tmp_path / "m.yaml"
    file.write_text(SPEC + "budget:\n  max: {params: width * 40, peak_activation_bytes: 7KiB}\nvars: {width: 10}\n")
    told = run("check", str(file))
    assert told.status == 1
    assert "params is 462, over the budget of 400 by 62" in told.out
    file.write_text(SPEC + "expect: {params: 462}\n")
    assert run("check", str(file)).status == 0
    file.write_text(SPEC + "expect: {params: 461}\n")
    told = run("check", str(file), "--max", "params=1k")
    assert told.status == 1
    assert "params is 462, but 461 was expected" in told.out


@pytest.mark.parametrize(
    ("section", "place"),
    [
        ("budget: 3", "8:"),
        ("budget: {most: {params: 3}}", "8:10"),
        ("budget: {max: 3}", "8:10"),
        ("budget: {max: {parms: 3}}", "8:16"),
        ("budget: {max: {params: [3]}}", "8:24"),
        ("budget: {max: {params: -3}}", "8:24"),
        ("budget: {max: {params: 5Q}}", "8:24"),
    ],
)
def test_a_wrong_section_is_told_at_its_place(section, place) -> None:
    with pytest.raises(ModelError, match=rf":{place}.*CNN-E20") as caught:
        report(SPEC + section)
    assert caught.value.problems[0].fix or "5Q" in section


def test_settings_are_found_upward_and_by_name(run, tmp_path, monkeypatch) -> None:
    inner = tmp_path / "models" / "small"
    inner.mkdir(parents=True)
    (inner / "m.yaml").write_text(SPEC)
    (tmp_path / "cnnshape.toml").write_text('[budget.max]\nparams = 400\n"layer.macs" = "1M"\n')
    monkeypatch.chdir(inner)
    assert "params is 462, over the budget of 400" in run("check", "m.yaml").out
    (tmp_path / "models" / "pyproject.toml").write_text("[tool.other]\nx = 1\n")
    assert run("check", "m.yaml").status == 1
    (tmp_path / "models" / "pyproject.toml").write_text("[tool.cnnshape.budget.max]\nparams = 500\n")
    assert run("check", "m.yaml").status == 0
    other = tmp_path / "other.toml"
    other.write_text("[budget.min]\nparams = 463\n")
    assert run("check", "m.yaml", "--config", str(other)).status == 1
    for text in ("[budget", "budget = 3", "[budget.most]\nx = 1", "[budget.max]\nparams = true", "a = " + "[" * 9999):
        other.write_text(text)
        refused = run("check", "m.yaml", "--config", str(other))
        assert refused.status == 2, text
        assert "CNN-E" in refused.err
