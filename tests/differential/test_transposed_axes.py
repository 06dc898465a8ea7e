"""Transposed convolutions on a short axis, all of them: where all is cut and only what is added is left, engines part.

One network for each window, with a layer for each way to pad: it is the writer that makes them all agree.
"""

from itertools import product

import pytest
from compared import differences

from cnnshape.errors import LayerError
from cnnshape.layers import ConvTranspose
from cnnshape.network import Input, Network, Node
from cnnshape.shape import Shape

pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

PADDINGS = ("same", "same_upper", "same_lower", "valid", "full", "causal", 0, 1, ((0, 1),), ((1, 0),), ((2, 0),), 2)


def layers_on(n, **window):
    """A layer for every padding and output_padding that leaves something."""
    for padding, extra in product(PADDINGS, range(max(window["stride"], window["dilation"]))):
        layer = ConvTranspose(2, padding=padding, output_padding=extra, bias=extra > 0, **window)
        try:
            layer.out(Shape(1, 3, n))
        except LayerError:
            continue
        yield layer


@pytest.mark.parametrize("n", [1, 2])
def test_short_transposed_axes_are_the_same_everywhere(n) -> None:
    many = 0
    for kernel, stride, dilation in product((1, 2, 3), (1, 2, 3), (1, 2, 3)):
        layers = list(layers_on(n, kernel_size=kernel, stride=stride, dilation=dilation))
        nodes = [Node(f"t{at}", layer, (0,), (at + 1,), path=(f"t{at}",)) for at, layer in enumerate(layers)]
        network = Network("axis", [Input("x", (3, n))], nodes, tuple(range(1, len(nodes) + 1)), "axis.yaml")
        assert not differences(network, 1), (kernel, stride, dilation)
        many += sum(1 for layer in layers if only_what_is_added(layer, n))
    assert many >= (20 if n == 1 else 3)


def only_what_is_added(layer, n):
    """Whether the cut leaves nothing of the copies on the axis."""
    (way,) = layer.windows(Shape(1, 3, n))
    return (n - 1) * way.stride + way.extent - way.before <= 0
