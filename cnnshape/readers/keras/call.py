"""One call of one Keras layer: its configuration, its tensors, and the nodes that it becomes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import msgspec

from cnnshape.errors import LayerError, quoted
from cnnshape.layers import BY_NAME
from cnnshape.layers.base import LIMIT, Layer
from cnnshape.readers.graph import Graph
from cnnshape.readers.keras.tensor import Tensor, held, same, seen
from cnnshape.shape import UNKNOWN, Shape


def wrong(message: str) -> LayerError:
    """A layer's configuration that cannot be: the walk adds the place."""
    return LayerError("CNN-E803", message)


class Unknown(Exception):  # noqa: N818 - it is no error: the layer becomes a row without numbers
    """What a layer does is not known, or depends on a shape that is not; the argument names what of it is not read."""


class Call:
    """What a builder of the table is given. Shapes and axes are in Keras' own order throughout."""

    def __init__(
        self,
        graph: Graph,
        kind: str,
        name: str,
        config: Mapping[str, Any],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        path: tuple[str, ...] = (),
        frozen: bool = False,
        owners: dict[tuple[str, ...], list[str]] | None = None,
        scope: tuple[str, ...] = (),
        stated: Sequence[tuple[int | None, ...] | None] = (),
        width: int = 1,
        steps: int = 0,
        lies: Callable[[int], tuple[int, ...]] = same,
    ) -> None:
        """`owners` has, by the layer's `scope`, the nodes of an earlier call, whose weights this one shares.

        `stated` are the output shapes that the file tells; `width` how many outputs are used; `steps` how many axes
        in front TimeDistributed adds; `lies` how a tensor of some rank lies when nothing else decides it.
        """
        self.graph, self.kind, self.name, self.config = graph, kind, name, config
        self.args, self.kwargs = list(args), dict(kwargs or {})
        self.path, self.frozen, self.stated, self.steps, self.lies = path, frozen, stated, steps, lies
        self.width = max(width, 1)
        self.owners, self.scope = {} if owners is None else owners, scope
        self.again = self.owners.get(scope, ())
        self.made = 0
        self.tensors: list[Tensor] = [*tensors_of(self.args), *tensors_of(self.kwargs)]

    @property
    def x(self) -> Tensor:
        """The only or first tensor."""
        if not self.tensors:
            raise wrong(f"{self.kind} is called on no tensor")
        return self.tensors[0]

    def get(self, key: str, default: Any = None) -> Any:
        """A value of the configuration; the default also where the file says null."""
        value = self.config.get(key)
        return default if value is None else value

    def flag(self, key: str, default: bool) -> bool:
        """A value that is true or false."""
        value = self.get(key, default)
        if not isinstance(value, bool):
            raise wrong(f"{key} is {quoted(value)}, not true or false")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """A number of things."""
        value = self.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value <= LIMIT:
            raise wrong(f"{key} is {quoted(value)}, not a number of things")
        return value

    def each(self, key: str, rank: int, default: Any = None) -> tuple[int, ...]:
        """One whole number for each axis."""
        value = self.get(key, default)
        values = value if isinstance(value, (list, tuple)) else [value] * rank
        if len(values) != rank or any(not isinstance(v, int) or isinstance(v, bool) or v < 0 for v in values):
            raise wrong(f"{key} is {quoted(value)}, not {rank} whole number{'s' if rank > 1 else ''}")
        return tuple(values)

    def shape(self, tensor: Tensor | None = None) -> tuple[int, ...]:
        """A tensor's shape in Keras' order, batch first. Raises Unknown where nobody states it."""
        tensor = self.x if tensor is None else tensor
        shape = self.graph.shapes[tensor.value]
        if shape is None or shape is UNKNOWN or tensor.order is None:
            raise Unknown
        return seen(shape, tensor.order)

    def axis(self, axis: Any, rank: int, first: int = 1) -> int:
        """A Keras axis counted from 0."""
        if not isinstance(axis, int) or isinstance(axis, bool) or not -rank <= axis < rank or axis % rank < first:
            raise wrong(f"axis {quoted(axis)} is none of the {rank} axes" + (" behind the batch" if first else ""))
        return axis % rank

    def want(self, tensor: Tensor, order: tuple[int, ...]) -> Tensor:
        """The tensor in another order: moved, where sizes other than 1 change places."""
        if tensor.order == order:
            return tensor
        shape = self.shape(tensor)
        if len(order) != len(shape):
            raise LayerError("CNN-E404", f"{self.kind} needs {len(order)} axes, but gets {quoted(shape)}")
        old: Any = tensor.order
        wide = [k for k in range(len(order)) if shape[k] > 1]
        if sorted(wide, key=old.__getitem__) == sorted(wide, key=order.__getitem__):
            fields: dict[str, Any] = {"shape": held(shape, order)[1:]}
            return self.node("reshape", fields, [tensor], order, "layout")
        dims = tuple([old[order.index(dim)] for dim in range(len(order))])
        return self.node("permute", {"dims": dims}, [tensor], order, "layout")

    def node(
        self, kind: str, fields: dict[str, Any], tensors: Sequence[Tensor], order: tuple[int, ...] | None,
        suffix: str = "",
    ) -> Tensor:  # fmt: skip
        """A layer of ours with one output; `suffix` tells it from the others of this call."""
        return self.nodes(kind, fields, tensors, (order,), suffix)[0]

    def nodes(
        self,
        kind: str,
        fields: dict[str, Any],
        tensors: Sequence[Tensor],
        orders: Sequence[tuple[int, ...] | None],
        suffix: str = "",
    ) -> list[Tensor]:
        """A layer of ours with several outputs."""
        layer = made(kind, fields)
        graph, values = self.graph, [tensor.value for tensor in tensors]
        share = None
        if holds(layer, [graph.shapes[value] for value in values]):
            if self.made < len(self.again):
                share = self.again[self.made]
            self.made += 1
        name = f"{self.name}_{suffix}" if suffix else self.name
        outputs = graph.node(name, layer, values, outputs=len(orders), path=self.path, share=share, frozen=self.frozen)
        if not self.again and self.made > len(self.owners.get(self.scope, ())):
            self.owners.setdefault(self.scope, []).append(graph.nodes[-1].name)
        return [Tensor(value, order) for value, order in zip(outputs, orders, strict=True)]

    def foreign(
        self,
        shape: Sequence[int | None] | None = None,
        parameters: int | None = None,
        macs: int | None = None,
        outputs: int = 1,
        tensors: Sequence[Tensor] | None = None,
    ) -> list[Tensor]:
        """A row for what is no kind here: with the shape that is given, or that the file states."""
        shapes: list[Sequence[int | None] | None] = [shape] if shape is not None else [*self.stated[:outputs]]
        shapes += [None] * (outputs - len(shapes))
        orders = [None if s is None else self.graph_order(len(s)) for s in shapes]
        whole = [
            None if s is None or o is None or None in s else held([n or 0 for n in s], o)
            for s, o in zip(shapes, orders, strict=True)
        ]
        fields = {"op": self.kind[:200] or "layer", "shapes": whole, "parameters": parameters, "macs": macs}
        return self.nodes("foreign", fields, self.tensors if tensors is None else tensors, orders)

    def graph_order(self, rank: int) -> tuple[int, ...]:
        """How a tensor of this rank lies when nothing else decides it: as the first tensor does, else as the inputs."""
        for tensor in self.tensors:
            if tensor.order is not None and len(tensor.order) == rank:
                return tensor.order
        return self.lies(rank)


def made(kind: str, fields: dict[str, Any]) -> Layer:
    """A layer from its fields, each held against its type."""
    try:
        layer: Layer = msgspec.convert(fields, BY_NAME[kind])
    except (msgspec.ValidationError, OverflowError) as error:
        raise wrong(f"{kind}: {str(error)[:160]}") from None
    return layer


def holds(layer: Layer, shapes: Sequence[Shape | None]) -> bool:
    """Whether a layer has weights or buffers, by which another call can share them."""
    if layer.kind in _WEIGHTLESS or None in shapes or UNKNOWN in shapes:
        return layer.kind not in _WEIGHTLESS
    try:
        return bool(layer.weights(*shapes) or layer.buffers(*shapes))
    except (LayerError, IndexError):
        return True


_WEIGHTLESS = frozenset(
    [
        "relu",
        "reshape",
        "permute",
        "flatten",
        "add",
        "mul",
        "concat",
        "identity",
        "dropout",
        "slice",
        "softmax",
        "affine",
        "pad",
    ]
)


def tensors_of(value: Any) -> Iterator[Tensor]:
    """Every tensor in nested arguments, in order."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, Tensor):
            yield item
        elif isinstance(item, dict):
            stack.extend(reversed(list(item.values())))
        elif isinstance(item, (list, tuple)):
            stack.extend(reversed(item))


def size(shape: Sequence[int]) -> int:
    """Elements of each example."""
    return prod(shape[1:])
