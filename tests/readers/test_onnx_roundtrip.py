"""What our own writer writes is read back with the same numbers."""

import pytest
from classics import CLASSICS
from onnx import TensorProto
from samples import BLACK_BOXES, SAMPLES

from cnnshape.api import analyze_network
from cnnshape.calculate import calculate
from cnnshape.network import Input, Network, Node
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.onnx import read
from cnnshape.shape import UNKNOWN
from cnnshape.writers.onnx import to_onnx

#: Kinds that ONNX says with learned arrays which ours do not have: weights of 1 and 0 where nothing is learned, a second
#: bias, statistics that are plain arrays.
MORE = {"layer_norm": "weights of ones", "rnn": "a bias twice", "lstm": "a bias twice", "gru": "a bias twice"}
MORE |= {"standardize": "statistics are plain arrays", "batch_norm": "weights of ones"}
WRITABLE = [(layer, xs) for layer, xs in SAMPLES if layer.kind not in BLACK_BOXES and UNKNOWN not in xs]


def again(network, report, *, stored=True):
    """The report of the file that the network is written to; its weights are zeros, or are not in it."""
    model = to_onnx(network, report)
    own = {tensor.name for tensor in network.inputs}
    for info in [info for info in model.graph.input if stored and info.name not in own]:
        dims = [dim.dim_value for dim in info.type.tensor_type.shape.dim]
        tensor = model.graph.initializer.add(name=info.name, dims=dims, data_type=TensorProto.FLOAT)
        tensor.data_location = TensorProto.EXTERNAL
        model.graph.input.remove(info)
    found, problems = read(File("x.onnx", model.SerializeToString()), Options())
    assert not problems
    return calculate(found, found.batch)


def same(before, after, *, params=True):
    assert [tensor.shape for tensor in after.outputs] == [tensor.shape for tensor in before.outputs]
    assert after.totals.macs == before.totals.macs
    if params:
        assert (after.totals.params, after.totals.buffers) == (before.totals.params, before.totals.buffers)
    else:
        assert after.totals.params >= before.totals.params


FULL = pytest.mark.parametrize("stored", [True, False], ids=["weights", "shapes alone"])


@FULL
@pytest.mark.parametrize("name", [*CLASSICS, "vit_b_16"])
def test_every_network_of_the_zoo(name, stored):
    network, report = analyze_network(f"zoo:{name}")
    norms = [node.layer for node in network.nodes if node.layer.kind == "batch_norm"]
    same(
        report,
        again(network, report, stored=stored),
        params=all(norm.affine and norm.scale and norm.bias for norm in norms),
    )


@FULL
@pytest.mark.parametrize(("layer", "xs"), WRITABLE, ids=str)
def test_every_layer_kind(layer, xs, stored):
    inputs = [Input(f"x{at}", tuple(x[1:])) for at, x in enumerate(xs)]
    count = len(layer.outs(*xs))
    values = tuple(range(len(xs), len(xs) + count))
    network = Network("n", inputs, [Node("a", layer, tuple(range(len(xs))), values, path=("a",))], values)
    report = calculate(network, xs[0][0])
    same(report, again(network, report, stored=stored), params=layer.kind not in MORE)


def test_weights_that_are_not_stored_are_marked_and_the_input_is_the_networks_own():
    network, report = analyze_network("zoo:vit_b_16")
    model = to_onnx(network, report)
    marked = [info.name for info in model.graph.input if info.doc_string]
    assert marked == [info.name for info in model.graph.input][1:]
    found, _ = read(File("x.onnx", model.SerializeToString()), Options())
    assert [tensor.name for tensor in found.inputs] == [tensor.name for tensor in network.inputs]
    assert calculate(found, 1).totals.params == 86_567_656
