"""torch.export's own object -> Program, read where it stands: nothing is written, no weight is touched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cnnshape.readers.torch.program import Call, Entry, Meta, Program, Ref, Sym, again, plain

_KINDS = {"PARAMETER": "parameter", "BUFFER": "buffer", "CONSTANT_TENSOR": "tensor_constant", "USER_INPUT": "user"}


def program(exported: Any, name: str) -> Program:
    """The exported program."""
    graph, signature = exported.graph_module.graph, exported.graph_signature
    nodes = {node.name: node for node in graph.nodes}
    arrays: dict[int, str] = {}
    entries = []
    for spec in signature.input_specs:
        kind, arg = _KINDS.get(spec.kind.name), spec.arg.name
        value = nodes[arg].meta.get("val") if arg in nodes else None
        if kind is None or not hasattr(value, "shape"):
            continue
        target = spec.target or arg
        held = exported.state_dict.get(target) if kind == "parameter" else None
        array = target if held is None else arrays.setdefault(id(held), target)
        entries.append(Entry(kind, arg, target, array))
    outputs = [
        spec.arg.name
        for spec in signature.output_specs
        if spec.kind.name == "USER_OUTPUT" and type(spec.arg).__name__ == "TensorArgument"
    ]
    trained = {s.arg.name: s.target for s in signature.input_specs if s.kind.name == "PARAMETER"}

    def meta(tensor: str) -> Meta:
        node = nodes.get(tensor)
        value = None if node is None else node.meta.get("val")
        if not hasattr(value, "shape"):
            return Meta()
        sizes = [_size(size) for size in value.shape]  # type: ignore[union-attr]
        symbolic = tuple([d for d, size in enumerate(value.shape) if not isinstance(size, int)])  # type: ignore[union-attr]
        shape = None if None in sizes else tuple([int(n) for n in sizes if n is not None])
        held = exported.state_dict.get(trained.get(tensor, ""))
        return Meta(shape, bool(getattr(held, "requires_grad", False)), symbolic)

    def hint(symbol: str) -> int | None:
        return _size(nodes[symbol].meta.get("val")) if symbol in nodes else None

    return Program(name, entries, outputs, _calls(graph), meta, hint)


def _size(size: Any) -> int | None:
    """A size; of a symbolic one what it was when the program was traced."""
    if isinstance(size, int):
        return size
    hint = getattr(getattr(size, "node", None), "hint", None)
    return hint if isinstance(hint, int) else None


def _calls(graph: Any) -> Iterator[Call]:
    """Every call, the parts of its result under their own names."""
    import operator

    for node in graph.nodes:
        if node.op != "call_function" or node.target is operator.getitem:
            continue
        target = node.target
        schema = getattr(target, "_schema", None)
        if schema is None:
            word = f"_operator.{target.__name__}" if target.__module__ == "_operator" else str(target)
            args: dict[str, Any] = {str(n): _value(arg) for n, arg in enumerate(node.args)}
        else:
            word = str(target).removeprefix("aten.")
            names = [argument.name for argument in schema.arguments]
            args = {name: _value(arg) for name, arg in zip(names, node.args, strict=False)}
        args.update({name: _value(arg) for name, arg in node.kwargs.items()})
        stack = (node.meta.get("nn_module_stack") or {}).items()
        modules = tuple([(again(plain(path), key), _class(kind)) for key, (path, kind) in stack])
        yield Call(word, args, _outputs(node), modules)


def _class(kind: Any) -> str:
    """A module's class by its whole name."""
    return kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"


def _outputs(node: Any) -> tuple[str, ...]:
    """The names of a call's results: of a call with several, those of the nodes that take them."""
    value = node.meta.get("val")
    if not isinstance(value, (list, tuple)):
        return () if value is None else (node.name,)
    found = [f"{node.name}.{n}" for n in range(len(value))]
    for user in node.users:
        if len(user.args) > 1 and isinstance(user.args[1], int):
            found[user.args[1]] = user.name
    return tuple(found)


def _value(arg: Any) -> Any:
    """An argument: numbers, names, lists of them."""
    if isinstance(arg, (list, tuple)):
        return [_value(item) for item in arg]
    if arg is None or isinstance(arg, (bool, int, float, str)):
        return arg
    if hasattr(arg, "meta") and hasattr(arg, "name"):
        return Ref(arg.name) if hasattr(arg.meta.get("val"), "shape") else Sym(arg.name)
    return None
