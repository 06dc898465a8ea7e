"""One network against every engine that is installed: a list of what differs, in words."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

import numpy as np

from cnnshape.calculate import calculate
from cnnshape.forward.weights import Weights
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.onnx import read
from cnnshape.writers.onnx import to_onnx

#: Kinds that ONNX says with arrays which ours do not have: see tests/readers/test_onnx_roundtrip.py; an average pool may
#: want one factor per position.
MORE_IN_ONNX = ("layer_norm", "rnn", "lstm", "gru", "standardize", "batch_norm", "avg_pool")
#: Kinds whose multiply-accumulates torch counts.
COUNTED = ("conv", "conv_transpose", "linear", "matmul", "scaled_dot_product_attention", "multi_head_attention")


def differences(network, batch):
    """What onnx, onnxruntime, our own reader and torch say otherwise; [] where all agree."""
    report = calculate(network, batch)
    shapes = dict(zip(network.value_names(), [t.shape for t in report.inputs], strict=False))
    names = network.value_names()
    for node, row in zip(network.nodes, report.layers, strict=True):
        shapes.update(zip([names[value] for value in node.outputs], row.output_shapes, strict=True))
    model = written(network, report)
    found = read_again(model, network, report)
    found += ran(model, network, report, shapes)
    found += inferred(model, network, report, shapes)
    return found + (in_torch(network, report, shapes) if find_spec("torch") else [])


def written(network, report):
    """The network as ONNX, every weight a constant of zeros."""
    from onnx import TensorProto, numpy_helper

    model = to_onnx(network, report)
    own = {tensor.name for tensor in network.inputs}
    for info in [info for info in model.graph.input if info.name not in own]:
        dims = [dim.dim_value for dim in info.type.tensor_type.shape.dim]
        model.graph.initializer.append(numpy_helper.from_array(np.zeros(dims, np.float32), info.name))
        model.graph.input.remove(info)
    assert all(tensor.data_type in (TensorProto.FLOAT, TensorProto.INT64) for tensor in model.graph.initializer)
    return model


def sizes(info):
    return tuple(dim.dim_value for dim in info.type.tensor_type.shape.dim)


def inferred(model, network, report, shapes):
    """The shapes that onnx infers when ours are taken out."""
    import onnx

    bare = onnx.ModelProto()
    bare.CopyFrom(model)
    del bare.graph.value_info[:]
    for output in bare.graph.output:
        output.type.tensor_type.ClearField("shape")
    graph = onnx.shape_inference.infer_shapes(bare, strict_mode=True, data_prop=True).graph
    theirs = {info.name: sizes(info) for info in [*graph.input, *graph.value_info, *graph.output]}
    return [f"onnx: {n} {theirs.get(n)}, ours {s}" for n, s in shapes.items() if theirs.get(n) != tuple(s)]


def ran(model, network, report, shapes):
    """The shapes of the arrays that onnxruntime makes, of every value."""
    import onnx
    import onnxruntime

    whole = onnx.ModelProto()
    whole.CopyFrom(model)
    del whole.graph.value_info[:]
    del whole.graph.output[:]
    made = [name for name in shapes if name not in {t.name for t in network.inputs}]
    whole.graph.output.extend(onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in made)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(whole.SerializeToString(), options, ["CPUExecutionProvider"])
    arrays = session.run(made, {t.name: np.full(t.shape, 0.3, np.float32) for t in report.inputs})
    return [
        f"onnxruntime: {name} {array.shape}, ours {shapes[name]}"
        for name, array in zip(made, arrays, strict=True)
        if array.shape != tuple(shapes[name])
    ]


def read_again(model, network, report):
    """What our own reader makes of what our own writer wrote."""
    again, problems = read(File("x.onnx", model.SerializeToString()), Options())
    if problems:
        return [f"reader: {problem.message}" for problem in problems]
    after = calculate(again, again.batch)
    found = []

    def same(what, theirs, ours):
        if theirs != ours:
            found.append(f"reader: {what} {theirs}, ours {ours}")

    same("outputs", [t.shape for t in after.outputs], [t.shape for t in report.outputs])
    if folded(network):
        return found
    same("macs", after.totals.macs, report.totals.macs)
    lone = sum(1 for row in report.layers if not row.shared_with for w in (row.weights or {}).values() if w.numel == 1)
    kinds = {row.kind for row in report.layers}
    if not lone and not kinds & {*MORE_IN_ONNX}:
        same("params", after.totals.params, report.totals.params)
        same("buffers", after.totals.buffers, report.totals.buffers)
    elif after.totals.params < report.totals.params - lone:  # a lone number is one of a formula, to an ONNX reader
        same("params", after.totals.params, report.totals.params)
    return found


def folded(network):
    """Whether a layer stands on learned arrays alone: in a file, its result is one more weight, made before the run."""
    fed = set(range(len(network.inputs)))
    for node in network.nodes:
        if not fed.intersection(node.inputs):
            return True
        if node.layer.kind != "parameter":
            fed.update(node.outputs)
    return False


@cache
def torch_modules():
    """How torch's own modules are made for our layers; from the tests of shapes."""
    import test_shapes_of_torch as table

    return table


def in_torch(network, report, shapes):
    """Shapes of every value, multiply-accumulates of the kinds that torch counts, and the sizes of its modules."""
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel
    from torch.utils.flop_counter import FlopCounterMode

    from cnnshape.against.walk import layer_outputs

    found, names, weights = [], network.value_names(), Weights(3, report.dtype)
    torch.backends.mha.set_fastpath_enabled(False)  # nor does it count that one's
    values = {n: torch.full(t.shape, 0.3) for n, t in enumerate(report.inputs)}
    with (
        torch.inference_mode(),
        sdpa_kernel(SDPBackend.MATH),
    ):  # the fused kernel is one whose work torch does not count
        for node, row in zip(network.nodes, report.layers, strict=True):
            if refused(row):
                values.update((value, torch.zeros(shapes[names[value]])) for value in node.outputs)
                continue
            with FlopCounterMode(display=False) as counter:
                outs = layer_outputs(network, node, weights, [values[value] for value in node.inputs])
            for value, array in zip(node.outputs, outs, strict=True):
                values[value] = array
                if tuple(array.shape) != tuple(shapes[names[value]]):
                    found.append(f"torch: {names[value]} {tuple(array.shape)}, ours {shapes[names[value]]}")
            if row.kind in COUNTED and counter.get_total_flops() != row.flops:
                found.append(f"torch: {row.name} {counter.get_total_flops()} FLOPs, ours {row.flops}")
            if node.share is None and (count := parameters(node.layer, row.input_shapes)) is not None:
                if count != (row.params, row.buffers):
                    found.append(f"torch: {row.name} params and buffers {count}, ours {row.params}, {row.buffers}")
    return found


def refused(row):
    """Whether torch has the kind for tensors of more dimensions or elements alone."""
    x, y = row.input_shapes[0], row.output_shapes[0]
    if row.kind in ("instance_norm", "group_norm", "batch_norm"):
        return y.numel in (1, x[1])
    return row.kind in ("channel_shuffle", "local_response_norm") and len(x) < 3


def parameters(layer, xs):
    """(parameters, buffers) of torch's own module; None where it has none such."""
    import torch

    table = torch_modules()
    made = table.TORCH.get(layer.kind)
    if made is None or table.torch_cannot(layer, xs) or not (layer.weights(*xs) or layer.buffers(*xs)):
        return None
    if isinstance(getattr(layer, "padding", 0), str):
        layer = type(layer)(**{**{f: getattr(layer, f) for f in layer.__struct_fields__}, "padding": 0})
    if isinstance(getattr(layer, "padding", 0), tuple):
        layer = type(layer)(**{**{f: getattr(layer, f) for f in layer.__struct_fields__}, "padding": 0})
    try:
        with torch.device("meta"):
            module = made(layer, *xs)
    except (AttributeError, ValueError):  # torch has no BatchNorm4d
        return None
    buffers = sum(b.numel() for name, b in module.named_buffers() if name != "num_batches_tracked")
    return sum(p.numel() for p in module.parameters()), buffers
