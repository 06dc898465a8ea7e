"""Structures and blocks: residual, branches, sequence, repeat, share, and the blocks with arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnshape.errors import did_you_mean, quoted
from cnnshape.spec.blocks import Block
from cnnshape.spec.builder import MAX_NODES, UnknownShape
from cnnshape.spec.fields import Fault
from cnnshape.spec.items import STRUCTURES, Items
from cnnshape.spec.scope import NAMES, Scope, is_name
from cnnshape.spec.shapes import promise
from cnnshape.spec.source import WIDTH, Map, Seq


class Writer(Items):
    """Writes whole lists out, structures and blocks included."""

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
            builder.twice(name, scope, mark)
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
            self.known("residual", body, ("body", "shortcut", "merge"), scope)
            if "body" not in body:
                raise Fault("CNN-E204", "residual needs a body", "residual", "write it as a list, or {body: [...]}")
            shortcut, merge = body.get("shortcut", shortcut), body.get("merge", merge)
            body = body["body"]
        if value is None:
            raise Fault("CNN-E303", "nothing flows into this residual", "residual", "say from:")
        joined = isinstance(shortcut, list) or self.holds(
            shortcut, scope, value, "shortcut" if "shortcut" in item else "residual"
        )
        main = self.sequence(body, scope, value, item.mark("residual", value=True))
        if not joined:
            return main
        side = value
        if isinstance(shortcut, list):
            inner = Scope(scope, (*scope.path, "shortcut"), {})
            side = self.sequence(shortcut, inner, value, item.mark("shortcut", value=True)) or value
        return self.merged(merge, [side, main], scope, item.mark("merge", value=True) if "merge" in item else mark)

    def known(self, word: str, body: Map, keys: tuple[str, ...], scope: Scope) -> None:
        """Complain about every other key."""
        for key in body:
            if key not in keys:
                fix = did_you_mean(key, keys) or f"it takes {', '.join(keys)}"
                message = f"{word} has no key {quoted(key)}"
                self.builder.wrong("CNN-E202", message, body.mark(key), ".".join(scope.path), fix)

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
            if not is_name(name):
                raise Fault("CNN-E203", f"{quoted(name)} is no name", "branches", NAMES, mark=where)
            inner = Scope(scope, (*scope.path, name), {})
            if not isinstance(part, Seq):
                part = Seq(where) if part is None else part  # noqa: PLW2901
            result = self.sequence(part, inner, value, where or at)
            if result is not None:
                results.append(result)
                if name not in scope.values:
                    scope.values[name] = self.builder.absolute[scope.prefix + name] = (result,)
        at = item.mark("merge", value=True) if "merge" in item else mark
        return self.merged(merge, results, scope, at) if results else value

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
        columns = self.columns(body, scope, value, item.mark("repeat", value=True))
        outer = builder.times
        builder.times *= max(1, len(columns))
        if builder.times > MAX_NODES and item["layers"]:
            fix = f"keep the product of all repeats below {MAX_NODES:,}"
            raise builder.stop("CNN-E501", f"repeats multiply to {builder.times:,}", mark, ".".join(scope.path), fix)
        builder.steps += len(columns)
        builder.step(mark, scope)
        for index, variables in enumerate(columns):
            inner = Scope(scope, (*scope.path, str(index)), variables)
            value = self.sequence(item["layers"], inner, value, item.mark("layers", value=True))
        builder.times = outer
        return value

    def columns(self, body: Any, scope: Scope, value: int | None, mark: int) -> Any:
        """The variables of each turn of a repeat."""
        builder = self.builder
        name: Any = None
        over: Any = None
        times = body
        if isinstance(body, Map):
            self.known("repeat", body, ("times", "as", "over"), scope)
            if "times" not in body and "over" not in body and any(key != "as" for key in body):
                raise UnknownShape  # told already: it is misspelt
            name, over, times = body.get("as"), body.get("over"), body.get("times")
        if over is None:
            at = body.mark("times", value=True) if isinstance(body, Map) else mark
            count = builder.value_of(times, scope, value) if isinstance(times, str) else times
            if isinstance(count, bool) or not isinstance(count, int) or count < 0:
                message = f"repeat wants a number of times, not {quoted(count)}"
                raise Fault("CNN-E203", message, "repeat", "repeat: 3", mark=at)
            if count > MAX_NODES:
                message = f"a repeat of {quoted(count)} is over the limit of {MAX_NODES:,}"
                raise builder.stop("CNN-E501", message, at, ".".join(scope.path), f"at most {MAX_NODES}")
            return [{name: index} if isinstance(name, str) else {} for index in range(count)]
        rows = builder.given(over, scope, value)
        names = name if isinstance(name, list) else [name]
        if not isinstance(rows, list) or not all(isinstance(n, str) for n in names):
            raise Fault("CNN-E203", "repeat over a list needs as: a name, or a list of names", "repeat")
        columns = []
        for row in rows:
            cells = row if isinstance(name, list) else [row]
            if not isinstance(cells, list) or len(cells) != len(names):
                message = f"each row must have {len(names)} values for as: {quoted(names)}, not {quoted(cells)}"
                raise Fault("CNN-E203", message, "repeat")
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
            raise Fault("CNN-E301", f"there is no layer {quoted(body)} above this one", "share", fix)
        written, _ = level.items[body]
        name = self.called(item, body, scope, inputs[0] if inputs else None)
        first = level.owner(level.prefix + body) or level.prefix + body
        again = Map(mark) if isinstance(written, Map) else Map.bare(written, mark)
        if isinstance(written, Map):
            for key, part in written.items():
                if key not in ("name", "from", "expect", "when"):
                    again[key] = part
                    again.marks.extend((written.mark(key), written.mark(key, value=True)))
        again["name"] = name
        again.marks.extend((mark, mark))
        if "expect" in item:
            again["expect"] = item["expect"]
            again.marks.extend((item.mark("expect"), item.mark("expect", value=True)))
        self.builder.steps += 3
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
            builder.twice(name, scope, mark)
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
                        "CNN-E207",
                        f"the block {word} has no argument {quoted(key)}",
                        body.mark(key),
                        scope.prefix + name,
                        fix,
                    )
                    continue
                try:
                    given[key] = builder.given(raw, scope, value)
                except Fault as fault:
                    fault.mark = fault.mark or body.mark(key, value=True)
                    raise
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
        builder.steps += 3  # a call costs more than a layer
        if inner.share == ("", "\0"):
            inner.share = None
        for key, default in block.args.items():
            if key not in given:
                if default is None and isinstance(body, Map) and any(did_you_mean(k, (key,)) for k in body):
                    return self.broken(word, scope, value, mark)  # told already: it is misspelt
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
        first, before, told = len(builder.nodes), len(builder.problems), builder.told
        builder.told = set()  # the library's places are not the user's
        try:
            result = self.sequence(block.layers, scope, value, mark)
            for node in builder.nodes[first:]:
                node.line, node.column = divmod(mark, WIDTH)
        finally:
            builder.told = told
            found, builder.problems[before:] = builder.problems[before:], []
            for p in found:
                builder.wrong(p.code, p.message, mark, p.place.layer, p.fix, *p.notes)
        return result
