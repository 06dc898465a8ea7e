"""`cnnshape explain`, `zoo`, `schema`, `--version`, `--help` and completion."""

from __future__ import annotations

import json
import sys

import pytest

import cnnshape
from cnnshape.api import zoo_names, zoo_text
from cnnshape.cli import COMMANDS


def test_explain_one_layer_a_block_and_all(run) -> None:
    one = run("explain", "zoo:alexnet", "conv1").out
    assert one.startswith("conv1 (conv): ")
    assert "64 * (363 + 1) = 23,296" in one
    block = run("explain", "zoo:alexnet", "repeat1.0").out
    assert [line.split(" ")[0] for line in block.splitlines() if line[:1].strip()] == [
        "repeat1.0.dropout1",
        "repeat1.0.linear1",
        "repeat1.0.relu1",
    ]
    assert run("explain", "zoo:alexnet").out.count("\n\n") == 21


@pytest.mark.parametrize(("form", "mark"), [("text", "c1 (conv)"), ("markdown", "### c1"), ("latex", r"\paragraph{c1")])
def test_explain_formats(run, form, mark) -> None:
    assert run("explain", "zoo:lenet5", "--format", form).out.startswith(mark)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["zoo:lenet5", "c4"], "one of c1, tanh1"),
        (["zoo:resnet50", "stag"], "did you mean stage?"),
        (["zoo:resnet50", "nothing.like.it"], "and "),
        (["zoo:lenet5", "-f", "pdf"], "one of text, markdown, latex"),
        (["zoo:lenet"], "did you mean lenet5?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_explain_mistakes(run, args, words) -> None:
    done = run("explain", *args)
    assert (done.status, done.out) == (2, "")
    assert words in done.err


def test_explain_tells_of_broken_promises(run) -> None:
    done = run("explain", "-", stdin="input: 3\nlayers:\n  - linear: 5\n    expect: 7\n")
    assert done.status == 1
    assert "CNN-E601" in done.err


def test_zoo_lists_every_network_by_family(run) -> None:
    words = run("zoo").out.split()
    assert set(zoo_names()) <= set(words)
    assert next(line for line in run("zoo").out.splitlines() if line.startswith("squeezenet")).split() == [
        "squeezenet",
        "squeezenet1_0",
        "squeezenet1_1",
    ]


@pytest.mark.parametrize(
    ("columns", "terminal", "widest"), [(80, True, 80), (60, True, 60), (300, True, 110), (60, False, 110)]
)
def test_zoo_is_as_wide_as_the_terminal(run, monkeypatch, columns, terminal, widest) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("cnnshape.cli.common.in_terminal", lambda: terminal)
    lines = run("zoo").out.splitlines()
    assert widest - 25 < max(map(len, lines)) <= widest
    assert set(zoo_names()) <= set(" ".join(lines).split()), "no name is cut"


def test_zoo_lists_every_network_with_its_totals(run) -> None:
    lines = run("zoo", "--totals").out.splitlines()
    assert [line.split()[0] for line in lines] == [f"zoo:{name}" for name in zoo_names()]
    rows = json.loads(run("zoo", "--format", "json").out)
    assert [row["name"] for row in rows] == zoo_names()
    assert next(row for row in rows if row["name"] == "lenet5")["params"] == 61706
    assert f"{61706:,} params" in next(line for line in lines if "lenet5" in line)


@pytest.mark.parametrize("name", ["lenet5", "zoo:lenet5"])
def test_zoo_show_prints_the_spec_itself_and_its_figures(run, name) -> None:
    out = run("zoo", "show", name).out
    assert out.startswith(zoo_text("lenet5"))
    figures = out.removeprefix(zoo_text("lenet5")).strip().splitlines()
    assert all(line.startswith("#") for line in figures)
    assert any("params 61706 = 61706" in line for line in figures)
    assert any("params 60000 but 61706" in line and "C3" in line for line in figures)


def test_zoo_show_writes_the_values_of_a_member_into_the_spec_of_its_family(run) -> None:
    out = run("zoo", "show", "resnet101").out
    assert "\nname: ResNet-101\n" in out
    assert "\n  depths: [3, 4, 23, 3]       # units of each stage\n" in out
    assert "expect:" not in out, "what the file promises is another network's"
    assert cnnshape.analyze_text(out).totals.params == 44549160


def test_what_zoo_shows_can_be_analysed(run) -> None:
    text = run("zoo", "show", "unet").out
    assert cnnshape.analyze_text(text).totals == cnnshape.analyze("zoo:unet").totals


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["show"], "needs a NAME"),
        (["show", "lenet"], "did you mean lenet5?"),
        (["shw"], "did you mean show?"),
        (["resnet50"], "write zoo show resnet50"),
        (["--format", "csv"], "table or json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_zoo_mistakes(run, args, words) -> None:
    done = run("zoo", *args)
    assert (done.status, done.out) == (2, "")
    assert words in done.err


@pytest.mark.parametrize("what", ["spec", "report"])
def test_schemas_are_schemas(run, what) -> None:
    import jsonschema

    found = json.loads(run("schema", what).out)
    jsonschema.Draft202012Validator.check_schema(found)
    if what == "spec":
        assert found == json.loads(run("schema").out)


def test_an_unknown_schema_is_status_2(run) -> None:
    done = run("schema", "table")
    assert (done.status, done.out) == (2, "")
    assert "one of spec, report" in done.err


def test_version(run) -> None:
    assert run("--version").out == f"cnnshape {cnnshape.__version__}\n"


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in ("verify", "convert")])
def test_help_has_examples(run, command) -> None:
    done = run(command, "--help")
    assert done.status == 0
    assert f"  cnnshape {command}" in done.out
    assert run(command, "-h").out == done.out


def test_help_shows_every_command_with_a_whole_sentence(run) -> None:
    done = run("--help").out
    for name, line in COMMANDS.items():
        assert f"  {name}" in done
        assert line.split()[0] in done
    assert "..." not in done.partition("Commands:")[2]


@pytest.mark.parametrize(("word", "near"), [("analyse", "did you mean analyze?"), ("bogus", "one of analyze")])
def test_an_unknown_command_offers_the_nearest(run, word, near) -> None:
    done = run(word, "zoo:lenet5")
    assert (done.status, done.out) == (2, "")
    assert near in done.err


def complete(run, monkeypatch, *words: str, shell: str = "bash") -> list[str]:
    """What the shell offers for the last word."""
    monkeypatch.setattr(sys, "stdout", sys.stdout)  # completion may put another stream in its place
    monkeypatch.setenv("_CNNSHAPE_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("COMP_WORDS", "\n".join(["cnnshape", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", " ".join(["cnnshape", *words]))
    return run().out.split()


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["ana"], ["analyze"]),
        (["analyze", "zoo:len"], ["zoo:lenet5"]),
        (["analyze", "zoo", ":", "len"], ["lenet5"]),  # bash breaks words at colons, and keeps what stands before
        (["get", "zoo", ":", "lenet5", "peak_a"], ["peak_activation_bytes", "peak_at"]),
        (["get", "zoo:lenet5", "layers.lin"], ["layers.linear1", "layers.linear2", "layers.linear3"]),
        (["analyze", "zoo:lenet5", "--form"], ["--format"]),
        (["analyze", "zoo:lenet5", "--format", "ma"], ["markdown"]),
        (["analyze", "zoo:lenet5", "--columns", "name,para"], ["name,params", "name,params_share"]),
        (["analyze", "zoo:lenet5", "--sort", "mem"], ["memory"]),
        (["analyze", "zoo:lenet5", "--dtype", "float1"], ["float16"]),
        (["explain", "zoo:alexnet", "repeat1.0.l"], ["repeat1.0.linear1"]),
        (["explain", "missing.yaml", "c"], []),
        (["layer", "inception"], ["inception"]),
        (["layer", "conv_t"], ["conv_transpose"]),
        (["zoo", "show", "unet"], ["unet"]),
        (["schema", "r"], ["report", "reconcile"]),
        (["analyze", "mod"], ["model.yaml"]),
    ],
    ids=str,
)
def test_completion_in_bash(run, monkeypatch, spec, words, offered) -> None:
    spec("input: 3\nlayers: [relu]\n")
    assert complete(run, monkeypatch, *words) == offered


@pytest.mark.parametrize(("shell", "word"), [("zsh", r"zoo\\:lenet5"), ("fish", "zoo:lenet5")])
def test_completion_in_zsh_and_fish_keeps_whole_words(run, monkeypatch, shell, word) -> None:
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    assert word in " ".join(complete(run, monkeypatch, "analyze", "zoo:len", shell=shell))


def test_completion_can_be_shown(run) -> None:
    done = run("--show-completion", "bash")
    assert done.status == 0
    assert "_CNNSHAPE_COMPLETE" in done.out
