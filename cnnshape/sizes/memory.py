"""The peak of the buffers that are alive at once, for many sizes: `liveness.follow` says the same of one size."""

from __future__ import annotations

from typing import Any

import numpy as np

from cnnshape.network import Network
from cnnshape.sizes.many import Many
from cnnshape.sizes.walk import Branch


def peak(network: Network, branch: Branch) -> Any:
    """The most elements alive while any node runs, of every size of a branch that reached the end."""
    first, count = len(network.inputs), len(branch.places)
    sizes: list[Any] = [shape.numel for shape in branch.shapes[:first]]
    root = list(range(first))
    born, last = [0] * first, [-1] * first
    for number, (node, answer) in enumerate(zip(network.nodes, branch.answers, strict=True)):
        for value in node.inputs:
            last[root[value]] = number
        for numel in answer.elements:
            root.append(root[node.inputs[0]] if answer.view else len(root))
            sizes.append(0 if answer.view else numel)
            born.append(number)
            last.append(-1 if answer.view else number)
    for value in network.outputs:
        last[root[value]] = len(network.nodes)
    steps = len(network.nodes)
    begins: list[list[Any]] = [[] for _ in range(steps + 1)]
    ends: list[list[Any]] = [[] for _ in range(steps + 1)]
    for numel, begin, end in zip(sizes, born, last, strict=True):
        if end >= 0 and (numel.__class__ is Many or numel):
            begins[begin].append(numel)
            ends[end].append(numel)
    exact = sum([n.most if n.__class__ is Many else n for n in sizes]) > 2**62
    alive: Any = np.zeros(count, dtype=object if exact else np.int64)
    best = alive
    for step in range(max(steps, 1)):
        for numel in begins[step]:
            alive = alive + (numel.values if numel.__class__ is Many else numel)
        best = np.maximum(best, alive)
        for numel in ends[step]:
            alive = alive - (numel.values if numel.__class__ is Many else numel)
    return best
