"""The commands: exit status, several models, mending files, what a run loads."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

FAULTY = "input: 3x31x31\nlayers:\n  - conv: 8 # first\n  - batch_norm\n  - relu\n"
GOOD = "input: 3x31x31\nlayers:\n  - conv: {out_channels: 8, bias: false} # first\n  - batch_norm\n  - relu\n"


def test_status_is_1_when_something_is_found_and_0_when_not(run, spec) -> None:
    done = run("lint", spec(FAULTY))
    assert done.status == 1
    assert done.out.startswith("model.yaml:3:5: warning CNN-L301 [bias-before-norm] conv1: ")
    assert run("lint", spec(GOOD)) == (0, "1 model: nothing found\n", "")


@pytest.mark.parametrize(("words", "status"), [("error", 0), ("warning", 1), ("info", 1), ("never", 0)])
def test_fail_on_says_from_when_on(run, spec, words, status) -> None:
    done = run("lint", spec(FAULTY), "--fail-on", words)
    assert done.status == status
    assert "CNN-L301" in done.out


@pytest.mark.parametrize(
    "words",
    [
        ["--severity", "bad"], ["--fail-on", "bad"], ["--format", "bad"], ["--select", "bad"], ["--option", "bad=1"],
        ["--option", "peak-share=x"], ["--option", "smallest-object=-1"], ["--option", "peak-share=-0.5"], ["--explain", "bad"],
        ["--statistics", "--format", "json"],
    ],
)  # fmt: skip
def test_a_wrong_word_is_status_2_and_says_which_would_be_right(run, spec, words) -> None:
    done = run("lint", spec(GOOD), *words)
    assert done.status == 2
    assert "CNN-E701" in done.err


def test_no_model_and_a_broken_model_are_status_2(run, spec) -> None:
    assert run("lint").status == 2
    done = run("lint", spec("input: 3x31x31\nlayers: [conv: 8, nonsense]"))
    assert (done.status, done.out) == (2, "")
    assert "CNN-E201" in done.err


def test_several_models_go_on_behind_a_broken_one(run, spec) -> None:
    done = run("lint", spec("layers: [", "bad.yaml"), spec(FAULTY, "a.yaml"), "zoo:resnet18", "--format", "json")
    assert done.status == 2
    files = json.loads(done.out)["files"]
    assert [file["file"] for file in files] == ["bad.yaml", "a.yaml", "zoo:resnet18"]
    assert [len(file["findings"]) for file in files] == [0, 1, 0]
    assert files[0]["problem"]


def test_fix_mends_the_file_and_tells_what_is_left(run, spec, tmp_path) -> None:
    name = spec(FAULTY + "  - max_pool: 2\n")
    done = run("lint", name, "--fix")
    assert (tmp_path / name).read_text() == GOOD + "  - max_pool: 2\n"
    assert done.err == "model.yaml: mended 1 finding\n"
    assert "CNN-L301" not in done.out
    assert "CNN-L101" in done.out
    assert done.status == 1


def test_fix_keeps_marks_and_line_breaks_byte_by_byte(run, tmp_path) -> None:
    (tmp_path / "m.yaml").write_bytes(b"\xef\xbb\xbf" + FAULTY.replace("first", "été").replace("\n", "\r\n").encode())
    run("lint", "m.yaml", "--fix")
    assert (tmp_path / "m.yaml").read_bytes() == b"\xef\xbb\xbf" + GOOD.replace("first", "été").replace(
        "\n", "\r\n"
    ).encode()


def test_fix_goes_on_behind_a_file_that_cannot_be_read(run, spec, tmp_path) -> None:
    name = spec(FAULTY)
    done = run("lint", "missing.yaml", name, "--fix")
    assert (tmp_path / name).read_text() == GOOD
    assert done.err.count("missing.yaml: CNN-E101") == 1
    assert done.out == "1 model: nothing found; 1 other model could not be analysed\n"
    assert done.status == 2
    shown = run("lint", "missing.yaml", spec(FAULTY), "--diff")
    assert "+  - conv: {out_channels: 8, bias: false} # first\n" in shown.out
    assert shown.status == 2


def test_models_that_cannot_be_read_are_not_said_to_be_fine(run) -> None:
    done = run("lint", "a.yaml", "b.yaml")
    assert (done.status, done.out) == (2, "2 models: nothing could be analysed\n")
    assert (run("lint", "a.yaml", "b.yaml", "--statistics").out) == ""
    shown = run("lint", "a.yaml", "b.yaml", "-f", "markdown").out
    assert "nothing found" not in shown
    assert shown.count("| error | | could not be analysed: ") == 2


def test_diff_shows_and_changes_nothing(run, spec, tmp_path) -> None:
    name = spec(FAULTY)
    done = run("lint", name, "--diff")
    assert done.status == 1
    assert "-  - conv: 8 # first\n+  - conv: {out_channels: 8, bias: false} # first\n" in done.out
    assert (tmp_path / name).read_text() == FAULTY
    assert run("lint", spec(GOOD), "--diff") == (0, "", "")


def test_what_is_no_yaml_file_is_not_mended(run, spec) -> None:
    assert run("lint", "zoo:alexnet", "--fix").status == 2
    assert run("lint", "-", "--fix", stdin=FAULTY).status == 2
    done = run("lint", spec('{"input": "3x31x31", "layers": [{"conv": 8}, "batch_norm", "relu"]}', "m.json"), "--fix")
    assert "only YAML is mended" in done.err
    assert done.status == 1


def test_standard_input_variables_and_inputs_are_taken(run) -> None:
    text = "input: 3x32x32\nvars: {k: 3}\nlayers:\n  - conv: {out_channels: 8, kernel_size: k, stride: 2}\n  - relu\n"
    assert "CNN-L101" in run("lint", "-", stdin=text).out
    assert run("lint", "-", "--input", "3x33x33", stdin=text).status == 0
    assert run("lint", "-", "--set", "k=4", stdin=text).status == 0


@pytest.mark.parametrize("words", [["--set", "k=1"], ["--input", "3x9x9"]])
@pytest.mark.parametrize("mending", ["--fix", "--diff"])
def test_a_network_that_is_not_the_one_of_the_file_is_not_mended(run, spec, tmp_path, words, mending) -> None:
    text = "input: 3x31x31\nvars: {k: 3}\nlayers:\n  - conv: {out_channels: 8, kernel_size: k, padding: 1}\n  - relu\n"
    name = spec(text)
    done = run("lint", name, *words, mending)
    assert (done.status, done.out) == (2, "")
    assert f"{mending} mends the network as it is written, and {words[0]} makes another" in done.err
    assert (tmp_path / name).read_text() == text
    assert "--fix" not in run("lint", name, *words, "--severity", "info").out


UNMENDED = {
    "json": ("m.json", '{"input": "3x31x31", "layers": [{"conv": 8}, "batch_norm", "relu"]}'),
    "toml": ("m.toml", 'input = "3x31x31"\nlayers = [{conv = 8}, "batch_norm", "relu"]\n'),
    "no suffix": ("model", FAULTY),
    "a variable's value": ("m.yaml", FAULTY.replace("conv: 8", "${k}: 8") + "vars: {k: conv}\n"),
    "one use of a block": (
        "m.yaml",
        "input: 3x31x31\nblocks:\n  b: [conv: 8]\nlayers: [b, batch_norm, relu, b, relu]\n",
    ),
    "a layer that is named": (
        "m.yaml",
        "input: 3x31x31\nlayers: [conv: 8, {dropout: 0, name: d}, sigmoid: , concat: [sigmoid1, d]]\n",
    ),
    "an aliased pool": ("m.yaml", "input: 3x31x31\nlayers: [conv: 8, &p {max_pool: 1}, relu, *p]\n"),
}


@pytest.mark.parametrize(("name", "text"), UNMENDED.values(), ids=UNMENDED)
def test_what_fix_does_not_do_is_not_promised(run, spec, tmp_path, name, text) -> None:
    done = run("lint", spec(text, name))
    assert done.status == 1
    assert "--fix" not in done.out
    assert '"fixable": true' not in run("lint", name, "--format", "json").out
    run("lint", name, "--fix")
    assert (tmp_path / name).read_text() == text


def test_what_is_promised_is_done_and_what_is_left_is_not_promised_again(run, spec) -> None:
    name = spec(FAULTY + "  - conv: &c {out_channels: 8}\n  - batch_norm\n  - relu\n  - conv: *c\n  - relu\n")
    assert "2 warnings; 1 may be mended with --fix" in run("lint", name).out
    left = run("lint", name, "--fix")
    assert left.out.endswith("1 model: 1 warning\n")


def test_no_more_changes_are_tried_than_a_run_has_time_for(run, spec, monkeypatch) -> None:
    name = spec(FAULTY + "  - conv: 8\n  - batch_norm\n  - relu\n")
    assert "2 warnings; 2 may be mended with --fix" in run("lint", name).out
    monkeypatch.setattr("cnnshape.lint.mend.MAX_WORK", 0)
    monkeypatch.setattr("cnnshape.lint.mend.MIN_TRIED", 1)
    assert "2 warnings; 1 may be mended with --fix" in run("lint", name).out


def test_statistics_count_by_rule(run, spec) -> None:
    done = run("lint", spec(FAULTY), "--severity", "info", "--statistics")
    assert "1  CNN-L301  warning  bias-before-norm\n" in done.out


def test_rule_and_explain_tell_the_same(run) -> None:
    assert run("rule", "L101").out == run("lint", "--explain", "dropped-pixels").out
    assert run("rule", "L101").out.startswith("### CNN-L101: dropped-pixels\n")
    assert run("rule").out.count("\n") >= 40
    assert run("rule", "nonsense").status == 2


def test_schema_lint_is_that_of_the_json(run) -> None:
    assert json.loads(run("schema", "lint").out)["title"] == "cnnshape findings"


LOADED = """
import sys
from cnnshape.cli import app
try:
    app({args!r}, standalone_mode=False)
except SystemExit:
    pass
print([name for name in ("numpy", "rich", "pydantic", "onnx", "torch") if name in sys.modules], file=sys.stderr)
"""


def test_a_run_loads_nothing_heavy() -> None:
    code = LOADED.format(args=["lint", "zoo:resnet50"])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
