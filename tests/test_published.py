"""CS231n and Dumoulin & Visin, row by row."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import cnnshape
from cnnshape.layers.conv import Conv, ConvTranspose
from cnnshape.layers.pool import MaxPool
from cnnshape.shape import Shape

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[dict[str, str]]:
    lines = [line for line in (DATA / name).read_text().splitlines() if not line.startswith("#")]
    return list(csv.DictReader(lines))


def test_cs231n_vgg16_table() -> None:
    report = cnnshape.analyze("zoo:vgg16")
    layers = [row for row in report.layers if row.kind in ("conv", "max_pool", "linear")]
    table = [row for row in rows("cs231n_vgg16.csv") if row["layer"] not in ("INPUT", "TOTAL")]
    assert len(layers) == len(table)
    for layer, row in zip(layers, table, strict=True):
        shape = layer.output_shapes[0]
        assert shape.numel == int(row["memory_elements"])
        assert shape[1] == int(row["c"])
        if len(shape) == 4:
            assert shape[2:] == (int(row["h"]), int(row["w"]))
        assert (layer.weights or {}).get("weight", Shape(0)).numel == int(row["weights_no_bias"])
    assert sum(int(row["memory_elements"]) for row in table) + 150528 == 15237608


EXAMPLES = [row for row in rows("cs231n_examples.csv") if row["kind"] == "conv" and row["given"].startswith("W=")]


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: row["given"])
def test_cs231n_size_rule(row) -> None:
    w, f, s, p = map(int, re.match(r"W=(\d+) F=(\d+) S=(\d+) P=(\d+)", row["given"]).groups())
    window = Conv(1, kernel_size=f, stride=s, padding=p).windows(Shape(1, 1, w))[0]
    if row["stated_result"].startswith("out"):
        assert window.out_size(w) == int(row["stated_result"].split()[1])
        assert window.left_over(w) == 0
    else:
        assert window.left_over(w) != 0, "the lecture calls it invalid: something is left over"


def test_cs231n_alexnet_first_layer() -> None:
    conv = Conv(96, kernel_size=11, stride=4)
    x = Shape(1, 3, 227, 227)
    y = conv.out(x)
    assert y == (1, 96, 55, 55)
    assert y.numel == 290400
    assert conv.weights(x)["weight"][1:] == (3, 11, 11)
    assert conv.weights(x)["weight"].numel == 34848
    assert conv.params(x) == 34944
    assert y.numel * (363 + 1) == 105705600
    assert conv.windows(Shape(1, 3, 224, 224))[0].left_over(224) == 1


def test_cs231n_more_worked_examples() -> None:
    assert Conv(1, kernel_size=5, stride=2).out(Shape(1, 4, 11, 11))[2] == 4
    assert Conv(2, kernel_size=3, stride=2, padding=1).out(Shape(1, 3, 5, 5)) == (1, 2, 3, 3)
    assert Conv(1, kernel_size=5).params(Shape(1, 3, 32, 32)) == 75 + 1
    assert Conv(1, kernel_size=3, bias=False).params(Shape(1, 20, 16, 16)) == 180
    assert MaxPool(2).out(Shape(1, 64, 224, 224)) == (1, 64, 112, 112)
    assert Conv(4096, kernel_size=7).out(Shape(1, 512, 7, 7)) == (1, 4096, 1, 1)
    assert Conv(10, kernel_size=5, padding=2).params(Shape(1, 3, 32, 32)) == 760
    three = cnnshape.analyze_text("{input: 3x32x32, layers: [{repeat: 3, layers: [conv: 3]}]}")
    assert three.totals.receptive_field.size == (7, 7)


@pytest.mark.parametrize("row", rows("dumoulin_visin_examples.csv"), ids=lambda row: f"{row['op']}-{row['figure']}")
def test_dumoulin_visin(row) -> None:
    i, k, s, p, a, d, o = (int(row[name]) for name in ("i", "k", "s", "p", "a_output_padding", "d", "o"))
    x = Shape(1, 1, i, i)
    if row["op"] == "convT":
        layer = ConvTranspose(1, kernel_size=k, stride=s, padding=p, output_padding=a, dilation=d)
    elif row["op"] == "pool":
        layer = MaxPool(k, stride=s, padding=p, dilation=d)
    else:
        layer = Conv(1, kernel_size=k, stride=s, padding=p, dilation=d)
    assert layer.out(x) == (1, 1, o, o)


def test_alexnet_of_the_slides() -> None:
    text = """
    input: 3x227x227
    layers:
      - conv: {out_channels: 96, kernel_size: 11, stride: 4}
      - max_pool: {kernel_size: 3, stride: 2}
      - conv: {out_channels: 256, kernel_size: 5, padding: 2}
      - max_pool: {kernel_size: 3, stride: 2}
      - conv: {out_channels: 384, padding: 1}
      - conv: {out_channels: 384, padding: 1}
      - conv: {out_channels: 256, padding: 1}
      - max_pool: {kernel_size: 3, stride: 2}
      - flatten
      - linear: 4096
      - linear: 4096
      - linear: 1000
    """
    report = cnnshape.analyze_text(text)
    shapes = [row.output_shapes[0] for row in report.layers if row.kind != "flatten"]
    slides = [
        row["output"] for row in rows("cs231n_alexnet_slides.csv") if not row["layer"].startswith(("INPUT", "NORM"))
    ]
    for shape, stated in zip(shapes, slides, strict=True):
        sizes = list(map(int, stated.split("x")))
        assert list(shape[1:]) == (sizes if len(sizes) == 1 else [sizes[2], *sizes[:2]])
    assert report.totals.params == 62378344, "ungrouped AlexNet"
