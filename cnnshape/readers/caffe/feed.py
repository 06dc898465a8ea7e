"""The network's inputs: what the file feeds, what the user states, and what is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from cnnshape.errors import ModelError, did_you_mean, quoted
from cnnshape.layers.other import Foreign
from cnnshape.readers.caffe.entries import MAX_AXES, Entries
from cnnshape.readers.caffe.fields import WrongField
from cnnshape.readers.caffe.sources import Source, declared
from cnnshape.readers.graph import Graph

if TYPE_CHECKING:
    from cnnshape.readers import Options


class Feed:
    """Every fed blob by name."""

    def __init__(self, graph: Graph, entries: Entries, options: Options) -> None:
        """Collect the sources; the batch of the first is the network's."""
        self.graph, self.entries, self.options = graph, entries, options
        self.given = dict(options.inputs)
        self.blobs: dict[str, int] = {}
        self.sources: list[Source] = []
        entries.layer = ""
        try:
            self.sources = list(declared(entries.net))
        except WrongField:
            raise ModelError(graph.problems) from None
        read = {name for entry in entries.layers for name, _ in entry.bottoms}
        self.sources += [source for source in entries.fed if source.name in read]
        self.sources += self._missing()
        self.stated = next((source.batch for source in self.sources if source.batch and not source.loose), 1)
        graph.batch = options.batch or self.stated
        for at, source in enumerate(self.sources):
            shape = self.given.pop(source.name, None)
            if shape is None and not at:
                shape = self.given.pop("", None)
            if shape is not None:
                self.sources[at] = source._replace(shape=tuple(shape), batch=0, scalar=False, loose=False)
        for name in self.given:
            known = tuple(source.name for source in self.sources)
            message = f"the network has no input {quoted(name)}" if name else "the network has no input"
            graph.wrong(
                "CNN-E701", message, fix=did_you_mean(name, known) or f"inputs: {', '.join(known[:8]) or 'none'}"
            )

    def _missing(self) -> Iterator[Source]:
        """What is read and made nowhere: the user's own, or what a layer of another phase would feed."""
        made = {source.name for source in self.sources}
        for entry in self.entries.layers:
            for name, offset in entry.bottoms:
                if name in made:
                    continue
                other = self.entries.elsewhere.get(name)
                if name in self.given or (not self.sources and "" in self.given and not made):
                    yield Source(name, None, other.batch if other else 0, offset)
                    made.add(name)
                elif other is not None:
                    yield other
                    made.add(name)
            made.update([name for name, _ in entry.tops])

    def enter(self) -> None:
        """Put inputs into the graph, then what has a first size of its own or none."""
        late = []
        for source in self.sources:
            if self._twice(source):
                continue
            if not self._sound(source) or source.shape is None or source.scalar:
                late.append(source)
            elif source.batch in (0, self.stated):
                line, column = self.entries.lines.place(source.offset)
                self.blobs[source.name] = self.graph.input(source.name, source.shape, line, column)
            else:
                late.append(source)
        for source in late:
            line, column = self.entries.lines.place(source.offset)
            layer: Foreign | None = None
            if source.scalar or source.loose:
                layer = Foreign(op=source.op, shapes=(() if source.scalar else None,), parameters=0, macs=0)
            elif source.shape is not None and self._sound(source, quiet=True):
                layer = Foreign(op=source.op, shapes=((source.batch, *source.shape),), parameters=0, macs=0)
            (self.blobs[source.name],) = self.graph.node(source.name, layer, (), line=line, column=column)

    def _twice(self, source: Source) -> bool:
        """Whether the blob is fed already."""
        if source.name not in self.blobs:
            return False
        self.entries.tell(source.offset, f"the blob {quoted(source.name)} is fed twice", "", "CNN-E302")
        return True

    def _sound(self, source: Source, quiet: bool = False) -> bool:
        """Whether a source's sizes are stated and make sense; else a problem is on record."""
        message, code = "", "CNN-E802"
        if source.shape is None:
            if source.loose:
                return True
            message = f"the size of {quoted(source.name)} is not stated: it is that of what the data base holds"
            if source.op == "Input":
                message = f"the shape of the input {quoted(source.name)} is not stated"
        elif 0 in source.shape or len(source.shape) >= MAX_AXES:
            shown = "x".join(map(str, source.shape[:8]))
            message, code = f"the input {quoted(source.name)} cannot be {shown}", "CNN-E803"
        if message and not quiet:
            sizes = "C" if source.op == "HDF5Data" else "CxHxW"
            self.entries.tell(source.offset, message, f"--input {source.name}={sizes}", code)
        return not message
