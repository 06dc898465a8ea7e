"""Network -> Sizes: every number of a network at many input sizes, and what repeats in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from cnnshape.calculate import calculate, hold_batch
from cnnshape.errors import ModelError, Problem
from cnnshape.network import Network
from cnnshape.report import DTYPES, Model
from cnnshape.shape import Shape
from cnnshape.sizes.columns import Columns
from cnnshape.sizes.law import law, pattern, period, predicted
from cnnshape.sizes.many import many
from cnnshape.sizes.result import Dropping, Law, Mode, Refusal, Row, Sizes, Weight
from cnnshape.sizes.walk import walk

#: Refusals whose message is asked for; each costs a calculation.
MOST_PROBLEMS = 20
#: Rectangles of each remainder that a law of squares is held against.
RECTANGLES = 1

Size = tuple[int, ...]


class NoAxisError(ValueError):
    """The network's inputs have no such axis to change."""


class Images:
    """A network, and which of its inputs change their size."""

    def __init__(self, network: Network, batch: int) -> None:
        """Inputs that are as large as the first image change with it; the others stay."""
        hold_batch(network, batch)
        self.network, self.batch = network, batch
        self.own: Size = next((t.shape[1:] for t in network.inputs if len(t.shape) > 1), ())
        self.names = [t.name for t in network.inputs if len(t.shape) > 1 and t.shape[1:] == self.own]

    def columns(self, sizes: Sequence[Size], *, memory: bool = True) -> Columns:
        """Every number at all of these sizes."""
        axes = [many(list(column)) for column in zip(*sizes, strict=True)]
        shapes = [
            Shape(self.batch, t.shape[0], *(axes if t.name in self.names else t.shape[1:]))
            if len(t.shape) > 1
            else Shape(self.batch, *t.shape)
            for t in self.network.inputs
        ]
        return Columns(self.network, walk(self.network, shapes, len(sizes)), len(sizes), memory=memory)

    def at(self, size: Size) -> Network:
        """The network at one size."""
        return self.network.with_inputs(
            {t.name: (t.shape[0], *size) for t in self.network.inputs if t.name in self.names}
        )


def sweep(network: Network, numbers: range, mode: Mode = "square", *, batch: int = 1, dtype: str = "float32") -> Sizes:
    """A network at every size of a range; `mode` says which axes take these numbers.

    Errors: NoAxisError when no input has the axis
    """
    images = Images(network, batch)
    own = images.own
    axes = _axes(mode, len(own))

    def size(n: int) -> Size:
        return tuple([n if axis in axes else there for axis, there in enumerate(own)])

    first, step = numbers[0], numbers.step
    smaller = range(1, first)
    sizes = [size(n) for n in (*numbers, *smaller)]
    found = _found(images, sizes, len(numbers), mode, step, dtype)
    columns, rows = found
    rows.smallest = next(
        (s for s, works in zip(sizes[len(numbers) :], columns.works[len(numbers) :], strict=False) if works), None
    )
    rows.smallest = rows.smallest or next((row.size for row in rows.rows if row.works), None)
    works, count = columns.works[: len(numbers)], len(numbers)
    rows.works = pattern(numbers, step, works)
    rows.fits = pattern(numbers, step, works & (columns.dropping[:count] == 0))
    lag = period(works, [column[:count] for column in columns.inside(len(own))])
    rows.period = None if lag is None else lag * step
    rows.macs = law(numbers, works, columns.sums["macs"], _terms(mode, len(own)), lag, step)
    if columns.states["macs"] != "complete":
        rows.macs = msgspec.structs.replace(rows.macs, holds=False, pieces=[], reason="a layer's MACs are not known")
    if rows.macs.holds and len(axes) == 2 and lag is not None:
        rows.macs = _held(images, rows.macs, numbers, works)
    return rows


def grid(network: Network, heights: range, widths: range, *, batch: int = 1, dtype: str = "float32") -> Sizes:
    """A network at every pair of two ranges."""
    images = Images(network, batch)
    if len(images.own) != 2:
        raise NoAxisError(f"HxW needs an input with two spatial axes, not {len(images.own)}")
    sizes: list[Size] = [(h, w) for h in heights for w in widths]
    return _found(images, sizes, len(sizes), "grid", 1, dtype)[1]


def _terms(mode: Mode, rank: int) -> str:
    """Which of the law's terms these axes have."""
    return {1: "length", 2: "plane", 3: "space"}[rank] if mode == "square" else mode


def _axes(mode: Mode, rank: int) -> tuple[int, ...]:
    """Which of the spatial axes change."""
    if rank > 3:
        raise NoAxisError(f"an input with {rank} spatial axes is not swept: at most 3")
    names = {1: ("length",), 2: ("height", "width"), 3: ("depth", "height", "width")}.get(rank, ())
    if mode == "square" and rank:
        return tuple(range(rank))
    if mode not in names:
        raise NoAxisError(f"no input has a {mode}" if rank else "no input is an image")
    return (names.index(mode),)


def _found(images: Images, sizes: list[Size], count: int, mode: Mode, step: int, dtype: str) -> tuple[Columns, Sizes]:
    """The first `count` sizes as rows; the numbers of all of them."""
    network, own = images.network, images.own
    there = sizes.index(own) if own in sizes else len(sizes)
    columns = images.columns(sizes if there < len(sizes) else [*sizes, own])
    same, changing = columns.same_weights(there)
    problems, which = _problems(images, columns, sizes[:count])
    item = DTYPES[dtype]
    sums = columns.sums
    complete = {name: state != "unavailable" for name, state in columns.states.items()}
    works, dropping = columns.works.tolist(), columns.dropping.tolist()
    alike = [None] * count if same is None else same.tolist()
    rows = [
        Row(
            sizes[i],
            True,
            not dropping[i],
            alike[i],
            dropping[i],
            columns.outputs[i],
            sums["params"][i] if complete["params"] else None,
            sums["macs"][i] if complete["macs"] else None,
            sums["kept"][i] * item if complete["kept"] else None,  # type: ignore[operator]
            sums["peak"][i] * item if complete["kept"] else None,  # type: ignore[operator]
            None,
        )
        if works[i]
        else Row(sizes[i], False, False, None, None, None, None, None, None, None, which[i])
        for i in range(count)
    ]
    names = [node.name for node in network.nodes]
    drops = [
        _dropping(names[number], sizes, lost[:count])
        for number, lost in sorted(columns.lost.items())
        if lost[:count].any()
    ]
    none = Law(False, (), None, [], 0, "found for a sweep along one line")
    return columns, Sizes(
        Model(network.name, network.source, network.format),
        images.batch,
        dtype,
        mode,
        tuple(images.names),
        own,
        step,
        sum([row.works for row in rows]),
        sum([row.fits for row in rows]),
        next((row.size for row in rows if row.works), None),
        None,
        None,
        None,
        none,
        columns.states["params"],
        columns.states["macs"],
        columns.states["kept"],
        problems,
        drops,
        [Weight(names[number], weight, shape) for number, weight, shape in changing],
        rows,
    )


def _dropping(name: str, sizes: list[Size], lost: Any) -> Dropping:
    at = int(np.argmax(lost > 0))
    return Dropping(name, int((lost > 0).sum()), sizes[at], int(lost[at]))


def _problems(images: Images, columns: Columns, sizes: list[Size]) -> tuple[list[Refusal], dict[int, int]]:
    """Every layer that some of the sizes cannot pass; and which of them each size meets."""
    found: list[Refusal] = []
    which: dict[int, int] = {}
    failed = columns.failed[: len(sizes)]
    for number in np.unique(failed[failed >= 0]).tolist():
        places = np.nonzero(failed == number)[0].tolist()
        which.update(dict.fromkeys(places, len(found)))
        node = images.network.nodes[number]
        first = sizes[places[0]]
        told = _told(images, first, node.name) if len(found) < MOST_PROBLEMS else None
        code, message, notes, fix = (told.code, told.message, told.notes, told.fix) if told else ("", "", (), "")
        found.append(Refusal(node.name, node.line, code, message, notes, fix, len(places), first, sizes[places[-1]]))
    return found, which


def _told(images: Images, size: Size, name: str) -> Problem | None:
    """What `calculate` says of one layer at one size."""
    try:
        calculate(images.at(size), images.batch)
    except ModelError as error:
        return next((problem for problem in error.problems if problem.place.layer == name), None)
    return None


def _held(images: Images, found: Law, numbers: range, works: Any) -> Law:
    """A law of squares held against rectangles whose sides have one remainder by the period."""
    lag, places = (found.period or 1) // numbers.step, np.nonzero(works)[0].tolist()
    pairs: list[Size] = []
    for i in places:
        if i + lag < len(numbers) and len(pairs) < RECTANGLES * lag:
            pairs.append((numbers[i], numbers[i + lag]))
    if not pairs:
        return found
    columns = images.columns(pairs, memory=False)
    for i, (height, width) in enumerate(pairs):
        if not columns.works[i] or predicted(found, height, width) != columns.sums["macs"][i]:
            return found
    return msgspec.structs.replace(found, rectangles=len(pairs))
