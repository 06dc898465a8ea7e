"""Network -> our own language, as short as it is readable: defaults left out, repeats and blocks where work comes again.

What is written analyses to the same numbers in the network's order (`order` puts branches in line before). Names stay where a layer is written alone; inside of
structures and blocks layers have the names that the language gives them.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any

from cnnshape.errors import ModelError, Place, Problem
from cnnshape.network import Network
from cnnshape.report import Report
from cnnshape.writers.yaml import text
from cnnshape.writers.yaml.fold import folded
from cnnshape.writers.yaml.items import Leaf
from cnnshape.writers.yaml.reduce import Element, elements

#: What a name may not be, for it means something else where names stand.
_MEANT = frozenset(["input", "true", "false", "none", "null", "and", "or", "not", "in", "if", "else"])


def written(network: Network, report: Report) -> str:
    """The network as a spec.

    Errors: ModelError CNN-E702 where the language has no words for it
    """
    found, uses = elements(network, report)
    found, blocks = folded(found, uses)
    names = Names(network, found)
    lines = [f"name: {text.scalar(title)}"] if (title := _title(network.name)) else []
    lines += _inputs(network, names)
    if blocks:
        lines.append("blocks:")
        lines += [line for made in blocks for line in text.block(made)]
    lines.append("layers:" if found else "layers: []")
    flowing: tuple[int, ...] = (0,) if len(network.inputs) == 1 else ()
    for element in found:
        lines += text.item(names.shared(element), "  ", names.beside(element, flowing))
        flowing = element.outs if len(element.outs) == 1 else ()
    if not found or network.outputs != found[-1].outs:
        lines.append(f"outputs: {text.scalar([names.of(value) for value in network.outputs])}")
    return "\n".join(lines) + "\n"


class Names:
    """What the outermost list calls its values: only those are named that somebody calls, or that had a plain name."""

    def __init__(self, network: Network, found: list[Element]) -> None:
        """Give every element that needs one a name that is legal and nobody else's."""
        self.inputs = [tensor.name for tensor in network.inputs]
        self.taken: set[str] = set(_MEANT)
        self.owned: dict[str, str] = {}
        """The written name of every layer whose weights are used again."""
        self.values: dict[int, str] = {}
        for value, tensor in enumerate(network.inputs):
            alone = len(network.inputs) == 1 and tensor.name == "input"
            self.values[value] = "input" if alone else self.fresh(tensor.name)
        owners = {element.share for element in found if element.share}
        called = set(network.outputs) if not found or network.outputs != found[-1].outs else set()
        flowing: tuple[int, ...] = (0,) if len(network.inputs) == 1 else ()
        for element in found:
            if element.ins != flowing:
                called.update(element.ins)
            flowing = element.outs if len(element.outs) == 1 else ()
        given = network.value_names()
        self.named: dict[int, str] = {}
        for element in found:
            plain = _plain(element.name) and isinstance(element.item, Leaf)
            if plain or element.name in owners or not called.isdisjoint(element.outs) or element.share:
                name = self.fresh(element.name or given[element.outs[0]])
                self.named[id(element)] = name
                self.owned[element.name] = name
                for at, value in enumerate(element.outs):
                    self.values[value] = name if len(element.outs) == 1 else f"{name}[{at}]"

        self._automatic(found)

    def _automatic(self, found: list[Element]) -> None:
        """Take away the names that the language gives by itself."""
        written = set(self.named.values())
        counts: dict[str, int] = {}
        for element in found:
            name = self.named.get(id(element), "")
            if element.share is not None:
                continue
            item = element.item
            word = item.kind[:40] if isinstance(item, Leaf) else type(item).__name__.lower()
            number = counts.get(word, 0) + 1
            if name == f"{word}{number}":
                del self.named[id(element)]
            elif name:
                continue  # a written name takes no number
            else:
                while f"{word}{number}" in written:
                    number += 1
            counts[word] = number

    def fresh(self, wanted: str) -> str:
        """A legal name near the wanted one."""
        base = _kept(wanted, "_", "_").strip("_")[:80] or "layer"
        base = base if not base[0].isdigit() else f"_{base}"
        name, number = base, 2
        while name.lower() in self.taken:
            name, number = f"{base}_{number}", number + 1
        self.taken.add(name.lower())
        return name

    def of(self, value: int) -> str:
        """What a value is called."""
        return self.values[value]

    def beside(self, element: Element, flowing: tuple[int, ...]) -> dict[str, Any]:
        """The keys that stand beside an item."""
        keys: dict[str, Any] = {}
        if element.ins != flowing:
            sources = [self.of(value) for value in element.ins]
            merging = isinstance(element.item, Leaf) and element.item.shorthand == "from"
            keys["from"] = sources[0] if len(sources) == 1 and not merging else sources
        if id(element) in self.named:
            keys["name"] = self.named[id(element)]
        return keys

    def shared(self, element: Element) -> Any:
        """The item, or the word that uses another's weights."""
        if element.share is None or not isinstance(element.item, Leaf):
            return element.item
        return Leaf("share", (("layer", self.owned[element.share]),), "layer", element.item.frozen)


def _kept(text: str, signs: str, instead: str) -> str:
    """The text, with one `instead` for each run of what a written name does not have.

    It has the letters and digits and these signs of ASCII, and everything else that shows: nothing that a terminal
    obeys, that turns the direction of writing, or that ends a line.
    """
    return "".join("".join(run) if shows else instead for shows, run in groupby(text, lambda char: _shows(char, signs)))


def _shows(char: str, signs: str) -> bool:
    return char.isalnum() or char in signs if char.isascii() else char.isprintable()


def _plain(name: str) -> bool:
    """Whether a name is a short word that a person would write."""
    return 0 < len(name) <= 40 and not name[0].isdigit() and all(_shows(char, "_") for char in name)


def _title(name: str) -> str:
    """The network's name as one plain line."""
    return _kept(name, "_ .+()/-", " ").strip()[:100].strip()


def _inputs(network: Network, names: Names) -> list[str]:
    """The shapes of what flows in."""
    shapes = []
    for tensor in network.inputs:
        if len(tensor.shape) > 8 or min(tensor.shape, default=1) < 1:
            message = f"the input {tensor.name} has the shape {tensor.shape}, and a spec's has up to 8 sizes from 1"
            raise ModelError([Problem("CNN-E702", message, Place(network.source, tensor.line))])
        shapes.append("x".join(map(str, tensor.shape)) or "[]")
    if [names.of(0), len(shapes)] == ["input", 1]:
        return [f"input: {shapes[0]}"]
    return ["inputs:", *[f"  {names.of(value)}: {shape}" for value, shape in enumerate(shapes)]]
