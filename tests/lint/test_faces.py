"""Findings as text, JSON, SARIF, GitHub commands, JUnit and Markdown; nothing in a name can break a format."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from jsonschema import Draft202012Validator

from cnnshape.finding import About, Checked, Finding
from cnnshape.render.findings import FACES, findings
from cnnshape.render.findings.json import schema

PLAIN = Finding(
    "CNN-L301", "bias-before-norm", "warning", "conv1", "a.yaml", 3, 5, "the norm", "bias: false", fixable=True
)
NASTY = Finding(
    "CNN-L201",
    "conv-after-conv",
    "error",
    "x<&\"'>|%\x1b[2J",
    "d,i:r/ü b.yaml",
    7,
    11,
    "a\nb<c>&%|`*_\x00",
    "",
    also=("y", "z"),
)
BARE = Finding("CNN-L604", "no-expectation", "info", "", "model.onnx", 0, 0, "nothing promises")
ABOUT = [About("CNN-L301", "bias-before-norm", "warning", "Finds biases.", "The norm subtracts them.")]
FILES = [
    Checked("a.yaml", (PLAIN,)),
    Checked("d,i:r/ü b.yaml", (NASTY,)),
    Checked("model.onnx", (BARE,)),
    Checked("ok.yaml"),
    Checked("bad.yaml", (), "bad.yaml:1:1: CNN-E102: <no> YAML\n  fix: write one"),
]

#: What SARIF 2.1.0 requires of each object that is used (sections 3.13 to 3.58), and the values that it allows.
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "$schema": {"type": "string", "format": "uri"},
        "runs": {
            "type": "array",
            "items": {
                "required": ["tool"],
                "properties": {
                    "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name"],
                                "properties": {
                                    "rules": {
                                        "uniqueItems": True,
                                        "items": {
                                            "required": ["id"],
                                            "properties": {
                                                "shortDescription": {"required": ["text"]},
                                                "defaultConfiguration": {
                                                    "properties": {
                                                        "level": {"enum": ["none", "note", "warning", "error"]}
                                                    }
                                                },
                                            },
                                        },
                                    }
                                },
                            }
                        },
                    },
                    "invocations": {"items": {"required": ["executionSuccessful"]}},
                    "results": {
                        "items": {
                            "required": ["message"],
                            "properties": {
                                "message": {"required": ["text"]},
                                "ruleIndex": {"type": "integer", "minimum": 0},
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "partialFingerprints": {"additionalProperties": {"type": "string"}},
                                "locations": {
                                    "items": {
                                        "properties": {
                                            "physicalLocation": {
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "region": {
                                                        "properties": {
                                                            "startLine": {"type": "integer", "minimum": 1},
                                                            "startColumn": {"type": "integer", "minimum": 1},
                                                        }
                                                    }
                                                },
                                            }
                                        }
                                    }
                                },
                            },
                        }
                    },
                },
            },
        },
    },
}


def test_sarif_has_what_the_standard_requires_and_rules_that_its_results_point_at() -> None:
    data = json.loads(findings(FILES, "sarif", ABOUT, "lint", "1.2"))
    Draft202012Validator(SARIF).validate(data)
    run = data["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == 3
    for result, one in zip(run["results"], (PLAIN, NASTY, BARE), strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == one.code
    assert [result["level"] for result in run["results"]] == ["warning", "error", "note"]
    assert "region" not in run["results"][2]["locations"][0]["physicalLocation"]
    assert run["results"][1]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "d%2Ci:r/%C3%BC%20b.yaml"
    assert not run["invocations"][0]["executionSuccessful"]
    assert run["tool"]["driver"]["version"] == "1.2"


def test_a_fingerprint_stays_when_lines_move() -> None:
    def print_of(line):
        moved = Finding("CNN-L301", "bias-before-norm", "warning", "conv1", "a.yaml", line, 5, "the norm")
        run = json.loads(findings([Checked("a.yaml", (moved,))], "sarif"))["runs"][0]
        return run["results"][0]["partialFingerprints"]

    assert print_of(3) == print_of(30)


def test_json_keeps_its_schema() -> None:
    Draft202012Validator.check_schema(schema())
    data = json.loads(findings(FILES, "json"))
    Draft202012Validator(schema()).validate(data)
    assert data["files"][0]["findings"][0]["fix"] == "bias: false"


def test_junit_is_xml_whose_counts_are_those_of_its_cases() -> None:
    root = ET.fromstring(findings(FILES, "junit"))  # noqa: S314 - our own text
    cases = root.findall("./testsuite/testcase")
    assert int(root.get("tests")) == len(cases) == 5
    assert int(root.get("failures")) == len(root.findall(".//failure")) == 3
    assert int(root.get("errors")) == len(root.findall(".//error")) == 1
    for suite in root:
        assert int(suite.get("tests")) == len(suite)


def test_github_commands_are_one_line_each_and_escaped() -> None:
    lines = findings(FILES, "github").split("\n")
    assert len(lines) == 4
    assert (
        lines[0]
        == "::warning file=a.yaml,line=3,col=5,title=CNN-L301 bias-before-norm::conv1: the norm%0Afix: bias: false"
    )
    assert lines[1].startswith("::error file=d%2Ci%3Ar/ü b.yaml,line=7,col=11,title=")
    assert lines[2] == "::notice file=model.onnx,title=CNN-L604 no-expectation::nothing promises"
    assert lines[3].startswith("::error file=bad.yaml::")


def test_a_markdown_row_has_its_four_cells() -> None:
    for line in findings(FILES, "markdown").split("\n"):
        assert line.replace("\\|", "").count("|") == 5


def test_text_tells_place_severity_code_and_what_it_comes_to() -> None:
    text = findings(FILES, "text")
    assert text.startswith(
        "a.yaml:3:5: warning CNN-L301 [bias-before-norm] conv1: the norm\n  fix: bias: false (--fix does it)\n"
    )
    told = "4 models: 1 error, 1 warning, 1 note; 1 may be mended with --fix; 1 other model could not be analysed"
    assert text.endswith(told)
    assert "\x1b" not in text


@pytest.mark.parametrize("form", FACES)
def test_nothing_found_is_something_to_say_in_every_form(form) -> None:
    shown = findings([Checked("ok.yaml")], form)
    assert shown or form == "github"
