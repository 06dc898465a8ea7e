"""Budgets in the settings and in a spec: how they may be written, and where a wrong one is told."""

from __future__ import annotations

import pytest

SPEC = """\
input: 3x13x17
layers:
  - conv: {out_channels: 5, kernel_size: 3}
    name: first
  - relu
  - conv: {out_channels: 7, kernel_size: 3}
    name: second
"""


@pytest.mark.parametrize("text", ["layer.macs = '1k'", "[budget.max.layer]\nmacs = 1000", "'layer.macs' = '1k'"])
def test_a_dotted_name_in_the_settings_needs_no_quotes(run, tmp_path, spec, text) -> None:
    (tmp_path / "cnnshape.toml").write_text(f"[budget.max]\n{text}\n", encoding="utf-8-sig")
    told = run("check", spec(SPEC))
    assert told.status == 1
    assert "second: macs is 36,855, over the budget of 1,000" in told.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[budget.max]\nparams = -5", "CNN-E203: budget.max.params: -5 is no size"),
        ("[budget.max]\nparams = [5]", "CNN-E203: budget.max.params: [5] is no size"),
        ("[budget.most]\nparams = 5", "CNN-E202: budget: most is no kind of budget"),
        ("[budget.max]\nparms = 5", "CNN-E202: budget: the report has no number parms\n  fix: did you mean params?"),
        ("[budget.max]\nops = 5", "CNN-E202: budget: ops is no number"),
        (
            "[budget.max]\nlayers.fist.macs = 5",
            "CNN-E301: budget: layers.fist.macs: there is no layer fist\n  fix: did",
        ),
    ],
)
def test_a_wrong_budget_of_the_settings_names_their_file(run, tmp_path, spec, text, words) -> None:
    (tmp_path / "cnnshape.toml").write_text(text + "\n")
    told = run("check", spec(SPEC))
    assert (told.status, told.out) == (2, "")
    assert f"cnnshape.toml: {words}" in told.err


def test_a_budget_of_the_spec_for_no_layer_names_its_line(run, spec) -> None:
    told = run("check", spec(SPEC + "budget:\n  max:\n    layers.fist.macs: 3\n"))
    assert (told.status, told.out) == (2, "")
    assert told.err.startswith("model.yaml:10: CNN-E301: budget: layers.fist.macs: there is no layer fist\n")
