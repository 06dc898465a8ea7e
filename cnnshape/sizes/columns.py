"""Branches -> columns: the sums of a network at every size, in the order of the sizes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from cnnshape.network import Network
from cnnshape.report import State
from cnnshape.shape import UNKNOWN
from cnnshape.sizes.many import Many, filled
from cnnshape.sizes.memory import peak
from cnnshape.sizes.walk import Branch

#: The sums over all layers.
SUMS = ("params", "macs", "kept")


class Columns:
    """What every size gives; None where it does not work."""

    def __init__(self, network: Network, branches: list[Branch], count: int, *, memory: bool = True) -> None:
        """Lay the branches' numbers side by side; without the peak where nobody asks for it."""
        self.network, self.memory = network, memory
        self.done = [branch for branch in branches if branch.failed is None]
        self.works = np.zeros(count, dtype=bool)
        self.failed = np.full(count, -1)
        self.sums: dict[str, list[int | None]] = {name: [None] * count for name in (*SUMS, "peak")}
        self.states: dict[str, State] = dict.fromkeys(SUMS, "complete")
        self.outputs: list[tuple[Any, ...] | None] = [None] * count
        self.lost: dict[int, Any] = {}
        """By the number of a node: positions behind its last window that it leaves unread."""
        for branch in branches:
            if branch.failed is not None:
                self.failed[branch.places] = branch.failed
        for branch in self.done:
            self.works[branch.places] = True
            self._add(branch)
            self._add_outputs(branch)
        self.dropping = sum([(lost > 0).astype(np.int64) for lost in self.lost.values()], np.zeros(count, np.int64))

    def _add(self, branch: Branch) -> None:
        """The sums of one branch; equal layers share their answer: multiplied."""
        nodes, count = self.network.nodes, len(branch.places)
        answers = {id(answer): answer for answer in branch.answers}
        times = Counter(map(id, branch.answers))
        owned = Counter(id(a) for a, node in zip(branch.answers, nodes, strict=True) if node.share is None)
        numbers: dict[str, Any] = {
            "params": sum([(answers[key].params or 0) * n for key, n in owned.items()]),
            "macs": sum([a.macs * times[key] for key, a in answers.items() if a.macs is not None]),
            "kept": sum([a.kept * times[key] for key, a in answers.items()]),
        }
        unknown = {
            "params": sum([n for key, n in owned.items() if answers[key].params is None]),
            "macs": sum([times[key] for key, a in answers.items() if a.macs is None]),
            "kept": sum([times[key] for key, a in answers.items() if not a.known]),
        }
        found = {name: filled(number, count).tolist() for name, number in numbers.items()}
        if self.memory:
            found["peak"] = peak(self.network, branch).tolist()
        places = branch.places.tolist()
        for name, values in found.items():
            column = self.sums[name]
            for place, value in zip(places, values, strict=True):
                column[place] = value
        for name, missing in unknown.items():
            if missing and self.states[name] == "complete":
                self.states[name] = "unavailable" if missing == len(nodes) else "partial"
        for number, answer in enumerate(branch.answers):
            if answer.lost.__class__ is Many or answer.lost:
                column = self.lost.setdefault(number, np.zeros(len(self.works), dtype=np.int64))
                column[branch.places] = filled(answer.lost, count)

    def _add_outputs(self, branch: Branch) -> None:
        """The output shapes of every size."""
        count = len(branch.places)
        rows: list[list[Any]] = []
        for value in self.network.outputs:
            shape = branch.shapes[value]
            dims = [filled(dim, count).tolist() for dim in shape]
            known = list(zip(*dims, strict=True)) or [()] * count  # a scalar has no dimensions
            rows.append([None] * count if shape is UNKNOWN else known)
        for number, place in enumerate(branch.places.tolist()):
            self.outputs[place] = tuple([row[number] for row in rows])

    def same_weights(self, own: int) -> tuple[Any, list[tuple[int, str, tuple[int, ...]]]]:
        """Which sizes have the weights that the one at `own` has; and (node, weight, its shape there) of those that change.

        (None, []) where the size at `own` does not work.
        """
        home = next((branch for branch in self.done if own in branch.places), None)
        if home is None:
            return None, []
        at = int(np.nonzero(home.places == own)[0][0])
        same = self.works.copy()
        changing: dict[tuple[int, str], tuple[int, ...]] = {}
        for branch in self.done:
            known: dict[tuple[int, int], dict[str, Any]] = {}
            for number, (answer, there) in enumerate(zip(branch.answers, home.answers, strict=True)):
                if answer.weights is None or there.weights is None:
                    continue
                pair = id(answer), id(there)
                if pair not in known:
                    known[pair] = {
                        name: _alike(answer.weights.get(name), there.weights.get(name), at, len(branch.places))
                        for name in {**there.weights, **answer.weights}
                    }
                for name, alike in known[pair].items():
                    if alike is True:
                        continue
                    same[branch.places] &= alike
                    if name in there.weights:
                        changing[number, name] = tuple([_at(dim, at) for dim in there.weights[name]])
        return same, [(number, name, shape) for (number, name), shape in sorted(changing.items())]

    def inside(self, rank: int) -> list[Any]:
        """Every size of an image inside the network that changes, as a column; what does not work holds zero.

        Images have `rank` spatial axes; positions that were flattened into one are a product of such sizes.
        """
        count, alone = len(self.works), len(self.done) == 1 and len(self.done[0].places) == len(self.works)
        found: dict[Any, Any] = {}
        if alone:  # equal numbers are one object there
            dims: list[Any] = [dim for shape in self.done[0].shapes if len(shape) == rank + 2 for dim in shape[2:]]
            held = {id(dim): dim for dim in dims if dim.__class__ is Many}
            return [dim.values for dim in held.values()]
        for shapes in zip(*[branch.shapes for branch in self.done], strict=True):
            if {*map(len, shapes)} != {rank + 2}:
                continue
            for here in zip(*[shape[2:] for shape in shapes], strict=True):
                if all(dim.__class__ is not Many and dim == here[0] for dim in here):
                    continue
                column = np.zeros(count, dtype=np.int64)
                for branch, dim in zip(self.done, here, strict=True):
                    column[branch.places] = filled(dim, len(branch.places))
                found[column.tobytes()] = column
        return list(found.values())


def _at(dim: Any, at: int) -> int:
    return int(dim.values[at]) if dim.__class__ is Many else dim


def _alike(shape: Any, there: Any, at: int, count: int) -> Any:
    """True, or for which sizes a weight has the shape that it has at the network's own size: None where there is none."""
    if shape is None or there is None or len(shape) != len(there):
        return False
    alike: Any = True
    for dim, other in zip(shape, there, strict=True):
        wanted = _at(other, at)
        if dim.__class__ is Many or dim != wanted:
            alike = alike & (filled(dim, count) == wanted)
    return alike
