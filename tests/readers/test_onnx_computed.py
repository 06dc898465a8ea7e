"""What is computed or set is no weight, and the same numbers count the same however the file holds them."""

import pytest
from onnx import TensorProto, helper
from onnx_files import ints, model, node, report, value, weight

from cnnshape.calculate import calculate
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.onnx import read
from cnnshape.verify import verify

ONE = helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0])
SHAPE = node("Shape", ["x"], ["shape"])
FILL = node("ConstantOfShape", ["shape"], ["f"], value=ONE)


def params(nodes, weights=(), output="y", x=(1, 3, 7, 11), **options):
    made = report(model(nodes, [value("x", x)], [output], list(weights)), **options)
    assert made.status.params == "complete"
    return made.totals.params


# fills

MASKS = {
    "as it is": [SHAPE, FILL, node("Add", ["x", "f"], ["y"])],
    "zeros": [SHAPE, node("ConstantOfShape", ["shape"], ["f"]), node("Mul", ["x", "f"], ["y"])],
    "turned": [SHAPE, FILL, node("Neg", ["f"], ["g"]), node("Add", ["x", "g"], ["y"])],
    "beside the data": [SHAPE, FILL, node("Concat", ["x", "f"], ["y"], axis=1)],
    "a part of the shape": [
        node("Shape", ["x"], ["shape"], start=1),
        FILL,
        node("Add", ["x", "f"], ["y"]),
    ],
    "a computed size": [
        SHAPE,
        node("Gather", ["shape", "three"], ["width"]),
        node("Mul", ["width", "three"], ["triple"]),
        node("Div", ["triple", "three"], ["size"]),
        node("ConstantOfShape", ["size"], ["f"]),
        node("Add", ["x", "f"], ["y"]),
    ],
    "the shape of a fill": [
        SHAPE,
        FILL,
        node("Shape", ["f"], ["again"]),
        node("ConstantOfShape", ["again"], ["g"]),
        node("Add", ["x", "g"], ["y"]),
    ],
    "more than is folded": [
        node("Tile", ["x", "tiles"], ["wide"]),
        node("Shape", ["wide"], ["shape"]),
        FILL,
        node("Add", ["wide", "f"], ["y"]),
    ],
}


@pytest.mark.parametrize("nodes", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize("batch", [1, 8])
def test_a_fill_as_large_as_the_data_is_no_weight(nodes, batch) -> None:
    assert params(nodes, [ints("three", 3), ints("tiles", 1, 1, 300, 1)], batch=batch) == 0


def test_a_fill_of_a_stated_size_is_a_weight_in_every_batch() -> None:
    nodes = [node("ConstantOfShape", ["to"], ["f"]), node("Add", ["x", "f"], ["y"])]
    assert [params(nodes, [ints("to", 3, 7, 11)], batch=batch) for batch in (1, 8)] == [231, 231]


def test_a_learned_array_that_is_laid_out_for_the_data_counts_its_own_numbers() -> None:
    nodes = [SHAPE, node("Expand", ["w", "shape"], ["whole"]), node("Add", ["x", "whole"], ["y"])]
    assert [params(nodes, [weight("w", 3, 1, 1)], batch=batch) for batch in (1, 8)] == [3, 3]


def test_a_kernel_that_is_filled_to_the_datas_size_brings_nothing_and_is_verified() -> None:
    nodes = [
        node("Shape", ["x"], ["channels"], start=1, end=2),
        node("Concat", ["five", "channels", "window"], ["to"], axis=0),
        node("ConstantOfShape", ["to"], ["k"]),
        node("Conv", ["x", "k", "b"], ["y"]),
    ]
    raw = model(nodes, ["x"], ["y"], [ints("five", 5), ints("window", 3, 3), weight("b", 5)])
    found, problems = read(File("x.onnx", raw), Options())
    assert not problems
    made = calculate(found)
    assert [(row.kind, row.params) for row in made.layers] == [("conv", 5)]
    assert verify(found, made).verified


# constants

NUMBERS = [0.5, 0.25, 2.0]
TENSOR = {"value": helper.make_tensor("c", TensorProto.FLOAT, [3], NUMBERS)}
LIST = {"value_floats": NUMBERS}


@pytest.mark.parametrize("fields", [TENSOR, LIST], ids=["tensor", "list"])
@pytest.mark.parametrize(
    ("nodes", "count"),
    [
        ([node("Add", ["x", "c"], ["y"])], 3),
        ([node("Add", ["x", "c"], ["a"]), node("Mul", ["a", "c"], ["y"])], 3),
        ([node("Neg", ["c"], ["d"]), node("Add", ["x", "d"], ["y"])], 3),
        ([node("Conv", ["x", "w", "c"], ["y"])], 3 * 3 + 3),
    ],
)
def test_a_list_of_fractions_counts_as_a_tensor_does(fields, nodes, count) -> None:
    assert params([node("Constant", [], ["c"], **fields), *nodes], [weight("w", 3, 3, 1, 1)], x=(1, 3, 7, 3)) == count


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"value_float": 0.5}, None),
        ({"value": helper.make_tensor("c", TensorProto.FLOAT, [], [0.5])}, None),
        ({"value_ints": [1, 2, 3]}, TensorProto.FLOAT),
        ({"value": ints("c", 1, 2, 3)}, TensorProto.FLOAT),
        ({"value_int": 2}, TensorProto.FLOAT),
    ],
)
def test_a_lone_number_and_whole_numbers_count_nothing_in_either_form(fields, kind) -> None:
    nodes = [node("Constant", [], ["c"], **fields)]
    if kind is not None:
        nodes.append(node("Cast", ["c"], ["d"], to=kind))
    nodes.append(node("Add", ["x", nodes[-1].output[0]], ["y"]))
    assert params(nodes, x=(1, 3, 7, 3)) == 0


def test_a_list_longer_than_what_is_folded_counts_too() -> None:
    nodes = [node("Constant", [], ["c"], value_floats=[0.5] * 65_537), node("Add", ["x", "c"], ["y"])]
    assert params(nodes, x=(1, 65_537)) == 65_537


# settings


def test_regions_and_scales_of_a_resize_are_no_weights() -> None:
    nodes = [
        node("Resize", ["x", "roi", "", "to"], ["y"], coordinate_transformation_mode="tf_crop_and_resize"),
    ]
    assert params(nodes, [weight("roi", 8), ints("to", 1, 3, 5, 5)]) == 0
    scales = helper.make_tensor("s", TensorProto.FLOAT, [4], [1.0, 2.0, 1.0, 1.0])
    assert params([node("Resize", ["x", "", "s"], ["y"])], [scales]) == 0


def test_the_two_values_of_a_one_hot_are_no_weights() -> None:
    depth = helper.make_tensor("depth", TensorProto.INT64, [], [5])
    nodes = [node("OneHot", ["x", "depth", "values"], ["y"])]
    assert params(nodes, [depth, weight("values", 2)]) == 0


# weights that the caller feeds


@pytest.mark.parametrize(("doc", "count"), [("cnnshape: a weight", 231), ("a weight", 0)])
def test_an_input_that_is_marked_as_a_weight_is_one_wherever_it_is_read(doc, count) -> None:
    fed = helper.make_tensor_value_info("w", TensorProto.FLOAT, (1, 3, 7, 11), doc)
    made = report(model([node("Add", ["x", "w"], ["y"])], ["x", fed], ["y"]))
    assert ([tensor.name for tensor in made.inputs] == ["x"]) == bool(count)
    assert made.totals.params == count


def test_a_marked_input_without_sizes_is_an_input_and_alone_it_is_a_constant() -> None:
    fed = helper.make_tensor_value_info("w", TensorProto.FLOAT, ("n", 3, 7, 11), "cnnshape: a weight")
    made = report(model([node("Add", ["x", "w"], ["y"])], ["x", fed], ["y"]))
    assert [tensor.name for tensor in made.inputs] == ["x", "w"]
    fed = helper.make_tensor_value_info("w", TensorProto.FLOAT, (1, 3, 7, 11), "cnnshape: a weight")
    assert report(model([node("Relu", ["w"], ["y"])], [fed], ["y"])).totals.params == 231
