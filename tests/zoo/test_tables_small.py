"""The tables of small networks and of Darknet, row by row; what is not reproduced stands in a list, with its reason."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest

from cnnshape import analyze
from cnnshape.published import agrees
from cnnshape.report import Report

DATA = Path(__file__).parent.parent / "data"
MILLION = 10**6

#: A cell: its column, what is printed, and ours in that table's way of counting.
Cell = tuple[str, str, Decimal]


def rows(name: str) -> list[dict[str, str]]:
    lines = (DATA / f"{name}.csv").read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader([line for line in lines if not line.startswith("#")]))


@cache
def report(network: str, size: int | None = None, **sets: str) -> Report:
    return analyze(f"zoo:{network}", input=(3, size, size) if size else None, sets=sets)


def millions(number: int) -> Decimal:
    return Decimal(number) / MILLION


def mobilenet_tfslim_published(row) -> tuple[str, list[Cell]]:
    family, said = row["family"], row["alpha_resolution"]
    if family == "mobilenet_v3":
        network = "mobilenet_v3_" + said.replace("_dm1.0", "").replace("_dm0.75", "_075").replace("istic", "")
        # the network of the paper's first version: 1280 channels at the end, in the small one too
        last = {"last": "1280"} if said.startswith("small_dm") else {}
        totals = report(network, classes="1001", **last).totals
        macs, params = totals.macs, totals.params
    else:
        alpha, _, size = said.partition("_")
        hundredths = int(100 * Decimal(alpha))
        network = family if hundredths == 100 else f"{family}_{hundredths:03}"
        found = report(network, int(size), classes="1001")
        macs = found.totals.macs
        # batch norm, two values of a channel in our params: three in the first table, none in the second
        params = found.totals.params + {"mobilenet_v1": 1, "mobilenet_v2": -2}[family] * found.totals.buffers // 2
        if family == "mobilenet_v1" and hundredths == 75:  # the stem is left out
            macs -= found.layers[0].macs
        if family == "mobilenet_v2":  # cut, not rounded
            macs -= macs % MILLION
    return f"{family} {said}", [
        ("macs_millions", row["macs_millions"], millions(macs)),
        ("params_millions", row["params_millions"], millions(params)),
    ]


def paper_efficientnet_table2(row) -> tuple[str, list[Cell]]:
    totals = report(f"efficientnet_{row['model'].lower()}", int(row["resolution"])).totals
    return row["model"], [
        ("params_M", row["params_M"], millions(totals.params)),
        ("flops_as_MAC_billion", row["flops_as_MAC_billion"], millions(totals.macs) / 1000),
    ]


def efficientnet_lite_readme(row) -> tuple[str, list[Cell]]:
    totals = report(row["model"].replace("-", "_")).totals
    return row["model"], [
        ("params_M", row["params_M"], millions(totals.params)),
        ("madds_M", row["madds_M"], millions(totals.macs)),
    ]


def shufflenet_readme(row) -> tuple[str, list[Cell]]:
    family, width, *groups = row["model"].split()
    totals = report("_".join([family.lower().replace("v", "_v"), "x" + width[:-1].replace(".", "_"), *groups])).totals
    return row["model"], [
        ("flops_as_MAC_M", row["flops_as_MAC_M"], millions(totals.macs)),
        ("params_M", row["params_M"], millions(totals.params)),
    ]


TABLES: dict[str, Callable[[dict[str, str]], tuple[str, list[Cell]]]] = {
    "mobilenet_tfslim_published": mobilenet_tfslim_published,
    "paper_efficientnet_table2": paper_efficientnet_table2,
    "efficientnet_lite_readme": efficientnet_lite_readme,
    "shufflenet_readme": shufflenet_readme,
}


def missed(table: str) -> Iterator[tuple[str, str, str]]:
    """Row, column, and what we have instead."""
    for key, cells in map(TABLES[table], rows(table)):
        for column, said, ours in cells:
            if not agrees(said, ours):
                yield key, column, f"{said} is {ours}"


@pytest.mark.parametrize("table", TABLES)
def test_every_cell_is_reproduced_or_listed_with_its_reason(table) -> None:
    listed = [row for row in rows("not_reproduced") if row["table"] == table]
    found = list(missed(table))
    assert sorted((row["row"], row["column"]) for row in listed) == sorted(one[:2] for one in found), found
    assert all(len(row["reason"]) >= 14 for row in listed)


#: Darknet's files that the zoo has as specs; the reader of Darknet's files holds every row of these tables.
DARKNET = {
    "darknet19": "darknet19",
    "darknet53": "darknet53",
    "yolov2": "yolov2",
    "yolov2-tiny": "yolov2_tiny",
    "yolov3": "yolov3",
    "yolov3-spp": "yolov3_spp",
    "yolov3-tiny": "yolov3_tiny",
}
#: The same files for another size or other classes.
VARIANTS = {
    "darknet19_448": ("darknet19", {}),
    "darknet53_448": ("darknet53", {}),
    "yolov2-voc": ("yolov2", {"classes": "20"}),
    "yolov3-voc": ("yolov3", {"classes": "20"}),
    "yolov3-openimages": ("yolov3", {"classes": "601"}),
}
ENGINE = {
    row["cfg"].rpartition("/")[2].removesuffix(".cfg"): row
    for row in rows("darknet_engine_totals")
    if row["engine"] == "pj"
}


@pytest.mark.parametrize("cfg", [*DARKNET, *VARIANTS])
def test_darknet_itself_has_as_many_weights_and_operations(cfg) -> None:
    network, sets = VARIANTS.get(cfg) or (DARKNET[cfg], {})
    row = ENGINE[cfg]
    totals = report(network, int(row["in_h"]), **sets).totals
    assert totals.params + totals.buffers == int(row["params_in_weights_file"])
    assert 2 * totals.macs == int(row["ops_exact_pj"])


@pytest.mark.parametrize(("cfg", "size"), [("yolov3", 416), ("yolov3-tiny", 416), ("yolov3-spp", 608)])
def test_the_readme_of_darknet(cfg, size) -> None:
    (row,) = [row for row in rows("darknet_alexeyab_readme") if row["cfg"] == f"{cfg}.cfg"]
    assert row["input"] == f"{size}x{size}"
    ours = 2 * millions(report(DARKNET[cfg], size).totals.macs) / 1000
    if cfg == "yolov3-spp":  # that fork counts pools, additions and enlargements besides
        assert Decimal(row["bflops_2xMAC"]) - ours < Decimal("0.1")
    else:
        assert agrees(row["bflops_2xMAC"], ours)


def test_a_wrong_figure_is_noticed(monkeypatch) -> None:
    right = rows("shufflenet_readme")
    wrong = [{**row, "params_M": "3.6"} if row["model"] == "ShuffleNetV2 1.5x" else row for row in right]
    monkeypatch.setattr(f"{__name__}.rows", lambda _: wrong)
    assert ("ShuffleNetV2 1.5x", "params_M") in [one[:2] for one in missed("shufflenet_readme")]
