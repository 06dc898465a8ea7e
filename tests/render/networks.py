"""Reports to render: the zoo, and networks that are drawn from the samples of every kind."""

from __future__ import annotations

from functools import cache

from classics import CLASSICS
from hypothesis import strategies as st
from samples import SAMPLES

import cnnshape
from cnnshape.calculate import calculate
from cnnshape.network import Input, Network, Node

BATCH = 2
#: Words that every format must show as words.
_MARKS = st.text(st.sampled_from("|&%$#{}~^\\<>[]*`_\"'=-ab"), min_size=1, max_size=9)
_ANYTHING = st.text(st.sampled_from("aZ9_-.@é畳\x1b\x9b\n\t\u202e ") | st.characters(codec="utf-8"), min_size=1)
NASTY = (_MARKS | _ANYTHING).filter(lambda text: text.strip() == text and "  " not in text)


@cache
def bundled(name: str):
    return cnnshape.analyze(f"zoo:{name}")


ZOO = CLASSICS


def network_of(picks, names=None) -> Network:
    """The samples side by side, each with inputs of its own."""
    inputs, nodes = [], []
    for number, (_, xs) in enumerate(picks):
        inputs += [Input(f"in{number}_{k}", tuple(x[1:])) for k, x in enumerate(xs)]
    first, value = 0, len(inputs)
    for number, (layer, xs) in enumerate(picks):
        outs = len(layer.outs(*xs))
        name = names[number] if names else f"{layer.kind}{number}"
        nodes.append(
            Node(name, layer, tuple(range(first, first + len(xs))), tuple(range(value, value + outs)), line=number + 1)
        )
        first += len(xs)
        value += outs
    return Network("drawn", inputs, nodes, (value - 1,), "drawn.yaml")


@st.composite
def reports(draw, nasty: bool = False):
    picks = draw(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=7))
    names = draw(st.lists(NASTY, min_size=len(picks), max_size=len(picks), unique=True)) if nasty else None
    return calculate(network_of(picks, names), BATCH)
