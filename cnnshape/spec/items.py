"""Items -> nodes: layers, structures (residual, branches, sequence, repeat) and blocks, written out in order.

Every function takes the value that flows in and answers with the value that flows out, so that a list of items is a
fold. A wrong item becomes a node without a layer: what follows stays unknown, and other errors still show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnshape.errors import did_you_mean
from cnnshape.layers import BY_NAME
from cnnshape.layers.base import Layer
from cnnshape.spec.aliases import KINDS as ALIASES
from cnnshape.spec.aliases import plain
from cnnshape.spec.blocks import Block, library
from cnnshape.spec.builder import MAX_NODES, Builder, UnknownShape
from cnnshape.spec.fields import Fault, build
from cnnshape.spec.scope import Scope
from cnnshape.spec.shapes import promise
from cnnshape.spec.source import Map, Seq

#: Keys that may stand beside any kind.
COMMON = ("name", "from", "expect", "frozen", "when", "doc")
#: Structures, and the keys that belong to them.
STRUCTURES: dict[str, tuple[str, ...]] = {
    "residual": ("shortcut", "merge"),
    "branches": ("merge",),
    "sequence": (),
    "repeat": ("layers",),
    "share": (),
}
_PLAIN_KINDS = {plain(name): name for name in BY_NAME}


class Writer:
    """Writes items out into a builder; `blocks` are the user's own."""

    def __init__(self, builder: Builder, blocks: dict[str, Block]) -> None:
        """Start with nothing written."""
        self.builder, self.blocks = builder, blocks

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
            if beside is not None and "when" in beside and not self.holds(beside["when"], scope, value):
                return value
            if beside is not None and "from" in beside:
                inputs = self.sources(beside["from"], beside.mark("from", value=True), scope)
            else:
                inputs = () if value is None else (value,)
            if inputs is None:
                return self.broken(word, scope, value, mark, beside)
            if word in STRUCTURES:
                return self.structure(word, body, item, scope, inputs, mark)
            return self.layer(word, body, beside, scope, inputs, mark)
        except Fault as fault:
            at = beside.mark(fault.key, fault.at_value) if beside is not None and fault.key in beside else mark
            builder.wrong(fault.code, str(fault), at, scope.prefix + word, fault.fix)
        except UnknownShape:
            pass
        return self.broken(word, scope, value, mark, beside)

    def head(self, item: Map) -> str:
        """The key that says what an item is; "" when that is not clear."""
        for word, keys in STRUCTURES.items():
            if word in item:
                allowed = (*COMMON, *keys, word)
                for key in item:
                    if key not in allowed:
                        fix = did_you_mean(key, allowed) or f"{word} takes {', '.join(allowed)}"
                        self.builder.wrong("CNN-E202", f"{word} has no key {key}", item.mark(key), fix=fix)
                return word
        words = [key for key in item if key not in COMMON]
        if len(words) == 1:
            return words[0]
        if not words:
            self.builder.wrong("CNN-E204", "this item names no layer kind", item.at, fix="for example conv: 64")
            return ""
        known = [word for word in words if self.resolve(word) is not None]
        if len(known) == 1:
            for word in words:
                if word not in known:
                    fix = did_you_mean(word, COMMON) or f"write it inside {known[0]}: {{...}}"
                    self.builder.wrong("CNN-E202", f"{word} cannot stand beside {known[0]}", item.mark(word), fix=fix)
            return known[0]
        both = f"one item names several kinds: {', '.join(words[:4])}"
        self.builder.wrong("CNN-E202", both, item.mark(words[1]), fix="begin each layer with a dash of its own")
        return ""

    def resolve(self, word: str) -> Block | type[Layer] | None:
        """What a word means: a block of the user's, a kind, a block of the library, another framework's kind."""
        found: Block | type[Layer] | None = self.blocks.get(word) or BY_NAME.get(word)
        if found is None:
            found = library(word)
        if found is None:
            name = plain(word)
            found = BY_NAME.get(_PLAIN_KINDS.get(name) or ALIASES.get(name, ""))
        return found

    def layer(self, word: str, body: Any, beside: Map | None, scope: Scope, inputs: tuple[int, ...], mark: int) -> int:
        """A layer or a block."""
        builder = self.builder
        value = inputs[0] if inputs else None
        word = builder.text_of(word, scope, value)
        found = self.resolve(word)
        if found is None:
            names = (*BY_NAME, *self.blocks, *library.names(), *STRUCTURES)
            fix = did_you_mean(word, names)
            if not fix:
                near = did_you_mean(plain(word), tuple(ALIASES))
                fix = near or "docs/layers.md lists every kind"
            builder.wrong("CNN-E201", f"unknown layer kind {word[:60]}", mark, ".".join(scope.path), fix)
            return self.broken("layer", scope, value, mark, beside)
        if isinstance(found, Block):
            return self.block(found, word, body, beside, scope, inputs, mark)
        keys, inputs = self.keys(found, word, body, beside, scope, inputs)
        layer, faults = build(found, keys, lambda text: builder.value_of(text, scope, value))
        name = self.called(beside, found.kind, scope, value)
        for fault in faults:
            at = body.mark(fault.key, fault.at_value) if isinstance(body, Map) and fault.key in body else mark
            builder.wrong(fault.code, str(fault), at, scope.prefix + name, fault.fix)
        self.fed(found, inputs, scope, name, mark)
        frozen = False
        expect = None
        if beside is not None:
            if "frozen" in beside:
                frozen = self.holds(beside["frozen"], scope, value)
            if "expect" in beside:
                expect = promise(beside["expect"], lambda text: builder.value_of(text, scope, value))
        outputs = self.outputs(layer, inputs) if layer is not None else 1
        result = builder.add(layer, name, inputs, scope, mark, outputs, frozen, expect)
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

    def fed(self, kind: type[Layer], inputs: tuple[int, ...], scope: Scope, name: str, mark: int) -> None:
        """Complain when nothing flows into a layer."""
        if not inputs and kind.arity[0] > 0:
            names = ", ".join(t.name for t in self.builder.inputs)
            self.builder.wrong(
                "CNN-E303",
                f"it is not clear what flows into {name}",
                mark,
                scope.prefix + name,
                f"say from: one of {names}",
            )

    def outputs(self, layer: Layer, inputs: tuple[int, ...]) -> int:
        """How many tensors a layer yields."""
        if type(layer).outs is Layer.outs:
            return 1
        try:
            return len(layer.outs(*[self.builder.shape(i) for i in inputs]))
        except Exception:  # noqa: BLE001 - calculate asks again and tells what is wrong
            return 1

    def called(self, beside: Map | None, kind: str, scope: Scope, value: int | None) -> str:
        """The written name, or the next automatic one."""
        if beside is not None and "name" in beside:
            name = self.builder.text_of(str(beside["name"]), scope, value)
            if name and "[" not in name and name == name.strip():
                return name
            raise Fault("CNN-E203", f"{name!r} is no name", "name", "use letters, digits, _ - and .")
        return scope.automatic(kind)

    def broken(self, word: str, scope: Scope, value: int | None, mark: int, beside: Map | None = None) -> int:
        """A node whose layer is unknown, so that names that refer to it are still found."""
        name = beside.get("name") if beside is not None else None
        if not isinstance(name, str) or name in scope.values or "${" in name:
            name = scope.automatic(word[:40])
        return self.builder.add(None, name, () if value is None else (value,), scope, mark)

    def holds(self, raw: Any, scope: Scope, value: int | None) -> bool:
        """A condition."""
        found = self.builder.value_of(raw, scope, value) if isinstance(raw, str) else raw
        if not isinstance(found, (bool, int)):
            raise Fault("CNN-E203", f"{found!r} is neither true nor false", "when")
        return bool(found)

    def sources(self, raw: Any, mark: int, scope: Scope) -> tuple[int, ...] | None:
        """The values that `from` names; None when one of them does not exist."""
        builder = self.builder
        values = []
        for index, name in enumerate(raw if isinstance(raw, list) else [raw]):
            at = raw.mark(index) if isinstance(raw, Seq) else mark
            text = builder.text_of(name, scope, None) if isinstance(name, str) else str(name)
            found = builder.find(text, scope)
            if found is None:
                near = did_you_mean(text, builder.visible(scope)) or "a layer must stand above the one that uses it"
                builder.wrong(
                    "CNN-E301", f"there is no layer {text[:60]} above this one", at, ".".join(scope.path), near
                )
                return None
            values.append(found)
        return tuple(values)

    # structures

    def structure(
        self, word: str, body: Any, item: Map, scope: Scope, inputs: tuple[int, ...], mark: int
    ) -> int | None:
        """Residual, branches, sequence, repeat or share."""
        if len(inputs) > 1:
            raise Fault("CNN-E303", f"{word} takes one input, but from names {len(inputs)}", "from", "merge them first")
        value = inputs[0] if inputs else None
        if word == "share":
            return self.share(body, item, scope, inputs, mark)
        name = self.called(item, word, scope, value)
        builder = self.builder
        if name in scope.values:
            builder.wrong(
                "CNN-E302", f"the name {name} is used twice", mark, scope.prefix + name, "choose another name"
            )
            name = scope.automatic(word)
        inner = Scope(scope, (*scope.path, name), {})
        if word == "residual":
            result = self.residual(body, item, inner, value, mark)
        elif word == "branches":
            result = self.branches(body, item, inner, value, mark)
        elif word == "repeat":
            result = self.repeat(body, item, inner, value, mark)
        else:
            result = self.sequence(body, inner, value, mark)
        return self.ends(result, name, item, scope, mark)

    def ends(self, result: int | None, name: str, item: Any, scope: Scope, mark: int) -> int | None:
        """Name a structure's result and note what it promises."""
        if result is None:
            return None
        self.builder.name(name, (result,), scope, mark, item)
        if isinstance(item, Map) and "expect" in item:
            expect = promise(item["expect"], lambda text: self.builder.value_of(text, scope, result))
            node = next((n for n in reversed(self.builder.nodes) if result in n.outputs), None)
            if node is not None and set(expect) == {"shape"}:
                node.expect = {**expect, **(node.expect or {})}
            elif node is not None:
                raise Fault("CNN-E203", "a structure can promise its shape alone", "expect", "expect: CxHxW")
        return result

    def residual(self, body: Any, item: Map, scope: Scope, value: int | None, mark: int) -> int | None:
        """Merge a shortcut with what a body makes of the same input."""
        shortcut: Any = item.get("shortcut", True)
        merge: Any = item.get("merge", "add")
        if isinstance(body, Map):
            unknown = [key for key in body if key not in ("body", "shortcut", "merge")]
            if unknown or "body" not in body:
                raise Fault("CNN-E202", "a residual is a list, or {body, shortcut, merge}", "residual")
            shortcut, merge = body.get("shortcut", shortcut), body.get("merge", merge)
            body = body["body"]
        if value is None:
            raise Fault("CNN-E303", "nothing flows into this residual", "residual", "say from:")
        joined = isinstance(shortcut, list) or self.holds(shortcut, scope, value)
        main = self.sequence(body, scope, value, item.mark("residual", value=True))
        if not joined:
            return main
        side = value
        if isinstance(shortcut, list):
            inner = Scope(scope, (*scope.path, "shortcut"), {})
            side = self.sequence(shortcut, inner, value, item.mark("shortcut", value=True)) or value
        return self.merged(merge, [side, main], scope, mark)

    def branches(self, body: Any, item: Map, scope: Scope, value: int | None, mark: int) -> int | None:
        """Several lists fed by one input, merged."""
        at = item.mark("branches", value=True)
        merge = item.get("merge", "concat")
        if isinstance(body, Map):
            named = [(key, body[key], body.mark(key, value=True)) for key in body]
        elif isinstance(body, Seq):
            named = [(f"branch{i + 1}", part, body.mark(i)) for i, part in enumerate(body)]
        else:
            raise Fault("CNN-E203", "branches is a list of lists of layers", "branches")
        results = []
        for name, part, where in named:
            inner = Scope(scope, (*scope.path, name), {})
            if not isinstance(part, Seq):
                part = Seq(where) if part is None else part  # noqa: PLW2901
            result = self.sequence(part, inner, value, where or at)
            if result is not None:
                results.append(result)
                if name not in scope.values:
                    scope.values[name] = (result,)
        return self.merged(merge, results, scope, mark) if results else value

    def merged(self, merge: Any, values: Sequence[int | None], scope: Scope, mark: int) -> int:
        """One node that joins the ends of several branches."""
        word, body = (
            (merge, None)
            if isinstance(merge, str)
            else next(iter(merge.items()), ("", None))
            if isinstance(merge, dict)
            else ("", None)
        )
        inputs = tuple(value for value in values if value is not None)
        return self.layer(word, body, None, scope, inputs, mark)

    def repeat(self, body: Any, item: Map, scope: Scope, value: int | None, mark: int) -> int | None:
        """The same list several times, with a variable that changes."""
        builder = self.builder
        if "layers" not in item:
            raise Fault("CNN-E204", "repeat needs layers:", "repeat", "write layers: [...] beside it")
        columns = self.columns(body, scope, value)
        outer = builder.times
        builder.times *= max(1, len(columns))
        if builder.times > MAX_NODES and item["layers"]:
            fix = f"keep the product of all repeats below {MAX_NODES:,}"
            raise builder.stop("CNN-E501", f"repeats multiply to {builder.times:,}", mark, ".".join(scope.path), fix)
        for index, variables in enumerate(columns):
            inner = Scope(scope, (*scope.path, str(index)), variables)
            value = self.sequence(item["layers"], inner, value, item.mark("layers", value=True))
        builder.times = outer
        return value

    def columns(self, body: Any, scope: Scope, value: int | None) -> Any:
        """The variables of each turn of a repeat."""
        builder = self.builder
        name: Any = None
        over: Any = None
        times = body
        if isinstance(body, Map):
            unknown = [key for key in body if key not in ("times", "as", "over")]
            if unknown:
                raise Fault("CNN-E202", f"repeat has no key {unknown[0]}", "repeat", "it takes times, as, over")
            name, over, times = body.get("as"), body.get("over"), body.get("times")
        if over is None:
            count = builder.value_of(times, scope, value) if isinstance(times, str) else times
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                raise Fault("CNN-E203", f"repeat wants a number of times, not {count!r}"[:90], "repeat")
            if count > MAX_NODES:
                raise builder.stop(
                    "CNN-E501", f"a repeat of {count:,} is over the limit of {MAX_NODES:,}", scope.depth and 0
                )
            return [{name: index} if isinstance(name, str) else {} for index in range(count)]
        rows = builder.given(over, scope, value)
        names = name if isinstance(name, list) else [name]
        if not isinstance(rows, list) or not all(isinstance(n, str) for n in names):
            raise Fault("CNN-E203", "repeat over a list needs as: a name, or a list of names", "repeat")
        columns = []
        for row in rows:
            cells = row if isinstance(name, list) else [row]
            if not isinstance(cells, list) or len(cells) != len(names):
                raise Fault(
                    "CNN-E203", f"each row must have {len(names)} values for as: {names}, not {cells}"[:160], "repeat"
                )
            columns.append(dict(zip(names, cells, strict=True)))
        return columns

    def share(self, body: Any, item: Map, scope: Scope, inputs: tuple[int, ...], mark: int) -> int | None:
        """A layer or structure once more, with the same weights."""
        if isinstance(body, Map) or not isinstance(body, str):
            raise Fault("CNN-E203", "share names a layer", "share", "share: conv1")
        level: Scope | None = scope
        while level is not None and body not in level.items:
            level = level.parent
        if level is None:
            fix = did_you_mean(body, self.builder.visible(scope)) or "name the layer that owns the weights"
            raise Fault("CNN-E301", f"there is no layer {body[:60]} above this one", "share", fix)
        written, _ = level.items[body]
        name = self.called(item, body, scope, inputs[0] if inputs else None)
        first = level.owner(level.prefix + body) or level.prefix + body
        again = Map(mark)
        if isinstance(written, Map):
            for key, part in written.items():
                if key not in ("name", "from", "expect", "when"):
                    again[key] = part
                    again.marks.extend((written.mark(key), written.mark(key, value=True)))
        else:
            again[written] = None
            again.marks.extend((mark, mark))
        again["name"] = name
        again.marks.extend((mark, mark))
        if "expect" in item:
            again["expect"] = item["expect"]
            again.marks.extend((item.mark("expect"), item.mark("expect", value=True)))
        within = scope.share
        scope.share = (scope.prefix + name, first)
        try:
            word = self.head(again)
            if word in STRUCTURES:
                return self.structure(word, again[word], again, scope, inputs, mark)
            return self.layer(word, again[word], again, scope, inputs, mark)
        finally:
            scope.share = within

    # blocks

    def block(
        self, block: Block, word: str, body: Any, beside: Map | None, scope: Scope, inputs: tuple[int, ...], mark: int
    ) -> int:
        """A block's layers, with its arguments as variables."""
        builder = self.builder
        value = inputs[0] if inputs else None
        if len(inputs) > 1:
            raise Fault("CNN-E303", f"the block {word} takes one input", "from", "merge them first")
        name = self.called(beside, word, scope, value)
        if name in scope.values:
            builder.wrong(
                "CNN-E302", f"the name {name} is used twice", mark, scope.prefix + name, "choose another name"
            )
            name = scope.automatic(word)
        given: dict[str, Any] = {}
        if isinstance(body, Map):
            for key, raw in body.items():
                if key not in block.args:
                    fix = (
                        did_you_mean(key, tuple(block.args))
                        or f"{word} takes {', '.join(block.args) or 'no arguments'}"
                    )
                    builder.wrong(
                        "CNN-E207", f"the block {word} has no argument {key}", body.mark(key), scope.prefix + name, fix
                    )
                    continue
                given[key] = builder.given(raw, scope, value)
        elif body is not None:
            if not block.args:
                raise Fault("CNN-E207", f"the block {word} takes no arguments", word)
            given[next(iter(block.args))] = builder.given(body, scope, value)
        root: Scope = scope
        while root.parent is not None:
            root = root.parent
        inner = Scope(
            root if block.document is None else None, (*scope.path, name), given, value, scope.share or ("", "\0")
        )
        inner.depth = scope.depth + 1
        if inner.share == ("", "\0"):
            inner.share = None
        for key, default in block.args.items():
            if key not in given:
                if default is None:
                    builder.wrong(
                        "CNN-E207",
                        f"the block {word} needs {key}",
                        mark,
                        scope.prefix + name,
                        f"{word}: {{{key}: ...}}",
                    )
                    return self.broken(word, scope, value, mark)
                given[key] = builder.given(default, inner, value)
        result = self.inside(block, inner, value, mark)
        if result is None:
            raise Fault("CNN-E303", f"nothing flows into the block {word}", word, "say from:")
        ended = self.ends(result, name, beside if beside is not None else word, scope, mark)
        return result if ended is None else ended

    def inside(self, block: Block, scope: Scope, value: int | None, mark: int) -> int | None:
        """Write a block's list out; problems in a library block point at the line that calls it."""
        builder = self.builder
        if block.document is None:
            return self.sequence(block.layers, scope, value, block.mark)
        builder.step(mark, scope)
        first, before = len(builder.nodes), len(builder.problems)
        result = self.sequence(block.layers, scope, value, mark)
        for node in builder.nodes[first:]:
            node.line, node.column = divmod(mark, 1 << 20)
        for index in range(before, len(builder.problems)):
            found = builder.problems[index]
            here = builder.document.problem(found.code, found.message, mark, found.place.layer, found.fix, *found.notes)
            builder.problems[index] = here
        return result
