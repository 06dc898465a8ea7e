"""docs/errors.md is what the tool says: every code, every example, to the letter; and the fixes it offers work."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import sys
from pathlib import Path
from unittest import mock

import pytest
import yaml

import cnnshape
from cnnshape.cli import main
from cnnshape.errors import CODES, ModelError, Place, Problem, did_you_mean, printable, quoted

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (CNN-E\d+): .*\n((?:(?!^## ).*\n)*)", PAGE, re.MULTILINE))


def fence(section: str, language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def said(command: str) -> tuple[str, int]:
    """What a command prints on both streams, and its exit status."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)
    status = 0
    argv = mock.patch.object(sys, "argv", shlex.split(command))
    with contextlib.redirect_stdout(stream), contextlib.redirect_stderr(stream), argv:
        try:
            main()
        except SystemExit as end:
            status = int(end.code or 0)
    return raw.getvalue().decode(), status


def test_every_code_has_exactly_one_section_with_its_title() -> None:
    headings = re.findall(r"^## (.*)$", PAGE, re.MULTILINE)
    assert headings == [f"{code}: {title}" for code, title in CODES.items()]


def test_every_code_that_is_raised_is_listed_and_every_listed_code_is_raised() -> None:
    raised = set()
    for path in (ROOT / "cnnshape").rglob("*.py"):
        if path.name != "errors.py":
            raised |= set(re.findall(r"CNN-E\d+", path.read_text(encoding="utf-8")))
    assert raised == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_example_prints_what_the_page_shows(code, tmp_path, monkeypatch) -> None:
    section = SECTIONS[code]
    assert len(section.strip().split("\n\n")) >= 3, "what it means, an example, how to mend it"
    spec, console = fence(section, "yaml"), fence(section, "console")
    monkeypatch.chdir(tmp_path)
    if spec:
        Path(re.match(r"# (\S+)\n", spec)[1]).write_text(spec, encoding="utf-8")
    if named := re.match(r"# (\S+\.(?:cfg|prototxt))\n", fence(section, "text")):
        Path(named[1]).write_text(fence(section, "text"), encoding="utf-8")
    if made := fence(section, "python"):
        exec(made)  # noqa: S102 - the page is ours
    if code == "CNN-E703":  # the packages are there when the tests run
        monkeypatch.setitem(sys.modules, "onnx", None)
        shown, command = fence(section, "text"), "cnnshape convert zoo:lenet5 -o a.onnx"
    else:
        command, _, shown = console.removeprefix("$ ").partition("\n")
    got, status = said(command)
    if shown.startswith("...\n"):
        shown = shown.removeprefix("...\n")
        got = got[got.index(shown.split("\n")[0]) :]
    assert "\n".join(line.rstrip() for line in got.splitlines()) + "\n" == shown
    assert code in got
    assert status == (1 if code == "CNN-E601" else 2)


# The fixes: a spec each, and the field whose value is to blame.

FIXABLE = {
    "window": "input: 3x7x11\nlayers:\n  - conv: {out_channels: 5, kernel_size: 9}\n",
    "window of a pool": "input: 3x7x11\nlayers:\n  - max_pool: {kernel_size: 9, stride: 1}\n",
    "window, dilated": "input: 3x7x11\nlayers:\n  - conv: {out_channels: 5, dilation: 4, padding: 0}\n",
    "window in 1d": "input: 3x7\nlayers:\n  - conv: {out_channels: 5, kernel_size: 13, padding: [[0, 1]]}\n",
    "window on one axis": "input: 3x11x7\nlayers:\n  - conv: {out_channels: 5, kernel_size: [2, 9]}\n",
    "groups of the input": "input: 6x7x11\nlayers:\n  - conv: {out_channels: 8, groups: 4}\n",
    "groups of the output": "input: 6x7x11\nlayers:\n  - conv: {out_channels: 9, groups: 6}\n",
    "groups, transposed": "input: 6x7x11\nlayers:\n  - conv_transpose: {out_channels: 9, groups: 6}\n",
    "huge groups": "input: 6x7x11\nlayers:\n  - conv: {out_channels: 2147483646, groups: 2147483645}\n",
    "group norm": "input: 10x7x11\nlayers:\n  - group_norm: 4\n",
    "channel shuffle": "input: 10x7x11\nlayers:\n  - channel_shuffle: 4\n",
    "features": "input: 3x7x11\nlayers:\n  - linear: {out_features: 5, in_features: 13}\n",
    "values per axis": "input: 3x7x11\nlayers:\n  - conv: {out_channels: 5, stride: [2, 2, 2]}\n",
    "kernel per axis": "input: 3x7\nlayers:\n  - conv: {out_channels: 5, kernel_size: [3, 3]}\n",
    "sections": "input: 10x7x11\nlayers:\n  - split: 4\n",
    "sizes": "input: 10x7x11\nlayers:\n  - split: {sizes: [2, 3]}\n",
    "space to depth": "input: 3x8x12\nlayers:\n  - space_to_depth: 3\n",
    "pixel unshuffle": "input: 3x8x12\nlayers:\n  - pixel_unshuffle: 8\n",
    "softmax": "input: 3x7x11\nlayers:\n  - softmax: 4\n",
    "glu": "input: 4x7x11\nlayers:\n  - glu: 9\n",
    "concat": "input: 3x7x11\nlayers:\n  - concat: {dim: 7}\n    from: [input, input]\n",
    "flatten": "input: 3x7x11\nlayers:\n  - flatten: {start_dim: 3, end_dim: 1}\n",
    "unsqueeze": "input: 3x7x11\nlayers:\n  - unsqueeze: 9\n",
    "squeeze": "input: 3x7x11\nlayers:\n  - squeeze: 2\n",
    "slice": "input: 3x7x11\nlayers:\n  - slice: {dim: 2, start: 5, end: 3}\n",
    "layer norm": "input: 3x7x11\nlayers:\n  - layer_norm: 9\n",
    "prelu": "input: 3x7x11\nlayers:\n  - prelu: {num_parameters: 2}\n",
    "reflect": "input: 3x7x11\nlayers:\n  - pad: {padding: 9, mode: reflect}\n",
    "padding of a pool": "input: 3x7x11\nlayers:\n  - max_pool: {kernel_size: 3, padding: 3}\n",
    "output padding": "input: 3x7x11\nlayers:\n  - conv_transpose: {out_channels: 5, stride: 2, output_padding: 2}\n",
    "padding cuts all": "input: 3x7x11\nlayers:\n  - conv_transpose: {out_channels: 5, padding: 9}\n",
}


def changes(fix: str) -> list[dict]:
    """The changes of fields that a fix offers: "groups: 2, or start: 0, end: null, or advice"."""
    value = r"(?:\S+|\[[^:]*\])"
    parts = [part for part in fix.split(", or ") if re.fullmatch(rf"\w+: {value}(?:, \w+: {value})*", part)]
    return [yaml.safe_load("{" + part.replace(": none", ": null") + "}") for part in parts]


@pytest.mark.parametrize("name", FIXABLE)
def test_every_offered_change_makes_the_layer_fit(name) -> None:
    text = FIXABLE[name]
    with pytest.raises(ModelError) as caught:
        cnnshape.analyze_text(text)
    (problem,) = caught.value.problems
    assert problem.code.startswith("CNN-E4")
    offered = changes(problem.fix)
    assert offered, problem.fix
    for change in offered:
        data = yaml.safe_load(text)
        item = data["layers"][0]
        kind = next(key for key in item if key != "from")
        from cnnshape.layers import BY_NAME

        body = item[kind] if isinstance(item[kind], dict) else {BY_NAME[kind].shorthand: item[kind]}
        item[kind] = {**body, **change}
        cnnshape.analyze_data(data)
    # the caret stands below the value of a field that is written, not below the layer
    assert problem.place.column > len("  - "), problem
    assert re.match(r"[\[\w]", problem.source_line[problem.place.column - 1 :])
    assert problem.place.column > problem.source_line.index(":") or not offered


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("CNN-E4")])
def test_the_shape_errors_show_shapes_and_a_fix(code) -> None:
    with pytest.raises(ModelError) as caught:
        cnnshape.analyze_text(fence(SECTIONS[code], "yaml"))
    (problem,) = caught.value.problems
    assert problem.fix
    assert re.search(r"\d+x\d+|C x H x W", problem.message + " ".join(problem.notes)), problem


def test_both_shapes_are_shown_with_the_names_of_their_layers() -> None:
    with pytest.raises(ModelError) as caught:
        cnnshape.analyze_text(fence(SECTIONS["CNN-E403"], "yaml"))
    assert caught.value.problems[0].notes == ("conv1: 1x24x32x32", "a: 1x16x32x32")


def test_problems_come_in_the_order_of_the_text() -> None:
    places = [Place("b", 1, 1), Place("a", 2, 3), Place("a", 2, 1), Place("a", 1, 9)]
    error = ModelError([Problem("CNN-E203", "x", place) for place in places])
    assert [p.place[:3] for p in error.problems] == [("a", 1, 9), ("a", 2, 1), ("a", 2, 3), ("b", 1, 1)]
    assert str(error).count("CNN-E203") == 4


def test_a_problem_shows_its_caret_below_the_column_even_behind_tabs_and_controls() -> None:
    line = "\tconv:\x1b 8"
    shown = str(Problem("CNN-E203", "m", Place("f", 3, 9), line)).splitlines()
    assert shown[1] == "      3 | \tconv:\ufffd 8"
    assert shown[2] == "        | \t       ^"


def test_nothing_that_a_terminal_obeys_is_printed() -> None:
    evil = "\x1b]0;x\x07\r\n\u202e\ud800\x9b2J"
    text = str(Problem("CNN-E203", evil, Place(evil, 1, 1, evil), evil, (evil,), evil))
    assert all(char.isprintable() or char == "\n" for char in text)
    assert len(text.splitlines()) == 6
    assert printable("plain é 漢") == "plain é 漢"


@pytest.mark.parametrize(
    "value", [10**5000, -(10**5000), [10**5000] * 99, {"a": ["x" * 999]}, "x" * 10**6, float("nan")], ids=range(6)
)
def test_a_quoted_value_is_short(value) -> None:
    assert 0 < len(quoted(value)) <= 60


def test_did_you_mean_offers_what_is_near_and_nothing_else() -> None:
    assert did_you_mean("strid", ("stride", "padding")) == "did you mean stride?"
    assert did_you_mean("xyz", ("stride", "padding")) == ""
    assert did_you_mean("x" * 10**6, ("stride",)) == ""
