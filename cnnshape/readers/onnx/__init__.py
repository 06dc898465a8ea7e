"""ONNX files: names and shapes alone, on mapped memory. Weights are never read, external data need not exist."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from cnnshape.errors import ModelError, Place, Problem, printable, quoted
from cnnshape.readers.graph import Graph
from cnnshape.readers.onnx.frame import Frame
from cnnshape.readers.onnx.proto import Model
from cnnshape.readers.onnx.sizes import Sizes, fed, place
from cnnshape.readers.onnx.value import Value
from cnnshape.readers.onnx.walk import Walk
from cnnshape.readers.onnx.wire import BrokenError, Span

if TYPE_CHECKING:
    from cnnshape.network import Network
    from cnnshape.readers import Options
    from cnnshape.readers.file import File


def read(file: File, options: Options) -> tuple[Network, list[Problem]]:
    """The network of an .onnx file, and what is wrong with it.

    Errors: ModelError CNN-E106 with the byte where the file is broken, CNN-E802 for a size that nobody states
    """
    data = file.data()
    try:
        return _read(file, Span(data, 0, len(data)), options)
    except BrokenError as error:
        raise ModelError([Problem("CNN-E106", str(error), Place(file.name), fix="get the file again")]) from None


def _read(file: File, span: Span, options: Options) -> tuple[Network, list[Problem]]:
    model = Model(span)
    walk, frame = walked(file, model, options)
    graph, outputs = walk.graph, []
    for info in model.graph.outputs:
        value = frame.find(info.name)
        if value is None:
            graph.wrong("CNN-E106", f"nothing gives the output {quoted(info.name)}")
        else:
            outputs.append(walk.rows.output(value))
    name = printable(model.name if model.name not in _GENERIC else Path(file.name).stem)
    return graph.network(name[:200], tuple(outputs)), graph.problems


def walked(file: File, model: Model, options: Options) -> tuple[Walk, Frame]:
    """The network as far as it is built from the nodes, and what is known of every tensor by its name.

    Errors: ModelError for an input whose size nobody states
    """
    body = model.graph
    held = {tensor.name for tensor in body.tensors} | {name for name, *_ in body.sparse}
    weights = fed(body)
    fed_by_user = [info for info in body.inputs if info.name not in held and info.name not in weights]
    sizes = Sizes(file.name, fed_by_user, options)
    shapes = sizes.shapes()
    if sizes.problems:
        raise ModelError(sizes.problems)
    graph = Graph(file.name, "onnx", sizes.batch)
    walk = Walk(graph, model, options)
    walk.overridden = sizes.overridden
    if sizes.stated is not None and sizes.stated != sizes.batch:
        walk.batches = (sizes.stated, sizes.batch)
    frame = Frame(model.opsets)
    frame.values.update(place(graph, shapes))
    for info in body.inputs:
        if info.name in weights and info.name not in held and info.dims is not None and not sizes.missing(info):
            whole = tuple([size if isinstance(size, int) else sizes.bound[str(size)] for size in info.dims])
            frame.values[info.name] = _weight(info.name, whole)
    walk.run(body, frame)
    return walk, frame


#: Names that exporters give every graph.
_GENERIC = ("", "main_graph", "torch_jit", "torch-jit-export", "tf2onnx", "graph", "Graph", "network")


def _weight(name: str, shape: tuple[int, ...]) -> Value:
    count = 1
    for size in shape:
        count *= size
    return Value(shape, origin=name, learned=count)
