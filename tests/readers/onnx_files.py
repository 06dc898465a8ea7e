"""Small ONNX files, made with the onnx package."""

from onnx import TensorProto, helper

from cnnshape.calculate import calculate
from cnnshape.errors import ModelError
from cnnshape.readers import Options
from cnnshape.readers.file import File
from cnnshape.readers.onnx import read

node = helper.make_node


def value(name, shape, kind=TensorProto.FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def weight(name, *dims):
    count = 1
    for size in dims:
        count *= size
    return helper.make_tensor(name, TensorProto.FLOAT, dims, bytes(4 * count), raw=True)


def ints(name, *values):
    return helper.make_tensor(name, TensorProto.INT64, [len(values)], values)


def model(nodes, inputs, outputs, weights=(), opset=20, functions=(), **more):
    """The bytes of a file; names of inputs and outputs stand for images."""
    inputs = [value(name, (1, 3, 7, 11)) if isinstance(name, str) else name for name in inputs]
    outputs = [value(name, None) if isinstance(name, str) else name for name in outputs]
    graph = helper.make_graph(nodes, "g", inputs, outputs, list(weights), **more)
    domains = {each.domain for each in functions} | {each.domain for each in nodes} - {""}
    imports = [helper.make_opsetid("", opset), *[helper.make_opsetid(name, 1) for name in sorted(domains)]]
    made = helper.make_model(graph, opset_imports=imports, functions=list(functions), ir_version=9)
    return made.SerializeToString()


def network(raw, **options):
    return read(File("x.onnx", raw), Options(**options))


def report(raw, **options):
    found, problems = network(raw, **options)
    if problems:
        raise ModelError(problems)
    return calculate(found, found.batch)


def sizes(raw, **options):
    return [str(tensor.shape) for tensor in report(raw, **options).outputs]
