"""Araujo, Norris & Sim 2019 (Distill), every row: receptive field, effective stride and effective padding.

Their networks are TF-Slim's. What the zoo has otherwise (ResNets with the stride in a stage's last unit, Inceptions with
the end points by name) is written down in tests/data/slim.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import pytest

import cnnshape
from cnnshape.report import LayerReport, Report

DATA = Path(__file__).parent.parent / "data"
DEPTHS = {50: "[3, 4, 6, 3]", 101: "[3, 4, 23, 3]", 152: "[3, 8, 36, 3]", 200: "[3, 24, 36, 3]"}
NETWORKS = {
    "alexnet_v2": ("alexnet_v2", {}),
    "vgg_a": ("vgg", {"times": "[1, 1, 2, 2, 2]"}),
    "vgg_16": ("vgg", {}),
    "inception_v2": ("inception_v2", {}),
    "inception_v2-no-separable-conv": ("inception_v2", {"separable": "false"}),
    "inception_v3": ("inception_v3", {}),
    "inception_v4": ("inception_v4", {}),
    "inception_resnet_v2": ("inception_resnet_v2", {}),
    "inception_resnet_v2-same": ("inception_resnet_v2", {"padding": "same"}),
    "mobilenet_v1": ("zoo:mobilenet_v1", {}),
    "mobilenet_v1_075": ("zoo:mobilenet_v1_075", {}),
    **{f"resnet_v1_{depth}": ("resnet", {"depths": row, "before": "false"}) for depth, row in DEPTHS.items()},
    **{f"resnet_v2_{depth}": ("resnet", {"depths": row, "before": "true"}) for depth, row in DEPTHS.items()},
}


def rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in (DATA / name).read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


FULL, SUMMARY = rows("receptive_field_distill2019_full.csv"), rows("receptive_field_distill2019_summary.csv")


@cache
def report(network: str, resolution: int) -> Report:
    spec, sets = NETWORKS[network]
    source = spec if spec.startswith("zoo:") else DATA / "slim" / f"{spec}.yaml"
    return cnnshape.analyze(source, sets=sets, input=(3, resolution, resolution))


def layer_name(end_point: str) -> str:
    name = end_point.rsplit("/", maxsplit=1)[-1]
    if name == "Conv2d_0":
        return "stem"
    return f"unit.{int(name.split('_')[1]) - 1}" if name.endswith("_pointwise") else name


def end(network: str, resolution: int, end_point: str) -> tuple[int, LayerReport]:
    """The last layer of an end point: a layer, or what stands inside a structure of that name."""
    wanted = f".{layer_name(end_point)}."
    layers = report(network, resolution).layers
    return max((i, layer) for i, layer in enumerate(layers) if wanted in f".{layer.name}.")


def found(network: str, resolution: int, end_point: str) -> tuple[int, int, int]:
    field = end(network, resolution, end_point)[1].receptive_field
    assert field.size[0] == field.size[1]
    assert field.jump[0] == field.jump[1]
    assert field.start[0] == field.start[1]
    return field.size[0], field.jump[0], -field.start[0]


@pytest.mark.parametrize("network", NETWORKS)
def test_every_row_of_the_table(network) -> None:
    table = [row for row in FULL if row["cnn"] == network]
    assert len(table) >= 12
    for row in table:
        rf, stride, padding = int(row["rf"]), int(row["effective_stride"]), row["effective_padding"]
        if row["resolution"] != "None":
            assert found(network, int(row["resolution"]), row["end_point"]) == (rf, stride, int(padding)), row
            continue
        small, odd = (found(network, size, row["end_point"]) for size in (224, 321))
        assert small[:2] == odd[:2] == (rf, stride), row
        if padding == "None":  # `same`, which depends on the size
            assert small[2] != odd[2], row
        else:
            assert small[2] == odd[2] == int(padding), row


def test_no_network_of_the_table_is_left_out() -> None:
    assert {row["cnn"] for row in FULL} == set(NETWORKS)
    assert len(FULL) == 561


@pytest.mark.parametrize("row", SUMMARY, ids=lambda row: row["cnn"])
def test_every_row_of_the_article(row) -> None:
    last = [other["end_point"] for other in FULL if other["cnn"] == row["cnn"] and other["resolution"] == "224"][-1]
    numbers = tuple(int(row[key]) for key in ("rf", "effective_stride", "effective_padding"))
    assert found(row["cnn"], 224, last) == numbers


@pytest.mark.parametrize("network", NETWORKS)
def test_the_profiler_counts_the_same_convolutions_and_a_little_besides(network) -> None:
    for row in FULL:
        if row["cnn"] != network or row["gflops_2xMAC"] == "None":
            continue
        at = end(network, int(row["resolution"]), row["end_point"])[0]
        ours = 2 * sum(layer.macs for layer in report(network, int(row["resolution"])).layers[: at + 1]) / 1e9
        # biases, norms and pools come on top; a published figure is rounded to 0.001
        assert ours - 0.0005 <= float(row["gflops_2xMAC"]) <= 1.045 * ours + 0.0005, row


def test_the_stride_in_another_unit_is_noticed() -> None:
    zoo = cnnshape.analyze("zoo:resnet50")
    last = [layer for layer in zoo.layers if layer.name.startswith("stage.")][-1].receptive_field
    assert last.jump == end("resnet_v1_50", 224, "block4")[1].receptive_field.jump
    assert last.size != end("resnet_v1_50", 224, "block4")[1].receptive_field.size == (483, 483)
