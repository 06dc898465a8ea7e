"""Network -> ONNX: nodes with the layers' names, weights with torch's, every dialect of padding as numbers.

The batch is the report's, and so is the dtype.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from cnnshape.errors import LayerError, ModelError, Place, Problem
from cnnshape.report import DTYPES
from cnnshape.writers.onnx import file
from cnnshape.writers.onnx.graph import DTYPE_NAMES, Graph, Promise, Scope

if TYPE_CHECKING:
    from onnx import ModelProto

    from cnnshape.forward.weights import Weights
    from cnnshape.network import Network
    from cnnshape.report import Report

#: The youngest operator set that a few years of engines read, with Gelu and dilated average pools in it.
OPSET, IR_VERSION = 20, 9

#: What stands with an input that is a weight, so that it is none of the network's own when the file is read back.
MARK = "cnnshape: a weight"


def to_onnx(network: Network, report: Report, *, weights: Weights | None = None, indices: bool = False) -> ModelProto:
    """The network as one ONNX model in memory.

    Without weights, the graph asks for them: they are inputs behind the network's own, marked as weights. With
    `indices`, an input that only embeddings read is one of integers.
    Errors: ModelError where onnx is missing, a layer is a black box, or the model is too large for one file
    """
    model, promises, graph = _skeleton(network, report, indices=indices)
    helper = graph.onnx.helper
    if weights is None:
        model.graph.input.extend(helper.make_tensor_value_info(p.name, graph.element, p.dims, MARK) for p in promises)
        return model
    item = DTYPES[report.dtype]
    _hold_limit(model, promises, graph.element, item)
    for promise in promises:
        tensor = model.graph.initializer.add(name=promise.name, dims=promise.dims, data_type=graph.element)
        tensor.raw_data = b"".join(file.numbers(array) for array in promise.pieces(weights))
    return model


def write_onnx(
    out: BinaryIO, network: Network, report: Report, *, weights: Weights | None = None, indices: bool = False
) -> None:
    """The same model into a file; with weights, one array at a time is in memory.

    Errors: as of `to_onnx`, before anything is written
    """
    if weights is None:
        out.write(to_onnx(network, report, indices=indices).SerializeToString())
        return
    model, promises, graph = _skeleton(network, report, indices=indices)
    item = DTYPES[report.dtype]
    _hold_limit(model, promises, graph.element, item)
    file.write(out, model, promises, weights, graph.element, item)


def miscounted(network: Network, report: Report) -> dict[str, int]:
    """How many more params a layer's arrays have than it counts (fewer: below 0), by its name: a file has arrays alone.

    Fewer where one array was made of several, such as a weight with an adapter; more where a part is another layer's.
    """
    found = {}
    for node, row in zip(network.nodes, report.layers, strict=True):
        arrays = row.weights or {}
        more = sum(arrays[name].numel - count for name, count in (node.counted or {}).items() if name in arrays)
        if more:
            found[node.name] = more
    return found


def _hold_limit(model: ModelProto, promises: list[Promise], element: int, item: int) -> None:
    """ModelError for a model that is too large for a protobuf message."""
    bytes_ = file.size(model, promises, element, item)
    if bytes_ > file.LIMIT:
        message = f"the model would have {bytes_:,} bytes, and an .onnx file in one piece at most {file.LIMIT:,}"
        fix = "write it without weights (--weights none)"
        fix += ", or with --dtype float16" if item > 2 and bytes_ // item * 2 < file.LIMIT else ""
        raise ModelError([Problem("CNN-E702", message, Place("cnnshape"), fix=fix)])


def hold_dtype(network: Network, report: Report) -> None:
    """ModelError for a dtype that the operator set does not compute in."""
    if report.dtype not in DTYPE_NAMES:
        message = f"the layers of ONNX (operator set {OPSET}) do not compute in {report.dtype}"
        place, fix = Place(network.source), f"one of {', '.join(DTYPE_NAMES)}"
        raise ModelError([Problem("CNN-E702", message, place, fix=fix)])


def _skeleton(network: Network, report: Report, *, indices: bool) -> tuple[ModelProto, list[Promise], Graph]:
    """Everything but the weights."""
    hold_dtype(network, report)
    onnx = _library(network)
    graph = Graph(report.dtype)
    names = network.value_names()
    graph.names.update(names, (node.name for node in network.nodes))
    integers = _integers(network, names) if indices else frozenset()
    helper = onnx.helper
    model = helper.make_model(
        helper.make_graph([], network.name or "network", [], []),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
        producer_name="cnnshape",
    )
    _nodes(network, report, graph, names, integers)
    body = model.graph
    for tensor in report.inputs:
        kind = onnx.TensorProto.INT64 if tensor.name in integers else graph.element
        body.input.append(helper.make_tensor_value_info(tensor.name, kind, tensor.shape))
    shapes = {tensor.name: tensor.shape for tensor in report.inputs}
    for node, row in zip(network.nodes, report.layers, strict=True):
        shapes.update(zip([names[value] for value in node.outputs], row.output_shapes, strict=True))
    outputs = [names[value] for value in network.outputs]
    body.output.extend(helper.make_tensor_value_info(name, graph.element, shapes[name]) for name in outputs)
    inner = [name for name in shapes if name not in outputs and name not in names[: len(network.inputs)]]
    body.value_info.extend(helper.make_tensor_value_info(name, graph.element, shapes[name]) for name in inner)
    body.node.extend(graph.nodes)
    body.initializer.extend(graph.constants.values())
    return model, list(graph.promises.values()), graph


def _library(network: Network) -> Any:
    """The onnx package; ModelError with the command that installs it."""
    try:
        import onnx
        import onnx.helper
    except ImportError:
        message = "writing ONNX needs the package onnx, which is not installed"
        problem = Problem("CNN-E703", message, Place(network.source or "cnnshape"), fix="pip install 'cnnshape[onnx]'")
        raise ModelError([problem]) from None
    return onnx


def _nodes(network: Network, report: Report, graph: Graph, names: list[str], integers: frozenset[str]) -> None:
    """Every layer; ModelError with all that cannot be written."""
    from cnnshape.writers.onnx.table import BUILDERS

    problems = []
    for node, row in zip(network.nodes, report.layers, strict=True):
        layer: Any = node.layer
        scope = Scope(graph, row, tuple(names[value] for value in node.inputs), integers)
        first = len(graph.nodes)
        try:
            found = BUILDERS[layer.kind](layer, scope)
        except LayerError as error:
            place = Place(network.source, node.line, node.column, ".".join(node.path))
            problems.append(Problem(error.code, error.message, place))
            continue
        wanted = [names[value] for value in node.outputs]
        last = graph.nodes[-1] if len(graph.nodes) > first else None
        made = [found] if isinstance(found, str) else found
        if last is None or list(last.output) != made:
            message = f"the builder of {layer.kind} does not end in what it gives"
            raise AssertionError(message)
        last.name = node.name
        del last.output[:]
        last.output.extend(wanted)
    if problems:
        raise ModelError(problems)


def _integers(network: Network, names: list[str]) -> frozenset[str]:
    """The inputs that only embeddings read."""
    readers: dict[int, set[str]] = {}
    for node in network.nodes:
        layer: Any = node.layer
        for value in node.inputs:
            readers.setdefault(value, set()).add(layer.kind)
    inputs = range(len(network.inputs))
    return frozenset(
        names[value] for value in inputs if readers.get(value) == {"embedding"} and value not in network.outputs
    )
