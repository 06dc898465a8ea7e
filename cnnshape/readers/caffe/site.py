"""Where a layer is being built: its text, what it reads, and how its nodes and learned arrays enter the graph."""

from __future__ import annotations

from typing import NamedTuple

from cnnshape.errors import LayerError, quoted
from cnnshape.facts import blind
from cnnshape.layers.base import Layer
from cnnshape.layers.other import Foreign
from cnnshape.readers.caffe.fields import Fields, WrongField
from cnnshape.readers.graph import Graph
from cnnshape.shape import UNKNOWN, Shape


class Owner(NamedTuple):
    """Who holds a named array: the node, which of its arrays, its shape, and all shapes of the node."""

    node: str
    at: int
    shape: Shape
    weights: tuple[Shape, ...]


class Blob(NamedTuple):
    """What a layer says of one of its learned arrays."""

    name: str = ""
    rate: float = 1.0
    permissive: bool = False


class Site:
    """One layer of the text on its way into the graph."""

    def __init__(
        self,
        graph: Graph,
        fields: Fields,
        name: str,
        op: str,
        place: tuple[int, int],
        bottoms: list[int],
        tops: int,
        owners: dict[str, Owner],
    ) -> None:
        """`bottoms` are values; `tops` is how many outputs the text names."""
        self.graph, self.fields, self.name, self.op = graph, fields, name, op
        self.line, self.column = place
        self.bottoms, self.tops, self.owners = bottoms, tops, owners
        self.blobs = _blobs(fields)
        self.first = ""
        self.held: dict[str, Owner] = {}
        self.made = 0  # arrays that this layer's nodes hold so far
        self.partial: dict[int, tuple[int | None, ...]] = {}

    def x(self, at: int = 0) -> Shape:
        """The shape of an input, which is known whenever a builder asks."""
        shape = self.graph.shapes[self.bottoms[at]]
        return UNKNOWN if shape is None else shape

    def need(self, fewest: int, most: int | None = None) -> None:
        """Hold the number of inputs against what the layer reads."""
        most = most or fewest
        if not fewest <= len(self.bottoms) <= most:
            wanted = str(fewest) if most == fewest else f"{fewest} to {most}"
            raise self.wrong(f"{self.op} reads {wanted} blobs, but {len(self.bottoms)} are named", code="CNN-E303")

    def wrong(self, message: str, field: str = "", fix: str = "", code: str = "CNN-E803") -> WrongField:
        """Put a problem of this layer on record; the exception to raise."""
        self.graph.wrong(code, message, self.line, self.column, self.name, fix)
        return WrongField(field)

    def axis(self, owner: Fields, default: int = 1, name: str = "axis", at: int = 0) -> int:
        """An axis counted from 0, held against the input's shape."""
        rank = len(self.x(at))
        axis = owner.integer(name, default, -rank if rank else -1)
        if not -rank <= axis < max(rank, 1):
            raise owner.wrong(owner.offset(name), f"{name} {axis} is none of the {rank} of {self.x(at)}")
        return axis + rank if axis < 0 else axis

    def put(
        self,
        layer: Layer,
        *inputs: int,
        suffix: str = "",
        outputs: int = 1,
        blobs: tuple[Shape, ...] | None = None,
        read: bool = True,
    ) -> tuple[int, ...]:
        """A node; without inputs it reads the layer's first.

        `blobs` are the shapes of its arrays as Caffe has them, where ours differ.
        """
        values = inputs or (tuple(self.bottoms[:1]) if read else ())
        name = f"{self.name}.{suffix}" if suffix else self.name
        xs = [self.graph.shapes[value] for value in values]
        share, frozen, counted = None, False, None
        known = [x for x in xs if x is not None]
        # Arrays have a size where the inputs fit; where they do not, calculate tells it, with its place.
        if (
            len(known) == len(xs)
            and None not in self.graph.inferred(layer, values, outputs)
            and not blind(layer, tuple(known))
        ):
            try:
                weights = tuple((layer.weights(*known) or {}).values())
                arrays = weights if blobs is None else blobs
                if arrays:
                    layer, share, frozen, counted = self._held(layer, known, weights, arrays)
            except LayerError:  # calculate tells it, with its place
                pass
        path = (self.name,) if suffix else ()
        found = self.graph.node(
            name,
            layer,
            values,
            outputs=outputs,
            line=self.line,
            column=self.column,
            path=path,
            share=share,
            frozen=frozen,
            counted=counted,
        )
        own = self.graph.nodes[-1].name  # the graph may have put a number behind it
        for blob, owner in self.held.items():
            self.owners[blob] = owner._replace(node=own)
        self.held.clear()
        return found

    def again(self, layer: Layer, bottom: int, at: int) -> tuple[int, ...]:
        """The layer once more, on a further input, with the arrays of its first node."""
        if at == 1:
            self.first = self.graph.nodes[-1].share or self.graph.nodes[-1].name
        name, path = f"{self.name}.{at}", (self.name,)
        return self.graph.node(name, layer, [bottom], line=self.line, column=self.column, path=path, share=self.first)

    def foreign(
        self,
        *shapes: tuple[int, ...] | None,
        parameters: int | None = 0,
        macs: int | None = 0,
        inputs: tuple[int, ...] | None = None,
        suffix: str = "",
    ) -> tuple[int, ...]:
        """A node that is no kind here, of the given whole shapes."""
        layer = Foreign(op=self.op[:200] or "?", shapes=shapes, parameters=parameters, macs=macs)
        given = tuple(self.bottoms) if inputs is None else inputs
        blobs = () if not parameters else None
        return self.put(layer, *given, suffix=suffix, outputs=len(shapes), blobs=blobs, read=False)

    def _held(
        self, layer: Layer, xs: list[Shape], weights: tuple[Shape, ...], arrays: tuple[Shape, ...]
    ) -> tuple[Layer, str | None, bool, dict[str, int] | None]:
        """Settle who holds the arrays: (the layer, the node that it shares with, whether they are frozen, what is counted)."""
        first = self.made
        self.made += len(arrays)
        said = [self.blobs[k] if k < len(self.blobs) else Blob() for k in range(first, self.made)]
        frozen = all(blob.rate == 0 for blob in said)
        owned = [self.owners.get(blob.name) if blob.name else None for blob in said]
        for at, (blob, owner, shape) in enumerate(zip(said, owned, arrays, strict=True)):
            if owner is None:
                if blob.name:
                    self.held[blob.name] = Owner("", at, shape, weights)
            elif shape != owner.shape and not (blob.permissive and shape.numel == owner.shape.numel):
                message = f"the array {quoted(blob.name)} is {owner.shape} in {owner.node}, but {shape} here"
                raise self.wrong(message, fix='give it a name of its own in param { name: "..." }', code="CNN-E304")
        whole = [owner for owner in owned if owner is not None]
        if not whole:
            return layer, None, frozen, None
        one = whole[0]
        if len(whole) == len(arrays) and one.weights == weights:
            if all(owner.node == one.node and owner.at == at for at, owner in enumerate(whole)):
                return layer, one.node, frozen, None
        # Some arrays are another's, or lie there the other way round: only those of its own are counted.
        names = [*(layer.weights(*xs) or {})]
        if [shape.numel for shape in arrays] == [shape.numel for shape in weights]:
            return layer, None, frozen, {n: 0 for n, owner in zip(names, owned, strict=True) if owner is not None}
        rest = sum(shape.numel for shape, owner in zip(arrays, owned, strict=True) if owner is None)
        outs = layer.outs(*xs)
        ops = layer.ops(outs[0], *xs)
        macs = None if ops is None else ops.mac
        return Foreign(op=self.op, shapes=tuple(map(tuple, outs)), parameters=rest, macs=macs), None, frozen, None


def _blobs(fields: Fields) -> list[Blob]:
    """What the text says of the arrays: names, and rates of 0 for those that are not trained."""
    found = []
    rates = fields.numbers("blobs_lr")  # V1
    if any(isinstance(value, str) for value, _ in fields.all("param")):  # V1
        found = [Blob(name) for name, _ in fields.texts("param")]
    else:
        for sub in fields.subs("param"):
            permissive = sub.word("share_mode", "STRICT", ("STRICT", "PERMISSIVE")) == "PERMISSIVE"
            found.append(Blob(sub.text("name"), sub.number("lr_mult", 1.0), permissive))
    for at, rate in enumerate(rates):
        if at < len(found):
            found[at] = found[at]._replace(rate=rate)
        else:
            found.append(Blob("", rate))
    return found
