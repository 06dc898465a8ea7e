"""How the layers of a Functional model are wired, in the notations of Keras 2 and 3, and an order to run them in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from heapq import heappop, heappush
from typing import Any, NamedTuple

from cnnshape.errors import quoted
from cnnshape.readers.graph import Graph

#: Output numbers past this one are no outputs of any layer.
MAX_OUTPUTS = 4096
_NOTHING: Mapping[str, Any] = {}


class Ref(NamedTuple):
    """An output of one call of a layer."""

    name: str
    node: int
    tensor: int


def refs(value: Any) -> list[Ref]:
    """The outputs that are named in `input_layers` or `output_layers`: one, a list, or a dictionary of them."""
    found, stack = [], [value]
    while stack:
        item = stack.pop()
        ref = _short(item)
        if ref is not None:
            found.append(ref)
        elif isinstance(item, dict):
            stack.extend(reversed(list(item.values())))
        elif isinstance(item, list):
            stack.extend(reversed(item))
    return found


def _short(value: Any) -> Ref | None:
    """["name", node, tensor], perhaps with more behind it."""
    if isinstance(value, list) and len(value) >= 3 and isinstance(value[0], str):
        node, tensor = value[1:3]
        if isinstance(node, int) and isinstance(tensor, int) and node >= 0 and 0 <= tensor < MAX_OUTPUTS:
            return Ref(value[0], node, tensor)
    return None


def entry_of(graph: Graph, entry: Any) -> dict[str, Any]:
    """A layer's entry with what it must have: class_name, name, config."""
    if not isinstance(entry, dict):
        raise graph.stop("CNN-E106", f"an entry of layers is no layer: {quoted(entry)}")
    kind, config = entry.get("class_name"), entry.get("config", {})
    if not isinstance(kind, str) or not isinstance(config, (dict, list)):
        raise graph.stop("CNN-E106", f"a layer has no class_name or no config: {quoted(dict(list(entry.items())[:3]))}")
    name = entry.get("name") or (config.get("name") if isinstance(config, dict) else None)
    entry["name"], entry["config"] = name if isinstance(name, str) else kind.lower(), config
    return entry


class Wiring:
    """The layers by name, and what each of their calls reads."""

    def __init__(self, graph: Graph, config: Mapping[str, Any], once: bool = False) -> None:
        """Read every entry; ModelError where two have one name or one is no layer.

        `once`: nobody reads this model again, so that every entry is let go where its last call is made.
        """
        if not isinstance(config, dict):
            raise graph.stop("CNN-E106", f"the configuration of a model is {quoted(config)}")
        self.graph, self.config, self.once = graph, config, once
        self.entries: dict[str, dict[str, Any]] = {}
        self.calls: dict[tuple[str, int], tuple[Any, Any]] = {}
        self.read: dict[tuple[str, int], tuple[Ref, ...]] = {}
        #: How many outputs of a call are used, where they are several or it is a further call; shapes that the file states.
        self.width: dict[tuple[str, int], int] = {}
        self.stated: dict[tuple[str, int, int], Any] = {}
        layers = config.get("layers")
        for item in layers if isinstance(layers, list) else []:
            entry = entry_of(graph, item)
            if entry["name"] in self.entries:
                raise graph.stop("CNN-E302", f"two layers are named {quoted(entry['name'])}", layer=entry["name"])
            self.entries[entry["name"]] = entry
        if once and isinstance(layers, list):
            layers.clear()
        for name, entry in self.entries.items():
            nodes = entry.get("inbound_nodes")
            for index, node in enumerate(nodes if isinstance(nodes, list) else []):
                self.found: list[Ref] = []
                key = (name, index)
                self.calls[key] = self.call(node)
                self.read[key] = tuple(self.found)
            self.built(entry, name)
        for ref in refs(config.get("output_layers")):
            self.used(ref)
        self.shifted()

    def shifted(self) -> None:
        """Keras 2 counts the calls of a model inside this one from 1: the call that built it was its first."""
        asked = [*self.width, *[(ref.name, ref.node) for ref in refs(self.config.get("output_layers"))]]
        last: dict[str, int] = {}
        for name, node in asked:
            last[name] = max(node, last.get(name, 0))
        for name, entry in self.entries.items():
            nodes, config = entry.get("inbound_nodes"), entry["config"]
            inside = isinstance(config, list) or isinstance(config.get("layers"), list)
            if inside and isinstance(nodes, list) and nodes and last.get(name) == len(nodes):
                for index in reversed(range(len(nodes))):
                    self.calls[name, index + 1] = self.calls.pop((name, index))
                    self.read[name, index + 1] = self.read.pop((name, index))

    def call(self, node: Any) -> tuple[Any, Any]:
        """(args, kwargs) of one call, with a Ref for every tensor."""
        if isinstance(node, dict):
            args, kwargs = node.get("args") or [], node.get("kwargs") or {}
            if isinstance(args, list) and isinstance(kwargs, dict):
                return self.value(args), {key: self.value(item) for key, item in kwargs.items()} or _NOTHING
        if not isinstance(node, list):
            raise self.graph.stop("CNN-E106", f"a call is {quoted(node)}")
        if len(node) >= 3 and isinstance(node[0], str):
            node = [node]
        args, kwargs = [], {}
        for item in node:
            if isinstance(item, list) and len(item) >= 3 and item[0] == "_CONSTANT_VALUE":
                args.append(item[2])
            else:
                args.append(self.old(item))
            if isinstance(item, list) and len(item) > 3 and isinstance(item[3], dict):
                kwargs.update({key: self.old(value) for key, value in item[3].items()})
        return args, kwargs or _NOTHING

    def value(self, value: Any) -> Any:
        """Keras 3's notation: a tensor is an object."""
        if isinstance(value, dict):
            config = value.get("config")
            if value.get("class_name") == "__keras_tensor__" and isinstance(config, dict):
                ref = _short(config.get("keras_history"))
                if ref is None:
                    raise self.graph.stop("CNN-E106", f"a tensor is {quoted(config.get('keras_history'))}")
                self.stated.setdefault(ref, config.get("shape"))
                return self.noted(ref)
            return {key: self.value(item) for key, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list) else value

    def old(self, value: Any) -> Any:
        """Keras 2's notation: a tensor is ["name", node, tensor], where the model has a layer of that name."""
        if isinstance(value, dict):
            return {key: self.old(item) for key, item in value.items()}
        ref = _short(value)
        if ref is not None and ref.name in self.entries:
            return self.noted(ref)
        return [self.old(item) for item in value] if isinstance(value, list) else value

    def noted(self, ref: Ref) -> Ref:
        """Remember that it is read."""
        self.found.append(ref)
        self.used(ref)
        return ref

    def used(self, ref: Ref) -> None:
        """Remember how many outputs its call must have."""
        if ref.tensor or ref.node:  # most calls are the only one, and have one output
            call = (ref.name, ref.node)
            self.width[call] = max(self.width.get(call, 1), ref.tensor + 1)

    def built(self, entry: Mapping[str, Any], name: str) -> None:
        """The shape that a layer was built on is the one that its only input has."""
        shape = entry.get("build_config")
        shape = shape.get("input_shape") if isinstance(shape, dict) else None
        read = self.read.get((name, 0), ())
        if isinstance(shape, list) and shape and not isinstance(shape[0], list) and len(read) == 1:
            self.stated.setdefault(read[0], shape)

    def inputs(self) -> list[str]:
        """The names of the model's inputs: those that it names, then every other input layer."""
        named = [ref.name for ref in refs(self.config.get("input_layers"))]
        for name in named:
            if name not in self.entries:
                raise self.graph.stop("CNN-E106", f"the model has no layer {quoted(name)}, which is its input")
        others = [name for name, entry in self.entries.items() if entry["class_name"] == "InputLayer"]
        return list(dict.fromkeys([*named, *others]))

    def ordered(self, known: set[tuple[str, int]]) -> Iterator[tuple[tuple[str, int], tuple[Any, Any]]]:
        """Every call behind those that it reads, otherwise in the file's order; ModelError for a circle."""
        order: list[tuple[str, int]] = []
        seen = set(known)
        for call in self.calls:
            if call in known:
                continue
            if any((name, node) not in seen for name, node, _ in self.read[call]):
                order = self.sorted(known)
                break
            seen.add(call)
            order.append(call)
        del seen
        self.read.clear()
        order.reverse()
        again = Counter([name for name, node in order if node or (name, 1) in self.calls])  # few are called again
        while order:
            call = order.pop()
            yield call, self.calls.pop(call)
            name = call[0]
            if name in again:
                again[name] -= 1
            if self.once and not again[name]:
                self.entries[name] = {}

    def sorted(self, known: set[tuple[str, int]]) -> list[tuple[str, int]]:
        """The calls in an order that can be run, where the file's is none."""
        order = []
        place = {call: k for k, call in enumerate(self.calls)}
        waits: dict[tuple[str, int], int] = {}
        readers: dict[tuple[str, int], list[tuple[str, int]]] = {}
        ready: list[tuple[int, tuple[str, int]]] = []
        for call in self.calls:
            if call in known:
                continue
            needs = {(ref.name, ref.node) for ref in self.read[call]} - known
            for need in needs:
                if need not in self.calls:
                    message = f"{quoted(call[0])} reads call {need[1]} of {quoted(need[0])}, which is not there"
                    raise self.graph.stop("CNN-E106", message, layer=call[0])
                readers.setdefault(need, []).append(call)
            waits[call] = len(needs)
            if not needs:
                heappush(ready, (place[call], call))
        while ready:
            _, call = heappop(ready)
            del waits[call]
            order.append(call)
            for reader in readers.get(call, ()):
                waits[reader] -= 1
                if not waits[reader]:
                    heappush(ready, (place[reader], reader))
        if waits:
            stuck = next(iter(waits))
            raise self.graph.stop("CNN-E106", "the layers read one another in a circle", layer=stuck[0])
        return order
