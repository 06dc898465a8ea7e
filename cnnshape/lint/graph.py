"""One network as the rules read it: who makes a value, who reads it, what stands before and behind a layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from cnnshape.geometry.window import Window
from cnnshape.lint.found import Change, Found
from cnnshape.lint.kinds import GLOBAL_POOLS, SLIDING
from cnnshape.network import Network
from cnnshape.report import LayerReport, Report
from cnnshape.shape import Shape

if TYPE_CHECKING:
    from cnnshape.spec.source import Document

__all__ = ["Change", "Found", "Graph"]

AXES = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}


class Graph:
    """A network and its report, joined by numbers: nodes and values count as in `Network`."""

    def __init__(
        self,
        network: Network,
        report: Report,
        document: Document | None = None,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        """`document` is the text of a spec of our own; None for other tools' files."""
        self.network, self.report, self.document = network, report, document
        self.options: Mapping[str, Any] = options or {}
        self.nodes, self.rows = network.nodes, report.layers
        self.inputs = len(network.inputs)
        self.maker: list[int | None] = [None] * self.inputs
        self.readers: list[list[int]] = [[] for _ in network.inputs]
        self.shapes: list[Shape] = [tensor.shape for tensor in report.inputs]
        for number, node in enumerate(network.nodes):
            for value in dict.fromkeys(node.inputs):
                self.readers[value].append(number)
            self.maker.extend([number] * len(node.outputs))
            self.readers.extend([] for _ in node.outputs)
            self.shapes.extend(self.rows[number].output_shapes)
        self.outputs = frozenset(network.outputs)
        self._known = [
            bool(row.input_shapes)
            and all(s.known for s in row.input_shapes)
            and all(s.known for s in row.output_shapes)
            for row in self.rows
        ]
        self._by_kind: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            if self._known[number]:
                self._by_kind.setdefault(row.kind, []).append(number)
        self._windows: dict[int, tuple[Window, ...]] = {}

    # one layer

    def layer(self, n: int) -> Any:
        """The layer's fields."""
        return self.nodes[n].layer

    def kind(self, n: int) -> str:
        """The layer's kind."""
        return self.rows[n].kind

    def row(self, n: int) -> LayerReport:
        """What the report says of it."""
        return self.rows[n]

    def name(self, n: int | None) -> str:
        """Its name; the first input's for None."""
        return self.nodes[n].name if n is not None else self.network.inputs[0].name

    def x(self, n: int) -> Shape:
        """The shape of its first input."""
        return self.rows[n].input_shapes[0]

    def y(self, n: int) -> Shape:
        """The shape of its first output."""
        return self.rows[n].output_shapes[0]

    def known(self, n: int) -> bool:
        """Whether every shape around it is known; rules say nothing of the others."""
        return self._known[n]

    def each(self, *kinds: str) -> Iterator[int]:
        """The layers of these kinds whose shapes are known, in order."""
        found = [self._by_kind[kind] for kind in kinds if kind in self._by_kind]
        yield from found[0] if len(found) == 1 else sorted([n for part in found for n in part])

    def spatial(self, n: int) -> bool:
        """Whether it reads a map: N, C and at least one axis."""
        return len(self.x(n)) > 2

    def windows(self, n: int) -> tuple[Window, ...]:
        """The windows of a convolution or pool, one per axis; () for every other kind."""
        found = self._windows.get(n)
        if found is None:
            slides = self.rows[n].kind in SLIDING and self._known[n]
            found = self._windows[n] = self.layer(n).windows(self.x(n)) if slides else ()
        return found

    def sliding(self, *kinds: str) -> Iterator[tuple[int, list[tuple[str, int, Window]]]]:
        """Convolutions and pools with (name of the axis, its length, its window) for each axis."""
        for n in self.each(*(kinds or SLIDING)):
            windows = self.windows(n)
            if windows:
                sizes = self.x(n)[2:]
                yield n, list(zip(AXES[len(windows)], sizes, windows, strict=True))

    def axes(self, n: int) -> tuple[str, ...]:
        """The names of the axes of its map."""
        return AXES.get(len(self.x(n)) - 2, ())

    def pointwise(self, n: int) -> bool:
        """Whether it is a convolution of one tap per axis."""
        windows = self.windows(n)
        return self.kind(n) == "conv" and bool(windows) and all(w.kernel == 1 for w in windows)

    def depthwise(self, n: int) -> bool:
        """Whether it is a convolution with one group per input channel."""
        return self.kind(n) == "conv" and 1 < self.layer(n).groups == self.x(n)[1]

    # around a layer

    def before(self, n: int) -> int | None:
        """The layer that makes its first input; None for an input of the network."""
        inputs = self.nodes[n].inputs
        return self.maker[inputs[0]] if inputs else None

    def only_reader(self, n: int) -> int | None:
        """The one layer that reads its one output; None where several do, or the network gives it."""
        outputs = self.nodes[n].outputs
        if len(outputs) != 1 or outputs[0] in self.outputs:
            return None
        readers = self.readers[outputs[0]]
        return readers[0] if len(readers) == 1 else None

    def behind(self, n: int, through: frozenset[str] = frozenset()) -> int | None:
        """The first layer behind it that is of no kind in `through`, where nothing branches off or joins on the way."""
        at: int | None = n
        while True:
            at = self.only_reader(at) if at is not None else None
            if at is None or len(self.nodes[at].inputs) != 1 or not self.known(at):
                return None
            if self.kind(at) not in through:
                return at

    def ahead(self, n: int, through: frozenset[str] = frozenset()) -> int | None:
        """The first layer in front of it that is of no kind in `through`; None where several things join."""
        at: int | None = n
        while at is not None and len(self.nodes[at].inputs) == 1:
            at = self.before(at)
            if at is not None and self.kind(at) not in through:
                return at if self.known(at) else None
        return None

    def sole(self, n: int) -> bool:
        """Whether what it makes goes to one reader and nowhere else."""
        return self.only_reader(n) is not None

    def gives(self, n: int) -> bool:
        """Whether the network gives what it makes."""
        return any(v in self.outputs for v in self.nodes[n].outputs)

    def ends(self, n: int, through: frozenset[str] = frozenset()) -> bool:
        """Whether the network gives what it makes, perhaps behind layers of these kinds."""
        at: int | None = n
        while at is not None:
            if self.gives(at):
                return True
            at = self.only_reader(at)
            if at is not None and self.kind(at) not in through:
                return False
        return False

    def follows(self, n: int) -> set[int]:
        """Every layer that depends on it."""
        reached = set(self.nodes[n].outputs)
        found = set()
        for m in range(n + 1, len(self.nodes)):
            if not reached.isdisjoint(self.nodes[m].inputs):
                found.add(m)
                reached.update(self.nodes[m].outputs)
        return found

    @cached_property
    def feeds_weights(self) -> list[bool]:
        """Of every layer, whether one with learned numbers depends on it."""
        wanted: set[int] = set()
        found = [False] * len(self.nodes)
        for n in range(len(self.nodes) - 1, -1, -1):
            found[n] = not wanted.isdisjoint(self.nodes[n].outputs)
            if found[n] or self.rows[n].params:
                wanted.update(self.nodes[n].inputs)
        return found

    def head(self) -> int | None:
        """The last layer that the first output of the network comes from."""
        return self.maker[self.network.outputs[0]] if self.network.outputs else None

    # receptive fields

    @cached_property
    def least(self) -> list[tuple[tuple[int, int], ...] | None]:
        """Of every value, what its shortest way from the input sees: (size, jump) per axis; None where not followed."""
        first = self.shapes[0] if self.shapes else Shape()
        rank = len(first) - 2
        found: list[tuple[tuple[int, int], ...] | None] = [
            ((1, 1),) * rank if len(s) - 2 == rank > 0 and s.known else None for s in self.shapes[: self.inputs]
        ]
        for n, node in enumerate(self.nodes):
            ways = [found[v] for v in node.inputs]
            seen = [way for way in ways if way is not None]
            here: tuple[tuple[int, int], ...] | None = None
            if seen and self.known(n) and len(self.y(n)) - 2 == rank and self.kind(n) not in GLOBAL_POOLS:
                here = min(seen)
                windows = self.windows(n)
                if windows:
                    here = tuple(
                        (size + (w.extent - 1) * jump, jump * w.stride)
                        for (size, jump), w in zip(here, windows, strict=True)
                    )
                elif self.y(n)[2:] != self.x(n)[2:] and len(node.inputs) == 1:
                    here = None  # resampled, cut or moved
            found.extend([here] * len(node.outputs))
        return found

    @cached_property
    def last_spatial(self) -> int | None:
        """The last layer that slides a window of more than one tap and that the network's output depends on."""
        wanted = set(self.outputs)
        for n in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[n]
            if wanted.isdisjoint(node.outputs):
                continue
            wanted.update(node.inputs)
            if any(w.kernel > 1 for w in self.windows(n)):
                return n
        return None

    @cached_property
    def feasible(self) -> tuple[int, int] | None:
        """The smallest and largest input that suits the convolutions, as rfa_toolbox means it; None where unknown.

        Smallest: no convolution reads what sees the whole image already by the shortest way. Largest: one convolution
        still sees the whole image.
        """
        convs = [n for n in self.each("conv") if self.least[self.nodes[n].inputs[0]] is not None]
        least = [max(size for size, _ in self.least[self.nodes[n].inputs[0]] or ()) for n in convs]
        fields = [self.row(n).receptive_field for n in convs]
        most = [min(f.size) for f in fields if f is not None and f.size and None not in f.size]  # type: ignore[type-var]
        if not least or not most:
            return None
        return max(least), max(most)  # type: ignore[return-value,type-var]
