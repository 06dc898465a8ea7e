"""ResNet-152 from Network to Report, against ONNX's shape inference (C++) on the same network without its weights.

ONNX infers shapes alone; the report also has every layer's weights, operations, memory and receptive field.
"""

from __future__ import annotations

import subprocess
import sys
from statistics import median

from paired import in_turn, table

from cnnshape.api import load
from cnnshape.calculate import calculate
from cnnshape.network import Network, Node
from cnnshape.report import Report

MODEL = "zoo:resnet152"


def onnx_model(network: Network, report: Report):
    """The network in ONNX's words: weights are inputs with a shape and no data."""
    from onnx import TensorProto, helper

    floats = TensorProto.FLOAT
    names = network.value_names()
    inputs = [helper.make_tensor_value_info(t.name, floats, list(t.shape)) for t in report.inputs]
    nodes = []
    for node, row in zip(network.nodes, report.layers, strict=True):
        shapes = {**(row.weights or {}), **row.buffer_shapes}
        if row.kind == "batch_norm":
            shapes = {key: shapes[key] for key in ("weight", "bias", "running_mean", "running_var")}
        weights = [f"{node.name}.{key}" for key in shapes]
        inputs += [
            helper.make_tensor_value_info(name, floats, list(shape))
            for name, shape in zip(weights, shapes.values(), strict=True)
        ]
        op, attributes = words(node)
        nodes.append(
            helper.make_node(
                op, [names[i] for i in node.inputs] + weights, [names[i] for i in node.outputs], node.name, **attributes
            )
        )
    outputs = [helper.make_tensor_value_info(t.name, floats, [None] * len(t.shape)) for t in report.outputs]
    return helper.make_model(helper.make_graph(nodes, network.name, inputs, outputs))


def words(node: Node) -> tuple[str, dict]:
    """The operator and its attributes."""
    layer = node.layer
    if node.layer.kind in ("conv", "max_pool"):
        kernel, stride, pad = (
            value if isinstance(value, tuple) else (value, value)
            for value in (layer.kernel_size, layer.stride or layer.kernel_size, layer.padding)
        )
        return ("Conv" if layer.kind == "conv" else "MaxPool"), {
            "kernel_shape": kernel,
            "strides": stride,
            "pads": [*pad, *pad],
        }
    if layer.kind == "linear":
        return "Gemm", {"transB": 1}
    plain = {
        "batch_norm": "BatchNormalization",
        "relu": "Relu",
        "add": "Add",
        "global_avg_pool": "GlobalAveragePool",
        "flatten": "Flatten",
    }
    return plain[layer.kind], {}


def same_shapes(inferred, network: Network, report: Report) -> int:
    """How many values both know; AssertionError when they differ or ONNX misses one."""
    graph = inferred.graph
    found = {
        v.name: tuple(d.dim_value for d in v.type.tensor_type.shape.dim) for v in (*graph.value_info, *graph.output)
    }
    names = network.value_names()[len(network.inputs) :]
    shapes = [shape for row in report.layers for shape in row.output_shapes]
    for name, shape in zip(names, shapes, strict=True):
        assert found[name] == tuple(shape), (name, found[name], shape)
    return len(names)


COLD = f"""
import gc, json, sys
from time import perf_counter
from cnnshape.api import load
from cnnshape.calculate import calculate
network = load({MODEL!r})
begin = perf_counter()
report = calculate(network)
print((perf_counter() - begin) * 1000 / len(report.layers) * 100)
"""


def main() -> None:
    import onnx
    from onnx.shape_inference import infer_shapes

    network = load(MODEL)
    report = calculate(network)
    model = onnx_model(network, report)
    onnx.checker.check_model(model)
    values = same_shapes(infer_shapes(model), network, report)
    raw = model.SerializeToString()
    ours, message, text = (
        lambda: calculate(network),
        lambda: infer_shapes(model),
        lambda: infer_shapes(raw),
    )
    rows = [
        ("Report / infer_shapes(ModelProto)", *in_turn(ours, message, 40)),
        ("Report / infer_shapes(bytes)", *in_turn(ours, text, 40)),
    ]
    print(f"{MODEL}: {len(report.layers)} layers, {values} shapes alike, {len(raw):,} bytes of ONNX without weights")
    table(rows)
    cold = [
        float(subprocess.run([sys.executable, "-c", COLD], capture_output=True, text=True, check=True).stdout)
        for _ in range(11)
    ]
    print(
        f"first call of a process: {median(cold):.2f} ms for 100 layers (least {min(cold):.2f}, most {max(cold):.2f})"
    )


if __name__ == "__main__":
    main()
