"""The bundled networks equal the published figures, to the last digit."""

from __future__ import annotations

import csv
from itertools import pairwise
from pathlib import Path

import pytest

import cnnshape
from cnnshape.api import zoo_names, zoo_path

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in (DATA / name).read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


@pytest.mark.parametrize("row", rows("torchvision_totals.csv"), ids=lambda row: row["model"])
def test_torchvision_networks(row) -> None:
    report = cnnshape.analyze(f"zoo:{row['model']}")
    totals = report.totals
    assert str(report.outputs[0].shape) == row["outputs"]
    assert totals.params == totals.trainable_params == int(row["params_trainable"])
    assert totals.macs == int(row["macs_conv_matmul"])
    assert totals.buffers == int(row["bn_running_stat_elements"])
    convs = sum(r.output_shapes[0].numel for r in report.layers if r.kind == "conv")
    assert convs == int(row["conv_output_elements"])


@pytest.mark.parametrize("name", zoo_names())
def test_every_network_keeps_its_promises_in_80_lines(name) -> None:
    report = cnnshape.analyze(f"zoo:{name}")
    assert report.failed == []
    assert report.status.params == report.status.macs == "complete"
    text = zoo_path(name).read_text()
    assert len(text.splitlines()) <= 80
    assert text.startswith("#"), "the source is named"
    assert "expect:" in text


@pytest.mark.parametrize("name", ["lenet5", "unet", "convnext_tiny", "mobilenet_v2"])
def test_work_grows_with_the_batch_and_params_do_not(name) -> None:
    one, three = (cnnshape.analyze(f"zoo:{name}", batch=b) for b in (1, 3))
    assert three.totals.macs == 3 * one.totals.macs
    assert three.totals.params == one.totals.params
    assert [r.params for r in three.layers] == [r.params for r in one.layers]


def test_lenet_and_unet() -> None:
    # LeCun et al. 1998 in today's form; Ronneberger et al. 2015, table-free: layer by layer by hand.
    assert cnnshape.analyze("zoo:lenet5").totals.params == 61706
    unet = cnnshape.analyze("zoo:unet")
    widths = [1, 64, 128, 256, 512, 1024]
    params = 0
    for a, b in pairwise(widths):
        params += a * b * 9 + b + b * b * 9 + b
    for b, a in pairwise(widths[1:]):
        params += a * b * 4 + b + 2 * b * b * 9 + b + b * b * 9 + b
    params += 64 * 2 + 2
    assert unet.totals.params == params
    assert unet.outputs[0].shape == (1, 2, 388, 388)


def test_families_are_overridable() -> None:
    assert cnnshape.analyze("zoo:resnet18", sets={"classes": "10"}).outputs[0].shape == (1, 10)
    assert cnnshape.analyze("zoo:resnet18", input="3x64x96").layers[0].output_shapes[0] == (1, 64, 32, 48)
