import math
import random
from collections import Counter

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from onnx_draws import OPS, Drawn
from onnx_nodes import cases, const, op, opset_of

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import lookup
from cnnshape.readers.onnx.fold import BUDGET, Spent, fold
from cnnshape.readers.onnx.fold.table import FOLDS
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.shapes import infer
from cnnshape.readers.onnx.shapes.table import SHAPES

NEWEST = onnx.defs.onnx_opset_version()
FLOAT, INT32, INT64, BOOL, FLOAT16, DOUBLE = 1, 6, 7, 9, 10, 11
#: Relative error that a type's rounding explains; sums run in another order here.
LOOSE = {FLOAT: 1e-5, FLOAT16: 2e-3, DOUBLE: 1e-12, 16: 1e-2}


def folded(kind, *consts, opset=NEWEST, outputs=1, **attributes):
    names = tuple("" if x is None else f"x{at}" for at, x in enumerate(consts))
    asked = Op(kind, "", "n", names, tuple(f"y{at}" for at in range(outputs)), attributes, opset)
    return fold(asked, [None if x is None else x.shape for x in consts], list(consts))


def whole(*values, shape=None):
    return Const((len(values),) if shape is None else shape, "int", values)


def real(*values, shape=None, dtype=FLOAT):
    return Const((len(values),) if shape is None else shape, "float", values, dtype)


def check_same(got, wanted, told):
    assert got.shape == wanted.shape, told
    assert (got.kind, got.dtype or {"int": INT64, "float": FLOAT, "bool": BOOL, "string": 8}[got.kind]) == (
        wanted.kind,
        wanted.dtype or 8,
    ), told
    if got.kind == "float":
        assert np.allclose(got.values, wanted.values, LOOSE[wanted.dtype], 1e-6, equal_nan=True), told
    else:
        assert got.values == wanted.values, told


def test_every_fold_exists_and_has_a_shape_rule():
    for name in FOLDS:
        assert callable(lookup(FOLDS, "", name, "cnnshape.readers.onnx.fold"))
    assert set(FOLDS) <= set(SHAPES)


def test_every_case_of_the_onnx_package_folds_to_its_outputs():
    held, unknown = Counter(), Counter()
    for name, model, (ins, outs) in cases():
        if len(model.graph.node) != 1 or model.graph.node[0].op_type not in FOLDS or model.graph.node[0].domain:
            continue
        (proto,) = model.graph.node
        given = {i.name: None if isinstance(x, list) else const(x) for i, x in zip(model.graph.input, ins, strict=True)}
        consts = [given.get(x) for x in proto.input]
        got = fold(op(proto, opset_of(model)), [x and x.shape for x in consts], consts)
        wanted = {o.name: y for o, y in zip(model.graph.output, outs, strict=True)}
        for output, found in zip(proto.output, got, strict=True):
            y = None if isinstance(wanted.get(output), list | type(None)) else const(wanted[output])
            if found is None:
                unknown[proto.op_type] += 1
            elif y is not None:
                check_same(found, y, name)
                held[proto.op_type] += 1
    assert sum(held.values()) > 550
    assert len(held) > 75
    assert sum(unknown.values()) < 250  # types of 8 and 4 bits, what C leaves undefined, training


def drawn_values(rng, numbers, drawn):
    """Values for the inputs whose values the draw leaves open."""
    found = []
    for given in drawn.inputs:
        if given is None:
            found.append(None)
            continue
        kind, data = given
        if kind == "float":
            found.append(np.round(numbers.normal(size=data) * 8).astype(np.float32) / 4)
        elif kind == "index":
            found.append(numbers.integers(0, 1, size=data))
        elif kind == "bool":
            found.append(numbers.random(data) < 0.5)
        elif kind == "floats":
            found.append(np.array(data, np.float32))
        else:
            found.append(np.array(data[0] if kind == "scalar" else data, np.int64))
    return found


def misjudged(drawn):
    """Where onnx's reference clamps wrongly; onnxruntime 1.32 gives what the text of the standard says, as we do."""
    if drawn.kind == "Shape":
        return any(value < -len(drawn.inputs[0][1]) for value in drawn.attributes.values())
    starts, steps = (
        (drawn.inputs[1][1], drawn.inputs[-1][1]) if drawn.kind == "Slice" and drawn.opset >= 10 else ((), ())
    )
    return any(start < -1 and step < 0 for start, step in zip(starts, steps, strict=True))


@pytest.mark.parametrize("kind", sorted(set(OPS) & set(FOLDS)))
def test_drawn_nodes_fold_to_what_the_reference_computes(kind):
    rng, numbers = random.Random(kind), np.random.default_rng(len(kind))
    held = 0
    for _ in range(30):
        drawn = Drawn(rng, kind, NEWEST)
        if misjudged(drawn):
            continue
        values = drawn_values(rng, numbers, drawn)
        model = drawn.model()
        fed = {i.name: values[int(i.name[1:])] for i in model.graph.input}
        with np.errstate(all="ignore"):
            try:
                wanted = ReferenceEvaluator(model).run(None, fed)
            except Exception:  # noqa: BLE001, S112
                continue  # the reference knows fewer opsets than the inference
        consts = [None if x is None else const(x) for x in values]
        asked = op(model.graph.node[0], drawn.opset)
        got = fold(asked, [x and x.shape for x in consts], consts)
        told = (drawn.opset, drawn.attributes, drawn.inputs)
        shapes = infer(asked, [x and x.shape for x in consts], consts)
        for found, shape, y in zip(got, shapes, wanted, strict=True):
            if found is not None:
                check_same(found, const(np.asarray(y)), told)
                assert found.shape == shape, told
                held += 1
    assert held > 0 if kind in {"MatMul", "Range"} else held >= 10


UNARY = ("Abs", "Ceil", "Cos", "Erf", "Exp", "Floor", "Log", "Neg", "Reciprocal", "Relu", "Round", "Sigmoid", "Sign")
UNARY += ("Sin", "Sqrt", "Tanh", "IsNaN", "IsInf")
BINARY = ("Add", "Sub", "Mul", "Div", "Pow", "Mod", "Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual")
BINARY += ("Max", "Min", "Sum", "Mean", "BitwiseAnd", "BitwiseOr", "BitwiseXor")


@pytest.mark.parametrize("kind", UNARY + BINARY)
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64, np.int32])
def test_arithmetic_is_numpys(kind, dtype):
    integer = np.issubdtype(dtype, np.integer)
    if kind.startswith("Bitwise") and not integer:
        return
    if integer and kind in {*UNARY, "Mean"} - {"Abs", "Neg", "Relu", "Sign"}:
        return
    numbers = np.random.default_rng(7)
    many = 1 if kind in UNARY else 2
    names = [f"x{at}" for at in range(many)]
    fmod = {"fmod": 1} if kind == "Mod" and not integer else {}
    node = onnx.helper.make_node(kind, names, ["y"], **fmod)
    element = onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype))
    infos = [onnx.helper.make_tensor_value_info(name, element, None) for name in names]
    out = onnx.helper.make_empty_tensor_value_info("y")
    imports = [onnx.helper.make_opsetid("", 20)]
    model = onnx.helper.make_model(onnx.helper.make_graph([node], "g", infos, [out]), opset_imports=imports)
    for _ in range(20):
        values = [numbers.integers(-9, 9, size=size) for size in ((3, 5), (3, 1))[:many]]
        values = [x.astype(dtype) if integer else (x / 4).astype(dtype) for x in values]
        if kind in {"Div", "Mod"}:
            values[1][values[1] == 0] = 3
        if kind == "Pow" and integer:
            values[1] = np.abs(values[1])
        with np.errstate(all="ignore"):
            (wanted,) = ReferenceEvaluator(model).run(None, dict(zip(names, values, strict=True)))
        consts = [const(x) for x in values]
        (got,) = fold(op(node, 20), [x.shape for x in consts], consts)
        check_same(got, const(np.asarray(wanted)), (kind, values))


def test_division_of_integers_goes_towards_zero_and_never_by_zero():
    assert folded("Div", whole(7, -7, 7, -7), whole(2, 2, -2, -2))[0].values == (3, -3, -3, 3)
    assert folded("Div", whole(7), whole(0)) == [None]
    assert folded("Mod", whole(7), whole(0)) == [None]
    assert folded("Div", real(1.0, -1.0), real(0.0, 0.0))[0].values == (math.inf, -math.inf)


def test_float32_rounds_as_the_engine_does():
    # 0.7 as float32 is a little less than 0.7: in doubles the product would be 6.99, and floor would give 6
    (scaled,) = folded("Mul", real(10.0), real(np.float32(0.7).item()))
    assert folded("Floor", scaled)[0].values == (7.0,)
    (scaled,) = folded("Mul", real(10.0, dtype=DOUBLE), real(np.float32(0.7).item(), dtype=DOUBLE))
    assert folded("Floor", scaled)[0].values == (6.0,)


def test_casts_truncate_wrap_and_leave_the_undefined_unknown():
    assert folded("Cast", real(2.7, -2.7), to=INT64)[0] == Const((2,), "int", (2, -2), INT64)
    assert folded("Cast", whole(300, -1), to=2)[0].values == (44, 255)
    assert folded("Cast", whole(0, 3), to=BOOL)[0].values == (False, True)
    assert folded("Cast", real(math.nan), to=INT64) == [None]
    assert folded("Cast", real(1e30), to=INT32) == [None]
    assert folded("Cast", real(1.0), to=17) == [None]


def test_shape_takes_a_stretch_of_the_sizes():
    asked = Op("Shape", "", "n", ("x",), ("y",), {"start": 1, "end": -1}, NEWEST)
    assert fold(asked, [(2, 3, 7, 11)], [None])[0].values == (3, 7)
    assert fold(Op("Size", "", "n", ("x",), ("y",), {}, 13), [(2, 3, 7)], [None])[0] == Const((), "int", (42,), INT64)
    assert fold(asked, [None], [None]) == [None]


def test_constants_come_from_any_value_attribute():
    assert folded("Constant", value_ints=(2, 3))[0] == Const((2,), "int", (2, 3), INT64)
    assert folded("Constant", value_float=1.5)[0] == Const((), "float", (1.5,), FLOAT)
    assert folded("Constant", value=whole(5, 7))[0].values == (5, 7)
    assert folded("Constant", value_strings=("a", "b"))[0].kind == "string"
    assert folded("Constant") == [None]


def test_what_is_large_is_not_folded():
    assert folded("ConstantOfShape", whole(65536))[0].shape == (65536,)
    assert folded("ConstantOfShape", whole(65537)) == [None]
    assert folded("Expand", whole(1), whole(2**31, 2**31)) == [None]
    assert folded("Range", whole(0, shape=()), whole(2**62, shape=()), whole(1, shape=())) == [None]
    assert folded("Tile", whole(1, 2), whole(2**40)) == [None]
    assert folded("Mul", whole(2**62), whole(4)) == [None]
    assert folded("Pow", whole(3), whole(2**40)) == [None]
    assert folded("OneHot", whole(1, 2), whole(2**40, shape=()), whole(0, 1)) == [None]
    assert folded("Pad", whole(1, 2), whole(2**50, 0)) == [None]
    column, row = whole(*[1] * 60000, shape=(60000, 1)), whole(*[1] * 60000)
    assert folded("Add", column, row) == [None]
    assert folded("MatMul", column, whole(*[1] * 60000, shape=(1, 60000))) == [None]


def test_the_work_for_a_whole_file_is_bounded():
    spent, large, few = Spent(), whole(*range(60000)), whole(2, 3)
    add = Op("Add", "", "n", ("x", "y"), ("z",), {}, NEWEST)
    rounds = 0
    while fold(add, [large.shape] * 2, [large] * 2, spent) != [None]:
        rounds += 1
    assert 1 < rounds < BUDGET // 100_000
    assert fold(add, [few.shape] * 2, [few] * 2, spent)[0].values == (4, 6)
    expand = Op("Expand", "", "n", ("x", "s"), ("z",), {}, NEWEST)
    assert fold(expand, [(), (2,)], [whole(1, shape=()), whole(300, 200)], spent) == [None]
    assert fold(expand, [(), (2,)], [whole(1, shape=()), whole(3, 2)], spent)[0].shape == (3, 2)


def test_an_index_outside_is_an_error():
    with pytest.raises(LayerError, match="index 3"):
        folded("Gather", whole(5, 7), whole(3, shape=()))


def test_scatter_combines():
    data, at, new = whole(1, 2, 3), whole(1, 1), whole(10, 20)
    assert folded("ScatterElements", data, at, new, reduction="add")[0].values == (1, 32, 3)
    assert folded("ScatterND", data, whole(0, 2, shape=(2, 1)), new)[0].values == (10, 2, 20)


CONSTS = (whole(), whole(1), whole(2, 3), whole(-1, 2**62), real(math.nan), real(1.5, -2.0), real(2.0, shape=()))
CONSTS += (whole(1, 2, 3, 4, 5, 6, shape=(2, 3)), whole(shape=(0, 3)), whole(0, shape=()), real(1e300, dtype=DOUBLE))
CONSTS += (Const((1,), "string", ("x",)), Const((2,), "bool", (True, False)), None, None, whole(*[2**62] * 4))
VALUES = (0, 1, -1, 2, 7, 2**40, -(2**63), 1.5, "x", "edge", "reflect", "add", (), (0,), (1, 0), (2**62,), None)
FIELDS = ("axis", "axes", "perm", "to", "mode", "reduction", "k", "start", "end", "value", "keepdims", "batch_dims")
FIELDS += ("pads", "split", "starts", "ends", "fmod", "direction", "min", "max", "dtype", "shape", "value_ints")


@pytest.mark.parametrize("name", FOLDS)
def test_hostile_operators_give_values_or_plain_errors(name):
    rng = random.Random(name)
    for _ in range(200):
        consts = [rng.choice(CONSTS) for _ in range(rng.randint(0, 4))]
        names = tuple(rng.choice(("x", "x", "x", "")) for _ in consts)
        fields = {field: rng.choice(VALUES) for field in rng.sample(FIELDS, rng.randint(0, 4))}
        asked = Op(name, "", "n", names, ("y",) * rng.randint(1, 3), fields, rng.randint(1, NEWEST))
        try:
            got = fold(asked, [x and x.shape for x in consts], consts)
        except LayerError:
            continue
        assert len(got) == len(asked.outputs)
        for found in got:
            assert found is None or len(found.values) == math.prod(found.shape) <= 65536, (asked, consts)
