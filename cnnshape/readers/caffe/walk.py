"""The second walk: every layer reads blobs by name and leaves its tops; in place, a name gets a new value."""

from __future__ import annotations

from cnnshape.errors import LayerError, did_you_mean, quoted
from cnnshape.readers.caffe import foreign
from cnnshape.readers.caffe.entries import Entries, Entry
from cnnshape.readers.caffe.fields import WrongField
from cnnshape.readers.caffe.site import Owner, Site
from cnnshape.readers.caffe.table import EMPTY, LOOSE, TABLE
from cnnshape.readers.graph import Graph
from cnnshape.shape import UNKNOWN


class Walk:
    """Blobs by name, learned arrays by name, and what is known of shapes without a first size."""

    def __init__(self, graph: Graph, entries: Entries, blobs: dict[str, int], strict: bool) -> None:
        """`blobs` are the network's inputs."""
        self.graph, self.entries, self.blobs, self.strict = graph, entries, blobs, strict
        self.owners: dict[str, Owner] = {}
        self.partial: dict[int, tuple[int | None, ...]] = {}

    def run(self) -> None:
        """Build layer by layer; each is let go behind itself."""
        layers = self.entries.layers
        layers.reverse()
        while layers:
            entry = layers.pop()
            self.entries.layer = entry.name
            bottoms = self.read(entry)
            place = self.entries.lines.place(entry.fields.message.offset)
            try:
                values = self.built(entry, bottoms, place)
            except WrongField:  # on record
                values = None
            if values is None:
                count, (line, column) = max(len(entry.tops), 1), place
                values = [*self.graph.node(entry.name, None, bottoms or (), outputs=count, line=line, column=column)]
            self.leave(entry, values)

    def read(self, entry: Entry) -> list[int] | None:
        """The values of a layer's bottoms; None when one is missing."""
        found = []
        for name, offset in entry.bottoms:
            value = self.blobs.get(name)
            if value is None:
                fix = (
                    did_you_mean(name, tuple(self.blobs)[-2000:]) or f"--input {name}=CxHxW, if it is fed from outside"
                )
                self.entries.tell(offset, f"no layer above makes the blob {quoted(name)}", fix, "CNN-E301")
                self.blobs[name] = -1
            elif value >= 0:
                found.append(value)
        return found if len(found) == len(entry.bottoms) else None

    def built(self, entry: Entry, bottoms: list[int] | None, place: tuple[int, int]) -> list[int] | None:
        """The layer's values; None where a problem is on record."""
        op, graph = entry.op, self.graph
        if bottoms is None or not op:
            return None
        shapes = [graph.shapes[value] for value in bottoms]
        if None in shapes:
            return None
        builder = TABLE.get(op)
        if builder is None:
            if self.strict:
                self.entries.tell(entry.fields.offset("type"), f"unknown type {quoted(op)}", _near(op), "CNN-E801")
                return None
            # A loss is one number in every Caffe.
            builder = foreign.unknown_loss if op.endswith("Loss") else foreign.unknown
        elif UNKNOWN in shapes and op not in LOOSE:
            return self.blind(entry, bottoms, place)
        site = Site(graph, entry.fields, entry.name, op, place, bottoms, len(entry.tops), self.owners)
        if not bottoms and op not in _ROOTS and op in TABLE:
            raise site.wrong(f"{op} names no bottom", code="CNN-E303")
        values = builder(site)
        self.partial.update(site.partial)
        return values

    def blind(self, entry: Entry, bottoms: list[int], place: tuple[int, int]) -> list[int] | None:
        """A layer that reads a blob without a shape: what it learns may be known all the same."""
        graph, empty = self.graph, 0 if entry.op in EMPTY else None
        tops = max(len(entry.tops), 1)
        parameters, macs, outs = empty, empty, None
        parts = [self.partial.get(value) for value in bottoms]
        if None not in parts:  # how large one example is: try it with one
            probe = Graph(graph.file, "caffe", text=graph.text)
            values = [probe.input("", [size or 1 for size in (part or ())[1:]]) for part in parts]
            site = Site(probe, entry.fields, entry.name, entry.op, place, values, tops, {})
            try:
                outs = [probe.shapes[value] for value in TABLE[entry.op](site)]
            except WrongField:
                graph.problems += probe.problems
                raise
            counts = []
            for node in probe.nodes:
                xs = [probe.shapes[value] for value in node.inputs]
                try:
                    counts.append(None if node.layer is None else node.layer.params(*[x for x in xs if x is not None]))
                except LayerError:
                    counts.append(None)
            parameters = None if None in counts else sum(count or 0 for count in counts)
        site = Site(graph, entry.fields, entry.name, entry.op, place, bottoms, tops, self.owners)
        found = list(site.foreign(*[None] * tops, parameters=parameters, macs=macs))
        for value, out in zip(found, outs or (), strict=False):
            if out is not None and out is not UNKNOWN and out:
                self.partial[value] = (None, *out[1:])
        return found

    def leave(self, entry: Entry, values: list[int]) -> None:
        """Give the tops their values."""
        if len(values) < len(entry.tops):
            message = f"{entry.op} makes {len(values)} blobs, but {len(entry.tops)} tops are named"
            self.entries.tell(entry.fields.message.offset, message, "", "CNN-E303")
            values += [-1] * (len(entry.tops) - len(values))
        for at, ((name, offset), value) in enumerate(zip(entry.tops, values, strict=False)):
            in_place = at < len(entry.bottoms) and entry.bottoms[at][0] == name
            if name in self.blobs and not in_place and self.blobs[name] >= 0:
                self.entries.tell(offset, f"the blob {quoted(name)} is made twice", "give it another name", "CNN-E302")
            self.blobs[name] = value


#: What reads nothing.
_ROOTS = frozenset({"Parameter", "Python", "Silence", "implicit", "None"})


def _near(op: str) -> str:
    """The known type that is meant."""
    return did_you_mean(op, tuple(TABLE)) or "without --strict its row is unavailable, and the rest goes on"
