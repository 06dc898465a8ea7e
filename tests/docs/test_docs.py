"""The documentation is true: its examples run, what they show is what is printed, and its tables are complete."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from html import unescape
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import pytest
from make_table_svg import PICTURE, draw
from pages import PAGES, ROOT, console, fences, inside, run, run_block, run_page, same_lines, spec, whole

from cnnshape import analyze_text
from cnnshape.cli import COMMANDS
from cnnshape.errors import ModelError
from cnnshape.layers.doc import markdown
from cnnshape.render.json import schema
from cnnshape.spec.blocks import library

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCS = ROOT / "docs"
IDS = [str(page.relative_to(ROOT)) for page in PAGES]

LENET = """\
name: LeNet-5
input: 1x32x32
layers:
  - conv: {out_channels: 6, kernel_size: 5}
  - tanh
  - avg_pool: 2
  - flatten
  - linear: 10
"""


def cells(text: str, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, without its head."""
    below = re.split(rf"^#+ {re.escape(heading)}$", text, maxsplit=1, flags=re.MULTILINE)[1]
    table = re.search(r"^\|.*\n\|[ |-]+\n((?:\|.*\n?)+)", below, re.MULTILINE)
    assert table, f"no table below {heading}"
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in table[1].splitlines()]


# examples


def affordable(example: str) -> str:
    """The same line, with a small network where a large one would really be run or written."""
    return re.sub(r"zoo:(resnet\d+|vgg16)", "zoo:lenet5", example) if re.search("verify|convert", example) else example


@pytest.mark.parametrize("page", PAGES, ids=IDS)
def test_every_example_of_a_page_runs_and_prints_what_it_shows(page, tmp_path) -> None:
    wrong = run_page(page, tmp_path)
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_documented_and_the_examples_of_its_help_run(name, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("model.yaml", "a.yaml", "b.yaml"):
        (tmp_path / file).write_text(LENET)
    if name == "diff":
        inside(["cnnshape", "convert", "model.yaml", "-o", "model.onnx", "--weights", "none"])
        for words in ("init -q", "add .", "-c user.name=a -c user.email=a@b.c commit -q -m a"):
            subprocess.run(["git", *words.split()], check=True)
    assert any(f"cnnshape {name} " in page.read_text(encoding="utf-8").replace("`", " ") for page in PAGES)
    monkeypatch.setenv("COLUMNS", "200")
    text = inside(["cnnshape", name, "--help"]).text
    examples = re.findall(r"^ +((?:[\w. ]+\| |test \$\()?cnnshape .*)$", text.split("Examples:")[1], re.MULTILINE)
    assert examples
    for example in map(affordable, examples):
        engine = re.search(r"--against (\w+)", example)
        if engine and not find_spec(engine[1]):
            continue
        result = run(example)
        assert result.status == 0, f"{example}\n{result.text}"


def test_the_examples_of_the_top_help_run(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.yaml").write_text(LENET)
    examples = re.findall(r"^ +(cnnshape \S.*)$", inside(["cnnshape", "--help"]).text, re.MULTILINE)
    assert len(examples) >= 3
    for example in examples:
        result = run(example.split("| jq")[0].strip())  # jq is not ours to install
        assert result.status == 0, f"{example}\n{result.text}"


def test_what_ci_runs_is_the_second_command_of_the_readme() -> None:
    install, check = [block.text for block in fences(README) if block.language == "sh"][:2]
    assert install.startswith("python3 -m venv .venv && ")
    assert install.endswith("cnnshape analyze zoo:alexnet")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    # The script finds the command in the README by its end, so the two cannot differ: it must find this one.
    pattern = re.search(r"grep -m1 '(.+)' README\.md", script)
    assert pattern
    assert next(line for line in README.splitlines() if re.search(pattern[1], line)) == check
    assert '-c "$command"' in script


def test_links_lead_somewhere() -> None:
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for target in re.findall(r"\]\(([^)\s]+)\)", text):
            if "://" in target:
                continue
            file, _, anchor = target.partition("#")
            there = (page.parent / file).resolve() if file else page
            assert there.exists(), f"{page.name} links to {target}"
            if anchor:
                heads = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
                slugs = [re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads]
                assert anchor in slugs, f"{page.name} links to {target}"


# what is generated or listed


def test_the_page_of_the_layers_is_what_the_docstrings_say() -> None:
    assert (DOCS / "layers.md").read_text(encoding="utf-8") == markdown() + "\n"


def test_the_picture_shows_what_the_command_prints() -> None:
    # Words, not bytes: another version of rich draws the same words with another frame.
    def words(svg: str) -> list[str]:
        return " ".join(map(unescape, re.findall(r"<text[^>]*>(.*?)</text>", svg, re.DOTALL))).split()

    assert "61,100,840" in words(draw())
    assert words(PICTURE.read_text(encoding="utf-8")) == words(draw())


def test_the_page_of_the_language_lists_its_keys_and_blocks_as_they_are() -> None:
    from cnnshape.spec import TOP
    from cnnshape.spec.items import COMMON, STRUCTURES

    text = (DOCS / "spec.md").read_text(encoding="utf-8")
    assert [row[0].strip("`") for row in cells(text, "The spec language")] == list(TOP)
    assert [row[0].strip("`") for row in cells(text, "Layers")] == list(COMMON)
    assert re.findall(r"^### (\w+)$", text, re.MULTILINE) == list(STRUCTURES)
    blocks = {row[0].strip("`"): [part.split()[0] for part in row[1].split(", ")] for row in cells(text, "Blocks")}
    assert blocks == {name: list(library(name).args) for name in library.names()}  # type: ignore[union-attr]


def test_every_spec_that_is_shown_and_right_is_valid_by_the_schema_for_editors() -> None:
    import yaml
    from jsonschema import Draft202012Validator

    from cnnshape.spec.schema import schema as language

    validator = Draft202012Validator(language())
    blocks = [block for page in PAGES for block in fences(page.read_text(encoding="utf-8"))]
    shown = [spec(block) for block in blocks if block.language in ("yaml", "json")]
    right = [text for text in shown if text and analyses(text)]
    assert len(right) > 20
    for text in right:
        errors = list(validator.iter_errors(yaml.safe_load(text)))
        assert not errors, f"{text}\n{errors[0].json_path}: {errors[0].message}"


def analyses(text: str) -> bool:
    try:
        analyze_text(text)
    except ModelError:
        return False
    return True


def test_the_page_of_the_house_names_every_room_from_the_top() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    floors = [floor.split(" | ") for floor in project["tool"]["importlinter"]["contracts"][0]["layers"]]
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    rooms = [row[0].strip("`") for row in cells(text, "Rooms and floors")]
    level = {room: index for index, floor in enumerate(floors) for room in floor}
    assert sorted(rooms) == sorted(level)
    assert all(level[upper] <= level[lower] for upper, lower in pairwise(rooms)), "rooms stand in the wrong order"


# the JSON contract


def written(part: dict[str, Any]) -> str:
    """A type of the JSON Schema in the words of docs/json.md."""
    if "const" in part:
        return f'"{part["const"]}"'
    if "enum" in part:
        return "state"
    if "$ref" in part:
        return str(part["$ref"]).rpartition("/")[2]
    if "anyOf" in part:
        return " or ".join(map(written, part["anyOf"]))
    if part.get("type") in ("array", ["array", "null"]):  # a shape may be null: the page says so once
        inner = written(part["items"])
        return f"[{inner}]"
    if part.get("type") == "object":
        return f"{{{written(part['additionalProperties'])}}}"
    return str(part.get("type", "any"))


def test_every_field_of_the_contract_is_documented_with_its_type_and_no_other() -> None:
    text = (DOCS / "json.md").read_text(encoding="utf-8")
    for name, part in schema()["$defs"].items():
        documented = {row[0].strip("`"): row[1] for row in cells(text, name)}
        # `shape` is the page's word for an array of sizes; a few arrays of integers are none.
        found = {field: written(kind) for field, kind in part["properties"].items()}
        assert set(documented) == set(found), name
        for field, kind in found.items():
            said = documented[field]
            if re.search(r"shape|weights", field):
                said = said.replace("shape", "[integer]")
            assert said == kind, f"{name}.{field}"
    assert set(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == set(schema()["$defs"])


@pytest.mark.parametrize("model", ["alexnet", "convnext_tiny", "unet"])
def test_a_report_is_valid_by_its_own_schema_and_has_every_field(model) -> None:
    from jsonschema import Draft202012Validator

    report = json.loads(inside(["cnnshape", "analyze", f"zoo:{model}", "--format", "json"]).text)
    validator = Draft202012Validator(json.loads(inside(["cnnshape", "schema", "report"]).text))
    validator.validate(report)
    for section in ("schema", "totals", "layers"):
        assert not validator.is_valid({key: value for key, value in report.items() if key != section})
    wrong = {**report, "schema": "cnnshape/2"}
    assert not validator.is_valid(wrong)


def test_several_models_are_an_array_and_the_zoo_is_as_documented() -> None:
    both = json.loads(inside(["cnnshape", "analyze", "zoo:lenet5", "zoo:alexnet", "--format", "json"]).text)
    assert [one["model"]["source"] for one in both] == ["zoo:lenet5", "zoo:alexnet"]
    rows = json.loads(inside(["cnnshape", "zoo", "--format", "json"]).text)
    documented = [row[0].strip("`") for row in cells((DOCS / "json.md").read_text(encoding="utf-8"), "The zoo")]
    assert [list(row) for row in rows] == [documented] * len(rows)


# the harness itself can fail


@pytest.mark.parametrize(
    ("page", "complaint"),
    [
        ("```console\n$ cnnshape get zoo:lenet5 params\n61707\n```", "really prints"),
        ("```console\n$ cnnshape get zoo:lenet5 params\n61706\n...\n61706\n```", "really prints"),
        ("```console\n$ cnnshape get zoo:lenet6 params\n```", "status 2"),
        ("```console\n$ cnnshape get zoo:lenet6 params\n...\n$ echo $?\n0\n```", "the status was 2"),
        ("```console\n$ cnnshape get zoo:lenet5 params | sort\n```", "only"),
        ("```yaml\ninput: 3x8x8\nlayers: [conv: {out_channels: 8, kernel_size: 9}]\n```", "CNN-E401"),
        ("```yaml\ninput: 3x8x8\nlayers: [relu]\nexpect: {params: 1}\n```", "params"),
        ("```yaml fragment\n- conv: {kernal: 3}\n```", "CNN-E202"),
        ("```json\n{\n```", "delimiter|Expecting"),
        ('```json\n{"schema": "cnnshape/1", "model": {"source": "zoo:lenet5"}, "batch": 2}\n```', "model is"),
        ("```python\n1 + 1  # 3\n```", "is 2"),
        ("```\nno language\n```", "a fence says"),
    ],
)
def test_a_wrong_example_is_noticed(page, complaint, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    (block,) = fences(page)
    with pytest.raises(Exception, match=complaint):
        run_block(block, tmp_path, "")


def test_dots_stand_for_lines_left_out(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    console(
        "$ cnnshape get zoo:lenet5 params macs batch\n61706\n...\n1\n$ cnnshape get zoo:lenet6 params\n...\n$ echo $?\n2"
    )
    same_lines("x", "...\nb\n...", "a\nb\nc")
    whole(fences("```yaml fragment 64x7x11\n- conv: 8\n  expect: 8x5x9\n```")[0])
    with pytest.raises(AssertionError):
        whole(fences("```yaml fragment 64x7x11\n- conv: 8\n  expect: 8x5x8\n```")[0])
