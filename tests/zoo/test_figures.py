"""Every bundled network has published figures with a source; each agrees to its last digit, or the reason is told."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
import yaml

from cnnshape import analyze, bundled, published
from cnnshape.errors import ModelError

NAMES = bundled.names()


@pytest.mark.parametrize("name", NAMES)
def test_every_network_agrees_with_what_is_published_or_says_why_not(name) -> None:
    rows = published.rows(name)
    assert rows, "no figure"
    for row in rows:
        assert set(row) <= {*published.QUANTITIES, "source", "input", "set", "differs"}
        assert set(row) & {*published.QUANTITIES}
        assert len(row["source"]) > 10
    for figure in published.figures(name, analyze):
        assert figure.same is not bool(figure.differs), figure
    exact = [row for row in rows if {"params", "params_and_statistics"} & {*row} and "differs" not in row]
    assert bool(exact) is (name not in WITHOUT_EXACT_PARAMS), rows


#: Nobody published their params to the last digit and as ours are counted; rounded ones must do.
WITHOUT_EXACT_PARAMS = {
    "resnet50_caffe",
    *(f"resnet{depth}_cifar" for depth in (20, 32, 44, 56, 110)),
    "fcn16s",
    "fcn32s",
    "shufflenet_v1_x0_5_g8",
    *(f"shufflenet_v1_{width}_{groups}" for width in ("x1_5", "x2_0") for groups in ("g3", "g8")),
}


def test_the_zoo_is_large_and_its_files_are_few() -> None:
    assert len(NAMES) == len(set(NAMES)) >= 100
    assert len(bundled.specs()) <= 45


def test_figures_and_index_name_nothing_else() -> None:
    figures = yaml.safe_load((bundled.ZOO / "figures.yaml").read_text(encoding="utf-8"))
    index = yaml.safe_load((bundled.ZOO / "index.yaml").read_text(encoding="utf-8"))
    assert sorted(figures) == NAMES
    assert list(index) == list(bundled._lines()), "one line for each"
    for name, entry in index.items():
        assert next(iter(entry)) == "spec"
        assert set(entry) <= {"spec", "name", "input", "set"}
        assert (bundled.ZOO / f"{entry['spec']}.yaml").is_file(), name
        assert len(bundled._lines()[name]) + len(name) <= 200


@pytest.mark.parametrize("name", NAMES)
def test_what_the_index_sets_stands_in_the_text(name) -> None:
    text = bundled.text(name)
    assert text.startswith("#"), "the source is named"
    assert re.search(r"^name: \S", text, re.MULTILINE)
    titles = [re.search(r"^name: (.*)$", bundled.text(other), re.MULTILINE)[1] for other in NAMES if other != name]
    assert re.search(r"^name: (.*)$", text, re.MULTILINE)[1] not in titles


@pytest.mark.parametrize("spec", bundled.specs())
def test_a_spec_is_short(spec) -> None:
    assert len(bundled._read(spec).splitlines()) <= 80


def test_digits_count_as_they_are_written() -> None:
    assert published.agrees("4.09", Decimal("4.089184256"))
    assert published.agrees("4.089", Decimal("4.089184256"))
    assert not published.agrees("4.090", Decimal("4.089184256"))
    assert not published.agrees("25557032", Decimal(25557033))


@pytest.mark.parametrize("name", ["index", "figures", "../zoo/lenet5", "lenet", ""])
def test_what_is_no_network(name) -> None:
    with pytest.raises(ModelError, match="the zoo has no"):
        bundled.text(name)
