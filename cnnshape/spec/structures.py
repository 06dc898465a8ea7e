"""Structures: residual, branches, sequence, repeat; share and the blocks are in calls.py."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cnnshape.errors import quoted
from cnnshape.spec.advice import meant
from cnnshape.spec.builder import MAX_NODES, UnknownShape
from cnnshape.spec.calls import Calls
from cnnshape.spec.fields import Fault
from cnnshape.spec.scope import NAMES, Scope, is_name
from cnnshape.spec.source import Map, Seq


class Writer(Calls):
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

    def residual(self, body: Any, item: Map, scope: Scope, value: int | None, mark: int) -> int | None:
        """Merge a shortcut with what a body makes of the same input."""
        shortcut: Any = item.get("shortcut", True)
        merge: Any = item.get("merge", "add")
        if isinstance(body, Map):
            self.known("residual", body, ("body", "shortcut", "merge"), scope)
            if "body" not in body:
                raise Fault("CNN-E204", "residual needs a body", "residual", "write it as a list, or {body: [...]}")
            for key in ("shortcut", "merge"):
                if key in body and key in item:
                    message = f"residual says {key} twice: inside it and beside it"
                    self.builder.wrong("CNN-E202", message, item.mark(key), ".".join(scope.path), "keep one")
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
                fix = meant(key, keys, body) or f"it takes {', '.join(keys)}"
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

    @staticmethod
    def counters(body: Map, name: Any) -> None:
        """Refuse an `as` that names no variable, or one twice."""
        names = name if isinstance(name, list) else [name]
        mark = body.mark("as", value=True)
        if "over" in body and "times" in body:
            message = "repeat takes times: or over:, and both are written"
            raise Fault("CNN-E202", message, "repeat", "keep one", mark=body.mark("times"))
        if "as" in body and not all(isinstance(one, str) and one.isidentifier() for one in names):
            message = f"as: names the variable that changes, and {quoted(name)} is no such name"
            raise Fault("CNN-E203", message, "repeat", "as: i, or as: [i, j] over a list of lists", mark=mark)
        if len(set(map(str, names))) < len(names):
            raise Fault("CNN-E302", f"as: {quoted(name)} names a variable twice", "repeat", "name each once", mark=mark)
        if isinstance(name, list) and "over" not in body:
            raise Fault(
                "CNN-E203", f"a repeat that counts has one variable, not {quoted(name)}", "repeat", "as: i", mark=mark
            )

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
            self.counters(body, name)
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
        try:
            rows = builder.given(over, scope, value)
        except Fault as fault:
            fault.mark = fault.mark or body.mark("over", value=True)
            raise
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
