"""What the real tools reported equals what their conventions say, to the last digit, and no part of it is unexplained.

The recordings are made by `record.py`, which needs the tools; these tests need none of them.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from pathlib import Path

import pytest

from cnnshape import api
from cnnshape.conventions import by_name
from cnnshape.conventions.count import reconcile
from cnnshape.conventions.step import Step
from cnnshape.conventions.written import FUNCTIONS

DATA = Path(__file__).parent.parent / "data"
TOOLS = DATA / "tools"

#: What the recorded modules of networks.py call as functions.
OURS = {"volume": ("relu",)}


def recorded(stem):
    return json.loads((TOOLS / f"{stem}_tools.json").read_text())["rows"]


ROWS = [*recorded("torch"), *recorded("onnx"), *recorded("keras")]
#: torchvision's VGG has an adaptive pool that changes nothing, and that most tools count.
WITH_POOL = {"torchinfo", "fvcore", "ptflops", "ptflops-aten", "thop", "calflops", "torch"}


@cache
def opened(model, tool):
    own = TOOLS / f"{model}.yaml"
    return api.analyze_network(str(own) if own.exists() and (model != "vgg16" or tool in WITH_POOL) else f"zoo:{model}")


@cache
def figures(model, tool):
    network, report = opened(model, tool)
    names = {tool, f"{tool}-macs"} & set(by_name())
    functions = OURS.get(model) or FUNCTIONS.get(model, ())
    found = reconcile(network, report, [by_name()[name] for name in sorted(names)], functions)
    return found, {one.tool: one for one in found.figures}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['tool']}-{row['model']}")
def test_a_tool_reports_what_its_convention_says(row) -> None:
    found, by_tool = figures(row["model"], row["tool"])
    figure = by_tool[row["tool"]]
    assert figure.params_state == "complete"
    assert figure.params == row["params"] - row.get("constants", 0)
    counts = {key: row[key] for key in ("mult_adds", "flops", "macs") if key in row}
    if row["tool"] == "calflops":
        assert by_tool["calflops-macs"].count == counts.pop("macs")
    for count in counts.values():
        assert (figure.count, figure.count_state) == (count, "complete")
    for one in by_tool.values():
        assert not one.word or found.macs + sum(step.amount for step in one.steps) == one.count
        assert found.params + sum(step.amount for step in one.params_steps) == one.params


def test_every_tool_was_held_against_at_least_six_networks_in_the_version_that_is_named() -> None:
    conventions = by_name()
    for tool in {row["tool"] for row in ROWS}:
        rows = [row for row in ROWS if row["tool"] == tool]
        assert len({row["model"] for row in rows}) >= 6, tool
        assert {row["version"] for row in rows} == {conventions[tool].version}
    unheard = set(conventions) - {row["tool"] for row in ROWS}
    assert unheard == {"paper", "calflops-macs", "tf-keras2", "netscope", "darknet", "darknet-alexeyab"}


def lines(path):
    return csv.DictReader(line for line in path.read_text().splitlines() if not line.startswith("#"))


@pytest.mark.parametrize("row", list(lines(TOOLS / "tf_keras2.csv")), ids=lambda row: row["zoo"])
def test_the_profiler_on_keras_2(row) -> None:
    network, report = api.analyze_network(f"zoo:{row['zoo']}")
    figure = reconcile(network, report, [by_name()["tf-keras2"]]).figures[0]
    assert figure.count_state == "complete"
    assert figure.count == int(row["total_flops"]) - 5000


@pytest.mark.parametrize("name", ["darknet19", "darknet53", "yolov2_tiny", "yolov3_tiny"])
def test_darknet_itself(name) -> None:
    rows = {row["cfg"]: row for row in lines(DATA / "darknet_engine_totals.csv")}
    row = rows[f"darknet/pjreddie/{name.replace('_', '-')}.cfg"]
    network, report = api.analyze_network(f"zoo:{name}")
    figure = reconcile(network, report, [by_name()["darknet"]]).figures[0]
    assert (figure.count_state, figure.params_state) == ("complete", "complete")
    assert figure.count == int(row["ops_exact_pj"])
    assert figure.params == int(row["params_in_weights_file"])


def test_a_wrong_formula_is_noticed() -> None:
    from msgspec.structs import replace

    row = next(row for row in ROWS if row["tool"] == "fvcore" and row["model"] == "resnet50")
    network, report = opened("resnet50", "fvcore")
    right = by_name()["fvcore"]
    wrong = replace(right, steps=(*right.steps, Step("one more", ("linear",), "1")))
    assert reconcile(network, report, [right]).figures[0].count == row["flops"]
    assert reconcile(network, report, [wrong]).figures[0].count == row["flops"] + 1
