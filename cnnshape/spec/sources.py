"""What flows into an item: the layers that its `from` names, or the one above."""

from __future__ import annotations

from typing import Any

from cnnshape.errors import did_you_mean, quoted
from cnnshape.layers.base import Layer
from cnnshape.spec.builder import UnknownShape
from cnnshape.spec.fields import Fault
from cnnshape.spec.heads import Heads
from cnnshape.spec.scope import Scope
from cnnshape.spec.source import Seq


class Sources(Heads):
    """Finds the values that items read."""

    def unknown(self, text: str, mark: int, scope: Scope) -> None:
        """Tell that a name means no layer above: it stands below, has fewer outputs, is misspelt or nowhere."""
        builder = self.builder
        message = f"there is no layer {quoted(text)} above this one"
        bare = text.partition("[")[0]
        fix = did_you_mean(text, builder.visible(scope)) or "a layer must stand above the one that uses it"
        if scope.left_out(bare):
            message = f"the layer {quoted(bare)} is left out: its when: is false"
            fix = f"give this layer the same when:, or take another than {quoted(bare)}"
        elif bare != text and (value := builder.find(bare, scope)) is not None:
            try:
                builder.shape(value)
            except UnknownShape:  # nor can its outputs be counted; why is told already
                return
            index = text[len(bare) :]
            message, fix = f"{quoted(bare)} has no output {quoted(index)}", "outputs count from [0]"
            last = builder.maker(value)
            if last is not None and index in {f"[{place}]" for place in range(len(last.outputs))}:
                fix = f"a structure or block has one output: take {quoted(last.name + index)}"
        elif text in scope.taken:
            message = f"the layer {quoted(text)} stands below this one: a network has no cycles"
            fix = f"move {quoted(text)} up, or take the input from a layer above"
        elif self.lost(bare, scope):
            return
        builder.wrong("CNN-E301", message, mark, ".".join(scope.path), fix)

    def lost(self, name: str, scope: Scope) -> bool:
        """Whether a name reaches into an item that could not be written, which is told already."""
        parts = name.split(".")[:-1]
        for depth in range(1, len(parts) + 1):
            value = self.builder.find(".".join(parts[:depth]), scope)
            node = None if value is None else self.builder.maker(value)
            if node is not None and node.layer is None:
                return True
        return False

    def sources(self, raw: Any, mark: int, scope: Scope) -> tuple[int, ...] | None:
        """The values that `from` names; None when one of them does not exist."""
        builder = self.builder
        values = []
        for index, name in enumerate(raw if isinstance(raw, list) else [raw]):
            at = raw.mark(index) if isinstance(raw, Seq) else mark
            if not isinstance(name, (str, int)) or isinstance(name, bool):
                raise Fault("CNN-E203", f"from names layers, not {quoted(name)}", "from", "from: conv1", mark=at)
            try:
                text = builder.text_of(str(name), scope, None)
            except Fault as fault:
                fault.mark = fault.mark or at
                raise
            found = builder.find(text, scope)
            if found is None:
                self.unknown(text, at, scope)
                return None
            values.append(found)
        return tuple(values)

    def fed(self, kind: type[Layer], inputs: tuple[int, ...], scope: Scope, name: str, mark: int) -> bool:
        """Whether anything flows into a layer that wants it; complain when nothing does."""
        if not inputs and kind.arity[0] > 0:
            names = ", ".join(t.name for t in self.builder.inputs)
            self.builder.wrong(
                "CNN-E303",
                f"it is not clear what flows into {name}",
                mark,
                scope.prefix + name,
                f"say from: one of {names}",
            )
            return False
        return True
