"""CS231n and Dumoulin & Visin, row by row."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import cnnshape
from cnnshape.layers.conv import Conv, ConvTranspose
from cnnshape.layers.linear import Linear
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
    assert report.inputs[0].shape.numel == 150528
    assert sum(layer.output_shapes[0].numel for layer in layers) + 150528 == 15237608
    assert sum(layer.weights["weight"].numel for layer in layers if layer.weights) == 138344128
    assert report.totals.params == 138357544


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


def alexnet_first_layer() -> None:
    conv = Conv(96, kernel_size=11, stride=4)
    x = Shape(1, 3, 227, 227)
    y = conv.out(x)
    assert y == (1, 96, 55, 55)
    assert y.numel == 290400
    assert conv.weights(x)["weight"][1:] == (3, 11, 11)
    assert conv.weights(x)["weight"].numel == 34848
    assert conv.params(x) == 34944
    assert y.numel * (363 + 1) == 105705600


def alexnet_on_224() -> None:
    assert Conv(96, kernel_size=11, stride=4).windows(Shape(1, 3, 224, 224))[0].left_over(224) == 1


def smaller_alexnet_window() -> None:
    assert Conv(1, kernel_size=5, stride=2).out(Shape(1, 4, 11, 11))[2:] == (4, 4)


def demo() -> None:
    assert Conv(2, kernel_size=3, stride=2, padding=1).out(Shape(1, 3, 5, 5)) == (1, 2, 3, 3)


def as_a_matrix_product() -> None:
    conv, x = Conv(96, kernel_size=11, stride=4, bias=False), Shape(1, 3, 227, 227)
    y, weight = conv.out(x), conv.weights(x)["weight"]
    assert (weight[0], weight.numel // weight[0]) == (96, 363)
    assert y[2] * y[3] == 3025
    assert conv.ops(y, x).mac == 96 * 363 * 3025


def one_neuron_sees_all() -> None:
    assert Linear(1, bias=False).params(Shape(1, 32 * 32 * 3)) == 3072


def one_neuron_sees_all_of_200() -> None:
    assert Linear(1, bias=False).params(Shape(1, 200 * 200 * 3)) == 120000


def one_neuron_of_5x5() -> None:
    assert Conv(1, kernel_size=5).params(Shape(1, 3, 32, 32)) == 75 + 1


def connections_of_3x3() -> None:
    assert Conv(1, kernel_size=3, bias=False).params(Shape(1, 20, 16, 16)) == 180


def pooling() -> None:
    assert MaxPool(2).out(Shape(1, 64, 224, 224)) == (1, 64, 112, 112)


def linear_as_conv() -> None:
    conv, x = Conv(4096, kernel_size=7), Shape(1, 512, 7, 7)
    assert conv.out(x) == (1, 4096, 1, 1)
    assert conv.params(x) == Linear(4096).params(Shape(1, x.numel))


def fully_convolutional() -> None:
    features = cnnshape.analyze("zoo:vgg16", input="3x384x384")
    last = next(row for row in reversed(features.layers) if row.kind == "max_pool").output_shapes[0]
    assert last == (1, 512, 12, 12)
    head = """
    input: 512x12x12
    layers:
      - conv: {out_channels: 4096, kernel_size: 7}
      - conv: {out_channels: 4096, kernel_size: 1}
      - conv: {out_channels: 1000, kernel_size: 1}
    """
    assert cnnshape.analyze_text(head).outputs[0].shape == (1, 1000, 6, 6)


def memory_of_three_layers() -> None:
    three = cnnshape.analyze_text(
        "{input: 3x224x224, layers: [{repeat: 3, layers: [conv: {out_channels: 64, padding: 1}]}]}"
    )
    numbers = sum(row.output_shapes[0].numel for row in three.layers)
    assert numbers == 3 * 224 * 224 * 64
    assert 9.5e6 < numbers < 10e6
    assert round(2 * 4 * numbers / 2**20, 1) == 73.5, "values and gradients; the lecture rounds to 72MB"


def stack_of_3x3() -> None:
    three = cnnshape.analyze_text("{input: 5x32x32, layers: [{repeat: 3, layers: [conv: {filters: 5, bias: false}]}]}")
    assert three.totals.receptive_field.size == (7, 7)
    assert three.totals.params == 27 * 5**2
    assert Conv(5, kernel_size=7, bias=False).params(Shape(1, 5, 32, 32)) == 49 * 5**2
    assert three.outputs[0].shape == Conv(5, kernel_size=7).out(Shape(1, 5, 32, 32))


WORKED = {
    "AlexNet conv1 in 227x227x3 F=11 S=4 P=0 K=96": alexnet_first_layer,
    "AlexNet conv1 with 224 input": alexnet_on_224,
    "in 11x11x4 F=5 S=2 P=0": smaller_alexnet_window,
    "demo in 5x5x3 K=2 F=3 S=2 P=1": demo,
    "in 227x227x3 F=11 S=4": as_a_matrix_product,
    "32x32x3 -> 1 neuron": one_neuron_sees_all,
    "200x200x3 -> 1 neuron": one_neuron_sees_all_of_200,
    "in 32x32x3 F=5, one neuron": one_neuron_of_5x5,
    "in 16x16x20 F=3, one neuron": connections_of_3x3,
    "in 224x224x64 F=2 S=2": pooling,
    "7x7x512 -> 4096": linear_as_conv,
    "VGG-like on 384x384": fully_convolutional,
    "three conv3-64 layers on 224x224x3": memory_of_three_layers,
    "three 3x3 convs": stack_of_3x3,
}


@pytest.mark.parametrize("given", WORKED)
def test_cs231n_worked_example(given) -> None:
    WORKED[given]()


def test_no_row_of_cs231n_is_left_out() -> None:
    given = [row["given"] for row in rows("cs231n_examples.csv")]
    assert sorted(given) == sorted([*WORKED, *(row["given"] for row in EXAMPLES)])


def test_cs231n_ten_filters_of_5x5() -> None:
    assert Conv(10, kernel_size=5, padding=2).params(Shape(1, 3, 32, 32)) == 760


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
