"""The docstrings are true: every formula, evaluated, equals what the calculator counts.

A formula may take a number from the layer's own `terms()`, and then says no more than the layer does. That the counts are
right is held elsewhere: by what is performed (tests/forward/test_samples.py) and by loops (tests/laws/test_work.py).
"""

from __future__ import annotations

import re

import pytest
from samples import SAMPLES

from cnnshape.layers import KINDS
from cnnshape.layers.doc import formulas, names, sections
from cnnshape.ops import OP_NAMES

IDS = [f"{layer.kind}-{i}" for i, (layer, _) in enumerate(SAMPLES)]


def test_every_kind_has_a_sample() -> None:
    assert {type(layer) for layer, _ in SAMPLES} == set(KINDS)


@pytest.mark.parametrize(("layer", "xs"), SAMPLES, ids=IDS)
def test_ops_formulas_equal_ops(layer, xs) -> None:
    y = layer.outs(*xs)[0]
    ops = layer.ops(y, *xs)
    found = {name: value for name, _, _, value in formulas(layer, y, *xs)}
    assert {name: getattr(ops, name) for name in OP_NAMES if getattr(ops, name)} == {
        k: v for k, v in found.items() if v
    }


@pytest.mark.parametrize(("layer", "xs"), SAMPLES, ids=IDS)
def test_the_substituted_formula_evaluates_to_the_same(layer, xs) -> None:
    from cnnshape.expression import evaluate

    y = layer.outs(*xs)[0]
    for name, _, numbers, value in formulas(layer, y, *xs):
        assert evaluate(numbers, {}) == value, (name, numbers)


@pytest.mark.parametrize(("layer", "xs"), SAMPLES, ids=IDS)
def test_weight_formulas_equal_weights(layer, xs) -> None:
    from cnnshape.expression import evaluate
    from cnnshape.layers.doc import for_rank

    y = layer.outs(*xs)[0]
    known = names(layer, y, *xs)
    for section, shapes in (("Weights", layer.weights(*xs)), ("Buffers", layer.buffers(*xs))):
        text = for_rank(" ".join(sections(type(layer)).get(section, [])), len(xs[0]) - 2)
        stated = dict(re.findall(r"(\w+) \(([^()]*(?:\([^()]*\)[^()]*)*)\)", text))
        if not text:
            assert not shapes, "weights without a Weights: section"
        for name, shape in shapes.items():
            if name in stated and "*" not in stated[name].split(",")[0].split()[0:1]:
                parts = [part for part in stated[name].split(",") if part.strip()]
                if all(set(re.findall(r"[A-Za-z_]\w*", part)) <= set(known) for part in parts):
                    assert tuple(evaluate(part, known) for part in parts) == tuple(shape), name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_docstring_follows_the_template(kind) -> None:
    found = sections(kind)
    assert found[""], "a summary"
    order = [name for name in found if name]
    assert order == [n for n in ("Shape", "Weights", "Buffers", "Ops", "Errors", "Source") if n in found]
    assert {"Shape", "Ops", "Source"} <= set(found)
    assert ">>>" in (kind.__doc__ or "")


def test_the_registry_is_the_folder() -> None:
    from pathlib import Path

    import cnnshape.layers as package

    folder = {p.stem for p in Path(package.__file__).parent.glob("*.py")} - {"__init__", "base", "doc"}
    assert {kind.__module__.rpartition(".")[2] for kind in KINDS} == folder
    assert len({kind.kind for kind in KINDS}) == len(KINDS)
