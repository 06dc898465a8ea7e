import random
from collections import Counter

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper
from onnx_draws import OPS, Drawn
from onnx_nodes import cases, const, op, opset_of

from cnnshape.errors import LayerError
from cnnshape.readers.onnx.call import lookup
from cnnshape.readers.onnx.costs import COSTS, ops_of
from cnnshape.readers.onnx.op import Const, Op
from cnnshape.readers.onnx.shapes import infer
from cnnshape.readers.onnx.shapes.table import SHAPES

NEWEST = onnx.defs.onnx_opset_version()
#: Values decide these shapes; their rules say so.
UNKNOWN = {"If", "ImageDecoder", "Loop", "NonMaxSuppression", "OptionalGetElement", "Scan", "StringNormalizer"}
UNKNOWN |= {"StringSplit", "Unique"}


def node(kind, shapes, consts=(), outputs=1, opset=NEWEST, domain="", **attributes):
    names = tuple(f"x{at}" for at in range(len(shapes)))
    found = Op(kind, domain, "n", names, tuple(f"y{at}" for at in range(outputs)), attributes, opset)
    return infer(found, list(shapes), [*consts, *[None] * (len(shapes) - len(consts))])


def ints(*values):
    return Const((len(values),), "int", values)


def test_every_operator_of_the_newest_opset_has_a_rule():
    domains = {"": "", "ai.onnx.ml": "ai.onnx.ml:", "ai.onnx.preview": "ai.onnx.preview:"}
    domains["ai.onnx.preview.training"] = "ai.onnx.preview.training:"
    names = {domains[s.domain] + s.name for s in onnx.defs.get_all_schemas() if s.domain in domains}
    assert len(names) > 200
    assert names - set(SHAPES) == set()


def test_every_rule_exists_and_every_cost_has_a_rule():
    for name in SHAPES:
        domain, _, kind = name.rpartition(":")
        assert callable(lookup(SHAPES, domain, kind, "cnnshape.readers.onnx.shapes")), name
    assert set(COSTS) <= set(SHAPES)
    for name in COSTS:
        ops_of(name, (3, 5), [(3, 5), (3, 5)])  # every word is one of Ops


def test_every_case_of_the_onnx_package_gives_its_outputs_shapes():
    equal, unknown = Counter(), Counter()
    for name, model, (ins, outs) in cases():
        if len(model.graph.node) != 1:
            continue
        (proto,) = model.graph.node
        given = {i.name: x for i, x in zip(model.graph.input, ins, strict=True) if not isinstance(x, list)}
        given = {k: x if isinstance(x, np.ndarray | np.generic) else None for k, x in given.items()}
        shapes = [None if given.get(x) is None else np.shape(given[x]) for x in proto.input]
        consts = [None if given.get(x) is None else const(given[x]) for x in proto.input]
        got = infer(op(proto, opset_of(model, proto.domain)), shapes, consts)
        wanted = {o.name: y for o, y in zip(model.graph.output, outs, strict=True)}
        for output, shape in zip(proto.output, got, strict=True):
            y = wanted.get(output)
            if not isinstance(y, np.ndarray | np.generic):
                continue
            if shape is None:
                unknown[proto.op_type] += 1
            else:
                assert shape == np.shape(y), name
                equal[proto.op_type] += 1
    assert sum(equal.values()) > 1300
    assert len(equal) > 150
    assert set(unknown) - UNKNOWN <= {"DequantizeLinear", "Range"}  # of element types that are no numbers to numpy


def onnxruntime_shape(drawn, model):
    """What the engine really gives; None where it refuses."""
    onnxruntime.set_default_logger_severity(4)
    try:
        session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
        fed = {f"x{at}": np.zeros(shape, np.float32) for at, (_, shape) in enumerate(drawn.inputs)}
        return session.run(None, fed)[0].shape
    except Exception:  # noqa: BLE001
        return None


@pytest.mark.parametrize("kind", OPS)
def test_drawn_nodes_have_the_shapes_that_onnx_infers(kind):
    rng = random.Random(kind)
    held = 0
    for _ in range(40):
        drawn = Drawn(rng, kind, NEWEST)
        model = drawn.model()
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph.output
        values = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
        shapes = {i.name: tuple(d.dim_value for d in i.type.tensor_type.shape.dim) for i in model.graph.input}
        shapes |= {name: value.shape for name, value in values.items()}
        (proto,) = model.graph.node
        consts = [const(values[x]) if x in values else None for x in proto.input]
        got = infer(op(proto, drawn.opset), [shapes.get(x) for x in proto.input], consts)
        if drawn.attributes.get("ceil_mode") and drawn.opset < 22:
            # onnx counts a last window behind the input there, which no engine computes
            real = onnxruntime_shape(drawn, model)
            assert real is None or got[0] == real, (drawn.opset, drawn.attributes, drawn.inputs)
            held += 1
            continue
        for value, shape in zip(inferred, got, strict=True):
            dims = value.type.tensor_type.shape.dim
            if value.type.tensor_type.HasField("shape") and all(d.HasField("dim_value") for d in dims):
                assert shape == tuple(d.dim_value for d in dims), (drawn.opset, drawn.attributes, drawn.inputs)
                held += 1
    assert held >= 30


WRONG = {
    "Add": (((2, 3), (2, 5)), (), {}),
    "Concat": (((2, 3), (3, 3)), (), {"axis": 1}),
    "Conv": (((2, 3, 7, 11), (5, 2, 3, 3)), (), {}),
    "Conv larger": (((2, 3, 2, 2), (5, 3, 3, 3)), (), {}),
    "Expand": (((2, 3), (2,)), (None, ints(2, 5)), {}),
    "Flatten": (((2, 3),), (), {"axis": 3}),
    "Gather": (((2, 3), ()), (), {"axis": 2}),
    "Gemm": (((2, 3), (5, 7)), (), {}),
    "MatMul": (((2, 3), (2, 3)), (), {}),
    "Pad": (((2, 3), (2,)), (None, ints(1, 1)), {}),
    "Reshape": (((2, 3), (1,)), (None, ints(5)), {}),
    "ReduceSum": (((2, 3), (1,)), (None, ints(2)), {}),
    "Split": (((2, 3), (2,)), (None, ints(1, 1)), {"axis": 1}),
    "Squeeze": (((2, 3), (1,)), (None, ints(1)), {}),
    "Transpose": (((2, 3),), (), {"perm": (0, 0)}),
    "Unsqueeze": (((2, 3), (2,)), (None, ints(1, 1)), {}),
    "TopK": (((2, 3), (1,)), (None, ints(5)), {}),
    "Transpose no list": (((2, 3),), (), {"perm": "01"}),
    "Concat no number": (((2, 3),), (), {"axis": "one"}),
    "Reshape of many": (((2, 3), (65,)), (None, ints(6, *[1] * 64)), {}),
    "ConstantOfShape": (((1,),), (ints(2**63),), {}),
}


@pytest.mark.parametrize("name", WRONG)
def test_contradictions_are_errors(name):
    shapes, consts, attributes = WRONG[name]
    with pytest.raises(LayerError):
        node(name.split()[0], shapes, consts, **attributes)


def test_opsets_differ():
    assert node("Split", [(2, 7)], outputs=2, axis=1, num_outputs=2) == [(2, 4), (2, 3)]
    with pytest.raises(LayerError):
        node("Split", [(2, 7)], outputs=2, opset=13, axis=1)
    assert node("ReduceSum", [(2, 3)], opset=12, axes=(1,)) == [(2, 1)]
    assert node("ReduceSum", [(2, 3), (0,)], [None, ints()], noop_with_empty_axes=1) == [(2, 3)]
    assert node("ReduceSum", [(2, 3), (0,)], [None, ints()]) == [(1, 1)]
    assert node("Squeeze", [(2, 1, 3), (1,)], [None, ints(1)]) == node("Squeeze", [(2, 1, 3)], opset=11, axes=(1,))
    assert node("Reshape", [(2, 0, 3), (2,)], [None, ints(0, 5)], allowzero=1) == [(0, 5)]


def test_what_is_not_known_stays_unknown():
    assert node("Add", [None, (2, 3)]) == [None]
    assert node("Reshape", [(2, 3), (1,)]) == [None]
    assert node("NonZero", [(2, 3)]) == [None]
    assert node("Loop", [(), ()], outputs=3) == [None, None, None]
    assert node("Scan", [(2,), (5, 3)], outputs=2, num_scan_inputs=1) == [(2,), None]
    assert node("Frobnicate", [(2, 3)], outputs=2) == [None, None]
    assert node("Relu", [(2, 3)], domain="org.example") == [None]


@pytest.mark.parametrize("inputs", [[(), (), (2, 3), (), (), (3, 3), (), ()], [(), ()]])
def test_a_quantized_concat_is_held_to_what_a_concat_is(inputs):
    assert node("QLinearConcat", [(), (), (2, 3), (), (), (2, 5), (), ()], domain="com.microsoft", axis=1) == node(
        "Concat", [(2, 3), (2, 5)], axis=1
    )
    with pytest.raises(LayerError):
        node("QLinearConcat", inputs, domain="com.microsoft", axis=1)


def test_operators_of_onnxruntimes_domain():
    assert node("FusedConv", [(2, 3, 7, 11), (5, 3, 3, 3)], domain="com.microsoft") == [(2, 5, 5, 9)]
    assert node("QLinearAdd", [(2, 3), (), (), (3,), (), ()], domain="com.microsoft") == [(2, 3)]
    assert node("MatMulNBits", [(2, 7, 64)], domain="com.microsoft", K=64, N=5) == [(2, 7, 5)]
    assert node("FusedMatMul", [(2, 5, 3), (2, 5, 7)], domain="com.microsoft", transA=1) == [(2, 3, 7)]
    got = node("SkipLayerNormalization", [(2, 5, 7), (2, 5, 7), (7,)], outputs=4, domain="com.microsoft")
    assert got == [(2, 5, 7), (2, 5, 1), (2, 5, 1), (2, 5, 7)]


def anything(rng):
    """A field as a hostile file has it."""
    return rng.choice(
        (
            *(
                0,
                1,
                -1,
                2,
                2**40,
                -(2**63),
                2**63 - 1,
                1.5,
                "x",
                "SAME_UPPER",
                "",
                (),
                (0,),
                (1, 1),
                (2, -1),
                (0, 0, 0),
            ),
            *((1,) * 70, (2**62,) * 4, ("x",), (1.5, 2.0), ints(1, 2), Const((), "float", (2.0,)), None),
        )
    )


FIELDS = ("axis", "axes", "perm", "kernel_shape", "strides", "pads", "dilations", "auto_pad", "group", "keepdims")
FIELDS += ("output_shape", "output_padding", "ceil_mode", "num_outputs", "blocksize", "equation", "scales", "shape")
FIELDS += ("hidden_size", "direction", "layout", "value", "batch_dims", "allowzero", "k", "q_num_heads", "start", "end")
FIELDS += ("kv_num_heads", "split", "starts", "ends", "to", "mode", "sample_size", "reduction", "K", "N")


@pytest.mark.parametrize("name", SHAPES)
def test_hostile_fields_give_shapes_or_plain_errors(name):
    rng = random.Random(name)
    domain, _, kind = name.rpartition(":")
    shapes = ((), (1,), (2, 3), (0, 5), (2, 3, 5), (2, 3, 7, 11), (2**40, 2**40), (1, 4, 0, 3), (3, 3, 2, 2, 2), None)
    held = (None, None, ints(), ints(1), ints(2, 3), ints(-1, 2**62), ints(-1, -2, -3, -4))
    held += (Const((1,), "float", (float("nan"),)), Const((1,), "string", ("x",)), Const((2,), "bool", (True, False)))
    for _ in range(100):
        many = rng.randint(0, 6)
        names = tuple(rng.choice(("x", "x", "x", "")) for _ in range(many))
        fields = {field: anything(rng) for field in rng.sample(FIELDS, rng.randint(0, 6))}
        asked = Op(kind, domain, "n", names, ("y",) * rng.randint(1, 3), fields, rng.randint(1, NEWEST))
        consts = [rng.choice(held) for _ in names]
        given = [rng.choice(shapes) if known is None else known.shape for known in consts]
        try:
            got = infer(asked, given, consts)
        except LayerError:
            continue
        assert len(got) == len(asked.outputs)
        assert all(shape is None or (len(shape) <= 64 and min(shape, default=0) >= 0) for shape in got)


@pytest.mark.parametrize(
    "kind", ["Conv", "ConvInteger", "ConvTranspose", "MaxPool", "AveragePool", "LpPool", "MaxUnpool"]
)
@pytest.mark.parametrize("pads", [(-1, 0, 0, 0), (1, 1, 1, -1)])
def test_padding_that_takes_away_is_refused_as_onnxruntime_does(kind, pads):
    shapes = [(2, 3, 7, 11), (3, 3, 3, 3) if kind.startswith("Conv") else (2, 3, 7, 11)]
    fields = {} if kind.startswith("Conv") else {"kernel_shape": (2, 2)}
    with pytest.raises(LayerError, match=rf"pads is \[{', '.join(map(str, pads))}\], at least 0 is needed") as caught:
        node(kind, shapes, pads=pads, **fields)
    assert caught.value.code == "CNN-E803"
    assert node(kind, shapes, pads=(0, 1, 1, 0), **fields)[0]
