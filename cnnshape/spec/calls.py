"""What is written once and used again: share, and the blocks with arguments."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from cnnshape.errors import did_you_mean, quoted
from cnnshape.network import Promise
from cnnshape.spec.advice import meant
from cnnshape.spec.blocks import Block
from cnnshape.spec.builder import UnknownShape
from cnnshape.spec.fields import Fault
from cnnshape.spec.heads import STRUCTURES
from cnnshape.spec.items import Items
from cnnshape.spec.scope import Scope
from cnnshape.spec.source import WIDTH, Map


class Calls(Items):
    """Writes out what stands elsewhere."""

    def ends(self, result: int | None, name: str, item: Any, scope: Scope, mark: int) -> int | None:
        """Name a structure's result and note what it promises."""
        if result is not None:
            self.builder.name(name, (result,), scope, mark, item)
        if isinstance(item, Map) and "expect" in item:
            self.promising(item, scope, result, name, mark)
        return result

    def promising(self, item: Map, scope: Scope, result: int | None, name: str, mark: int) -> None:
        """Note what a structure promises of its result."""
        if result is None:
            raise Fault("CNN-E303", f"nothing flows into {name}, so it can promise nothing", "expect", "say from:")
        if wanted := self.promised(item, scope, result, name, "structure"):
            self.builder.promise(result, scope.prefix + name, mark, wanted)

    def share(self, body: Any, item: Map, scope: Scope, inputs: tuple[int, ...], mark: int) -> int | None:
        """A layer or structure once more, with the same weights."""
        if isinstance(body, Map) or not isinstance(body, str):
            raise Fault("CNN-E203", "share names a layer", "share", "share: conv1")
        level = next((one for one in scope.outwards() if body in one.items), None)
        if level is None:
            raise self.unshared(body, scope)
        written, _ = level.items[body]
        value = inputs[0] if inputs else None
        name = self.called(item, body, scope, value)
        full = level.prefix + body
        first, home = self.builder.shared.get(full) or (level.owner(full) or full, level)
        again = Map(mark) if isinstance(written, Map) else Map.bare(written, mark)
        if isinstance(written, Map):
            for key, part in written.items():
                if key not in ("name", "from", "expect", "when"):
                    again[key] = part
                    again.marks.extend((written.mark(key), written.mark(key, value=True)))
        again["name"] = name
        again.marks.extend((mark, mark))
        self.builder.steps += 3
        within, before = scope.share, scope.home
        scope.share = (scope.prefix + name, first)
        scope.home = None if home is scope else home
        try:
            word = self.head(again)
            if word in STRUCTURES:
                result = self.structure(word, again[word], again, scope, inputs, mark)
            else:
                result = self.layer(word, again[word], again, scope, inputs, mark)
        finally:
            scope.share, scope.home = within, before
        self.builder.shared[scope.prefix + name] = (first, home)
        if "expect" in item:
            self.expected(item, word, scope, value, result, name, mark)
        return result

    def expected(
        self, item: Map, word: str, scope: Scope, value: int | None, result: int | None, name: str, mark: int
    ) -> None:
        """Note what a share itself promises."""
        node = self.builder.nodes[-1] if self.builder.nodes else None
        if word not in STRUCTURES and node is not None and node.name == scope.prefix + name:
            wanted = self.promised(item, scope, value, name, "layer")
            if wanted:
                node.expect += (Promise(node.name, mark // WIDTH, wanted),)
            return
        self.promising(item, scope, result, name, mark)

    def unshared(self, name: str, scope: Scope) -> Exception:
        """Why a name cannot be shared."""
        builder = self.builder
        value = builder.find(name, scope)
        if value is None:
            if scope.left_out(name):
                message = f"the layer {quoted(name)} is left out: its when: is false"
                return Fault("CNN-E301", message, "share", "give this item the same when:, or share another layer")
            fix = did_you_mean(name, tuple(self.shareable(scope))) or "name the layer that owns the weights"
            return Fault("CNN-E301", f"there is no layer {quoted(name)} above this one", "share", fix)
        node = builder.maker(value)
        if node is None or name == "input":
            fix = "name the layer that owns the weights"
            return Fault("CNN-E301", f"{quoted(name)} is an input, not a layer that can be shared", "share", fix)
        if node.layer is None:  # why is told already
            return UnknownShape()
        message = f"the layer {quoted(name)} stands inside another item, and is no item of this list or one around it"
        return Fault("CNN-E301", message, "share", "share the whole item, or move the layer out of it")

    @staticmethod
    def shareable(scope: Scope) -> Iterator[str]:
        """Every name that can be shared from here, nearest first."""
        for level in scope.outwards():
            yield from islice(reversed(level.items), 2000)

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
        given = self.arguments(block, word, body, scope, value, scope.prefix + name, beside, mark)
        if given is None:
            return self.broken(word, scope, value, mark, beside)
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
        if not self.defaults(block, word, body, inner, value, mark):
            return self.broken(word, scope, value, mark, beside)
        result = self.inside(block, inner, value, mark)
        if result is None:
            raise Fault("CNN-E303", f"nothing flows into the block {word}", word, "say from:")
        ended = self.ends(result, name, beside if beside is not None else word, scope, mark)
        return result if ended is None else ended

    def arguments(
        self,
        block: Block,
        word: str,
        body: Any,
        scope: Scope,
        value: int | None,
        name: str,
        beside: Map | None,
        mark: int,
    ) -> dict[str, Any] | None:
        """The written arguments of a call; None when one of them cannot be evaluated."""
        builder = self.builder
        written: dict[str, tuple[Any, int]] = {}
        if isinstance(body, Map):
            for key, raw in body.items():
                if key in block.args:
                    written[key] = (raw, body.mark(key, value=True))
                    continue
                fix = meant(key, block.args, body) or f"{word} takes {', '.join(block.args) or 'no arguments'}"
                message = f"the block {word} has no argument {quoted(key)}"
                builder.wrong("CNN-E207", message, body.mark(key), name, fix)
        elif body is not None:
            if not block.args:
                raise Fault("CNN-E207", f"the block {word} takes no arguments", word)
            written[next(iter(block.args))] = (body, beside.mark(word, value=True) if beside is not None else mark)
        given: dict[str, Any] = {}
        for key, (raw, at) in written.items():
            try:
                given[key] = builder.given(raw, scope, value)
            except Fault as fault:
                builder.fault(fault, at, name)
        return given if len(given) == len(written) else None

    def defaults(self, block: Block, word: str, body: Any, inner: Scope, value: int | None, mark: int) -> bool:
        """Give the other arguments their defaults; False when one has none."""
        builder = self.builder
        missing = [key for key, default in block.args.items() if default is None and key not in inner.vars]
        near = [key for key in body if key not in block.args] if isinstance(body, Map) else []
        for key in missing:
            if not any(did_you_mean(one, (key,)) for one in near):  # told already: it is misspelt
                fix = f"{word}: {{{key}: ...}}"
                builder.wrong("CNN-E207", f"the block {word} needs {key}", mark, ".".join(inner.path), fix)
        for key, default in block.args.items() if not missing else ():
            if key in inner.vars:
                continue
            try:
                inner.vars[key] = builder.given(default, inner, value)
            except Fault as fault:
                if isinstance(block.args, Map) and block.document is None:
                    fault.mark = fault.mark or block.args.mark(key, value=True)
                raise
        return not missing

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
