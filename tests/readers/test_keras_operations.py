"""Operations of keras.ops as Keras 3.15 writes them: indexing, comparisons, masks."""

import pytest
from keras_files import call3, functional, layer, problems, report, source, tensor

OPS = "keras.src.ops.numpy"
MORE = {"class_name": "__ellipsis__", "config": {}}
OLD = {"class_name": "__ellipsis__"}


def span(start=None, stop=None, step=None):
    return {"class_name": "__slice__", "config": {"start": start, "stop": stop, "step": step}}


ALL = span()


def operation(kind, name, *args, **config):
    return call3({"class_name": kind, "config": {"name": name, **config}}, list(args), module=OPS)


def indexed(*parts, shape=(8, 9, 6), behind=()):
    """A model of x[parts], and what stands behind it."""
    layers = [call3(source(*shape)), operation("GetItem", "g", tensor("x"), list(parts)), *behind]
    return functional(layers, ["x"], [layers[-1]["name"], 0, 0])


DENSE = call3(layer("Dense", "d", units=4), [tensor("g")])
FLAT = call3(layer("Flatten", "f"), [tensor("g")])


@pytest.mark.parametrize(
    ("parts", "shape"),
    [
        ([MORE, span(None, 2)], (1, 2, 8, 9)),
        ([OLD, span(None, 2)], (1, 2, 8, 9)),
        ([MORE, -1], (1, 8, 9)),
        ([ALL, 3, MORE], (1, 6, 9)),
        ([ALL, MORE, 1, ALL], (1, 6, 8)),
        ([ALL, ALL, span(1, 100)], (1, 6, 8, 8)),
        ([ALL, MORE, None], (1, 6, 1, 8, 9)),
        ([ALL, 1, MORE, None, span(-2)], (1, 1, 2, 9)),
        ([MORE], (1, 6, 8, 9)),
    ],
)
def test_an_index_takes_the_axes_that_keras_takes(parts, shape):
    found = report(indexed(*parts))
    assert found.outputs[0].shape == shape
    assert not [row for row in found.layers if row.kind == "foreign"]


def test_what_stands_behind_an_ellipsis_is_counted_on_the_axis_that_is_cut():
    assert report(indexed(MORE, span(None, 2), behind=[DENSE])).totals.params == 2 * 4 + 4
    assert report(indexed(MORE, -1, behind=[DENSE])).totals.params == 9 * 4 + 4
    assert report(indexed(MORE, span(None, -2), behind=[FLAT])).outputs[0].shape == (1, 8 * 9 * 4)
    assert report(indexed(MORE, 2, shape=(8, 6))).outputs[0].shape == (1, 8)


def test_reading_backwards_is_a_row_with_its_shape():
    found = report(indexed(ALL, span(step=-1), span(6, 1, -2), None, 1, behind=[DENSE]))
    first = found.layers[0]
    assert (first.kind, first.params, first.macs) == ("foreign", 0, 0)
    assert found.outputs[0].shape == (1, 4, 8, 3)
    assert found.totals.params == 4 + 4


@pytest.mark.parametrize("part", [[0, 2], {"class_name": "__numpy__", "config": {"value": [0, 2]}}, tensor("x")])
def test_places_that_an_array_names_leave_the_shape_open(part):
    found = report(indexed(ALL, ALL, part))
    assert [(row.kind, row.params, row.macs) for row in found.layers] == [("foreign", 0, None)]
    assert not found.outputs[0].shape.known


@pytest.mark.parametrize("parts", [[ALL] * 5, [MORE, MORE], [ALL, span(step=0)], [ALL, 8]])
def test_an_index_that_cannot_be_is_an_error_in_words_of_the_file(parts):
    (problem,) = problems(indexed(*parts))
    assert (problem.code, problem.place.layer) == ("CNN-E803", "g")
    assert "$." not in problem.message


# masks


def test_a_mask_of_operations_leaves_all_totals_complete():
    mask = operation("NotEqual", "m", tensor("x"), 0.0)
    some = operation("Any", "a", tensor("m"), axis=-1, keepdims=False)
    lstm = call3(layer("LSTM", "l", units=4), [tensor("x")], kwargs={"mask": tensor("a")})
    found = report(functional([call3(source(7, 3)), mask, some, lstm], ["x"], ["l", 0, 0]))
    assert (found.totals.params, found.status.params, found.status.macs) == (
        4 * (3 + 4 + 1) * 4,
        "complete",
        "complete",
    )
    assert [row.output_shapes[0] for row in found.layers[:2]] == [(1, 7, 3), (1, 7)]


@pytest.mark.parametrize(
    ("kind", "args", "shape"),
    [
        ("Greater", [tensor("x"), tensor("y")], (1, 6, 8, 9)),
        ("LogicalAnd", [tensor("x"), tensor("y")], (1, 6, 8, 9)),
        ("Where", [tensor("y"), tensor("x"), 0.5], (1, 6, 8, 9)),
        ("Equal", [tensor("y"), True], (1, 6)),
    ],
)
def test_a_comparison_has_the_shape_of_both_together_and_no_weights(kind, args, shape):
    layers = [call3(source(8, 9, 6)), call3(source(8, 1, 6, name="z")), call3(source(6, name="y"))]
    graph = functional([*layers, operation(kind, "o", *args)], ["x", "z", "y"], ["o", 0, 0])
    found = report(graph)
    assert found.outputs[0].shape == shape
    assert (found.status.params, found.status.macs) == ("complete", "complete")


def test_shapes_that_do_not_fit_are_told():
    layers = [call3(source(8, 9, 6)), call3(source(5, name="y")), operation("Less", "o", tensor("x"), tensor("y"))]
    (problem,) = problems(functional(layers, ["x", "y"], ["o", 0, 0]))
    assert (problem.code, problem.place.layer) == ("CNN-E403", "o")


def test_an_operation_that_nobody_knows_has_no_weights_and_unknown_macs():
    graph = functional([call3(source(8, 6)), operation("Tensordot", "t", tensor("x"), tensor("x"))], ["x"], ["t", 0, 0])
    found = report(graph)
    assert [(row.params, row.macs) for row in found.layers] == [(0, None)]
    assert [problem.code for problem in problems(graph, strict=True)] == ["CNN-E801"]
    graph["config"]["layers"][1]["module"] = "package.ops"
    assert report(graph).layers[0].params is None
