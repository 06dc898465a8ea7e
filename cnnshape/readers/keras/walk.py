"""A model's configuration -> the graph: inputs, layers in execution order, models inside models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from cnnshape.errors import LayerError, ModelError, quoted
from cnnshape.layers.base import LIMIT
from cnnshape.readers import Options
from cnnshape.readers.graph import Graph
from cnnshape.readers.keras.call import Call, Unknown
from cnnshape.readers.keras.classes import MODELS, TIMED, builder_of, is_model, is_operation
from cnnshape.readers.keras.functional import Ref, Wiring, entry_of, refs
from cnnshape.readers.keras.stated import built_shape, filled, first_shape, input_shape
from cnnshape.readers.keras.tensor import Tensor, channels, same
from cnnshape.shape import UNKNOWN

#: Models inside models, as deep as this.
MAX_DEPTH = 64


class Walk:
    """One pass over the layers of a model."""

    def __init__(self, graph: Graph, options: Options, first: bool, images: frozenset[int]) -> None:
        """`first`: channels come first; `images`: the ranks of inputs that have channels."""
        self.graph, self.options = graph, options
        self.first, self.images = first, images
        self.owners: dict[tuple[str, ...], list[str]] = {}
        self.unused = dict(options.inputs)

    # inputs

    def input(self, name: str, stated: Any, default: bool) -> Tensor:
        """One input of the whole model; `default`: the user may leave out its name."""
        if not isinstance(stated, list) or not stated:
            stated = None
        given = self.unused.pop(name, None)
        if given is None and default:
            given = self.unused.pop("", None)
        if given is None:
            sizes = [None] if stated is None else stated[1:]
            if any(not isinstance(n, int) or isinstance(n, bool) or not 0 < n <= LIMIT for n in sizes):
                known = all(n is None or (isinstance(n, int) and not isinstance(n, bool)) for n in sizes)
                code = "CNN-E802" if known else "CNN-E803"
                example = "x".join(map(str, self.example(sizes)))
                shown = "unknown" if stated is None else quoted(sizes)
                self.graph.wrong(
                    code, f"the sizes of input {quoted(name)} are {shown}", layer=name,
                    fix=f"--input {example}" if default else f"--input {name}={example}",
                )  # fmt: skip
                return Tensor(-1, None)
            order = self.order(len(sizes) + 1)
            shape = [[0, *sizes][k] for k in (order.index(d) for d in range(len(order)))]
            return Tensor(self.graph.input(name, shape[1:]), order)
        order = self.order(len(given) + 1)
        return Tensor(self.graph.input(name, self.turned(given, stated, order)), order)

    def turned(self, given: tuple[int, ...], stated: Any, order: tuple[int, ...]) -> tuple[int, ...]:
        """A shape of the user's in our order; Keras' own is taken too where only it fits what the file states."""
        if stated is None or len(stated) != len(given) + 1:
            return given
        keras = [order[k] for k in range(1, len(order))]
        ours = all(stated[k + 1] in (None, given[d - 1]) for k, d in enumerate(keras))
        theirs = all(n in (None, m) for n, m in zip(stated[1:], given, strict=True))
        if theirs and not ours:
            return tuple([given[order.index(d) - 1] for d in range(1, len(order))])
        return given

    def example(self, sizes: Sequence[Any]) -> list[Any]:
        """What the user might give."""
        known = [n if isinstance(n, int) and n > 0 else 224 if len(sizes) > 2 else 100 for n in sizes]
        order = self.order(len(sizes) + 1)
        return [known[order.index(d) - 1] for d in range(1, len(order))]

    def order(self, rank: int) -> tuple[int, ...]:
        """How an input of this rank lies."""
        return channels(rank, not self.first) if rank in self.images else same(rank)

    # models

    def sequential(
        self, config: Any, given: list[Tensor] | None, path: tuple[str, ...], scope: tuple[str, ...], frozen: bool,
        steps: int,
    ) -> list[Tensor]:  # fmt: skip
        """One layer after the other."""
        layers = config.get("layers", []) if isinstance(config, dict) else config
        entries = [entry_of(self.graph, entry) for entry in layers]
        if given is None:
            shape, name = first_shape(config, entries)
            given = [self.input(name, shape, default=True)]
            self.ready()
        now: list[Any] = given
        for entry, behind in zip_longest(entries, entries[1:]):
            if entry["class_name"] == "InputLayer":
                continue
            built = None if behind is None or steps else built_shape(behind)
            stated = [filled(built, self.graph.batch)] if built and not self.options.inputs else []
            now = self.layer(entry, now, {}, path, scope, frozen, stated, 1, steps)
        return now

    def functional(
        self, config: Mapping[str, Any], given: list[Tensor] | None, path: tuple[str, ...], scope: tuple[str, ...],
        frozen: bool, steps: int,
    ) -> list[Tensor]:  # fmt: skip
        """Layers that name what they read."""
        wiring = Wiring(self.graph, config, once=given is None)
        results: dict[tuple[str, int], list[Tensor]] = {}
        names = wiring.inputs()
        if given is None:
            for name in names:
                shape = input_shape(wiring.entries[name]["config"])
                results[name, 0] = [self.input(name, shape, default=name == names[0])]
            self.ready()
        elif len(given) != len(names):
            raise LayerError("CNN-E303", f"the model takes {len(names)} inputs, but gets {len(given)}")
        else:
            results.update({(name, 0): [tensor] for name, tensor in zip(names, given, strict=True)})
        trust = not self.options.inputs and not steps
        for call, parts in wiring.ordered(set(results)):
            name, index = call
            args, kwargs = (_resolved(part, results, self.graph) for part in parts)
            width = wiring.width.get(call, 1)
            stated = (
                [filled(wiring.stated.get((name, index, t)), self.graph.batch) for t in range(width)] if trust else []
            )
            results[call] = self.layer(wiring.entries[name], args, kwargs, path, scope, frozen, stated, width, steps)
        return [_picked(ref, results, self.graph) for ref in refs(config.get("output_layers"))]

    def ready(self) -> None:
        """All inputs are made: what is wrong with them ends the reading."""
        for name in self.unused:
            known = ", ".join(tensor.name for tensor in self.graph.inputs)
            self.graph.wrong("CNN-E701", f"--input: the model has no input {quoted(name)}", fix=f"one of {known}")
        if self.graph.problems:
            raise ModelError(self.graph.problems)

    # layers

    def layer(
        self, entry: Mapping[str, Any], args: Any, kwargs: Any, path: tuple[str, ...], scope: tuple[str, ...],
        frozen: bool, stated: Sequence[Any] = (), width: int = 1, steps: int = 0,
    ) -> list[Tensor]:  # fmt: skip
        """One call of one layer: its outputs."""
        kind, name, config = entry["class_name"], entry["name"], entry["config"]
        flags = config.get("trainable", True) if isinstance(config, dict) else True
        frozen = frozen or flags is False
        if kind == "TimeDistributed" and isinstance(config, dict) and isinstance(config.get("layer"), dict):
            inner = entry_of(self.graph, config["layer"])
            if steps == 0 and (inner["class_name"] in TIMED or inner["class_name"] in MODELS):
                inner["name"] = name
                return self.layer(inner, args, kwargs, path, scope, frozen, stated, width, 1)
        if is_model(kind, config):
            if len(path) >= MAX_DEPTH:
                raise self.graph.stop("CNN-E502", f"models are nested deeper than {MAX_DEPTH}", layer=name)
            given = Call(self.graph, kind, name, {}, args, kwargs).tensors
            build: Any = self.sequential if kind == "Sequential" else self.functional
            found: list[Tensor] = build(config, given, (*path, name), (*scope, name), frozen, steps)
            return found
        call = Call(
            self.graph, kind, name, config, args, kwargs, path=path, frozen=frozen, owners=self.owners, scope=(*scope, name),
            stated=stated, width=width, steps=steps, lies=self.order,
        )  # fmt: skip
        return self.built(call, builder_of(entry), 0 if is_operation(entry) else None)

    def built(self, call: Call, build: Any, params: int | None) -> list[Tensor]:
        """What a builder makes; a row without numbers where nothing is known, None where something is wrong.

        `params` are those that the layer has whatever it does: an operation has none.
        """
        graph, name, kind = self.graph, call.name, call.kind
        shapes = [graph.shapes[tensor.value] for tensor in call.tensors]
        if None in shapes:
            return self.failed(call)
        if UNKNOWN in shapes and any(shape and None not in shape for shape in call.stated):
            return call.foreign(None, params, outputs=call.width)  # the file knows more than what flows
        try:
            if build is None or (call.steps and kind not in TIMED):
                raise Unknown
            made = build(call)
            return [made] if isinstance(made, Tensor) else list(made)
        except Unknown as unknown:
            if self.options.strict and UNKNOWN not in shapes:
                layer = f"the layer {quoted(kind)}"
                message = f"{unknown} of {layer} is not read" if unknown.args else f"{layer} is not known"
                graph.wrong("CNN-E801", message, layer=name)
                return self.failed(call)
            return call.foreign(None, params, outputs=call.width)
        except LayerError as error:
            graph.wrong(error.code, error.message, 0, 0, name, "", *error.notes)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError, OverflowError):
            graph.wrong("CNN-E803", f"the configuration of this {quoted(kind)} cannot be read", layer=name)
        return self.failed(call)

    def failed(self, call: Call) -> list[Tensor]:
        """A layer whose problem is on record."""
        values = self.graph.node(call.name, None, [t.value for t in call.tensors], outputs=call.width, path=call.path)
        return [Tensor(value, None) for value in values]


def _picked(ref: Ref, results: dict[tuple[str, int], list[Tensor]], graph: Graph) -> Tensor:
    found = results.get((ref.name, ref.node))
    if found is None:
        raise graph.stop("CNN-E106", f"call {ref.node} of {quoted(ref.name)} is used, but it is not there")
    if ref.tensor >= len(found):
        raise graph.stop("CNN-E106", f"output {ref.tensor} of {quoted(ref.name)} is used, but it is not there")
    return found[ref.tensor]


def _resolved(value: Any, results: dict[tuple[str, int], list[Tensor]], graph: Graph) -> Any:
    """Arguments with tensors in place of what named them."""
    if isinstance(value, Ref):
        return _picked(value, results, graph)
    if isinstance(value, list):
        return [_resolved(item, results, graph) for item in value]
    if isinstance(value, dict):
        return {key: _resolved(item, results, graph) for key, item in value.items()}
    return value
