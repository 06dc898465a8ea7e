"""An ONNX graph that grows node by node; learned arrays stay promises until somebody writes them.

A layer becomes one node of its own name, or several: then the last has its name and the others have names below it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import prod
from typing import TYPE_CHECKING, Any, NamedTuple

from cnnshape.errors import LayerError
from cnnshape.shape import Shape
from cnnshape.writers.arrays import array

if TYPE_CHECKING:
    from onnx import NodeProto, TensorProto

    from cnnshape.forward.weights import Weights
    from cnnshape.report import LayerReport

#: Makes the arrays whose bytes, one behind the other, are a tensor.
Pieces = Callable[["Weights"], Iterator[Any]]


#: What ONNX calls the dtypes that its layers compute in.
DTYPE_NAMES = {"float64": "DOUBLE", "float32": "FLOAT", "float16": "FLOAT16"}


class Promise(NamedTuple):
    """A learned tensor, or one that is kept with the model: all but its numbers."""

    name: str
    dims: tuple[int, ...]
    pieces: Pieces


class Graph:
    """Nodes, small constants and promises of weights, in the order in which they were added."""

    def __init__(self, dtype: str) -> None:
        """`dtype` is that of every array which is not an index or a shape."""
        import onnx

        self.onnx: Any = onnx
        self.dtype = dtype
        self.element: int = onnx.TensorProto.DataType.Value(DTYPE_NAMES[dtype])
        self.nodes: list[NodeProto] = []
        self.constants: dict[Any, TensorProto] = {}
        self.promises: dict[Any, Promise] = {}
        self.names: set[str] = set()

    def unique(self, name: str) -> str:
        """The name, with a number behind it when it is taken already."""
        found, number = name, 1
        while found in self.names:
            number += 1
            found = f"{name}_{number}"
        self.names.add(found)
        return found

    def constant(self, values: tuple[Any, ...], dims: tuple[int, ...], element: int) -> str:
        """A tensor of numbers that the layer's fields give; equal ones are one."""
        # 0.0 and -0.0 are equal, and so are 1 and 1.0: the text tells them apart.
        key = (repr(values), dims, element)
        if key not in self.constants:
            name = self.unique("x".join(map(str, values)) if 0 < len(values) < 5 else f"constant{len(self.constants)}")
            self.constants[key] = self.onnx.helper.make_tensor(name, element, dims, values)
        found: str = self.constants[key].name
        return found


class Scope:
    """One layer on its way into the graph."""

    def __init__(self, graph: Graph, row: LayerReport, inputs: tuple[str, ...], integers: frozenset[str]) -> None:
        """`integers` are the names of values that hold indices."""
        self.graph, self.row, self.inputs, self.integers = graph, row, inputs, integers
        self.owner = row.shared_with or row.name
        self.xs, self.ys = row.input_shapes, row.output_shapes

    @property
    def x(self) -> Shape:
        """The first input's shape."""
        return self.xs[0]

    @property
    def y(self) -> Shape:
        """The first output's shape."""
        return self.ys[0]

    # nodes

    def ops(self, op: str, outputs: int, *inputs: str, **attributes: Any) -> list[str]:
        """One node; the names of its outputs. An input "" is left out, and so is an attribute None."""
        graph = self.graph
        name = graph.unique(f"{self.row.name}/{op}")
        outs = [name] if outputs == 1 else [graph.unique(f"{name}[{k}]") for k in range(outputs)]
        given = {key: value for key, value in attributes.items() if value is not None}
        graph.nodes.append(graph.onnx.helper.make_node(op, inputs, outs, name=name, **given))
        return outs

    def op(self, op: str, *inputs: str, **attributes: Any) -> str:
        """One node of one output; its name."""
        return self.ops(op, 1, *inputs, **attributes)[0]

    def chain(self, op: str, *inputs: str) -> str:
        """A node of two inputs again and again, from the left."""
        found = inputs[0]
        for other in inputs[1:]:
            found = self.op(op, found, other)
        return found

    # numbers

    def ints(self, *values: int) -> str:
        """A list of integers: sizes, axes, places."""
        return self.graph.constant(values, (len(values),), self.graph.onnx.TensorProto.INT64)

    def number(self, value: float) -> str:
        """A lone number of the network's dtype."""
        return self.graph.constant((value,), (), self.graph.element)

    def filled(self, value: float, *dims: int) -> str:
        """The same number everywhere."""
        return self.graph.constant((value,) * prod(dims), dims, self.graph.element)

    def numbers(self, values: tuple[float, ...], *dims: int) -> str:
        """Numbers of the network's dtype."""
        return self.graph.constant(values, dims, self.graph.element)

    # weights

    def shape(self, name: str) -> Shape:
        """The shape of a learned array or of a buffer."""
        return (self.row.weights or {}).get(name) or self.row.buffer_shapes[name]

    def weight(self, name: str, *dims: int) -> str:
        """A learned array or a buffer under its own name; `dims` reads it in another shape."""
        shape = tuple(dims or self.shape(name))
        return self.promise(name, shape, lambda weights: iter((self.array(weights, name),)))

    def promise(self, name: str, dims: tuple[int, ...], pieces: Pieces) -> str:
        """A tensor that is made of learned arrays; layers that share weights share it."""
        graph, key = self.graph, (self.owner, name, dims)
        if key not in graph.promises:
            graph.promises[key] = Promise(graph.unique(f"{self.owner}.{name}"), dims, pieces)
        return graph.promises[key].name

    def array(self, weights: Weights, name: str) -> Any:
        """The very array that the forward pass uses."""
        return array(weights, self.owner, name, self.shape(name), kept=name in self.row.buffer_shapes)

    def refuse(self, why: str) -> LayerError:
        """The error of a layer that ONNX has no words for."""
        return LayerError("CNN-E702", f"{self.row.kind} {self.row.name} cannot be written as ONNX: {why}")
