"""What is looked for: select, ignore, severity, thresholds, the project's file, comments beside layers."""

from __future__ import annotations

import pytest

from cnnshape import api
from cnnshape.errors import ModelError
from cnnshape.lint import lint
from cnnshape.lint.ignores import Ignores
from cnnshape.lint.settings import OPTIONS, Settings, settings
from cnnshape.spec.source import parse

FAULTY = """\
input: 3x32x32
layers:
  - conv: 8
  - batch_norm
  - relu
  - relu
  - max_pool: 4
"""


def rules_of(text, **chosen) -> list[str]:
    document = parse(text)
    return [one.rule for one in lint(*api.analyze_document(document), document, Settings(**chosen))]


def test_errors_and_warnings_are_told_in_the_order_of_the_text() -> None:
    assert rules_of(FAULTY) == ["bias-before-norm", "activation-without-effect", "dropped-pixels"]


def test_notes_are_told_when_asked_for_or_selected_by_name() -> None:
    assert "no-expectation" not in rules_of(FAULTY)
    assert "no-expectation" in rules_of(FAULTY, severity="info")
    assert rules_of(FAULTY, select=("no-expectation",)) == ["no-expectation"]
    assert "no-expectation" not in rules_of(FAULTY, select=("ALL",))


def test_select_and_ignore_take_codes_beginnings_of_codes_and_names() -> None:
    assert rules_of(FAULTY, select=("L1",)) == ["dropped-pixels"]
    assert rules_of(FAULTY, select=("CNN-L301", "L2")) == ["bias-before-norm", "activation-without-effect"]
    assert rules_of(FAULTY, ignore=("L3", "dropped-pixels")) == ["activation-without-effect"]
    assert rules_of(FAULTY, severity="error") == []


@pytest.mark.parametrize("chosen", [{"select": ("bias-befor-norm",)}, {"ignore": ("L9",)}], ids=str)
def test_a_word_that_means_no_rule_is_an_error(chosen) -> None:
    with pytest.raises(ModelError, match="no rule is called"):
        rules_of(FAULTY, **chosen)


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("  - conv: 8 # cnnshape: ignore[bias-before-norm]", False),
        ("  - conv: 8 # cnnshape: ignore[L301]", False),
        ("  - conv: 8 # cnnshape: ignore[L1, CNN-L3]", False),
        ("  - conv: 8 # cnnshape: ignore", False),
        ("  - conv: 8 # why  # cnnshape: ignore[L301]", False),
        ("  # cnnshape: ignore[L301]\n  # and why\n\n  - conv: 8", False),
        ("  - conv:  # cnnshape: ignore[L301]\n      out_channels: 8\n      bias: true", False),
        ("  - conv:\n      out_channels: 8\n      bias: true  # cnnshape: ignore[L301]", False),
        ("  - conv: 8 # cnnshape: ignore [L301]", False),
        ("  - conv: 8 # cnnshape: ignore [L302]", True),
        ("  - conv: 8 # cnnshape: ignore[L301", True),
        ("  - conv: 8 # cnnshape: ignore [L302", True),
        ("  - conv: 8 # cnnshape: ignore-line[L302]", True),
        ("  - conv: 8 # cnnshape: ignore[L302]", True),
        ("  - conv: 8 # cnnshape: ignore[]", True),
        ("  - identity # cnnshape: ignore[L301]\n  - conv: 8", True),
        ("  - conv: 8\n  # cnnshape: ignore[L301]", True),
    ],
)
def test_a_comment_beside_or_above_a_layer_excuses_it(comment, left) -> None:
    assert ("bias-before-norm" in rules_of(FAULTY.replace("  - conv: 8", comment))) is left


def test_a_comment_may_excuse_the_whole_file() -> None:
    assert rules_of("# cnnshape: ignore-file\n" + FAULTY) == []
    assert rules_of("# cnnshape: ignore-file[L2, L3]\n" + FAULTY) == ["dropped-pixels"]


def test_a_comment_that_excuses_nothing_is_told_unless_its_rules_did_not_run() -> None:
    idle = FAULTY + "  - relu # cnnshape: ignore[checkerboard]\n"
    assert "idle-ignore" in rules_of(idle)
    assert "idle-ignore" not in rules_of(idle, ignore=("checkerboard",))
    assert "idle-ignore" not in rules_of(FAULTY.replace("conv: 8", "conv: 8 # cnnshape: ignore[L301]"))


@pytest.mark.parametrize("comment", ["ignore[L301", "ignore-file [L301, L2"])
def test_a_bracket_that_is_not_closed_excuses_nothing_and_is_told(comment) -> None:
    document = parse(FAULTY.replace("conv: 8", f"conv: 8 # cnnshape: {comment}"))
    found = lint(*api.analyze_document(document), document, Settings(select=("idle-ignore",)))
    assert [(one.line, one.fix) for one in found] == [(3, "close it: ]")]
    assert "its bracket is not closed" in found[0].message


def test_a_comment_that_excuses_a_note_is_of_use_although_notes_are_not_told() -> None:
    text = "input: 3x64x64\nlayers:\n  - conv: {out_channels: 8, stride: 2, padding: 1} # cnnshape: ignore[L102]\n  - relu\n"
    assert rules_of(text) == []
    assert "uneven-padding" not in rules_of(text, severity="info")


def test_text_without_comments_is_not_searched() -> None:
    assert Ignores("layers: [conv: 8]").comments == []


def write(folder, name, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def test_the_nearest_file_upwards_from_the_model_counts(tmp_path) -> None:
    write(tmp_path, "pyproject.toml", '[tool.cnnshape.lint]\nignore = ["L3"]\nsmallest-object = 16\n')
    write(tmp_path / "deep" / "er", "model.yaml", FAULTY)
    far = settings(str(tmp_path / "deep" / "er" / "model.yaml"))
    assert far.ignore == ("L3",)
    assert far.options == {**OPTIONS, "smallest-object": 16}
    write(tmp_path / "deep", "cnnshape.toml", '[lint]\nselect = ["L1"]\nseverity = "info"\n')
    near = settings(str(tmp_path / "deep" / "er" / "model.yaml"))
    assert (near.select, near.ignore, near.severity) == (("L1",), (), "info")


def test_the_command_goes_before_the_file_and_ignored_rules_add_up(tmp_path) -> None:
    write(
        tmp_path, "cnnshape.toml", '[lint]\nselect = ["L1"]\nignore = ["L105"]\nseverity = "info"\npeak-share = 0.5\n'
    )
    write(tmp_path, "model.yaml", FAULTY)
    found = settings(str(tmp_path / "model.yaml"), ("L2",), ("L201",), "error", {"peak-share": 0.9})
    assert (found.select, found.ignore, found.severity) == (("L2",), ("L105", "L201"), "error")
    assert found.options["peak-share"] == 0.9


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("selct = ['L1']", "lint has no key selct"),
        ("select = 'L1'", "select is a list of rules"),
        ("severity = 'bad'", "severity is error, warning or info"),
        ("peak-share = -1", "peak-share is a number from 0 up"),
        ("peak-share = true", "peak-share is a number from 0 up"),
        ("select = [", "CNN-E102"),
    ],
)
def test_a_wrong_setting_is_an_error_with_its_file(line, said, tmp_path) -> None:
    write(tmp_path, "cnnshape.toml", f"[lint]\n{line}\n")
    write(tmp_path, "model.yaml", FAULTY)
    with pytest.raises(ModelError, match=r"cnnshape\.toml") as caught:
        settings(str(tmp_path / "model.yaml"))
    assert said in str(caught.value)


def test_a_threshold_changes_what_is_found() -> None:
    text = "input: 64\nlayers:\n  - linear: 32\n  - relu\n  - dropout: 0.6\n  - linear: 10\n"
    assert rules_of(text) == []
    assert rules_of(text, options={"strongest-dropout": 0.5}) == ["strong-dropout"]
