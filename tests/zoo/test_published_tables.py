"""Published tables, row by row and column by column; what is not reproduced stands in a list, with its reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import NamedTuple

import counted
import pytest

from cnnshape import analyze, bundled
from cnnshape.published import agrees
from cnnshape.report import LayerReport, Report

DATA = Path(__file__).parent.parent / "data"
NAMES = set(bundled.names())

KERAS = {
    **{f"ResNet{depth}": f"resnet{depth}_keras" for depth in (50, 101, 152)},
    **{f"ResNet{depth}V2": f"resnet{depth}_v2" for depth in (50, 101, 152)},
    "InceptionV3": "inception_v3_keras",
    "InceptionResNetV2": "inception_resnet_v2_keras",
    "MobileNet": "mobilenet_v1",
    "EfficientNetV2S": "efficientnet_v2_s",
}
BURDEN = {
    "alexnet": "alexnet_2012",
    "googlenet": "googlenet_2014",
    **{f"resnet-{depth}": f"resnet{depth}_caffe" for depth in (50, 101, 152)},
    "vgg-vd-16": "vgg16",
    "vgg-vd-19": "vgg19",
    "SENet": "senet154",
    "mcn-mobilenet": "mobilenet_v1",
}


class Claim(NamedTuple):
    """One cell of a table."""

    column: str
    said: str
    ours: Callable[[Report], Decimal | str]


class Row(NamedTuple):
    key: str
    network: str | None
    input: str | None
    claims: list[Claim]


def rows(name: str) -> list[dict[str, str]]:
    lines = (DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader([line for line in lines if not line.startswith("#")]))


def named(word: str) -> str | None:
    """The zoo's name for a network, however its words are joined."""
    word = re.sub(r"[- ]", "_", word).lower()
    return next((name for name in (word, re.sub(r"(?<=t)_(?=\d)", "", word)) if name in NAMES), None)


def params(report: Report) -> Decimal:
    return Decimal(report.totals.params)


def statistics(report: Report) -> Decimal:
    return Decimal(report.totals.buffers)


def both(report: Report) -> Decimal:
    return params(report) + statistics(report)


def macs(report: Report) -> Decimal:
    return Decimal(report.totals.macs)


def gmacs(report: Report) -> Decimal:
    return macs(report) / 10**9


def mparams(report: Report) -> Decimal:
    return params(report) / 10**6


def conv_outputs(report: Report) -> Decimal:
    return Decimal(counted.over(report, "conv"))


def outputs(report: Report) -> str:
    return ";".join(str(one.shape) for one in report.outputs)


def torchvision_engine_totals(row) -> Row:
    claims = [
        Claim("params_trainable", row["params_trainable"], params),
        Claim("bn_running_stat_elements", row["bn_running_stat_elements"], statistics),
        Claim("macs_conv_matmul", row["macs_conv_matmul"], macs),
        Claim("conv_output_elements", row["conv_output_elements"], conv_outputs),
        Claim("outputs", re.sub(r"\w+=", "", row["outputs"]), outputs),
    ]
    sizes = row["input"].removeprefix("1x")
    return Row(f"{row['model']} {sizes}", row["model"] if row["model"] in NAMES else None, sizes, claims)


def torchvision_weights(row) -> Row:
    claims = [Claim("gmacs_ops", f"{float(row['gmacs_ops']):.3f}", gmacs)]
    if row["num_params"]:
        claims.append(Claim("num_params", row["num_params"], params))
    size = row["input_crop"]
    network = named(row["weights_class"].removesuffix("_QuantizedWeights").removesuffix("_VGG16"))
    shape = f"3x{size}x{size}" if size.isdigit() else "3x520x520" if row["task"] == "segmentation" else None
    return Row(f"{row['weights_class']} {row['entry']}", network, shape, claims)


def of_keras(model: str) -> str | None:
    return KERAS.get(model) or named(re.sub(r"(V\d|Small|Large|Tiny|Base|B\d)", r"_\1", model))


def keras_io_published(row) -> Row:
    return Row(row["model"], of_keras(row["model"]), None, [Claim("params", row["params"], both)])


def keras_engine_totals(row) -> Row:
    claims = [
        Claim("params_total", row["params_total"], both),
        Claim("params_trainable", row["params_trainable"], params),
        Claim("params_non_trainable", row["params_non_trainable"], statistics),
    ]
    return Row(row["model"], of_keras(row["model"]), None, claims)


def tf_profiler_keras_flops(row) -> Row:
    side = row["input_hwc"].partition("x")[0]
    claims = [Claim("conv_dw_fc_macs_exact", row["conv_dw_fc_macs_exact"], macs)]
    return Row(row["model"], of_keras(row["model"]), f"3x{side}x{side}", claims)


def paper_resnet_table1(row) -> Row:
    depth = int(row["depth"])
    said = str(Decimal(row["flops_as_MAC"].removesuffix("e9")))
    return Row(row["depth"], f"resnet{depth}" + ("_caffe" if depth >= 50 else ""), None, [Claim("flops", said, gmacs)])


def squeezenet_readme(row) -> Row:
    network = named(row["model"].replace("v", "").replace(".", "_"))
    ours = [Claim("gflops", row["gflops_2xMAC_per_image"], lambda report: 2 * gmacs(report))]
    return Row(row["model"], network, "3x227x227", ours)


def thop_readme(row) -> Row:
    claims = [Claim("params_M", row["params_M"], mparams), Claim("macs_G", row["macs_G"], counted.thop)]
    return Row(row["model"], named(row["model"]), None, claims)


def ptflops_readme(row) -> Row:
    claims = [Claim("params_M", row["params_M"], mparams)]
    for backend, ours in (("pytorch", counted.ptflops), ("aten", counted.ptflops_aten)):
        if said := (row[f"macs_G_{backend}_backend"] or "").split(" ")[0]:
            claims.append(Claim(backend, said, ours))
    size = "3x299x299" if "inception" in row["model"] else "3x224x224"
    return Row(row["model"], named(row["model"]), size, claims)


def convnet_burden(row) -> Row:
    said, unit = row["flops_as_MAC"].split(" ")
    scale = 10**6 if unit.startswith("M") else 10**9
    claims = [Claim("flops_as_MAC", said, lambda report: counted.burden_macs(report) / scale)]
    for column, ours in (("param_mem", counted.burden_params), ("feature_mem", counted.burden_features)):
        said, unit = row[column].split(" ")
        many = 1024 if unit == "GB" else 1
        claims.append(Claim(column, said, lambda report, ours=ours, many=many: ours(report) / many))
    network = BURDEN.get(row["model"]) or named(row["model"])
    return Row(row["model"], network, f"3x{row['input'].replace(' ', '')}", claims)


def parts(report: Report) -> list[list[LayerReport]]:
    """GoogLeNet's layers by the rows of the paper's table; the 1x1 before the 3x3 belongs to its row."""
    found: dict[str, list[LayerReport]] = {}
    for row in report.layers:
        head = {"conv2": "conv3"}.get(row.path[0], row.path[0])
        if not head.startswith(("relu", "local_response_norm", "flatten")):
            found.setdefault(head, []).append(row)
    return list(found.values())


def paper_googlenet_table1(row) -> Row:
    key = f"{row['layer']} {row['output_size']}"
    if row["layer"] == "softmax":
        return Row(key, None, None, [])
    at = [f"{one['layer']} {one['output_size']}" for one in rows("paper_googlenet_table1")].index(key)
    high, wide, channels = row["output_size"].split("x")

    def size(report: Report) -> str:
        return "x".join(map(str, [*parts(report)[at][-1].output_shapes[0][1:], 1, 1][:3]))

    def kweights(report: Report) -> Decimal:
        return Decimal(sum(one.weights["weight"].numel for one in parts(report)[at] if one.weights)) / 1024

    def mmacs(report: Report) -> Decimal:
        return Decimal(sum(one.macs for one in parts(report)[at])) / 10**6

    claims = [Claim("output_size", f"{channels}x{high}x{wide}", size)]
    if row["params"]:
        claims += [Claim("params", row["params"][:-1], kweights), Claim("ops_MAC", row["ops_MAC"][:-1], mmacs)]
    return Row(key, "googlenet_2014", None, claims)


TABLES: dict[str, Callable[[dict[str, str]], Row]] = {
    "torchvision_engine_totals": torchvision_engine_totals,
    "torchvision_weights": torchvision_weights,
    "keras_io_published": keras_io_published,
    "keras_engine_totals": keras_engine_totals,
    "keras2_engine_totals": keras_engine_totals,
    "tf_profiler_keras_flops": tf_profiler_keras_flops,
    "paper_resnet_table1": paper_resnet_table1,
    "paper_googlenet_table1": paper_googlenet_table1,
    "squeezenet_readme": squeezenet_readme,
    "thop_readme": thop_readme,
    "ptflops_readme": ptflops_readme,
    "convnet_burden": convnet_burden,
}


@cache
def analysed(network: str, shape: str | None) -> Report:
    if network.startswith("vit") and shape:  # as many positions as the size has
        return analyze(f"zoo:{network}", sets={"size": shape.rpartition("x")[2]})
    return analyze(f"zoo:{network}", input=shape)


def missed(table: str) -> Iterator[tuple[str, str, str]]:
    """Row, column, and what we have instead; `*` for a row of which nothing can be said."""
    for row in map(TABLES[table], rows(table)):
        if row.network is None:
            yield row.key, "*", ""
            continue
        report = analysed(row.network, row.input)
        for claim in row.claims:
            ours = claim.ours(report)
            if not (agrees(claim.said, ours) if isinstance(ours, Decimal) else claim.said == ours):
                yield row.key, claim.column, f"{claim.said} is {ours}"


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_is_reproduced_or_listed_with_its_reason(table) -> None:
    listed = [row for row in rows("not_reproduced") if row["table"] == table]
    found = list(missed(table))
    assert sorted((row["row"], row["column"]) for row in listed) == sorted(one[:2] for one in found), found
    assert all(len(row["reason"]) >= 14 for row in listed)


def test_most_cells_are_reproduced() -> None:
    cells = sum(len(TABLES[table](row).claims) for table in TABLES for row in rows(table))
    listed = [row for row in rows("not_reproduced") if row["table"] in TABLES]
    assert cells > 600
    assert len({(row["table"], row["row"], row["column"]) for row in listed}) == len(listed)


def test_a_wrong_figure_is_noticed(monkeypatch) -> None:
    right = rows("thop_readme")
    wrong = [{**row, "params_M": "44.54"} if row["model"] == "resnet101" else row for row in right]
    monkeypatch.setattr(f"{__name__}.rows", lambda _: wrong)
    assert ("resnet101", "params_M") in [one[:2] for one in missed("thop_readme")]
