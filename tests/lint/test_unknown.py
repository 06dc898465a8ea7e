"""What is not known is not guessed: foreign layers, several inputs, networks without a text."""

from __future__ import annotations

import pytest

from cnnshape import api
from cnnshape.calculate import calculate
from cnnshape.layers import BY_NAME
from cnnshape.lint import lint
from cnnshape.lint.settings import Settings
from cnnshape.network import Input, Network, Node
from cnnshape.spec.source import parse


def chain(*layers, shape=(3, 31, 37)) -> Network:
    nodes = [Node(f"n{k}", layer, (k,), (k + 1,)) for k, layer in enumerate(layers)]
    return Network("net", [Input("input", shape)], nodes, (len(layers),), "model.onnx", "onnx")


def rules_of(network) -> list[str]:
    return [one.rule for one in lint(network, calculate(network), None, Settings(severity="info"))]


def test_a_network_without_a_text_is_looked_at_too_and_offers_no_mending() -> None:
    conv = BY_NAME["conv"](out_channels=8)
    network = chain(conv, BY_NAME["batch_norm"](), BY_NAME["relu"]())
    found = lint(network, calculate(network))
    assert [one.rule for one in found] == ["bias-before-norm"]
    assert found[0].place == "model.onnx"
    assert found[0].layer == "n0"
    assert not found[0].fixable


@pytest.mark.parametrize("at", range(4))
def test_nothing_is_said_of_layers_whose_shapes_are_not_known(at) -> None:
    layers = [
        BY_NAME["conv"](out_channels=8, padding=1),
        BY_NAME["conv"](out_channels=8, padding=1),
        BY_NAME["batch_norm"](),
    ]
    layers.insert(at, BY_NAME["foreign"](op="NonZero"))
    network = chain(*layers)
    known = {
        row.name for row in calculate(network).layers if all(s.known for s in (*row.input_shapes, *row.output_shapes))
    }
    for one in lint(network, calculate(network), None, Settings(severity="info")):
        assert one.layer in known


def test_a_foreign_layer_is_no_reason_to_call_a_network_linear() -> None:
    conv = BY_NAME["conv"](out_channels=8, padding=1)
    assert "no-nonlinearity" in rules_of(chain(conv, conv))
    assert "no-nonlinearity" not in rules_of(chain(conv, BY_NAME["foreign"](op="Erf", shapes=((1, 8, 31, 37),)), conv))


def test_an_empty_network_has_no_findings() -> None:
    network = Network("net", [Input("input", (3, 31, 37))], [], (0,), "model.onnx", "onnx")
    assert lint(network, calculate(network)) == []


def test_vectors_sequences_and_volumes_pass_every_rule() -> None:
    for shape, layers in (
        ("17", "[linear: 5, relu]"),
        ("7x11", "[permute: [0, 2, 1], lstm: 5]"),
        ("2x7x11x13", "[conv: 3, relu, max_pool: 2]"),
        ("5x7x11", "[permute: [0, 2, 3, 1], layer_norm, linear: 3, gelu]"),
    ):
        document = parse(f"input: {shape}\nlayers: {layers}")
        lint(*api.analyze_document(document), document, Settings(severity="info"))


def test_several_inputs() -> None:
    document = parse(
        "inputs: {a: 3x31x37, b: 5}\nlayers:\n  - {conv: 8, from: a}\n  - relu\n  - {linear: 4, from: b}\n"
    )
    found = lint(*api.analyze_document(document), document)
    assert [(one.rule, one.line) for one in found] == [("dead-layer", 4)]
