"""A network without layers gives out its input: a legal network to every command, with one answer."""

from __future__ import annotations

import json

import msgspec
import pytest

from cnnshape.api import analyze_data_network
from cnnshape.verify import verify

SPECS = {
    "none": "name: nothing\ninput: 3x7x11\nlayers: []\n",
    "all left out": "name: nothing\nvars: {on: 0}\ninput: 3x7x11\nlayers:\n  - relu:\n    when: on == 1\n",
}
BYTES = 3 * 7 * 11 * 4
TWO = {"inputs": {"a": "3x7x11", "b": "2x5"}, "layers": []}


@pytest.fixture(params=SPECS.values(), ids=SPECS)
def nothing(request, tmp_path) -> str:
    path = tmp_path / "nothing.yaml"
    path.write_text(request.param)
    return str(path)


def test_the_peak_is_the_input(run, nothing) -> None:
    assert f"peak {BYTES} B (alive: input)\n" in run("analyze", nothing).out
    totals = json.loads(run("analyze", nothing, "--format", "json").out)["totals"]
    assert (totals["peak_activation_bytes"], totals["peak_at"], totals["peak_tensors"]) == (BYTES, None, ["input"])


def test_it_is_verified(run, nothing) -> None:
    done = run("verify", nothing)
    assert done.status == 0
    assert "ok  4 checks\n" in done.out


def test_a_wrong_peak_is_objected_to() -> None:
    network, report = analyze_data_network({"input": "3x7x11", "layers": []})
    totals = msgspec.structs.replace(report.totals, peak_activation_bytes=BYTES + 4)
    report = msgspec.structs.replace(report, totals=totals)
    assert [check.what for check in verify(network, report).totals if check.ok is False] == ["peak_activation_bytes"]


def test_it_is_written_as_a_spec_that_reads_back(run, nothing, tmp_path) -> None:
    out = tmp_path / "again.yaml"
    assert run("convert", nothing, "-o", str(out)).status == 0
    assert out.read_text() == "name: nothing\ninput: 3x7x11\nlayers: []\noutputs: [input]\n"
    assert run("diff", nothing, str(out)).status == 0


@pytest.mark.parametrize("form", ["text", "markdown", "latex"])
def test_it_explains_itself(run, nothing, form) -> None:
    done = run("explain", nothing, "--format", form)
    assert done.status == 0
    assert "Its outputs are its inputs." in done.out
    assert "1x3x7x11" in done.out.replace(r"{\times}", "x")


def test_a_layer_that_it_cannot_have_is_told(run, nothing) -> None:
    done = run("explain", nothing, "conv1")
    assert done.status == 2
    assert "has no layer conv1, for it has no layers\n  fix: leave out conv1\n" in done.err


@pytest.mark.parametrize(("least", "status"), [(1, 0), (2, 1)])
def test_its_field_is_known(run, nothing, least, status) -> None:
    done = run("check", nothing, "--min", f"receptive_field={least}")
    assert done.status == status
    assert "receptive_field is 1, " in done.out


@pytest.mark.parametrize(
    ("outputs", "alive", "state"),
    [
        (["b", "a", "b"], ("a", "b"), "unavailable"),  # the first output sees an axis that nothing follows
        (["a"], ("a",), "complete"),
    ],
)
def test_inputs_are_alive_where_they_come_out(outputs, alive, state) -> None:
    network, report = analyze_data_network({**TWO, "outputs": outputs}, batch=2)
    assert report.totals.peak_tensors == alive
    assert report.status.receptive_field == state
    assert (report.totals.receptive_field is not None) == (state == "complete")
    assert verify(network, report).verified


def test_an_input_without_axes_has_no_field() -> None:
    network, report = analyze_data_network({"input": "7", "layers": []})
    assert report.status.receptive_field == "unavailable"
    assert report.totals.receptive_field is None
    assert verify(network, report).verified
