"""Our own language: YAML, JSON or TOML text -> Network, with the place of everything.

`load(text)` gives a network and the problems that were found on the way; a wrong layer is a node without a layer, so
that `calculate` still finds what else is wrong.
"""

from __future__ import annotations

from typing import Any, Literal

from cnnshape.errors import ModelError, Problem, did_you_mean, quoted
from cnnshape.expression.values import MAX_NUMBER
from cnnshape.facts import fixed_batch
from cnnshape.network import Input, Network
from cnnshape.spec.advice import meant
from cnnshape.spec.blocks import Block, written
from cnnshape.spec.builder import Builder
from cnnshape.spec.fields import Fault
from cnnshape.spec.heads import COMMON, STRUCTURES, no_text
from cnnshape.spec.scope import NAMES, Scope, is_name
from cnnshape.spec.shapes import budget, promise, shape_of
from cnnshape.spec.source import WIDTH, Document, Map, Seq, parse
from cnnshape.spec.structures import Writer
from cnnshape.spec.yaml import scalar

__all__ = ["load", "parse"]

#: What may stand at the top of a spec.
TOP = ("name", "doc", "input", "inputs", "vars", "blocks", "layers", "outputs", "expect", "budget")


def load(
    document: Document,
    sets: dict[str, str] | None = None,
    inputs: dict[str, tuple[int, ...]] | None = None,
) -> tuple[Network, list[Problem]]:
    """Write a spec out into a network.

    `sets` overrides variables, `inputs` shapes of inputs ("" is the only or first one).
    Errors: ModelError when nothing can be made of the text; otherwise problems in the answer
    """
    data = document.data
    if data is None:
        raise ModelError([document.problem("CNN-E103", "the file is empty", WIDTH + 1, "", "write input: and layers:")])
    if not isinstance(data, Map):
        at = data.at if isinstance(data, Seq) else WIDTH + 1
        message = "a network is a mapping with input: and layers:"
        raise ModelError([document.problem("CNN-E103", message, at, "", "see docs/spec.md for an example")])
    loader = _Loader(document, data, sets or {}, inputs or {})
    try:
        return loader.network(), loader.builder.problems
    except ModelError:
        raise ModelError(loader.builder.problems) from None


class _Loader:
    """One spec on its way to a network."""

    def __init__(self, document: Document, data: Map, sets: dict[str, str], inputs: dict[str, tuple[int, ...]]) -> None:
        self.document, self.data, self.sets, self.given = document, data, sets, inputs
        self.builder = Builder(document, [])
        self.top = Scope(None, (), {})

    def network(self) -> Network:
        """Read the sections in the order in which they depend on one another."""
        builder, data = self.builder, self.data
        for key in data:
            if key not in TOP:
                fix = meant(key, TOP, data) or meant(key.lower(), TOP, data) or f"a spec has {', '.join(TOP)}"
                builder.wrong("CNN-E202", f"unknown key {quoted(key)}", data.mark(key), "", fix)
        if (fault := no_text(data)) is not None:
            self.guarded(fault, "doc")
        self.variables()
        inputs = self.inputs()
        layers = data.get("layers")
        if not isinstance(layers, Seq):
            message = "layers: must be a list of layers" if "layers" in data else "the spec has no layers:"
            raise builder.stop("CNN-E103", message, data.mark("layers"), "", "write layers: and a list below it")
        if not inputs:
            raise ModelError(builder.problems)
        writer = Writer(builder, self.blocks())
        first = 0 if len(inputs) == 1 else None
        self.top.entry = first
        last = writer.sequence(layers, self.top, first, data.mark("layers", value=True))
        self.forget()
        builder.settle()
        return Network(
            self.name(),
            builder.inputs,
            builder.nodes,
            self.outputs(writer, last),
            self.document.file,
            "cnnshape",
            self.expectation(),
            data.mark("expect") // WIDTH,
            self.budget(),
            next(filter(None, [fixed_batch(node.layer) for node in builder.nodes]), 1),
        )

    def name(self) -> str:
        """name:, or "" where the file's own name serves."""
        name = self.data.get("name")
        if name is None or (isinstance(name, (str, int, float)) and is_name(str(name).replace("[", "("))):
            return "" if name is None else str(name)
        self.guarded(Fault("CNN-E203", f"{quoted(name)} is no name", fix="write one line of up to 100 letters"), "name")
        return ""

    def evaluate(self, text: str) -> Any:
        """An expression over the top's variables."""
        return self.builder.value_of(text, self.top, None)

    def guarded(self, fault: Fault, key: str, mark: int = 0) -> None:
        """Put a fault of a top-level section on record."""
        self.builder.fault(fault, mark or self.data.mark(key, value=True))

    def variables(self) -> None:
        """vars: in order, later ones may use earlier ones; --set wins."""
        section = self.data.get("vars")
        if section is not None and not isinstance(section, Map):
            self.builder.wrong(
                "CNN-E203", "vars: is a mapping of names to values", self.data.mark("vars"), "", "vars: {width: 64}"
            )
            section = None
        section = section or Map()
        for name in self.sets:
            if name not in section:
                fix = did_you_mean(name, tuple(section)) or f"the spec has {', '.join(section) or 'no vars'}"
                self.builder.wrong(
                    "CNN-E206", f"--set {quoted(name)}: the spec has no such variable", self.data.mark("vars"), "", fix
                )
        for name, raw in section.items():
            value: Any = scalar(self.sets[name]) if name in self.sets else raw
            try:
                self.top.vars[name] = self.variable(value)
            except Fault as fault:
                self.guarded(fault, "vars", section.mark(name, value=True))

    def variable(self, value: Any) -> Any:
        """A number, a list, an expression, or a word such as the name of an activation."""
        if isinstance(value, list):
            return [self.variable(item) for item in value]
        if isinstance(value, dict) or (isinstance(value, (int, float)) and not abs(value) <= MAX_NUMBER):
            raise Fault("CNN-E203", f"a variable is a number, a word or a list, not {quoted(value)}")
        if not isinstance(value, str):
            return value
        try:
            return self.evaluate(value)
        except Fault as fault:
            if fault.code == "CNN-E206" and value.isidentifier():
                return value
            raise

    def inputs(self) -> list[Input]:
        """input: or inputs:, with what the command line says instead."""
        data, builder = self.data, self.builder
        section = data.get("inputs")
        pairs: list[tuple[str, Any, int]] = []
        if isinstance(section, Map):
            pairs = [(name, section[name], section.mark(name, value=True)) for name in section]
        elif section is not None:
            builder.wrong(
                "CNN-E203",
                "inputs: is a mapping of names to shapes",
                data.mark("inputs"),
                "",
                "inputs: {left: 3x32x32}",
            )
            if "input" not in data:
                return []  # which names they have cannot be known
        if "input" in data:
            if isinstance(section, Map) and "input" in section:
                self.builder.twice("input", self.top, section.mark("input"))
                pairs = [pair for pair in pairs if pair[0] != "input"]
            pairs.insert(0, ("input", data["input"], data.mark("input", value=True)))
        elif not pairs and "" in self.given:
            pairs.append(("input", list(self.given[""]), data.at))
        for name in self.given:
            if name and name not in [pair[0] for pair in pairs]:
                fix = did_you_mean(name, tuple(pair[0] for pair in pairs))
                builder.wrong("CNN-E301", f"--input {quoted(name)}: the spec has no such input", data.at, "", fix)
        found = []
        for index, (name, raw, mark) in enumerate(pairs):
            if not is_name(name):
                builder.wrong("CNN-E203", f"{quoted(name)} is no name", mark, "", NAMES)
                name = f"input{index + 1}"  # noqa: PLW2901
            override = self.given.get(name) or (self.given.get("") if index == 0 else None)
            try:
                # [] is one number per example, a label say
                shape = override or (() if raw == [] else shape_of(raw, self.evaluate))
            except Fault as fault:
                self.guarded(fault, "input", mark)
                shape = None
            found.append(Input(name, (1,) if shape is None else shape, mark // WIDTH, mark % WIDTH))
            if shape is None:
                builder.shapes.append(None)
            else:
                from cnnshape.shape import Shape

                builder.shapes.append(Shape(1, *shape))
        if not pairs:
            misspelt = [key for key in data if key not in TOP and meant(key.lower(), ("input", "inputs"))]
            if not misspelt:
                fix = "write input: CxHxW, for example 3x224x224"
                builder.wrong("CNN-E204", "the spec has no input:", data.at, "", fix)
            elif isinstance(data[misspelt[0]], Map):
                return []
            found.append(Input("input", (1,)))
            builder.shapes.append(None)
        builder.inputs = found
        builder.values = len(found)
        for index, tensor in enumerate(found):
            self.top.values[tensor.name] = builder.absolute[tensor.name] = (index,)
        return found

    def forget(self) -> None:
        """Take the layers from all that an input of unknown shape reaches: what follows from it is not told."""
        builder = self.builder
        lost = {index for index in range(len(builder.inputs)) if builder.shapes[index] is None}
        names: set[str | None] = set()
        for node in builder.nodes if lost else ():
            if not lost.isdisjoint(node.inputs) or node.share in names:
                node.layer = None
                lost.update(node.outputs)
                names.add(node.name)

    def blocks(self) -> dict[str, Block]:
        """The user's own blocks."""
        section = self.data.get("blocks")
        if section is None:
            return {}
        if not isinstance(section, Map):
            self.builder.wrong("CNN-E207", "blocks: is a mapping of names to blocks", self.data.mark("blocks"))
            return {}
        from cnnshape.layers import BY_NAME

        found = {}
        for name, body in section.items():
            mark = section.mark(name)
            block = written(name, body, section.mark(name, value=True))
            if isinstance(block, str):
                self.builder.wrong("CNN-E207", block, mark, "", "blocks: {name: {args: {width: 64}, layers: [...]}}")
                block = Block(name, {}, Seq(mark), mark)
            if isinstance(body, Map) and (fault := no_text(body)) is not None:
                self.builder.fault(fault, mark)
            if not is_name(name):
                self.builder.wrong("CNN-E207", f"{quoted(name)} is no name", mark, "", NAMES)
                continue
            if name in BY_NAME or name in STRUCTURES or name in COMMON:
                what = "layer kind" if name in BY_NAME else "structure" if name in STRUCTURES else "key of every layer"
                message = f"the block {name} has the name of a {what}"
                self.builder.wrong("CNN-E207", message, mark, "", f"call it my_{name}")
                continue
            found[name] = block
        return found

    def outputs(self, writer: Writer, last: int | None) -> tuple[int, ...]:
        """outputs: or the last layer."""
        if "outputs" in self.data:
            raw, at = self.data["outputs"], self.data.mark("outputs", value=True)
            try:
                named = writer.sources(raw, at, self.top) if raw not in ([], None) else None
            except Fault as fault:
                self.builder.wrong(fault.code, str(fault), fault.mark or at, "", "outputs: [left, right]")
                return ()
            if raw in ([], None):
                self.builder.wrong(
                    "CNN-E203", "outputs: names no layer", at, "", "leave it out: the last layer is meant"
                )
            return named or ()
        return (
            ()
            if last is None
            else tuple(v for n in reversed(self.builder.nodes) if last in n.outputs for v in n.outputs) or (last,)
        )

    def budget(self) -> tuple[tuple[Literal["max", "min"], str, Any, int], ...]:
        """What the whole network may cost; `check` holds it."""
        if "budget" not in self.data:
            return ()
        found, faults = budget(self.data["budget"], self.evaluate)
        for fault in faults:
            self.guarded(fault, "budget")
        return tuple([(side, name, value, mark // WIDTH) for side, name, value, mark in found])

    def expectation(self) -> dict[str, Any] | None:
        """What the whole network promises."""
        if "expect" not in self.data:
            return None
        found, faults = promise(self.data["expect"], self.evaluate, "network")
        for fault in faults:
            self.guarded(fault, "expect")
        # It is about the network as written, not about what --set or --input makes of it.
        return None if self.sets or self.given else found
