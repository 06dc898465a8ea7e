"""The JSON contract: every name of it is there, it fits its schema, and it is the report."""

from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given, settings
from networks import ZOO, bundled, network_of, reports
from samples import SAMPLES

from cnnshape.calculate import calculate
from cnnshape.render import render
from cnnshape.render.json import schema

VALID = jsonschema.Draft202012Validator(schema())

TOP = {"schema", "model", "batch", "dtype", "inputs", "outputs", "totals", "status", "layers"}
TOTALS = {
    "layers", "params", "trainable_params", "buffers", "macs", "flops", "ops", "param_bytes", "activation_bytes",
    "peak_activation_bytes", "peak_at",
}  # fmt: skip
LAYER = {
    "name", "kind", "line", "inputs", "input_shapes", "output_shapes", "weights", "params", "trainable_params", "buffers",
    "macs", "ops", "activation_bytes", "receptive_field",
}  # fmt: skip


@pytest.mark.parametrize("name", ZOO)
def test_the_zoo_fits_the_schema_and_the_contract(name) -> None:
    report = bundled(name)
    data = json.loads(render([report], "json"))
    VALID.validate(data)
    assert set(data) >= TOP
    assert data["schema"] == "cnnshape/1"
    assert set(data["model"]) >= {"name", "source", "format"}
    assert set(data["totals"]) >= TOTALS
    assert set(data["status"]) >= {"params", "macs"}
    for tensor in (*data["inputs"], *data["outputs"]):
        assert set(tensor) == {"name", "shape"}
    for row, layer in zip(data["layers"], report.layers, strict=True):
        assert set(row) >= LAYER
        assert row["output_shapes"] == [list(shape) for shape in layer.output_shapes]
        assert row["weights"] == {key: list(shape) for key, shape in layer.weights.items()}
        if row["receptive_field"] is not None:
            assert set(row["receptive_field"]) == {"size", "jump", "start"}
    for key in ("params", "macs", "buffers", "trainable_params"):
        assert sum(row[key] for row in data["layers"]) == data["totals"][key]
    for op, count in data["totals"]["ops"].items():
        assert sum(row["ops"].get(op, 0) for row in data["layers"]) == count


@settings(max_examples=40)
@given(reports(nasty=True))
def test_every_kind_fits_the_schema(report) -> None:
    data = json.loads(render([report], "json"))
    VALID.validate(data)
    assert [row["name"] for row in data["layers"]] == [row.name for row in report.layers]


def test_the_schema_refuses_what_is_no_report() -> None:
    data = json.loads(render([bundled("lenet5")], "json"))
    for broken in (
        {**data, "schema": "cnnshape/2"},
        {**data, "batch": "1"},
        {**data, "totals": {**data["totals"], "params": None}},
        {**data, "status": {**data["status"], "macs": "maybe"}},
        {key: value for key, value in data.items() if key != "layers"},
    ):
        assert not VALID.is_valid(broken)


def test_several_reports_are_an_array() -> None:
    both = json.loads(render([bundled("lenet5"), bundled("alexnet")], "json"))
    assert [one["model"]["name"] for one in both] == ["LeNet-5", "AlexNet"]


def test_a_file_name_that_is_no_text_is_written_in_codes() -> None:
    network = network_of(SAMPLES[:1])
    network.source = "sur\udcff.yaml"
    assert json.loads(render([calculate(network, 2)], "json"))["model"]["source"] == r"sur\udcff.yaml"
