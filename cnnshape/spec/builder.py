"""The network under construction: nodes, values, names, problems, and the limits that hold them."""

from __future__ import annotations

import re
from contextlib import suppress
from itertools import islice
from typing import Any

from msgspec import structs

from cnnshape.errors import LayerError, ModelError, Problem, did_you_mean, quoted
from cnnshape.expression import ExpressionError, evaluate
from cnnshape.expression.parser import MAX_TEXT, Parser
from cnnshape.layers.base import Layer
from cnnshape.network import Input, Node, Promise, maker
from cnnshape.shape import Shape
from cnnshape.spec.fields import Fault
from cnnshape.spec.scope import FACTS, Names, Scope
from cnnshape.spec.source import WIDTH, Document, Seq

#: More layers than this, blocks written out, are refused.
MAX_NODES = 100_000
#: More steps of writing out than this are refused, even when they make no layer.
MAX_STEPS = 210_000
#: Blocks inside blocks deeper than this never end.
MAX_DEPTH = 48
#: After this many problems the rest is left for the next run.
MAX_PROBLEMS = 50
#: And so it is after one of them has come up again as often, in the turns of a repeat.
MAX_AGAIN = 300
#: The names of all layers, paths written out, take no more characters than this; one name no more than that.
MAX_LETTERS, MAX_NAME = 100_000_000, 100

_INTERPOLATION = re.compile(r"\$\{([^{}]*)\}")
_DIGITS = re.compile(r"-?\d[\d.]*")
#: A word such as hard-swish, which would else be a difference.
_HYPHENS = re.compile(r"[A-Za-z_]\w*(-\w+)+")
_NUMBERED = re.compile(r"(.+)\[(\d{1,9})\]\Z")


def _is_expression(text: str) -> bool:
    """Whether a text that has no value is a wrong expression, and no word such as 3x5 or hard-swish."""
    if len(text) > MAX_TEXT or _HYPHENS.fullmatch(text):
        return False
    try:
        Parser(text).whole()
    except ExpressionError:
        return False
    return True


class UnknownShape(Exception):  # noqa: N818 - not an error of its own: what caused it is reported already
    """An expression asks for the channels of a tensor that cannot be known."""


class Builder:
    """Collects nodes in execution order, and problems instead of raising at the first."""

    def __init__(self, document: Document, inputs: list[Input]) -> None:
        """Inputs are the first values."""
        self.document, self.inputs = document, inputs
        self.nodes: list[Node] = []
        self.problems: list[Problem] = []
        self.told: set[tuple[str, int, str]] = set()
        self.again = 0
        self.values = len(inputs)
        self.promises: dict[int, list[Promise]] = {}
        """What structures promise, by the value that they end with."""
        self.absolute: dict[str, tuple[int, ...]] = {}
        self.shared: dict[str, tuple[str, Scope]] = {}
        """Of what is shared already: the name of the first, and where that was written."""
        self.layers: dict[Layer, Layer] = {}
        """Equal layers are one object: they are compared by identity later, and held once."""
        self.shapes: list[Shape | None] = [Shape(1, *tensor.shape) for tensor in inputs]
        self.shaped = 0
        self.steps = self.letters = 0
        self.times = 1
        """How often the innermost repeat will be written out in all."""

    # problems

    def wrong(self, code: str, message: str, mark: int, layer: str = "", fix: str = "", *notes: str) -> None:
        """Put a problem on record, once however often its line is written out; raises when there are too many."""
        key = (code, mark, _DIGITS.sub("#", message))
        if key in self.told:
            self.again += 1
            if self.again >= MAX_AGAIN:  # a repeat of thousands: each would search for what was meant
                raise ModelError(self.problems)
            return
        self.told.add(key)
        self.problems.append(self.document.problem(code, message, mark, layer, fix, *notes))
        if len(self.problems) >= MAX_PROBLEMS:
            raise ModelError(self.problems)

    def fault(self, fault: Fault, at: int, layer: str = "") -> None:
        """Put a fault on record, at its own place where it knows one."""
        self.wrong(fault.code, str(fault), fault.mark or at, layer, fault.fix)

    def stop(self, code: str, message: str, mark: int, layer: str = "", fix: str = "") -> ModelError:
        """A problem after which nothing more can be read."""
        self.wrong(code, message, mark, layer, fix)
        return ModelError(self.problems)

    def step(self, mark: int, scope: Scope) -> None:
        """Count one item; refuse what would never end."""
        self.steps += 1
        if self.steps > MAX_STEPS or len(self.nodes) > MAX_NODES:
            what = f"{MAX_NODES:,} layers" if len(self.nodes) > MAX_NODES else f"{MAX_STEPS:,} items, lists and calls"
            fix = "look for blocks or repeats that multiply"
            raise self.stop("CNN-E501", f"the spec writes out to more than {what}", mark, "", fix)
        if scope.depth > MAX_DEPTH:
            path = ".".join(scope.path[:6])
            fix = "let it end: a when: on the call, or a repeat in its place"
            raise self.stop("CNN-E502", f"blocks are nested more than {MAX_DEPTH} deep", mark, f"{path}. ...", fix)

    # expressions

    def value_of(self, text: str, scope: Scope, value: int | None) -> Any:
        """The value of an expression. Fault when it has none; UnknownShape when it cannot be known."""
        names = Names(self, scope, value)
        try:
            if "${" in text:
                text = self.filled(text, scope, value)
            return evaluate(text, names) if isinstance(text, str) else text
        except ExpressionError as error:
            if not error.name:
                raise Fault("CNN-E205", str(error)) from None
            if error.name in FACTS:
                fix = "use it in a field, an argument or a condition of a layer that has channels at its input"
                message = f"{error.name} is not known here: no tensor with channels flows in"
                raise Fault("CNN-E206", message, fix=fix) from None
            fix = did_you_mean(error.name, names.known()) or "write a number, or define it under vars:"
            raise Fault("CNN-E206", f"unknown variable {quoted(error.name)}", fix=fix) from None

    def text_of(self, text: str, scope: Scope, value: int | None) -> str:
        """A string with its ${...} filled in."""
        if "${" not in text:
            return text
        if len(text) > MAX_TEXT:
            raise Fault("CNN-E205", f"the text is longer than {MAX_TEXT} characters")

        def word(found: re.Match[str]) -> str:
            part = self.value_of(found[1], scope, value)
            if isinstance(part, (list, dict)):
                raise Fault("CNN-E205", f"{quoted(found[0])} is a list, which cannot stand inside a text")
            return str(part)

        return _INTERPOLATION.sub(word, text)[:300]

    def filled(self, text: str, scope: Scope, value: int | None) -> Any:
        """A string with its ${...} filled in; what a lone ${...} stands for keeps its type."""
        alone = _INTERPOLATION.fullmatch(text.strip())
        return self.value_of(alone[1], scope, value) if alone else self.text_of(text, scope, value)

    def given(self, raw: Any, scope: Scope, value: int | None) -> Any:
        """A written argument: expressions evaluated where they are any, words left as they are."""
        if isinstance(raw, str):
            if "${" in raw:
                return self.filled(raw, scope, value)
            names = Names(self, scope, value)
            if raw.isidentifier() and raw not in names:
                return raw  # a word such as the name of an activation
            try:
                return names.value_of(raw)
            except Fault:
                if _is_expression(raw):
                    raise
                return raw
        if isinstance(raw, list):
            self.steps += len(raw)
            return [self.given_of(raw, index, scope, value) for index in range(len(raw))]
        return raw

    def given_of(self, raw: list[Any], index: int, scope: Scope, value: int | None) -> Any:
        """One item of an argument that is a list."""
        try:
            return self.given(raw[index], scope, value)
        except Fault as fault:
            fault.mark = fault.mark or (raw.mark(index) if isinstance(raw, Seq) else 0)
            raise

    def shape(self, value: int) -> Shape:
        """The shape of a value at batch 1, inferred as far as needed. UnknownShape when it cannot be."""
        while self.shaped < len(self.nodes) and len(self.shapes) <= value:
            node = self.nodes[self.shaped]
            self.shaped += 1
            xs = [self.shapes[i] for i in node.inputs]
            outs: tuple[Shape | None, ...] = (None,) * len(node.outputs)
            if node.layer is not None and None not in xs:
                with suppress(LayerError):  # calculate tells it, with its place
                    outs = node.layer.outs(*xs)
            self.shapes.extend(outs if len(outs) == len(node.outputs) else (None,) * len(node.outputs))
        found = self.shapes[value]
        if found is None:
            raise UnknownShape
        return found

    # nodes and names

    def add(
        self,
        layer: Layer | None,
        name: str,
        inputs: tuple[int, ...],
        scope: Scope,
        mark: int,
        outputs: int = 1,
        expect: dict[str, Any] | None = None,
    ) -> int:
        """Append a node and give it its name; its first value."""
        full = scope.prefix + name
        self.letters += len(full)
        self.steps += max(0, len(inputs) + outputs - 3)
        if self.letters > MAX_LETTERS:
            raise self.stop("CNN-E501", f"the names of all layers hold more than {MAX_LETTERS:,} characters", mark)
        values = tuple(range(self.values, self.values + outputs))
        self.values += outputs
        if layer is not None:
            layer = self.layers.setdefault(layer, layer)
        self.nodes.append(
            Node(
                full,
                layer,
                inputs,
                values,
                mark // WIDTH,
                mark % WIDTH,
                (*scope.path, name),
                scope.owner(full),
                expect=(Promise(full, mark // WIDTH, expect),) if expect else (),
            )
        )
        self.name(name, values, scope, mark)
        return values[0]

    def promise(self, value: int, name: str, mark: int, wanted: dict[str, Any]) -> None:
        """Note what a structure promises of the value that it ends with."""
        self.promises.setdefault(value, []).append(Promise(name, mark // WIDTH, wanted))

    def settle(self) -> None:
        """Hand the promises of structures to the nodes and inputs that they end with."""
        for value, promises in self.promises.items():
            node = self.maker(value)
            if node is None:
                self.inputs[value] = structs.replace(self.inputs[value], expect=tuple(promises))
            else:
                output = node.outputs.index(value)
                node.expect += tuple([promise._replace(output=output) for promise in promises])

    def maker(self, value: int) -> Node | None:
        """The node that yields a value; None for an input of the network."""
        if value < len(self.inputs):
            return None
        return maker(self.nodes, value)

    def twice(self, name: str, scope: Scope, mark: int) -> None:
        """Tell that a name is taken, and where."""
        full = scope.prefix + name
        line = next((n.line for n in self.nodes if n.name == full or n.name.startswith(f"{full}.")), 0)
        first = f" (first on line {line})" if 0 < line < mark // WIDTH else ""
        shown = name if name in scope.values else full
        self.wrong("CNN-E302", f"the name {shown} is used twice{first}", mark, full, "choose another name")

    def name(self, name: str, values: tuple[int, ...], scope: Scope, mark: int, item: Any = None) -> None:
        """Make values known under a name in a scope."""
        full = scope.prefix + name
        if name in scope.values or full in self.absolute:  # b.a may be written so, or be the a inside of b
            self.twice(name, scope, mark)
            return
        scope.values[name] = self.absolute[full] = values
        if item is not None:
            scope.items[name] = (item, mark)

    def find(self, name: str, scope: Scope) -> int | None:
        """The value that a `from` means: in this scope, then further out; None when there is none."""
        wanted, index = name, 0
        if found := _NUMBERED.match(name):
            wanted, index = found[1], int(found[2])
        for level in scope.outwards():
            values = level.values.get(wanted)
            if values is None and wanted == "input" and level.entry is not None:
                values = (level.entry,)
            if values is None:
                values = self.absolute.get(level.prefix + wanted)
            if values is not None:
                return values[index] if index < len(values) else None
        return None

    def visible(self, scope: Scope) -> tuple[str, ...]:
        """Every name that a `from` in this scope may use, nearest first."""
        names: dict[str, None] = {}
        for level in scope.outwards():
            names.update(dict.fromkeys(islice(reversed(level.values), 2000)))
            if level.entry is not None:
                names["input"] = None
            if len(names) >= 2000:
                break
        return tuple(names)
