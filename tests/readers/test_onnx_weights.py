"""What a file stores is counted once, however many layers use it and whatever is made of it first. Totals by hand."""

import random

import pytest
from onnx import TensorProto, helper
from onnx_files import ints, model, network, node, report, value, weight

from cnnshape.calculate import calculate
from cnnshape.cli.convert import spec
from cnnshape.spec import load, parse
from cnnshape.verify import verify

ROW = value("x", (2, 7))


def counted(nodes, inputs, outputs, weights, **more):
    """(params of every row that has arrays, params and buffers of the whole); every total is held against `verify`."""
    found, problems = network(model(nodes, inputs, outputs, weights, **more))
    assert not problems
    made = calculate(found, found.batch)
    assert made.status.params == "complete"
    rows = [layer.params for layer in made.layers if layer.weights or layer.buffer_shapes]
    return rows, made.totals.params + made.totals.buffers


def test_a_matrix_behind_transpose_reshape_cast_and_identity_is_one() -> None:
    nodes = [
        node("Transpose", ["w"], ["turned"], perm=[1, 0]),
        node("Cast", ["w"], ["cast"], to=TensorProto.FLOAT),
        node("Identity", ["cast"], ["same"]),
        node("Reshape", ["w", "to"], ["flat"]),
        node("Reshape", ["flat", "back"], ["again"]),
        node("MatMul", ["x", "w"], ["a"]),
        node("MatMul", ["a", "turned"], ["b"]),
        node("MatMul", ["b", "same"], ["c"]),
        node("Gemm", ["c", "again"], ["y"], transB=1),
    ]
    weights = [weight("w", 7, 11), ints("to", 77), ints("back", 7, 11)]
    assert counted(nodes, [ROW], ["y"], weights) == ([77, 0, 0, 0], 77)


def test_a_matrix_of_gemm_with_a_bias_and_of_matmul_without_is_one() -> None:
    nodes = [
        node("Transpose", ["w"], ["turned"], perm=[1, 0]),
        node("Gemm", ["x", "turned", "b"], ["a"]),
        node("MatMul", ["a", "w"], ["y"]),
    ]
    assert counted(nodes, [ROW], ["y"], [weight("w", 11, 7), weight("b", 11)]) == ([77 + 11, 0], 88)


def test_an_embedding_and_the_last_layer_have_one_table() -> None:
    nodes = [
        node("Gather", ["w", "i"], ["a"]),
        node("Transpose", ["w"], ["turned"], perm=[1, 0]),
        node("MatMul", ["a", "turned"], ["y"]),
    ]
    index = value("i", (2, 7), TensorProto.INT64)
    assert counted(nodes, [index], ["y"], [weight("w", 13, 5)]) == ([65, 0], 65)


@pytest.mark.parametrize(
    ("first", "second", "rows"),
    [
        (("w", "b"), ("v", "b"), [9 + 3, 9]),  # exporters merge equal biases
        (("w", "b"), ("w", "c"), [9 + 3, 3]),
        (("w", "b"), ("w",), [9 + 3, 0]),
        (("w",), ("w", "b"), [9, 3]),
        (("w", "b"), ("w", "b"), [9 + 3, 0]),
    ],
)
def test_convolutions_may_have_a_part_of_their_weights_in_common(first, second, rows) -> None:
    nodes = [node("Conv", ["x", *first], ["a"], name="one"), node("Conv", ["a", *second], ["y"], name="two")]
    stored = [weight("w", 3, 3, 1, 1), weight("v", 3, 3, 1, 1), weight("b", 3), weight("c", 3)]
    assert counted(nodes, ["x"], ["y"], stored) == (rows, sum(rows))


def test_norms_that_share_an_offset_and_a_mean_have_it_once() -> None:
    nodes = [
        node("BatchNormalization", ["x", "g", "zero", "zero", "v"], ["a"]),
        node("BatchNormalization", ["a", "h", "zero", "m", "v"], ["y"]),
    ]
    made = report(model(nodes, ["x"], ["y"], [weight(name, 3) for name in ("g", "h", "zero", "m", "v")]))
    assert [(row.params, row.buffers) for row in made.layers] == [(6, 3), (3, 3)]


def test_quantised_weights_are_one_behind_each_of_their_layers() -> None:
    stored = helper.make_tensor("q", TensorProto.INT8, [3, 3, 1, 1], bytes(9), raw=True)
    scales = [weight("s"), helper.make_tensor("z", TensorProto.INT8, [], [0])]
    nodes = [
        node("DequantizeLinear", ["q", "s", "z"], ["d"]),
        node("DequantizeLinear", ["q", "s", "z"], ["e"]),
        node("Conv", ["x", "d", "b"], ["a"]),
        node("QuantizeLinear", ["a", "s", "z"], ["aq"]),
        node("DequantizeLinear", ["aq", "s", "z"], ["ad"]),
        node("Conv", ["ad", "e"], ["y"]),
    ]
    assert counted(nodes, ["x"], ["y"], [stored, *scales, weight("b", 3)]) == ([9 + 3, 0], 12)


@pytest.mark.parametrize("made", [["w", "w"], ["w", "turned"], ["w", "minus"]])
def test_a_weight_that_is_joined_with_itself_has_its_numbers_once(made) -> None:
    nodes = [
        node("Transpose", ["w"], ["turned"], perm=[1, 0]),
        node("Neg", ["w"], ["minus"]),
        node("Concat", made, ["whole"], axis=1),
        node("MatMul", ["x", "whole"], ["y"]),
    ]
    assert counted(nodes, [ROW], ["y"], [weight("w", 7, 7)]) == ([49], 49)


def test_a_scaled_weight_brings_its_scale_and_no_more_where_it_is_used_plain_as_well() -> None:
    nodes = [
        node("Mul", ["v", "g"], ["w"]),
        node("Conv", ["x", "v"], ["a"]),
        node("Conv", ["a", "w"], ["b"]),
        node("Conv", ["b", "w"], ["y"]),
    ]
    stored = [weight("v", 3, 3, 1, 1), weight("g", 3, 1, 1, 1)]
    assert counted(nodes, ["x"], ["y"], stored) == ([9, 3, 0], 12)
    assert counted(nodes[:1] + nodes[2:], ["x", "a"], ["y"], stored) == ([12, 0], 12)


def test_a_product_of_two_weights_has_as_many_numbers_as_the_two() -> None:
    nodes = [node("MatMul", ["a", "b"], ["w"]), node("MatMul", ["x", "w"], ["y"])]
    assert counted(nodes, [ROW], ["y"], [weight("a", 7, 2), weight("b", 2, 11)]) == ([14 + 22], 36)


@pytest.mark.parametrize("first", [True, False])
def test_pieces_and_the_whole_have_the_same_numbers(first) -> None:
    whole = [node("MatMul", ["x", "w"], ["q"])]
    pieces = [
        node("Split", ["w", "sizes"], ["k", "v"], axis=1),
        node("MatMul", ["x", "k"], ["a"]),
        node("MatMul", ["x", "v"], ["b"]),
    ]
    nodes = [*whole, *pieces] if first else [*pieces, *whole]
    rows, total = counted(nodes, [ROW], ["q", "a", "b"], [weight("w", 7, 11), ints("sizes", 4, 7)])
    assert (rows, total) == ([77, 0, 0] if first else [28, 49, 0], 77)


def test_different_places_cut_out_of_a_weight_are_not_one_weight() -> None:
    nodes = [
        node("Slice", ["w", "zero", "five", "one"], ["k"]),
        node("Slice", ["w", "five", "ten", "one"], ["v"]),
        node("MatMul", ["x", "k"], ["a"], name="a"),
        node("MatMul", ["x", "v"], ["b"], name="b"),
    ]
    stored = [weight("w", 7, 10), ints("zero", 0), ints("five", 5), ints("ten", 10), ints("one", 1)]
    made = report(model(nodes, [ROW], ["a", "b"], stored))
    assert [(row.params, row.shared_with) for row in made.layers] == [(70, None), (0, None)]


def test_an_array_in_arithmetic_and_in_a_layer_is_one() -> None:
    nodes = [
        node("Conv", ["x", "w"], ["a"]),
        node("Add", ["a", "w"], ["b"]),
        node("Mul", ["b", "w"], ["c"]),
        node("Einsum", ["c", "w"], ["y"], equation="nchw,oihw->nohw"),
    ]
    assert counted(nodes, ["x"], ["y"], [weight("w", 3, 3, 1, 1)])[1] == 9
    assert (
        counted([*nodes[1:3], *nodes[3:], node("Conv", ["y", "w"], ["z"])], ["a"], ["z"], [weight("w", 3, 3, 1, 1)])[1]
        == 9
    )


def test_what_a_function_stores_is_one_array_for_all_of_its_calls() -> None:
    body = [
        node("Constant", [], ["k"], value=weight("k", 3, 3, 1, 1)),
        node("Conv", ["a", "k"], ["r"], name="c"),
    ]
    block = helper.make_function("own", "block", ["a"], ["r"], body, [helper.make_opsetid("", 20)])
    nodes = [node("block", [a], [b], name=b, domain="own") for a, b in (("x", "one"), ("one", "two"))]
    assert counted(nodes, ["x"], ["two"], [], functions=[block]) == ([9, 0], 9)


def test_a_slope_of_one_number_is_counted_once() -> None:
    nodes = [node("PRelu", ["x", "s"], ["a"]), node("PRelu", ["a", "s"], ["y"])]
    assert counted(nodes, ["x"], ["y"], [weight("s", 1)]) == ([1, 0], 1)


# What a row that counts less than it has is elsewhere.

MERGED = [node("Conv", ["x", "w", "b"], ["a"], name="one"), node("Conv", ["a", "v", "b"], ["y"], name="two")]
STORED = [weight("w", 3, 3, 1, 1), weight("v", 3, 3, 1, 1), weight("b", 3)]


def test_a_part_in_common_is_written_and_read_back_and_verified() -> None:
    found, _ = network(model(MERGED, ["x"], ["y"], STORED))
    made = calculate(found, found.batch)
    text = spec(found, made)
    assert text.count("counted: {bias: 0}") == 1
    again, problems = load(parse(text))
    assert not problems
    assert calculate(again).totals == made.totals
    assert verify(found, made).verified


def test_a_row_that_counts_less_says_so() -> None:
    from cnnshape.explain import explain

    found, _ = network(model(MERGED, ["x"], ["y"], STORED))
    lines = {line.topic: line for line in explain(found, calculate(found, found.batch), "two")[0].lines}
    assert (lines["params"].result, lines["counted"].result) == ("12", "9")


# Drawn: an oracle that knows of every number from which array it came.

UNARY = ("Neg", "Identity", "Transpose", "Reshape")


def drawn(rng):
    """(nodes, stored, numbers that reach a row): arrays of 6 x 6 made of one another, then products with some of them."""
    stored = {f"w{n}": frozenset([f"w{n}"]) for n in range(rng.randint(1, 4))}
    made, nodes = dict(stored), []
    for n in range(rng.randint(0, 7)):
        names, out = sorted(made), f"m{n}"
        a, b = rng.choice(names), rng.choice(names)
        kind = rng.choice((*UNARY, "Add", "Mul", "MatMul"))
        inputs = [a, "to"] if kind == "Reshape" else [a] if kind in UNARY else [a, b]
        nodes.append(node(kind, inputs, [out], **({"perm": [1, 0]} if kind == "Transpose" else {})))
        made[out] = made[a] if kind in UNARY else made[a] | made[b]
    rows, reached = [], set()
    for n in range(rng.randint(1, 5)):
        name, before = rng.choice(sorted(made)), f"h{n - 1}" if n else "x"
        rows.append(node(rng.choice(("MatMul", "Add", "Gemm")), [before, name], [f"h{n}"]))
        reached |= made[name]
    return [*nodes, *rows], sorted(stored), len(reached) * 36


@pytest.mark.parametrize("seed", range(150))
def test_every_stored_number_that_reaches_a_row_is_counted_once(seed) -> None:
    nodes, stored, wanted = drawn(random.Random(seed))
    weights = [*[weight(name, 6, 6) for name in stored], ints("to", 6, 6)]
    made = report(model(nodes, [value("x", (6, 6))], [nodes[-1].output[0]], weights))
    assert (made.totals.params, made.status.params) == (wanted, "complete")
