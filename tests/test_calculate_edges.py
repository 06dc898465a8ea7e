"""The walk where things end: promises under another batch, shapes that are not known, too many errors, weights shared."""

from __future__ import annotations

import gc

import pytest

from cnnshape.api import analyze_data
from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.layers import Conv, Foreign, Parameter, Relu
from cnnshape.network import Input, Network, Node
from cnnshape.shape import UNKNOWN, Shape

IMAGE = [3, 13, 17]


def problems(layers):
    with pytest.raises(ModelError) as error:
        analyze_data({"input": IMAGE, "layers": layers})
    return error.value.problems


def chain(*layers):
    """A network of layers one behind the other, on sequences of 7 positions and 3 channels."""
    return Network(
        "chain",
        [Input("x", (3, 7))],
        [Node(f"n{i}", each, (i,), (i + 1,)) for i, each in enumerate(layers)],
        (len(layers),),
    )


def test_a_promise_speaks_of_one_image_in_single_precision() -> None:
    expect = {"macs": 11 * 15 * 5 * 27, "output": "5x11x15"}
    layers = [
        {"conv": {"out_channels": 5, "kernel_size": 3}, "expect": {"macs": expect["macs"], "shape": expect["output"]}}
    ]
    for batch in (1, 3):
        for dtype in ("float32", "float16"):
            assert analyze_data({"input": IMAGE, "layers": layers}, batch=batch, dtype=dtype).failed == []
    layers[0]["expect"]["macs"] += 1
    for batch in (1, 3):
        assert len(analyze_data({"input": IMAGE, "layers": layers}, batch=batch).failed) == 1


def test_a_shape_that_is_stated_is_known_behind_one_that_is_not() -> None:
    report = calculate(chain(Foreign("NonZero"), Relu(), Foreign("Pad", ((2, 5),)), Relu()))
    assert [row.output_shapes for row in report.layers] == [(UNKNOWN,), (UNKNOWN,), (Shape(2, 5),), (Shape(2, 5),)]
    assert [row.params for row in report.layers] == [None, None, None, 0]


def test_what_stands_behind_an_unknown_shape_sees_nobody_knows_what() -> None:
    report = calculate(chain(Conv(5), Foreign("NonZero"), Foreign("Pad", ((2, 5, 7),))))
    assert [row.receptive_field and row.receptive_field.size for row in report.layers] == [(3,), None, None]


def test_a_learned_array_sees_nothing_of_the_input() -> None:
    report = calculate(chain(Parameter((3, 7)), Relu()))
    assert [row.receptive_field for row in report.layers] == [None, None]


def test_a_layer_that_shares_with_a_wrong_one_is_wrong_itself() -> None:
    found = problems([
        {"conv": {"out_channels": 5, "groups": 2}, "name": "a", "from": "input"},
        {"share": "a", "from": "input"},
    ])  # fmt: skip
    assert "CNN-E402" in [problem.code for problem in found]
    wide = [{"conv": {"out_channels": 5, "kernel_size": 14}, "name": "a", "from": "input"}, "relu"]
    wide += [{"pad": {"padding": 5}, "from": "input"}, {"share": "a"}]
    assert [(p.place.layer, p.code) for p in problems(wide)] == [("a", "CNN-E401"), ("a1", "CNN-E304")]


def test_weights_that_cannot_be_shared_are_shown_side_by_side() -> None:
    (problem,) = problems([{"conv": {"out_channels": 6, "kernel_size": [3, 5]}, "name": "a"}, {"share": "a"}])
    assert problem.notes == ("weight: 6x3x3x5 at a, 6x6x3x5 here",)  # the bias is alike


def test_a_hundred_problems_are_told_and_no_more() -> None:
    """Alike ones are told as one, which names the last of them."""
    for wrong in (99, 100, 101, 150):
        layers = [{"max_pool": 20 + i, "from": "input"} for i in range(wrong)]
        (problem,) = problems(layers)
        assert f"the last max_pool{min(wrong, 100)}" in " ".join(problem.notes)


@pytest.mark.parametrize("on", [True, False])
def test_the_collector_is_left_as_it_was(on) -> None:
    was = gc.isenabled()
    try:
        gc.enable() if on else gc.disable()
        calculate(chain(Conv(5)))
        assert gc.isenabled() == on
    finally:
        gc.enable() if was else gc.disable()
