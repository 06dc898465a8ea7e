"""The layers of a file that one network state keeps, under the names of today."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, NamedTuple

from cnnshape.errors import ModelError, did_you_mean, quoted
from cnnshape.readers.caffe.fields import Fields, WrongField
from cnnshape.readers.caffe.names import V1, upgraded
from cnnshape.readers.caffe.phases import PHASES, SETTINGS, kept, stated
from cnnshape.readers.caffe.sources import SOURCES, Source, fed
from cnnshape.readers.caffe.table import TABLE
from cnnshape.readers.caffe.text import Lines, Message
from cnnshape.readers.graph import Graph

if TYPE_CHECKING:
    from cnnshape.readers import Options

#: Types written in other letters.
_FOLDED = {name.casefold(): name for name in (*TABLE, *SOURCES)}
#: Caffe's tensors have no more axes.
MAX_AXES = 32


class Entry(NamedTuple):
    """One layer: its fields, type and name; "" as type where the text of it is wrong."""

    fields: Fields
    op: str
    name: str
    bottoms: list[tuple[str, int]]
    tops: list[tuple[str, int]]


class Entries:
    """What a file holds: layers that compute, layers that feed, and what another state would feed."""

    def __init__(self, graph: Graph, lines: Lines, message: Message, options: Options) -> None:
        """Sort the layers of a message; problems go to the graph."""
        self.graph, self.lines, self.layer = graph, lines, ""
        if graph.problems:  # mistakes in the text itself: what follows from them is no news
            raise ModelError(graph.problems)
        self.told: set[tuple[int, str]] = set()
        self.net = Fields(message, "net", self.tell, options.strict)
        self.layers: list[Entry] = []
        self.fed: list[Source] = []
        self.elsewhere: dict[str, Source] = {}
        self.name = PurePath(graph.file).stem
        self._settings(options)
        try:
            self.name = self.net.text("name") or self.name
            self.state = stated(self.net, options.sets)
        except WrongField:
            raise ModelError(graph.problems) from None
        found = False
        for field, value, offset in message.fields:
            if field in ("layer", "layers"):
                found = True
                if isinstance(value, Message):
                    self._sort(value, field, options.strict)
                else:
                    self.tell(offset, f"{field} is a message {{ ... }}")
        if not found:
            raise graph.stop("CNN-E106", "the text holds no layer", fix="a network has layer { ... } messages")
        if not self.layers and not graph.problems:
            other = "TRAIN" if self.state.phase == "TEST" else "TEST"
            message_ = f"no layer that computes is in phase {self.state.phase}"
            raise graph.stop("CNN-E106", message_, fix=f"--set phase={other}")

    def tell(self, offset: int, message: str, fix: str = "", code: str = "CNN-E803") -> None:
        """A problem with its place."""
        if (offset, message) not in self.told:  # a field may be read more than once
            self.told.add((offset, message))
            self.graph.wrong(code, message, *self.lines.place(offset), self.layer, fix)

    def _settings(self, options: Options) -> None:
        """Hold what the user set against what there is."""
        for name, value in options.sets.items():
            if name not in SETTINGS:
                fix = did_you_mean(name, SETTINGS) or f"one of {', '.join(SETTINGS)}"
                self.graph.wrong("CNN-E206", f"a Caffe network has no variable {quoted(name)}", fix=fix)
            elif name == "phase" and value.upper() not in PHASES:
                fix = did_you_mean(value.upper(), PHASES) or "phase=TRAIN or phase=TEST"
                self.graph.wrong("CNN-E203", f"phase is TRAIN or TEST, not {quoted(value)}", fix=fix)
        if self.graph.problems:
            raise ModelError(self.graph.problems)

    def _sort(self, message: Message, field: str, strict: bool) -> None:
        """One layer to where it belongs."""
        inner = next((v for name, v, _ in message.fields if name == "layer" and isinstance(v, Message)), None)
        if inner is not None:
            message = upgraded(message, inner)
        self.layer = str(next((v for name, v, _ in message.fields if name == "name" and isinstance(v, str)), ""))
        # A problem of the layer shall not hide another one: what can still be read, is.
        fields, op, kept_here = Fields(message, "layer", self.tell, strict), "", True
        fields.name = field
        bottoms = tops = []
        try:
            bottoms, tops = fields.texts("bottom"), fields.texts("top")
            kept_here = kept(fields, self.state)
            op = self._type(fields)
            sources = fed(fields, op)
            if sources is not None:
                self._feed(sources, kept_here)
                return
        except WrongField:
            op = ""
        if kept_here:
            self.layers.append(Entry(fields, op, self.layer, bottoms, tops))
        self.layer = ""

    def _feed(self, sources: list[Source], kept_here: bool) -> None:
        """What a layer feeds, now or in another state."""
        if kept_here:
            self.fed += sources
            return
        for source in sources:
            self.elsewhere.setdefault(source.name, source)

    def _type(self, fields: Fields) -> str:
        """The type under its name of today."""
        if not fields.has("type"):
            raise fields.wrong(fields.message.offset, "the layer does not state its type", 'type: "..."')
        written = fields.text("type")
        if written in TABLE or written in SOURCES:
            return written
        return V1.get(written) or _FOLDED.get(written.casefold(), written or "?")
