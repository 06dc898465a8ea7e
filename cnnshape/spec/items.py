"""Items -> nodes: layers, structures (residual, branches, sequence, repeat) and blocks, written out in order.

Every function takes the value that flows in and answers with the value that flows out, so that a list of items is a
fold. A wrong item becomes a node without a layer: what follows stays unknown, and other errors still show.
"""

from __future__ import annotations

from typing import Any, Literal

from cnnshape.errors import did_you_mean, quoted
from cnnshape.layers import BY_NAME
from cnnshape.layers.base import Layer
from cnnshape.spec.advice import YES_NO, truth
from cnnshape.spec.aliases import KINDS as ALIASES
from cnnshape.spec.aliases import plain
from cnnshape.spec.blocks import Block, library
from cnnshape.spec.builder import UnknownShape
from cnnshape.spec.fields import Fault, build, written_at
from cnnshape.spec.heads import COMMON, STRUCTURES, counted
from cnnshape.spec.scope import NAMES, Names, Scope, is_name
from cnnshape.spec.shapes import promise
from cnnshape.spec.source import Map, Seq
from cnnshape.spec.sources import Sources

__all__ = ["COMMON", "STRUCTURES", "Items"]


class Items(Sources):
    """Writes items out into a builder; `blocks` are the user's own."""

    def sequence(self, items: Any, scope: Scope, value: int | None, mark: int) -> int | None:
        """A list of items, each fed by the one before."""
        if items.__class__ is not Seq:
            self.builder.wrong(
                "CNN-E203",
                "a list of layers is expected here",
                mark,
                ".".join(scope.path),
                "begin each layer with a dash",
            )
            return value
        scope.expects(items)
        for index, item in enumerate(items):
            value = self.item(item, scope, value, items.marks[index] if index < len(items.marks) else mark)
        return value

    def item(self, item: Any, scope: Scope, value: int | None, mark: int) -> int | None:
        """One item of a list."""
        builder = self.builder
        builder.step(mark, scope)
        if item.__class__ is str:
            word, body, beside = item, None, None
            if word in STRUCTURES:  # it will miss what it holds, and says so
                item = beside = Map.bare(word, mark)
        elif item.__class__ is Map and item:
            word = self.head(item)
            if not word:
                return self.broken("layer", scope, value, mark)
            body, beside = item[word], item
        else:
            builder.wrong(
                "CNN-E203", "a layer is a kind, or kind: value", mark, ".".join(scope.path), "for example - conv: 64"
            )
            return self.broken("layer", scope, value, mark)
        try:
            if beside is not None and "when" in beside and not self.holds(beside["when"], scope, value, "when"):
                if isinstance(beside.get("name"), str):
                    scope.left |= {beside["name"]}
                return value
            if beside is not None and "from" in beside:
                inputs = self.sources(beside["from"], beside.mark("from", value=True), scope)
            else:
                inputs = () if value is None else (value,)
            if inputs is None:
                return self.broken(word, scope, value, mark, beside)
            return self.written(word, body, item, scope, inputs, mark)
        except Fault as fault:
            at = beside.mark(fault.key, fault.at_value) if beside is not None and fault.key in beside else mark
            result = self.broken(word, scope, value, mark, beside)
            builder.fault(fault, at, builder.nodes[-1].name)
            return result
        except UnknownShape:
            pass
        return self.broken(word, scope, value, mark, beside)

    def written(self, word: str, body: Any, item: Any, scope: Scope, inputs: tuple[int, ...], mark: int) -> int | None:
        """A structure, layer or block; all that it writes is frozen where it says so."""
        first, value = len(self.builder.nodes), inputs[0] if inputs else None
        beside = item if isinstance(item, Map) else None
        if word in STRUCTURES:
            result = self.structure(word, body, item, scope, inputs, mark)
        else:
            result = self.layer(word, body, beside, scope, inputs, mark)
        if beside is not None and ("frozen" in beside or "counted" in beside):
            self.noted(beside, word, scope, value, first)
        return result

    def noted(self, beside: Map, word: str, scope: Scope, value: int | None, first: int) -> None:
        """Note what stands beside an item about all that it wrote; the layers may be right where this is wrong."""
        for key, note in (("frozen", self.freeze), ("counted", self.count)):
            if key not in beside:
                continue
            try:
                note(beside[key], word, scope, value, first)
            except Fault as fault:
                written = self.builder.nodes[first:]
                path = written[0].path[: len(scope.path) + 1] if written else scope.path
                self.builder.fault(fault, beside.mark(key, value=True), ".".join(path))
            except UnknownShape:
                pass

    def freeze(self, raw: Any, word: str, scope: Scope, value: int | None, first: int) -> None:  # noqa: ARG002
        """Freeze all that an item wrote."""
        if self.holds(raw, scope, value, "frozen"):
            for node in self.builder.nodes[first:]:
                node.frozen = True

    def count(self, raw: Any, word: str, scope: Scope, value: int | None, first: int) -> None:  # noqa: ARG002
        """Note how many numbers the arrays of the one layer bring."""
        nodes = self.builder.nodes
        if word in STRUCTURES or len(nodes) != first + 1:
            raise Fault("CNN-E203", f"counted stands beside one layer, and {quoted(word)} is none", "counted")
        nodes[first].counted = counted(raw)

    def promised(
        self, item: Map, scope: Scope, value: int | None, name: str, of: Literal["layer", "structure"]
    ) -> dict[str, Any] | None:
        """What an item's `expect` says."""
        try:
            found, faults = promise(item["expect"], lambda text: self.builder.value_of(text, scope, value), of)
        except UnknownShape:
            return None
        for fault in faults:
            self.builder.fault(fault, item.mark("expect", value=True), scope.prefix + name)
        return found

    def structure(
        self, word: str, body: Any, item: Map, scope: Scope, inputs: tuple[int, ...], mark: int
    ) -> int | None:
        """Residual, branches, sequence, repeat or share; see structures.py."""
        raise NotImplementedError

    def block(
        self,
        block: Block,
        word: str,
        body: Any,
        beside: Map | None,
        scope: Scope,
        inputs: tuple[int, ...],
        mark: int,
    ) -> int:
        """A block's layers, with its arguments as variables; see structures.py."""
        raise NotImplementedError

    def layer(self, word: str, body: Any, beside: Map | None, scope: Scope, inputs: tuple[int, ...], mark: int) -> int:
        """A layer or a block."""
        builder = self.builder
        value = inputs[0] if inputs else None
        as_written, word = word, builder.text_of(word, scope, value)
        found = self.resolve(word)
        if found is None:
            names = (*BY_NAME, *self.blocks, *library.names(), *STRUCTURES)
            fix = did_you_mean(word, names)
            if not fix:
                near = did_you_mean(plain(word), tuple(ALIASES))
                fix = near or "docs/layers.md lists every kind"
            builder.wrong("CNN-E201", f"unknown layer kind {quoted(word)}", mark, ".".join(scope.path), fix)
            return self.broken("layer", scope, value, mark, beside)
        if isinstance(found, Block):
            return self.block(found, word, body, beside, scope, inputs, mark)
        keys, inputs = self.keys(found, word, body, beside, scope, inputs)
        layer, faults = build(found, keys, Names(builder, scope, value))
        name = self.called(beside, found.kind, scope, value)
        for fault in faults:
            at = written_at(found, beside, as_written, fault.key, fault.at_value) or mark
            builder.fault(fault, at, scope.prefix + name)
        if not self.fed(found, inputs, scope, name, mark):
            layer = None
        expect = None
        if beside is not None and "expect" in beside:
            expect = self.promised(beside, scope, value, name, "layer")
        outputs = self.outputs(layer, inputs) if layer is not None else 1
        result = builder.add(layer, name, inputs, scope, mark, outputs, expect)
        if beside is not None and "name" in beside:
            scope.items[name] = (body if beside is None else beside, mark)
        else:
            scope.items[name] = (word if beside is None else beside, mark)
        return result

    def keys(
        self, kind: type[Layer], word: str, body: Any, beside: Map | None, scope: Scope, inputs: tuple[int, ...]
    ) -> tuple[dict[str, Any], tuple[int, ...]]:
        """A layer's written keys, and its inputs where the shorthand names them."""
        if body is None:
            return {}, inputs
        if isinstance(body, Map):
            return body, inputs
        if kind.shorthand == "from":
            named = self.sources(body, beside.mark(word, value=True) if beside is not None else 0, scope)
            if named is None:
                raise UnknownShape
            return {}, named if isinstance(body, list) or not inputs else (*inputs, *named)
        if not kind.shorthand:
            takes = ", ".join(kind.__struct_fields__)
            raise Fault(
                "CNN-E203",
                f"{kind.kind} has no shorthand",
                word,
                f"write {kind.kind}: {{...}} with {takes}" if takes else f"write {kind.kind} alone",
            )
        return {kind.shorthand: body}, inputs

    def outputs(self, layer: Layer, inputs: tuple[int, ...]) -> int:
        """How many tensors a layer yields."""
        if type(layer).outs is Layer.outs:
            return 1
        try:
            return max(1, len(layer.outs(*[self.builder.shape(i) for i in inputs])))
        except Exception:  # noqa: BLE001 - calculate asks again and tells what is wrong
            return 1

    def called(self, beside: Map | None, kind: str, scope: Scope, value: int | None) -> str:
        """The written name, or the next automatic one."""
        if beside is not None and "name" in beside:
            raw = beside["name"]
            try:
                name = self.builder.text_of(raw, scope, value) if isinstance(raw, str) else str(raw)
            except Fault as fault:
                fault.key = fault.key or "name"
                raise
            if isinstance(raw, (str, int)) and not isinstance(raw, bool) and is_name(name):
                return name
            raise Fault("CNN-E203", f"{quoted(raw)} is no name", "name", NAMES)
        return scope.automatic(kind)

    def broken(self, word: str, scope: Scope, value: int | None, mark: int, beside: Map | None = None) -> int:
        """A node whose layer is unknown, so that names that refer to it are still found."""
        name = beside.get("name") if beside is not None else None
        if not isinstance(name, str) or name in scope.values or "${" in name or not is_name(name):
            found = self.resolve(word)
            kind = word[:40] if found is None or isinstance(found, Block) else found.kind
            name = f"{kind}{scope.counts.get(kind, 0)}"  # given already, if the layer failed after that
            if kind not in scope.counts or name in scope.values:
                name = scope.automatic(kind)
        return self.builder.add(None, name, () if value is None else (value,), scope, mark)

    def holds(self, raw: Any, scope: Scope, value: int | None, key: str) -> bool:
        """The condition that is written under a key."""
        try:
            found = self.builder.value_of(raw, scope, value) if isinstance(raw, str) else raw
        except Fault as fault:
            fault.key = fault.key or key
            if fault.code == "CNN-E206" and (str(raw).lower() in YES_NO or "did you mean" not in fault.fix):
                fault.fix = truth(raw) or fault.fix
            raise
        if not isinstance(found, (bool, int)):
            message = f"{key} must be true or false, not {quoted(found)}"
            raise Fault("CNN-E203", message, key, "write true, false or a comparison such as width > 64")
        return bool(found)
