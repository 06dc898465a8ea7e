"""Formulas with numbers in them, where a name is no number; the page of the layers as a command."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

from cnnshape import layers as L  # noqa: N812
from cnnshape.layers.doc import formulas, numbered
from cnnshape.shape import Shape


def test_a_name_that_is_no_number_stays_a_name() -> None:
    known = {"n": 7, "bias": True, "approximate": "tanh"}
    assert numbered("n * bias + approximate + other", known) == "7 * bias + approximate + other"


def test_what_is_not_stated_counts_nothing() -> None:
    x = Shape(2, 3, 7)
    assert [value for *_, value in formulas(L.Opaque((5,)), Shape(2, 5), x)] == [0]
    assert [value for *_, value in formulas(L.Opaque((5,), macs=13), Shape(2, 5), x)] == [13]


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
def test_the_command_prints_the_page_and_an_import_prints_nothing(capsys) -> None:
    runpy.run_module("cnnshape.layers.doc", run_name="imported")
    assert capsys.readouterr().out == ""
    runpy.run_module("cnnshape.layers.doc", run_name="__main__")
    page = Path(__file__).parents[2] / "docs" / "layers.md"
    assert capsys.readouterr().out == page.read_text(encoding="utf-8")
