"""What is written is ONNX: the checker takes it, and shape inference, which is not ours, gives the report's shapes."""

from __future__ import annotations

import builtins
import io

import pytest
from classics import CLASSICS
from one_layer import one_layer
from samples import BLACK_BOXES, SAMPLES

from cnnshape import api
from cnnshape import layers as L  # noqa: N812
from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.forward.weights import Weights
from cnnshape.layers import BY_NAME
from cnnshape.network import Input, Network, Node
from cnnshape.shape import Shape
from cnnshape.writers.onnx import file, to_onnx, write_onnx
from cnnshape.writers.onnx.table import BUILDERS

onnx = pytest.importorskip("onnx")

WRITABLE = [(layer, xs) for layer, xs in SAMPLES if layer.kind not in BLACK_BOXES]
X = Shape(2, 6, 7, 11)


def written(network, report, weights):
    file = io.BytesIO()
    write_onnx(file, network, report, weights=weights)
    return onnx.load_from_string(file.getvalue())


def sizes(value):
    return tuple(d.dim_value for d in value.type.tensor_type.shape.dim)


def check(network, report, weights):
    """The checker's word, and the shapes that onnx infers when ours are taken out."""
    model = written(network, report, weights)
    onnx.checker.check_model(model, full_check=True)
    names = network.value_names()
    wanted = {}
    for node, row in zip(network.nodes, report.layers, strict=True):
        wanted.update(zip([names[value] for value in node.outputs], row.output_shapes, strict=True))
    assert {v.name: sizes(v) for v in [*model.graph.value_info, *model.graph.output]} == wanted
    del model.graph.value_info[:]
    for output in model.graph.output:
        output.type.tensor_type.ClearField("shape")
    inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True).graph
    found = {value.name: sizes(value) for value in [*inferred.value_info, *inferred.output]}
    assert {name: found[name] for name in wanted} == wanted
    return model


def test_every_kind_has_a_builder() -> None:
    assert set(BUILDERS) == set(BY_NAME)


@pytest.mark.parametrize("full", [True, False], ids=["weights", "shapes alone"])
def test_every_sample_is_accepted_with_the_shapes_of_the_report(full) -> None:
    for layer, xs in WRITABLE:
        network = one_layer(layer, xs)
        check(network, calculate(network, batch=2), Weights(3) if full else None)


@pytest.mark.parametrize("name", CLASSICS)
def test_every_zoo_network_is_accepted_with_the_shapes_of_the_report(name) -> None:
    network, report = api.analyze_network(f"zoo:{name}", batch=3)
    check(network, report, None)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_dtypes(dtype) -> None:
    for layer, xs in WRITABLE[::7]:
        network = one_layer(layer, xs)
        onnx.checker.check_model(to_onnx(network, calculate(network, batch=2, dtype=dtype)), full_check=True)


@pytest.mark.parametrize("dtype", ["bfloat16", "int8"])
def test_a_dtype_that_layers_do_not_compute_in_is_refused(dtype) -> None:
    network = one_layer(L.Relu(), (X,))
    with pytest.raises(ModelError, match=rf"CNN-E702.*{dtype}"):
        to_onnx(network, calculate(network, dtype=dtype))


def test_nodes_and_values_have_the_layers_names_and_weights_torchs() -> None:
    network, report = api.analyze_network("zoo:lenet5")
    model = check(network, report, Weights(1))
    names = [node.name for node in network.nodes]
    assert [node.name for node in model.graph.node if node.name in names] == names
    assert [o.name for o in model.graph.output] == [t.name for t in report.outputs]
    shapes = {tensor.name: tuple(tensor.dims) for tensor in model.graph.initializer}
    for row in report.layers:
        for name, shape in (row.weights or {}).items():
            assert shapes[f"{row.name}.{name}"] == shape


def test_the_weights_are_those_of_the_forward_pass() -> None:
    weights = Weights(5, keep=True)
    network = one_layer(L.Conv(5, kernel_size=3), (X,))
    model = written(network, calculate(network), weights)
    arrays = {t.name: onnx.numpy_helper.to_array(t) for t in model.graph.initializer}
    for name in ("weight", "bias"):
        assert (arrays[f"it.{name}"] == weights.known["it", name]).all()


def test_layers_that_share_weights_share_initializers() -> None:
    conv = L.Conv(6, kernel_size=3, padding=1)
    nodes = [Node("a", conv, (0,), (1,)), Node("b", conv, (1,), (2,), share="a")]
    network = Network("two", [Input("x", (6, 7, 11))], nodes, (2,))
    model = check(network, calculate(network), Weights(1))
    assert [t.name for t in model.graph.initializer] == ["a.weight", "a.bias"]
    assert [list(node.input)[1:] for node in model.graph.node] == [["a.weight", "a.bias"]] * 2


def test_a_layer_may_be_called_like_a_weight() -> None:
    nodes = [Node("a", L.Conv(6, kernel_size=3), (0,), (1,)), Node("a.weight", L.Relu(), (1,), (2,))]
    network = Network("names", [Input("a.bias", (6, 7, 11))], nodes, (2,))
    check(network, calculate(network), Weights(1))


def test_streamed_and_in_memory_are_one_model() -> None:
    for layer, xs in (
        (L.Lstm(5, num_layers=2, bidirectional=True), (Shape(2, 7, 6),)),
        (L.BatchNorm(), (X,)),
        (L.Relu(), (X,)),
    ):
        network = one_layer(layer, xs)
        report = calculate(network, batch=2)
        assert written(network, report, Weights(1)) == to_onnx(network, report, weights=Weights(1))


def test_without_weights_the_graph_asks_for_them() -> None:
    network = one_layer(L.Conv(5, kernel_size=3), (X,))
    model = to_onnx(network, calculate(network))
    assert [(i.name, sizes(i)) for i in model.graph.input] == [
        ("x0", (1, 6, 7, 11)),
        ("it.weight", (5, 6, 3, 3)),
        ("it.bias", (5,)),
    ]


def test_indices_are_integers_where_only_embeddings_read_them() -> None:
    network = one_layer(L.Embedding(17, 5), (Shape(2, 11),))
    report = calculate(network)
    kinds = [to_onnx(network, report, indices=wish).graph.input[0].type.tensor_type.elem_type for wish in (True, False)]
    assert kinds == [onnx.TensorProto.INT64, onnx.TensorProto.FLOAT]


def test_a_black_box_is_refused_with_its_place() -> None:
    network = one_layer(L.Opaque((5, 7)), (X,))
    network.nodes[0].line = 13
    with pytest.raises(ModelError, match=r"13.*CNN-E702.*opaque it cannot be written as ONNX: it is a black box"):
        to_onnx(network, calculate(network))


def test_more_than_two_gigabytes_are_refused_before_a_byte_is_written(monkeypatch) -> None:
    network = one_layer(L.Linear(7), (Shape(2, 11),))
    report = calculate(network)
    whole = len(to_onnx(network, report, weights=Weights(1)).SerializeToString())
    monkeypatch.setattr(file, "LIMIT", whole)
    assert len(written(network, report, Weights(1)).SerializeToString()) == whole
    monkeypatch.setattr(file, "LIMIT", whole - 1)
    out = io.BytesIO()
    with pytest.raises(ModelError, match=f"CNN-E702.*{whole:,} bytes"):
        write_onnx(out, network, report, weights=Weights(1))
    assert not out.getvalue()


def test_a_missing_onnx_is_told_with_the_command_that_installs_it(monkeypatch) -> None:
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == "onnx":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    network = one_layer(L.Relu(), (X,))
    with pytest.raises(ModelError, match=r"CNN-E703.*\n.*pip install 'cnnshape\[onnx\]'"):
        to_onnx(network, calculate(network))
